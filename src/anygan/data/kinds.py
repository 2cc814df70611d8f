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

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataError
from ..media.kind import kind_of_name, kind_of_value
from .values import is_missing, says_missing, to_boolean, to_date, to_number, to_vector, words_in

__all__ = ["FILES", "KIND_NAMES", "SCALARS", "Told", "is_file_column", "modality_of", "tell", "tell_scalar"]

FILES = ("image", "audio")
SCALARS = ("number", "boolean", "date", "category")
KIND_NAMES = (*FILES, "text", "table", "vector", *SCALARS)
"""What may stand behind ``--kind NAME=``; 'table' is a scalar whose own kind is still to be told."""

MOSTLY = 0.9
MANY_VALUES = 20
TOO_MANY_VALUES = 256
FILE_NAME = "file_name"
NAMED = {"image": "pictures", "audio": "sounds"}


class Told(NamedTuple):
    """A kind, and a sentence that says why."""

    kind: str
    why: str


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


def tell(header: str, values: Sequence[Any]) -> Told:
    """Kind of a column from its values, missing ones among them, and why: any of :data:`KIND_NAMES` but 'table'.

    Raises:
        DataError: when it cannot be told.

    Example:
        >>> tell("age", ["31", "", "NA", "4"])
        Told(kind='number', why='all of its cells read as numbers; 1 say in a word that they are missing')
    """
    given = [v for v in values if not is_missing(v)]
    if not given:
        raise _untold(header, "all its cells are empty")
    if is_file_column(header) or all(isinstance(v, Path) for v in given):
        return _tell_files(header, given)
    medium = kind_of_value(given[0])
    if medium and all(kind_of_value(v) == medium for v in given):
        return Told(medium, f"every cell is {'a picture' if medium == 'image' else 'a sound'}")
    if (lists := _share(given, to_vector)) >= MOSTLY and not _share(given, to_number):
        return Told("vector", f"{_percent(lists)} of its cells are lists of numbers")
    told = tell_scalar(header, values)
    if told.kind != "category":
        return told
    strings = [_spelled(v) for v in given]
    told = _text_or_category(strings)
    named = _share(strings, kind_of_name)
    if named < MOSTLY:
        return told
    kind = kind_of_name(next(v for v in strings if kind_of_name(v)))
    return Told(told.kind, f"{told.why}; they look like names of files: --kind {header}={kind} reads the files")


def tell_scalar(header: str, values: Sequence[Any]) -> Told:
    """Kind of a column that is known to hold scalars, and why: one of :data:`SCALARS`.

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
    for kind, read in readers.items():
        if known and (share := _share(known, read)) >= MOSTLY:
            return Told(kind, f"{_percent(share)} of its cells read as {kind}s{_but_words(len(given) - len(known))}")
    different = len(set(map(_spelled, given)))
    return Told("category", f"{different:,} different values in {len(given):,} cells, not to be read as numbers")


def _tell_files(header: str, given: Sequence[Any]) -> Told:
    kinds = [kind_of_name(str(v)) for v in given]
    images, sounds = kinds.count("image"), kinds.count("audio")
    if images and sounds:
        raise _untold(header, "it names pictures and sounds")
    if 2 * max(images, sounds) <= len(kinds):
        unknown = Path(str(given[kinds.index(None)])).suffix.lower()
        raise _untold(header, f"files that end in '{unknown}' may be anything" if unknown else "its files lack endings")
    kind, share = ("image", images) if images else ("audio", sounds)
    example = Path(str(given[kinds.index(kind)])).suffix.lower()
    return Told(kind, f"{_percent(share / len(kinds))} of its files end as {NAMED[kind]} do, such as {example}")


def _spelled(value: Any) -> str:
    try:
        return str(value)
    except ValueError:  # an integer of some thousand digits
        return "a vast number"


def _text_or_category(given: Sequence[str]) -> Told:
    words, values = median(map(words_in, given)), len(set(given))
    if words >= 3:
        return Told("text", f"half of its cells have {words:g} words or more")
    if 2 * values > len(given):
        return Told("text", f"most of its cells differ: {values:,} values in {len(given):,} cells")
    if values > (MANY_VALUES if words >= 2 else TOO_MANY_VALUES):
        return Told("text", f"it has {values:,} different values, too many for a category")
    return Told("category", f"{values:,} different values in {len(given):,} cells, of few words")


def _percent(share: float) -> str:
    return "all" if share == 1 else f"{100 * share:.3g}%"


def _but_words(count: int) -> str:
    return f"; {count:,} say in a word that they are missing" if count else ""


def _share(given: Sequence[Any], read: Callable[[Any], Any]) -> float:
    return sum(read(v) is not None for v in given) / len(given)


def _untold(header: str, reason: str) -> DataError:
    name = modality_of(header, "text") if header != FILE_NAME else header
    return DataError(f"The kind of column '{header}' cannot be told: {reason}. Say it with --kind {name}=KIND.")
