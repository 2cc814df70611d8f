"""Rows: the words that readers, modalities and the model share.

A *row* maps modality names to cells, or to nothing. A data set holds every distinct cell once and rows as numbers into
them, so that a set which pairs its pictures and sounds anew in every pass costs no more memory than the cells.

A *cell* takes one of these forms, by kind:

| kind   | cell                                                                              |
|--------|-----------------------------------------------------------------------------------|
| image  | ``Path``, :class:`Packed`, ``PIL.Image.Image``, uint8 (height, width[, channels]) |
| audio  | ``Path``, :class:`Packed`, or a pair (float32 (samples,) in [-1, 1], rate in Hz)   |
| text   | ``str``                                                                           |
| table  | ``dict`` column name -> ``str``, ``float``, ``int``, ``bool`` or ``None``         |
| vector | float array (size,)                                                               |
"""

import functools
import io
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .errors import ConfigError, nearest, plain

__all__ = ["BadCell", "Batch", "Category", "Cell", "Column", "DataSet", "Packed", "Pairing", "Source"]

Cell = Any


class Category(str):
    """A value of a column of categories in a table's cell: a name, even where it is written in digits."""

    __slots__ = ()


@dataclass(frozen=True, eq=False)
class Packed:
    """A file inside something else, such as a member of a tar shard: fetched anew whenever it is looked at, not kept.

    Attributes:
        name: what messages call it; its ending tells the format.
        fetch: brings its bytes; an ``OSError`` where they cannot be had.
    """

    name: str
    fetch: Callable[[], bytes]

    @property
    def suffix(self) -> str:
        """Ending of the name, such as '.png'; empty where there is none."""
        return Path(self.name).suffix

    def open(self) -> io.BytesIO:
        """Its bytes as a file that can be read."""
        return io.BytesIO(self.fetch())

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Column:
    """One modality of a data set: its kind and its distinct cells.

    ``headers`` are the columns of the file that it came from: one, or for a table all its scalar columns. ``why`` has
    a sentence for each: why it is of its kind.
    """

    name: str
    kind: str
    cells: Sequence[Cell]
    headers: tuple[str, ...]
    why: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pairing:
    """Which cells stand in which row, in one pass over the data.

    Attributes:
        index: modality -> (rows,) int64, a number into that column's cells, -1 where the cell is missing.
        labels: name -> (rows,) what judges may know of a row and the model never sees.
    """

    index: dict[str, NDArray[np.int64]]
    labels: dict[str, NDArray[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.index.values()))) if self.index else 0

    def take(self, rows: NDArray[np.int64] | slice) -> "Pairing":
        """The given rows only, in the given order."""
        return Pairing(
            {name: numbers[rows] for name, numbers in self.index.items()},
            {name: values[rows] for name, values in self.labels.items()},
        )


@dataclass(frozen=True)
class BadCell:
    """A cell that was given and could not be read; it counts as missing."""

    row: int
    column: str
    file: str
    reason: str

    @classmethod
    def of(cls, column: Column, row: int, cell: Cell, reason: str) -> "BadCell":
        """A cell of a column that cannot be read, in a row counted from 0."""
        return cls(
            row + 1,
            column.headers[0] if column.headers else column.name,
            str(cell) if isinstance(cell, Path | Packed) else "",
            reason,
        )

    def __str__(self) -> str:
        where = f"row {self.row}, column '{_cut(self.column)}'"
        return plain(f"{where}{f', file {_cut(self.file)}' if self.file else ''}: {_cut(self.reason)}")


def _cut(text: str, most: int = 400) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


@dataclass(frozen=True)
class Source:
    """The file that a data set was read from, as it stood: what ``complete`` copies unchanged."""

    path: Path
    headers: tuple[str, ...]
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class DataSet:
    """Rows of cells, some missing.

    Attributes:
        name: how messages call it.
        columns: modality name -> its cells.
        pairing: pass number -> which cells stand in which row. Most sets give the same answer in every pass.
        bad: cells that could not be read while the set was opened.
        source: the file behind it, where there is one.
        notes: how its shape was understood, and what was left out.
    """

    name: str
    columns: dict[str, Column]
    pairing: Callable[[int], Pairing]
    bad: tuple[BadCell, ...] = ()
    source: Source | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pairing(0))

    @property
    def kinds(self) -> dict[str, str]:
        """Modality name -> kind, in the order of the columns."""
        return {name: column.kind for name, column in self.columns.items()}

    def rows(self, epoch: int = 0) -> Iterator[dict[str, Cell | None]]:
        """Each row as a mapping from modality to cell, ``None`` where it is missing."""
        index = self.pairing(epoch).index
        for i in range(len(self)):
            yield {n: c.cells[index[n][i]] if index[n][i] >= 0 else None for n, c in self.columns.items()}

    def take(self, rows: NDArray[np.int64] | slice) -> "DataSet":
        """The same cells, the given rows of every pass. ``source`` is dropped: it describes all rows."""
        return DataSet(self.name, self.columns, lambda epoch: self.pairing(epoch).take(rows), self.bad)

    def without(self, label: str, values: Collection[str]) -> "DataSet":
        """The rows whose label is none of the values, in every pass; a pass may then be longer or shorter than another.

        Raises:
            ConfigError: for an unknown label or value, with the nearest known one.
        """
        first = self.pairing(0)
        if label not in first.labels:
            raise ConfigError(f"Unknown label '{label}' of '{self.name}'.{nearest(label, first.labels)}")
        known = [str(value) for value in np.unique(first.labels[label])]
        for value in values:
            if value not in known:
                raise ConfigError(f"No row of '{self.name}' has the {label} '{value}'.{nearest(value, known)}")

        def kept(epoch: int) -> Pairing:
            drawn = self.pairing(epoch)
            return drawn.take(np.flatnonzero(~np.isin(drawn.labels[label].astype(str), list(values))))

        if len(kept(0)) == 0:
            raise ConfigError(f"Nothing is left of '{self.name}' without {label} {', '.join(values)}.")
        return DataSet(self.name, self.columns, functools.lru_cache(maxsize=2)(kept), self.bad)


@dataclass(frozen=True)
class Batch:
    """Rows as tensors.

    Attributes:
        values: modality -> (B, ...) stored cells, blanks where missing.
        present: modality -> (B,) bool.
    """

    values: dict[str, Tensor]
    present: dict[str, Tensor]

    def __len__(self) -> int:
        return len(next(iter(self.present.values())))

    def take(self, rows: Tensor | slice) -> "Batch":
        """The given rows only."""
        return Batch({n: v[rows] for n, v in self.values.items()}, {n: p[rows] for n, p in self.present.items()})

    def to(self, device: torch.device) -> "Batch":
        """The same rows on a device."""
        return Batch(
            {n: v.to(device, non_blocking=True) for n, v in self.values.items()},
            {n: p.to(device, non_blocking=True) for n, p in self.present.items()},
        )

    def observed(self) -> Tensor:
        """Presence of all modalities side by side, (B, modalities) bool."""
        return torch.stack(list(self.present.values()), 1)
