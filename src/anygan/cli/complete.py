"""anygan complete: the data set again, every missing cell filled and no given one touched.

A data set that came from a file keeps its columns and their order; given cells are written as they stood, given files
copied byte for byte to the same place. What is filled goes to ``filled/NAME/000000.png`` and the like, and
``filled.csv`` tells of every cell that was filled, with rows counted from 0: how sure it is, and what was wrong with a
cell that was given but could not be read. Columns that the model does not know are copied.
"""

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..data.kinds import is_file_column, is_missing
from ..data.writer import TableWriter, csv_line, field_of, folder_names
from ..modalities import Modality
from ..rows import Cell, Column, DataSet, Packed, Source
from ..tasks.complete import Completed
from .answer import Answer, count, listed
from .opening import open_model
from .outputs import Previews, asked
from .progress import Ticker

__all__ = ["run"]

NOTES = "filled.csv"


def run(folder: Path, checkpoint: str, data: str, out: Path, seed: int, data_dir: Path | None) -> Answer:
    """Complete every row."""
    model = open_model(folder, checkpoint)
    rows = model.data(data, data_dir)
    modalities = {name: model.modalities[name] for name in rows.columns if name in model.modalities}
    source = rows.source or _as_source(rows)
    writer = _Completion(out, rows, source, modalities)
    previews = Previews.beside(out, modalities)
    bad = list(rows.bad)
    reasons = {(cell.row, cell.column): cell.reason for cell in rows.bad}
    made = asked(model.complete(rows, seed=seed))
    with TableWriter(out, writer.headers) as table, Ticker("complete") as ticker, writer.notes() as note:
        for row in made:
            bad.extend(row.bad)
            reasons |= {(cell.row, cell.column): cell.reason for cell in row.bad}
            fields, filled = writer.fields(row)
            table.line(fields)
            for header, sure in filled.items():
                given = not is_missing(source.rows[row.row].get(header))
                note(row.row, header, sure, reasons.get((row.row + 1, header)) if given else None)
            previews.take({name: row.cells[name] for name in row.filled})
            ticker.rows(row.row + 1, len(rows))
    document: dict[str, Any] = {
        "out": str(out),
        "rows": len(rows),
        "columns": list(writer.headers),
        "filled": writer.filled,
        "bad": [str(cell) for cell in bad],
        "copied": writer.unknown,
        "previews": [str(path) for path in previews.draw()],
    }
    told = ", ".join(f"{header} {number:,}" for header, number in writer.filled.items() if number)
    shown = [
        *listed(bad, "bad cell"),
        f"{count(len(rows), 'row')} in {out}",
        f"filled: {told or 'nothing was missing'} (how sure: {out / NOTES})",
        *([f"copied as they are, unknown to the model: {', '.join(writer.unknown)}"] if writer.unknown else []),
        *(f"what was filled, to look at: {path}" for path in document["previews"]),
    ]
    return Answer(document, shown)


@dataclass(frozen=True)
class _Place:
    """Where a column's cells belong: a modality of the model, or none."""

    header: str
    column: Column | None
    modality: Modality | None


class _Completion:
    """Turns completed rows into lines of the output and puts their files in place."""

    def __init__(self, out: Path, data: DataSet, source: Source, modalities: Mapping[str, Modality]) -> None:
        self.out, self.data, self.source, self.modalities = out, data, source, modalities
        homes = {h: data.columns[name] for name in modalities for h in data.columns[name].headers}
        self.places = [
            _Place(h, homes.get(h), modalities[homes[h].name] if h in homes else None) for h in source.headers
        ]
        self.headers = [_file_header(p) for p in self.places]
        self.filled = {p.header: 0 for p in self.places if p.column is not None}
        self.unknown = [p.header for p in self.places if p.column is None]
        self._folders = folder_names(list(modalities))
        files = [h for h in source.headers if is_file_column(h)]
        self._taken = {
            PurePosixPath(v).as_posix() for row in source.rows for h in files if isinstance(v := row[h], str)
        }
        self._copied: set[str] = set()
        self._index = data.pairing(0).index

    def fields(self, row: Completed) -> tuple[list[str], dict[str, float]]:
        """A row's fields, and header -> how sure of those that were filled."""
        fields, filled = [], {}
        for place in self.places:
            raw = self.source.rows[row.row].get(place.header)
            if place.column is None or place.modality is None:
                fields.append(self._unknown(place.header, raw))
                continue
            name = place.column.name
            if self._is_given(place, row):
                fields.append(self._given(place, raw, row))
                continue
            filled[place.header] = row.filled[name]
            self.filled[place.header] += 1
            fields.append(self._fresh(place, row.cells[name], row.row))
        return fields, filled

    @contextlib.contextmanager
    def notes(self) -> Iterator[Callable[[int, str, float, str | None], None]]:
        """The file that tells what was filled; yields a function that adds a line."""
        with (self.out / NOTES).open("w", encoding="utf-8", newline="") as file:
            file.write(csv_line(["row", "column", "sure", "note"]))
            names = dict(zip([p.header for p in self.places], self.headers, strict=True))

            def note(row: int, header: str, sure: float, reason: str | None) -> None:
                told = f"could not be read: {reason}" if reason else ""
                file.write(csv_line([str(row), names[header], f"{sure:.3f}", told]))

            yield note

    def _is_given(self, place: _Place, row: Completed) -> bool:
        """Whether the cell stands in the data and can be read. Of a table, one value alone: a category that the model
        has never seen is a value nevertheless, and stays."""
        assert place.column is not None
        number = self._index[place.column.name][row.row]
        if number < 0:
            return False
        if place.column.kind == "table":
            return place.column.cells[number].get(place.header) is not None
        return place.column.name not in row.filled

    def _given(self, place: _Place, raw: Any, row: Completed) -> str:
        """A given cell as it stood, its file copied."""
        assert place.column is not None
        assert place.modality is not None
        cell = place.column.cells[self._index[place.column.name][row.row]]
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

    def _fresh(self, place: _Place, cell: Cell, row: int, folder: str = "filled") -> str:
        """A made cell as its field, saved where it is a file."""
        assert place.column is not None
        assert place.modality is not None
        if place.modality.suffix:
            name = self._free(f"{folder}/{self._folders[place.column.name]}/{row:06d}{place.modality.suffix}")
            place.modality.save(cell, self._room(name))
            return name
        return field_of(cell[place.header] if isinstance(cell, dict) else cell)

    def _unknown(self, header: str, raw: Any) -> str:
        """A cell of a column that the model does not know, as it stood; a file that it names is copied along."""
        if is_missing(raw):
            return ""
        if isinstance(raw, str) and is_file_column(header):
            path = self.source.path.parent / raw
            if path.is_file() and not _wanders(PurePosixPath(raw)):
                self._copy(path, raw)
        return (
            raw
            if isinstance(raw, str)
            else json.dumps(raw, default=str)
            if isinstance(raw, dict | list)
            else field_of(raw)
        )

    def _copy(self, path: Path, name: str) -> None:
        """Copy a file, once: what lies there from a writing that broke off may be half a file."""
        if name not in self._copied:
            shutil.copyfile(path, self._room(name))
            self._copied.add(name)

    def _room(self, name: str) -> Path:
        """The place of a file in the output, its folders made."""
        place = self.out / name
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def _free(self, name: str) -> str:
        """The name, or one like it that no given file has."""
        while name in self._taken:
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
