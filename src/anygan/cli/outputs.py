"""Rows out, and previews of them.

Previews lie in a folder *beside* the rows, ``DIR-previews/NAME.png``: within it they would be pictures that no row
names, and some readers of such folders refuse those.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ..data.writer import RowWriter, folder_names
from ..modalities import Modality, Table
from ..rows import Cell, DataSet
from .answer import count
from .progress import Ticker

__all__ = ["Previews", "asked", "carried", "headers_of", "told", "write_rows"]

Row = TypeVar("Row")

SHOWN = 64
"""Cells on a preview."""


@dataclass
class Previews:
    """The first cells of every modality that can be drawn, taken as rows go by."""

    folder: Path
    modalities: Mapping[str, Modality]
    cells: dict[str, list[Cell]] = field(default_factory=dict)

    @classmethod
    def beside(cls, out: Path, modalities: Mapping[str, Modality]) -> "Previews":
        """Those of the rows that are written to ``out``."""
        whole = out.absolute()
        return cls(whole.with_name(f"{whole.name}-previews"), modalities)

    def take(self, row: Mapping[str, Cell | None]) -> None:
        """Keep the row's cells while there is room."""
        for name in self.modalities:
            cells = self.cells.setdefault(name, [])
            if len(cells) < SHOWN and row.get(name) is not None:
                cells.append(row[name])

    def draw(self) -> list[Path]:
        """Draw what was taken; the files."""
        drawn = []
        for name, file in folder_names(list(self.modalities)).items():
            if isinstance(self.modalities[name], Table) or not self.cells.get(name):
                continue
            self.folder.mkdir(exist_ok=True)
            drawn.append(self.modalities[name].preview(self.cells[name], self.folder / f"{file}.png"))
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()
        return [path for path in drawn if path is not None]


def write_rows(
    out: Path,
    modalities: Mapping[str, Modality],
    headers: Mapping[str, Sequence[str]],
    rows: Iterable[Mapping[str, Cell | None]],
    total: int,
    what: str,
) -> dict[str, Any]:
    """Write rows as they come, and their previews. Returns what to tell of them."""
    previews = Previews.beside(out, modalities)
    rows = asked(rows)
    with RowWriter(out, modalities, headers) as writer, Ticker(what) as ticker:
        for row in rows:
            writer.write(row)
            previews.take(row)
            ticker.rows(writer.rows, total)
    return {
        "out": str(out),
        "rows": writer.rows,
        "columns": list(writer.headers),
        "previews": [str(path) for path in previews.draw()],
    }


def asked(rows: Iterable[Row]) -> Iterator[Row]:
    """The same rows, the first made now: a question that is refused must not leave a folder behind."""
    made = iter(rows)
    first = list(itertools.islice(made, 1))
    return itertools.chain(first, made)


def told(document: Mapping[str, Any]) -> list[str]:
    """The same in words."""
    lines = [f"{count(document['rows'], 'row')} in {document['out']}: {', '.join(document['columns'])}"]
    return lines + [f"to look at: {path}" for path in document["previews"]]


def headers_of(modalities: Mapping[str, Modality], data: DataSet | None = None) -> dict[str, tuple[str, ...]]:
    """Modality -> its columns in the output: those of the data, where they can be kept, or the model's."""
    headers = {}
    for name, modality in modalities.items():
        column = data.columns.get(name) if data else None
        if isinstance(modality, Table):
            headers[name] = column.headers if column else tuple(c.name for c in modality.columns)
        elif column and (not modality.suffix or column.headers[0].endswith("file_name")):
            headers[name] = column.headers
    return headers


def carried(data: DataSet, row: int, cells: Mapping[str, Cell | None]) -> dict[str, Cell | None]:
    """A row's given cells to be written: as they stood in the file, where they came from one."""
    source = data.source.rows[row] if data.source else {}
    found: dict[str, Cell | None] = {}
    for name, cell in cells.items():
        headers = data.columns[name].headers
        if isinstance(cell, dict):
            found[name] = {h: _raw(source, h, value) for h, value in cell.items()}
        else:
            found[name] = _raw(source, headers[0], cell) if data.columns[name].kind in ("text", "vector") else cell
    return found


def _raw(source: Mapping[str, Any], header: str, cell: Cell | None) -> Cell | None:
    said = source.get(header)
    return said if cell is not None and isinstance(said, str) else cell
