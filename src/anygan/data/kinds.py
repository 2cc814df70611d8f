"""What kind a column is, told from its values.

| kind                                      | told by                                                                  |
|-------------------------------------------|--------------------------------------------------------------------------|
| ``image``, ``audio``                      | file endings in a column of file names; pictures and sounds in memory    |
| ``vector``                                | lists of numbers, or JSON lists in text                                  |
| ``number``, ``boolean``, ``date``         | nine cells in ten can be read so; dates as ISO 8601 writes them          |
| ``text``                                  | most strings differ, or have three words or more, or two and many values |
| ``category``                              | other strings                                                            |

The kinds in :data:`SCALARS` all go together into the modality ``table``.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import PIL.Image
from torch import Tensor

from ..errors import DataError

__all__ = [
    "FILES",
    "KIND_NAMES",
    "SCALARS",
    "infer",
    "infer_scalar",
    "is_file_column",
    "is_missing",
    "modality_of",
    "says_missing",
    "to_boolean",
    "to_date",
    "to_number",
    "to_vector",
]

FILES = ("image", "audio")
SCALARS = ("number", "boolean", "date", "category")
KIND_NAMES = (*FILES, "text", "table", "vector", *SCALARS)
"""What may stand behind ``--kind NAME=``; 'table' is a scalar whose own kind is still to be told."""

IMAGE_ENDINGS = frozenset(
    (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pbm", ".ico", ".jp2", ".avif")
)
AUDIO_ENDINGS = frozenset((".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".au", ".w64", ".caf"))

MISSING_WORDS = frozenset(("", "na", "n/a", "#n/a", "nan", "null", "none"))
MOSTLY = 0.9
MANY_VALUES = 20
TOO_MANY_VALUES = 256
FILE_NAME = "file_name"
# Not '007' or '1_000': those are names that happen to be made of digits.
NUMBER = re.compile(r"[+-]?(?:0|[1-9]\d*|(?=\.\d))(?:\.\d*)?(?:[eE][+-]?\d+)?")
DIGITS = 1100
"""Characters of the longest number: what the smallest float needs when all its digits are written out."""


def is_file_column(header: str) -> bool:
    """Whether the column holds names of files: ``file_name`` or ``NAME_file_name``."""
    return header == FILE_NAME or (header.endswith(f"_{FILE_NAME}") and len(header) > len(FILE_NAME) + 1)


def modality_of(header: str, kind: str) -> str:
    """Name of the modality that a column becomes.

    Example:
        >>> modality_of("photo_file_name", "image"), modality_of("file_name", "audio"), modality_of("age", "number")
        ('photo', 'audio', 'table')
    """
    if kind in SCALARS:
        return "table"
    if header == FILE_NAME:
        return kind
    return header.removesuffix(f"_{FILE_NAME}") if is_file_column(header) else header


def is_missing(value: Any) -> bool:
    """Whether the cell is empty: ``None``, an empty string or NaN."""
    if isinstance(value, float | np.floating):
        return bool(np.isnan(value))
    return value is None or (isinstance(value, str) and not value)


def says_missing(value: Any) -> bool:
    """Whether the cell holds a word, such as 'NA', that means missing among numbers, dates and booleans."""
    return isinstance(value, str) and value.strip().lower() in MISSING_WORDS


def infer(header: str, values: Sequence[Any]) -> str:
    """Kind of a column from its values, missing ones among them: one of :data:`KIND_NAMES` but 'table'.

    Raises:
        DataError: when it cannot be told.
    """
    given = [v for v in values if not is_missing(v)]
    if not given:
        raise _untold(header, "all its cells are empty")
    if is_file_column(header) or all(isinstance(v, Path) for v in given):
        return _file_kind(header, given)
    for kind, fits in IN_MEMORY.items():
        if all(fits(v) for v in given):
            return kind
    if _share(given, to_vector) >= MOSTLY and not _share(given, to_number):
        return "vector"
    kind = infer_scalar(header, values)
    return "text" if kind == "category" and _reads_as_text([_spelled(v) for v in given]) else kind


def infer_scalar(header: str, values: Sequence[Any]) -> str:
    """Kind of a column that is known to hold scalars: one of :data:`SCALARS`.

    Raises:
        DataError: when a value is no scalar.
    """
    given = [v for v in values if not is_missing(v)]
    if not given:
        raise _untold(header, "all its cells are empty")
    for row, value in enumerate(values, 1):
        if not is_missing(value) and not isinstance(value, str | bool | int | float | date | np.generic):
            raise _untold(header, f"it holds a {type(value).__name__} in row {row}")
    known = [v for v in given if not says_missing(v)]
    readers: dict[str, Callable[[Any], Any]] = {"boolean": to_boolean, "number": to_number, "date": to_date}
    return next((kind for kind, read in readers.items() if known and _share(known, read) >= MOSTLY), "category")


def to_number(value: Any) -> int | float | None:
    """The value as a finite number, ``None`` where it is none."""
    if isinstance(value, str):
        text = value.strip()
        if len(text) > DIGITS or not NUMBER.fullmatch(text):
            return None
        value = float(text) if any(c in text for c in ".eE") else int(text)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if _is_finite(value) else None


def _is_finite(value: int | float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float reaches
        return False


def to_boolean(value: Any) -> bool | None:
    """The value as true or false, ``None`` where it is neither."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, bool | np.bool_) else None


def to_date(value: Any) -> str | None:
    """The value as ISO 8601 writes dates and times, ``None`` where it is none."""
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str) or "-" not in value:
        return None
    try:
        datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return value.strip()


def to_vector(value: Any) -> list[float] | None:
    """The value as a list of finite numbers, ``None`` where it is none. A number alone is a list of one."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    if isinstance(value, np.ndarray | Tensor):
        value = value.tolist()
    numbers = [to_number(v) for v in (value if isinstance(value, list | tuple) else [value]) if not isinstance(v, str)]
    whole = len(numbers) == (len(value) if isinstance(value, list | tuple) else 1)
    return [float(n) for n in numbers if n is not None] if whole and numbers and None not in numbers else None


def _is_picture(value: Any) -> bool:
    return isinstance(value, PIL.Image.Image) or (isinstance(value, np.ndarray) and value.ndim in (2, 3))


def _is_sound(value: Any) -> bool:
    if isinstance(value, dict):
        return "array" in value and "sampling_rate" in value
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], np.ndarray)


def _packed(endings: frozenset[str]) -> Callable[[Any], bool]:
    """Whether a value is a file packed in a cell, {'bytes', 'path'}, as Hugging Face writes Parquet."""
    return lambda value: (
        isinstance(value, dict) and "bytes" in value and Path(str(value.get("path"))).suffix.lower() in endings
    )


IN_MEMORY: dict[str, Callable[[Any], bool]] = {
    "image": lambda value: _is_picture(value) or _packed(IMAGE_ENDINGS)(value),
    "audio": lambda value: _is_sound(value) or _packed(AUDIO_ENDINGS)(value),
}


def _file_kind(header: str, given: Sequence[Any]) -> str:
    endings = [Path(str(v)).suffix.lower() for v in given]
    images, sounds = (sum(e in known for e in endings) for known in (IMAGE_ENDINGS, AUDIO_ENDINGS))
    if images and sounds:
        raise _untold(header, "it names pictures and sounds")
    if 2 * max(images, sounds) <= len(endings):
        unknown = next(e for e in endings if e not in IMAGE_ENDINGS | AUDIO_ENDINGS)
        raise _untold(header, f"files that end in '{unknown}' may be anything" if unknown else "its files lack endings")
    return "image" if images else "audio"


def _spelled(value: Any) -> str:
    try:
        return str(value)
    except ValueError:  # an integer of some thousand digits
        return "a vast number"


def _reads_as_text(given: Sequence[str]) -> bool:
    words, values = median(len(v.split()) for v in given), len(set(given))
    return words >= 3 or 2 * values > len(given) or values > (MANY_VALUES if words >= 2 else TOO_MANY_VALUES)


def _share(given: Sequence[Any], read: Callable[[Any], Any]) -> float:
    return sum(read(v) is not None for v in given) / len(given)


def _untold(header: str, reason: str) -> DataError:
    name = modality_of(header, "text") if header != FILE_NAME else header
    return DataError(f"The kind of column '{header}' cannot be told: {reason}. Say it with --kind {name}=KIND.")
