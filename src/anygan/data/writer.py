"""Rows out: a folder with ``metadata.csv``, for :mod:`anygan.data.readers` and Hugging Face's ``imagefolder``.

Cells of kinds that are files go to ``NAME/000000.png`` and the like and stand in the column ``NAME_file_name``; a table
is spread into its columns; vectors are JSON lists; text stands as it is. The table of rows is written beside its place
and put there by renaming once it is complete, so that a folder with ``metadata.csv`` is a whole one.
"""

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np

from ..errors import DataError
from ..modalities.base import Modality
from ..rows import Cell, Packed
from .readers import METADATA

__all__ = ["RowWriter", "TableWriter", "csv_line", "field_of", "folder_names"]

PART = "metadata.csv.part"
HALVES = re.compile("[\ud800-\udc7f\udd00-\udfff]")


class TableWriter:
    """Writes ``metadata.csv`` line by line, as a context manager.

    Left by an error, it leaves no ``metadata.csv``, and the folder may be written again.
    """

    def __init__(self, folder: Path, headers: Sequence[str]) -> None:
        """Make the folder ready.

        Raises:
            DataError: when the folder holds something already, or two columns have one name.
        """
        self.folder, self.headers = folder, tuple(headers)
        self._file: IO[str] | None = None
        double = next((n for n in self.headers if self.headers.count(n) > 1), None)
        if double is not None:
            raise DataError(f"Two columns would be called '{double}'. Rename one in the data.")
        _claim(folder)

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # newline="": the lines end as csv_line says, and line ends inside cells stay what they are.
            self._file = (self.folder / PART).open("w", encoding="utf-8", errors="surrogateescape", newline="")
        except OSError as error:
            raise DataError(f"{self.folder} cannot be written: {error}. Name another folder with --out.") from error
        self.line(self.headers)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._file is not None
        with self._file as file:
            if error is None:
                file.flush()
                os.fsync(file.fileno())
        if error is None:
            (self.folder / PART).replace(self.folder / "metadata.csv")

    def line(self, fields: Sequence[str]) -> None:
        """Write one row: a field for every header."""
        assert self._file is not None, "a writer is a context manager: write inside 'with'"
        self._file.write(csv_line(fields))


class RowWriter:
    """Writes rows into a folder, in order, as a context manager. The folder is whole or has no ``metadata.csv``.

    Example:
        with RowWriter(Path("out"), model.modalities, {"table": ("age", "height")}) as writer:
            writer.write({"image": picture, "table": {"age": 31, "height": None}})
    """

    def __init__(
        self, folder: Path, modalities: Mapping[str, Modality], headers: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """Make the folder ready.

        Args:
            folder: where to write; made where there is none.
            modalities: modality -> what it is, in the order of the columns.
            headers: modality -> its columns. Needed for tables; else ``NAME_file_name`` for files and NAME otherwise.

        Raises:
            DataError: when the folder holds something already, or cannot be made.
        """
        self.folder = folder
        self.modalities = dict(modalities)
        self.rows = 0
        given = headers or {}
        self._headers = {n: tuple(given.get(n, (_header(n, m),))) for n, m in self.modalities.items()}
        self._folders = folder_names(list(self.modalities))
        self._table = TableWriter(folder, [header for columns in self._headers.values() for header in columns])

    @property
    def headers(self) -> tuple[str, ...]:
        """The columns, in order."""
        return self._table.headers

    def __enter__(self) -> Self:
        self._table.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._table.__exit__(kind, error, trace)

    def write(self, row: Mapping[str, Cell | None]) -> None:
        """Write one row: modality -> cell, missing where it is ``None`` or absent.

        A file, packed in another one or not, is copied byte for byte; other cells of file kinds are saved by their
        modality.
        """
        fields: list[str] = []
        for name, modality in self.modalities.items():
            fields += self._fields(name, modality, row.get(name))
        self._table.line(fields)
        self.rows += 1

    def _fields(self, name: str, modality: Modality, cell: Cell | None) -> list[str]:
        headers = self._headers[name]
        if cell is None:
            return [""] * len(headers)
        if modality.suffix:
            return [self._save(name, modality, cell)]
        if isinstance(cell, Mapping):
            return [field_of(cell.get(header)) for header in headers]
        return [field_of(cell)]

    def _save(self, name: str, modality: Modality, cell: Cell) -> str:
        """Write the cell as a file; its name in the table."""
        suffix = (isinstance(cell, Path | Packed) and cell.suffix) or modality.suffix
        place = Path(self._folders[name]) / f"{self.rows:06d}{suffix}"
        (self.folder / place).parent.mkdir(exist_ok=True)
        if isinstance(cell, Path):
            shutil.copyfile(cell, self.folder / place)
        elif isinstance(cell, Packed):
            (self.folder / place).write_bytes(cell.fetch())
        else:
            modality.save(cell, self.folder / place)
        return place.as_posix()


def csv_line(fields: Sequence[str]) -> str:
    r"""One line of CSV (RFC 4180), ended by ``\n``.

    The csv module leaves a lone carriage return bare when lines end in ``\n``, and then reads two rows for one.

    Example:
        >>> csv_line(["one", "two, three", ""]).rstrip()
        'one,"two, three",'
    """
    # Bytes of a stranger's file that are no UTF-8 go back as they came; other halves of characters no file can hold.
    fields = [HALVES.sub("\N{REPLACEMENT CHARACTER}", field) for field in fields]
    quoted = [f'"{f.replace(chr(34), chr(34) * 2)}"' if re.search(r'[,"\r\n]', f) else f for f in fields]
    # A lone empty field would be a blank line, which readers skip.
    return '""\n' if quoted == [""] else ",".join(quoted) + "\n"


def field_of(value: Any) -> str:
    """A cell that stands in the table itself."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, np.ndarray) and value.ndim:
        # By way of its own text a float32 gets the fewest digits that read back as it was.
        return json.dumps([float(str(number)) for number in value])
    return str(value.item() if isinstance(value, np.ndarray | np.generic) else value)


def _header(name: str, modality: Modality) -> str:
    return f"{name}_file_name" if modality.suffix else name


def folder_names(names: Sequence[str]) -> dict[str, str]:
    """A folder for each modality: its name, made safe for any file system, and numbered where two became one."""
    folders: dict[str, str] = {}
    for name in names:
        # File systems take 255 bytes, four of which a character may need.
        safe = re.sub(r"[^\w\-]", "_", name)[:56].strip("_") or "modality"
        taken = {folder.lower() for folder in folders.values()}
        free = (safe, *(f"{safe}_{i}" for i in range(2, len(names) + 2)))
        folders[name] = next(f for f in free if f.lower() not in taken)
    return folders


def _claim(folder: Path) -> None:
    """Refuse a folder that holds something; what a broken writing left behind may be overwritten."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise DataError(f"{folder} is a file; name a folder with --out.")
    whole = next((name for name in METADATA if (folder / name).exists()), None)
    if whole or (any(folder.iterdir()) and not (folder / PART).exists()):
        held = f"has {whole} already" if whole else "is not empty"
        raise DataError(f"The folder {folder} {held}, and nothing is overwritten. Name another with --out.")
