"""Files gathered into rows: those of one key stand in one row, and what a file is decides which column it fills.

| ending                                     | becomes                                                            |
|--------------------------------------------|--------------------------------------------------------------------|
| of pictures and sounds                     | a cell of the column ``NAME_file_name``, read when it is looked at |
| .txt, .text, .caption, .cls, .id           | the column ``NAME``, without the end of its last line              |
| .json                                      | one column for every name in the object; else the column ``NAME``  |
| .npy                                       | the column ``NAME``, a list of numbers                             |

What has another ending is left out, and counted. A cell that cannot be had is listed and its row stays.
"""

import io
import json
from collections import Counter
from collections.abc import Callable
from os.path import splitext
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ..errors import CellError, DataError
from ..media.kind import kind_of_name
from ..rows import BadCell, Packed, Source
from .kinds import FILE_NAME
from .sheet import Sheet
from .values import to_vector

__all__ = ["Gathering", "kind_of_file"]

WRITTEN = {".txt": "text", ".text": "text", ".caption": "caption", ".cls": "cls", ".id": "id"}
"""Endings of files of text -> the column that they fill where nothing else names one."""
OTHERS = {".json": "json", ".npy": "vector"}
SHOWN = 5
COLUMNS = 1000


def kind_of_file(name: str) -> str | None:
    """What a file's ending says it holds, ``None`` where it is not read.

    Example:
        >>> kind_of_file("a.PNG"), kind_of_file("a.txt"), kind_of_file("a.json"), kind_of_file("a.svg")
        ('image', 'text', 'json', None)
    """
    ending = splitext(name)[1].lower()
    return kind_of_name(name) or WRITTEN.get(ending) or OTHERS.get(ending)


class Gathering:
    """Rows in the making."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.headers: dict[str, None] = {}
        self.kinds: dict[str, str] = {}
        self._places: dict[str, int] = {}
        self._bad: list[BadCell] = []
        self._left_out: Counter[str] = Counter()

    def add(self, key: str, column: str, name: str, medium: str | Packed, content: Callable[[], bytes]) -> None:
        """A file.

        Args:
            key: of its row.
            column: which it fills; where it is empty, the kind of the file names it.
            name: of the file.
            medium: what stands in the row for a picture or a sound.
            content: brings the bytes of any other file; an ``OSError`` or ``CellError`` where they cannot be had.
        """
        kind = kind_of_file(name)
        if kind is None:
            self.leave(PurePosixPath(name).suffix.lower() or "no ending")
            return
        if kind in ("image", "audio"):
            self.put(key, f"{column or kind}_{FILE_NAME}", medium, name)
            return
        try:
            values = _values(column or kind, kind, content())
        except (CellError, OSError, ValueError) as error:
            self.spoilt(key, column or kind, name, str(error))
            return
        if kind == "cls":
            self.kinds[column or kind] = "category"
        for header, value in values.items():
            self.put(key, header, value, name)

    def leave(self, what: str) -> None:
        """Count a file that is left out."""
        self._left_out[what] += 1

    def put(self, key: str, header: str, value: Any, name: str = "") -> None:
        """A value of a row; where there is one already, the second is listed as bad."""
        row = self._row(key)
        self.headers.setdefault(header)
        if row.get(header) is None:
            row[header] = value
        else:
            self._list(key, header, name, f"the row has {row[header]} in this column already")

    def spoilt(self, key: str, header: str, name: str, reason: str) -> None:
        """A cell that was given and cannot be had; its row stays."""
        self._row(key)
        self.headers.setdefault(header)
        self._list(key, header, name, reason)

    def sheet(self, name: str, folder: Path, note: str) -> Sheet:
        """All of them, in the order in which their first file came.

        Raises:
            DataError: when there are no rows, or too many columns.
        """
        if len(self.headers) > COLUMNS:
            shown = ", ".join(list(self.headers)[:SHOWN])
            raise DataError(
                f"{name}: its files' names make {len(self.headers):,} columns ({shown}, ...). What follows the first "
                "dot of a name is the name of its column: take other dots out of the names."
            )
        headers = tuple(h for h in self.headers if any(row.get(h) is not None for row in self.rows.values()))
        lost = [cell for cell in self._bad if cell.column not in headers]
        if not headers:
            first = f" The first: {lost[0]}." if lost else ""
            raise DataError(f"{name} holds no picture, sound or text that can be read.{first}{self.left_out()}")
        kinds = {header: kind for header, kind in self.kinds.items() if header in headers}
        rows = [{header: row.get(header) for header in headers} for row in self.rows.values()]
        source = Source(folder / "metadata.csv", headers, rows)
        notes = [note, *([self.left_out().strip()] if self._left_out else [])]
        return Sheet(name, headers, rows, kinds, folder, source, tuple(self._bad), notes)

    def left_out(self) -> str:
        """How many files were left out, by their endings; empty where none was."""
        if not self._left_out:
            return ""
        endings = ", ".join(f"{ending} ({number:,})" for ending, number in self._left_out.most_common(SHOWN))
        return f" Left out: {self._left_out.total():,} files that are not read, {endings}."

    def _row(self, key: str) -> dict[str, Any]:
        self._places.setdefault(key, len(self._places))
        return self.rows.setdefault(key, {})

    def _list(self, key: str, header: str, name: str, reason: str) -> None:
        self._bad.append(BadCell(self._places[key] + 1, header, name, reason))


def _values(column: str, kind: str, content: bytes) -> dict[str, Any]:
    """Column -> value of a file that is no medium."""
    if kind == "vector":
        array = np.load(io.BytesIO(content), allow_pickle=False)
        return {column: array if array.ndim != 1 else array.tolist()}
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CellError(f"the file is not UTF-8 (byte {error.start:,})") from None
    if kind != "json":
        return {column: text.removesuffix("\n").removesuffix("\r") or None}
    value = json.loads(text)
    found = value if isinstance(value, dict) else {column: value}
    return {str(h): v if isinstance(v, str) or to_vector(v) else _in_words(v) for h, v in found.items()}


def _in_words(value: Any) -> Any:
    """What is neither a scalar nor a list of numbers, as its JSON text."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
