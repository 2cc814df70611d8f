"""Values as they stand in a file, or in an iterable of dicts, made into the cells of :mod:`anygan.rows`."""

import functools
import os
import re
import reprlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import CellError
from ..rows import Category, Cell, Packed
from .values import is_missing, says_missing, to_boolean, to_date, to_number, to_vector

__all__ = ["SURROGATE", "cell_of", "file_in", "held"]

SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character; Python hands on bytes that are no UTF-8 as U+DC80 to U+DCFF."""

FLOAT = float(np.finfo(np.float32).max)


def cell_of(value: Any, kind: str, folder: Path | None) -> Cell | None:
    """A value as a cell, ``None`` where it is missing.

    Args:
        value: what stands in the column.
        kind: image, audio, text, vector, or one of :data:`anygan.data.kinds.SCALARS`.
        folder: where file names start, and must stay; ``None`` for rows in memory, whose paths are their maker's.

    Raises:
        CellError: when it is not of the kind.
    """
    if is_missing(value) or (kind in ("number", "boolean", "date") and says_missing(value)):
        return None
    if isinstance(value, str):
        _check_spelling(value)
    if kind == "text":
        return value if isinstance(value, str) else _spelled(value)
    if kind == "category":
        return Category(_spelled(value.item() if isinstance(value, np.generic) else value))
    if kind in ("image", "audio"):
        return _medium(value, kind, folder)
    read = {"number": to_number, "boolean": to_boolean, "date": to_date, "vector": to_vector}[kind]
    cell = read(value)
    if cell is None:
        wanted = {"number": "a finite number", "boolean": "true or false", "vector": "a list of finite numbers"}
        raise CellError(f"expected {wanted.get(kind, 'a date such as 2024-05-31')}, got {_short(value)}")
    return _vector(cell) if kind == "vector" else cell


def _vector(numbers: Any) -> NDArray[np.float32]:
    if max(map(abs, numbers)) > FLOAT:
        raise CellError(f"expected numbers up to {FLOAT:.1e}, got {_short(numbers)}")
    return np.array(numbers, np.float32)


def _check_spelling(text: str) -> None:
    """Refuse what is no UTF-8: bytes of another encoding, as readers hand them on, and halves of characters."""
    lone = SURROGATE.search(text)
    if lone is None:
        return
    code, before = ord(lone[0]), text[max(0, lone.start() - 12) : lone.start()]
    if 0xDC80 <= code <= 0xDCFF:
        raise CellError(f"the byte 0x{code - 0xDC00:02X} after {before!r} is not UTF-8; save the file as UTF-8")
    raise CellError(f"after {before!r} stands half a character (U+{code:04X}); write the whole one")


def _spelled(value: Any) -> str:
    try:
        text = str(value)
    except (ValueError, RecursionError):  # an integer of some thousand digits, lists within lists without end
        raise CellError(f"the {type(value).__name__} is too large to be written out") from None
    _check_spelling(text)
    return text


def file_in(folder: Path | None, name: str) -> Path:
    """The file of that name under the folder.

    Raises:
        CellError: when there is none, or the name, or a link on the way, leads out of the folder.
    """
    path = Path(name) if folder is None else folder / name
    try:
        real = os.path.realpath(path)
        inside = folder is None or _is_under(real, os.path.realpath(folder))
        there = path.is_file()
        found = "" if there else "a folder" if path.is_dir() else "a pipe or a device" if path.exists() else ""
    except (OSError, ValueError) as error:
        raise CellError(f"no file can have this name ({getattr(error, 'strerror', None) or error})") from None
    if not inside:
        raise CellError("the file lies outside the data folder; copy it in")
    if not there:
        raise CellError(f"expected a file, found {found}" if found else "there is no such file")
    return path


def _is_under(path: str, folder: str) -> bool:
    """Whether a path is the folder or lies in it, both as ``realpath`` gives them.

    Example:
        >>> _is_under("/data/a", "/data"), _is_under("/data", "/"), _is_under("/data-2", "/data")
        (True, True, False)
    """
    return os.path.join(path, "").startswith(os.path.join(folder, ""))


def _medium(value: Any, kind: str, folder: Path | None) -> Cell:
    """A picture or sound: a name of a file, a file packed in the cell, or what is in memory already."""
    if isinstance(value, str | Path):
        return file_in(folder, str(value))
    if isinstance(value, bytes):
        return held("", value)
    if not isinstance(value, dict):
        return value
    if "array" in value and "sampling_rate" in value:
        try:
            return np.asarray(value["array"], np.float32), int(value["sampling_rate"])
        except (TypeError, ValueError, OverflowError):
            raise CellError(f"expected samples and their rate, got {_short(value)}") from None
    if isinstance(value.get("bytes"), bytes):
        return held(str(value.get("path") or ""), value["bytes"])
    if isinstance(value.get("path"), str):
        return file_in(folder, value["path"])
    raise CellError(f"expected a file or {kind}, got {_short(value)}")


def held(name: str, content: bytes) -> Packed:
    """A file whose bytes are in memory; decoded, it would take many times their room."""
    return Packed(name, functools.partial(bytes, content))


def _short(value: Any) -> str:
    """A value in a few characters, however long or deeply nested it is."""
    try:
        text = reprlib.repr(value)
    except ValueError:  # an integer of some thousand digits
        return f"a vast {type(value).__name__}"
    return text if len(text) <= 40 else f"{text[:37]}..."
