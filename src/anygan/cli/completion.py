"""The rows that ``anygan complete`` writes: given cells as they stood, their files copied, filled ones saved."""

import contextlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from ..data.cells import file_in
from ..data.kinds import is_file_column
from ..data.values import is_missing
from ..data.writer import field_of, folder_names
from ..errors import CellError
from ..modalities import Modality, Table
from ..rows import BadCell, Cell, Column, DataSet, Packed, Source
from ..tasks.complete import Completed
from ..tasks.sureness import Sureness, claim

__all__ = ["Completion", "Tally", "Written"]

PART = "not tried: a part of it was given"
"""What is said of a partial cell in place of a claim."""

UNTRIED = "not tried: too few cells are given"

LISTED = 1000
"""Bad cells that are told in words; all of them are counted."""


@dataclass(frozen=True)
class _Place:
    """Where a column's cells belong: a modality of the model, or none."""

    header: str
    column: Column | None
    modality: Modality | None


@dataclass
class Tally:
    """What a writing has come to so far: plain values, which travel as JSON.

    Attributes:
        headers: the columns of the output; ``unknown``, those that the model does not know.
        homes: column of the output -> the modality whose cells it holds.
        filled: header -> cells filled.
        bad: the first bad cells in words; ``bad_count``, how many there are.
    """

    headers: list[str]
    unknown: list[str]
    homes: dict[str, str]
    filled: dict[str, int]
    bad: list[str] = field(default_factory=list)
    bad_count: int = 0

    def add(self, row: "Written") -> None:
        """Count a row."""
        for header in row.filled:
            self.filled[header] += 1
        self.bad_count += len(row.bad)
        self.bad += [str(cell) for cell in row.bad[: LISTED - len(self.bad)]]

    def state(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Written:
    """A row as it is to be written: its fields, its lines of ``filled.csv``, what was filled and what was bad."""

    fields: list[str]
    notes: list[list[str]]
    filled: list[str]
    bad: list[BadCell]


class Completion:
    """Turns the completed rows of a part into lines of the output and puts their files in place."""

    def __init__(
        self, out: Path, data: DataSet, first: int, modalities: Mapping[str, Modality], sure: Sureness
    ) -> None:
        self.out, self.data, self.first, self.sure = out, data, first, sure
        self.source = data.source or _as_source(data)
        self.modalities = {name: modalities[name] for name in data.columns if name in modalities}
        homes = {h: data.columns[name] for name in self.modalities for h in data.columns[name].headers}
        self.places = [
            _Place(h, homes.get(h), self.modalities[homes[h].name] if h in homes else None) for h in self.source.headers
        ]
        self.headers = [_file_header(p) for p in self.places]
        self._folders = folder_names(list(self.modalities))
        self._claims: dict[str, str] = {}
        self._copied: set[str] = set()
        self._index = data.pairing(0).index
        self._bad: dict[int, list[BadCell]] = {}
        for cell in data.bad:
            self._bad.setdefault(cell.row - 1, []).append(cell)

    def tally(self) -> Tally:
        """The count of nothing yet."""
        known = {p.header: 0 for p in self.places if p.column is not None}
        homes = {h: p.column.name for h, p in zip(self.headers, self.places, strict=True) if p.column is not None}
        return Tally(self.headers, [p.header for p in self.places if p.column is None], homes, known)

    def _claim(self, place: _Place) -> str:
        """What a filled cell of a column is likely to be."""
        assert place.modality is not None
        if place.header not in self._claims:
            column = place.header if isinstance(place.modality, Table) else ""
            known = self.sure.knows(place.modality.name, column)
            self._claims[place.header] = claim(place.modality, column) if known else UNTRIED
        return self._claims[place.header]

    def row(self, row: Completed) -> Written:
        """A row's fields, its given files copied and its filled ones saved."""
        bad = [*self._bad.get(row.row, ()), *row.bad]
        reasons = {cell.column: cell.reason for cell in bad}
        fields, notes, filled = [], [], []
        for place, header in zip(self.places, self.headers, strict=True):
            raw = self.source.rows[row.row - self.first].get(place.header)
            if place.column is None or place.modality is None:
                fields.append(self._unknown(place.header, raw))
                continue
            if self._is_given(place, row):
                fields.append(self._given(place, raw, row))
                continue
            filled.append(place.header)
            name = place.column.name
            reason = None if is_missing(raw) else reasons.get(place.header)
            told = f"could not be read: {reason}" if reason else ""
            part = row.partials.get(name)
            sure = row.holes[place.header] if place.column.kind == "table" else row.filled[name]
            notes.append([str(row.row), header, f"{sure:.3f}", PART if part else self._claim(place), told])
            fields.append(self._fresh(place, row.cells[name], row.row, save=part.save if part else None))
        return Written(fields, notes, filled, bad)

    def _is_given(self, place: _Place, row: Completed) -> bool:
        """Whether the cell stands in the data and can be read. Of a table, one value alone: a category that the model
        has never seen is a value nevertheless, and stays."""
        assert place.column is not None
        number = self._index[place.column.name][row.row - self.first]
        if number < 0:
            return False
        if place.column.kind == "table":
            return place.column.cells[number].get(place.header) is not None
        return place.column.name not in row.filled

    def _given(self, place: _Place, raw: Any, row: Completed) -> str:
        """A given cell as it stood, its file copied."""
        assert place.column is not None
        assert place.modality is not None
        cell = place.column.cells[self._index[place.column.name][row.row - self.first]]
        if not place.modality.suffix:
            return raw if isinstance(raw, str) else field_of(json.dumps(raw) if isinstance(raw, list) else raw)
        if isinstance(cell, Path):
            name = _relative(cell, raw, self.source.path.parent)
            self._copy(cell, name)
            return name
        return self._packed(place.column.name, cell, row.row) or self._fresh(place, cell, row.row, "given")

    def _packed(self, name: str, cell: Cell, row: int) -> str | None:
        """A file that was packed in another, byte for byte."""
        if not isinstance(cell, Packed):
            return None
        file = self._free(f"given/{self._folders[name]}/{row:06d}{cell.suffix or self.modalities[name].suffix}")
        self._room(file).write_bytes(cell.fetch())
        return file

    def _fresh(
        self,
        place: _Place,
        cell: Cell,
        row: int,
        folder: str = "filled",
        save: Callable[[Cell, Path], None] | None = None,
    ) -> str:
        """A made cell as its field, saved where it is a file."""
        assert place.column is not None
        assert place.modality is not None
        if place.modality.suffix:
            name = self._free(f"{folder}/{self._folders[place.column.name]}/{row:06d}{place.modality.suffix}")
            (save or place.modality.save)(cell, self._room(name))
            return name
        return field_of(cell[place.header] if isinstance(cell, dict) else cell)

    def _unknown(self, header: str, raw: Any) -> str:
        """A cell of a column that the model does not know, as it stood; a file that it names is copied along."""
        if is_missing(raw):
            return ""
        if isinstance(raw, str) and is_file_column(header):
            # Nothing is waited for or brought along from outside, by whatever name or link.
            with contextlib.suppress(CellError):
                path = file_in(self.source.path.parent, raw)
                if not _wanders(PurePosixPath(raw)):
                    self._copy(path, raw)
        return (
            raw
            if isinstance(raw, str)
            else json.dumps(raw, default=str)
            if isinstance(raw, dict | list)
            else field_of(raw)
        )

    def _copy(self, path: Path, name: str) -> None:
        """Copy a file, once a part: what lies there from a writing that broke off may be half a file."""
        if name not in self._copied:
            shutil.copyfile(path, self._room(name))
            self._copied.add(name)

    def _room(self, name: str) -> Path:
        """The place of a file in the output, its folders made."""
        place = self.out / name
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def _free(self, name: str) -> str:
        """The name, or one like it that no file has beside which given ones may lie."""
        while (self.source.path.parent / name).exists():
            name = f"new_{name}"
        return name


def _file_header(place: _Place) -> str:
    """A column's name in the output: its own, but files that were packed into cells become files with names."""
    files = place.modality is not None and place.modality.suffix and not is_file_column(place.header)
    return f"{place.header}_file_name" if files else place.header


def _wanders(name: PurePosixPath) -> bool:
    """Whether a file's name starts at the root or climbs: in another folder it would mean another place."""
    return name.is_absolute() or ".." in name.parts


def _relative(path: Path, raw: Any, folder: Path) -> str:
    """A file's name as it stood; one that wanders is written as it goes from the data's folder."""
    if isinstance(raw, str) and not _wanders(PurePosixPath(raw)):
        return raw
    return path.resolve().relative_to(folder.resolve()).as_posix()


def _as_source(data: DataSet) -> Source:
    """Stands in for the file of a data set that has none."""
    headers = tuple(header for column in data.columns.values() for header in column.headers)
    return Source(Path(data.name), headers, [_row(data, row) for row in data.rows()])


def _row(data: DataSet, row: Mapping[str, Cell | None]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, cell in row.items():
        headers = data.columns[name].headers
        values |= cell if isinstance(cell, dict) else {headers[0]: cell}
    return values
