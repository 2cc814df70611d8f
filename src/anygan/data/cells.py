"""Values as they stand in a file, or in an iterable of dicts, made into the cells of :mod:`anygan.rows`."""

import functools
import os
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import CellError
from ..rows import Category, Cell, Packed
from .kinds import is_missing, says_missing, to_boolean, to_date, to_number, to_vector

__all__ = ["cell_of", "file_in", "held"]


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
    if kind == "text":
        return value if isinstance(value, str) else str(value)
    if kind == "category":
        return Category(value.item() if isinstance(value, np.generic) else value)
    if kind in ("image", "audio"):
        return _medium(value, kind, folder)
    read = {"number": to_number, "boolean": to_boolean, "date": to_date, "vector": to_vector}[kind]
    cell = read(value)
    if cell is None:
        wanted = {"number": "a finite number", "boolean": "true or false", "vector": "a list of finite numbers"}
        raise CellError(f"expected {wanted.get(kind, 'a date such as 2024-05-31')}, got {_short(value)}")
    return np.array(cell, np.float32) if kind == "vector" else cell


def file_in(folder: Path | None, name: str) -> Path:
    """The file of that name under the folder.

    Raises:
        CellError: when there is none, or the name, or a link on the way, leads out of the folder.
    """
    path = Path(name) if folder is None else folder / name
    try:
        real = Path(os.path.realpath(path))
        inside = folder is None or real.is_relative_to(os.path.realpath(folder))
        there, is_folder = path.is_file(), path.is_dir()
    except (OSError, ValueError) as error:
        raise CellError(f"no file can have this name ({error})") from None
    if not inside:
        raise CellError("the file lies outside the data folder; copy it in")
    if not there:
        raise CellError("expected a file, found a folder" if is_folder else "there is no such file")
    return path


def _medium(value: Any, kind: str, folder: Path | None) -> Cell:
    """A picture or sound: a name of a file, a file packed in the cell, or what is in memory already."""
    if isinstance(value, str | Path):
        return file_in(folder, str(value))
    if isinstance(value, bytes):
        return held("", value)
    if not isinstance(value, dict):
        return value
    if "array" in value and "sampling_rate" in value:
        return np.asarray(value["array"], np.float32), int(value["sampling_rate"])
    if isinstance(value.get("bytes"), bytes):
        return held(str(value.get("path") or ""), value["bytes"])
    if isinstance(value.get("path"), str):
        return file_in(folder, value["path"])
    raise CellError(f"expected a file or {kind}, got {_short(value)}")


def held(name: str, content: bytes) -> Packed:
    """A file whose bytes are in memory; decoded, it would take many times their room."""
    return Packed(name, functools.partial(bytes, content))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
