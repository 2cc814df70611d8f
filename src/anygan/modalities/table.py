"""Tables: all scalar columns of a row together, played on a coded row.

    stored = one number a column, NaN where missing: the value itself, days, seconds, or the number of a category
    canvas = [numbers in [-1, 1] | one-hot categories in {0, 1} | one mask a column], values times masks

A number is played by its rank among the training values (a quantile transform with up to 256 knots): whatever its
distribution was, its canvas is uniform in [-1, 1]. A value that many rows share owns the stretch of ranks that they
fill and is played in the middle of it, so that it comes back exactly; in between, ranks are interpolated. Numbers are
written with as many decimals as the training values have, integers as integers. Float32 ranks tell apart some 30,000
steps between two knots; integers spread wider than that may come back a little off. Numbers beyond the training range
count as its end.

The 64 most frequent categories are known; others, rare or unseen, count as missing: a bucket for the rest would have to
be written as a value that nobody entered. Since a softmax never equals a one-hot row, :attr:`Canvas.noise` blurs both.
Generated cells are never empty: the masks tell the discriminator what real rows lack, and :meth:`Canvas.inverse` reads
the value behind the mask.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from ..errors import CellError, DataError
from ..rows import Cell
from .base import Canvas, Modality, Scale
from .ranks import rank, value
from .scalars import Scalar, category, described, empty, parsed, written

__all__ = ["Table"]

SAMPLE = 65_536
"""Rows that :meth:`Table.fit` looks at, spread evenly over the data."""
KNOTS = 256


class CodedRow(Canvas):
    """Numbers, one-hot categories and masks in one row, (numbers + categories + columns,)."""

    noise = 0.1
    knots: Tensor
    unit: Tensor
    owner: Tensor

    def __init__(self, columns: Sequence[Scalar]) -> None:
        super().__init__()
        self.numbers = [i for i, c in enumerate(columns) if c.knots]
        self.groups = [(i, len(c.categories)) for i, c in enumerate(columns) if not c.knots]
        self.values = len(self.numbers) + sum(size for _, size in self.groups)
        self.shape = (self.values + len(columns),)
        knots = torch.tensor([columns[i].knots for i in self.numbers], dtype=torch.float64)
        unit = torch.tensor([10.0 ** columns[i].decimals for i in self.numbers], dtype=torch.float64)
        owner = torch.tensor(self.numbers + [i for i, size in self.groups for _ in range(size)])
        self.register_buffer("knots", knots, persistent=False)
        self.register_buffer("unit", torch.where(unit < 1, 0, unit), persistent=False)
        self.register_buffer("owner", owner, persistent=False)

    def forward(self, stored: Tensor) -> Tensor:
        mask = ~stored.isnan()
        parts = [rank(stored[:, self.numbers].T, self.knots).T] if self.numbers else []
        for i, size in self.groups:
            number = stored[:, i].nan_to_num(0).long()
            parts.append(torch.nn.functional.one_hot(number, size))
        values = torch.cat([part.float() for part in parts], 1)
        return torch.cat([torch.where(mask[:, self.owner], values, 0), mask.float()], 1)

    def inverse(self, canvas: Tensor) -> Tensor:
        canvas = canvas.double()
        stored = canvas.new_empty(len(canvas), self.shape[0] - self.values)
        count = len(self.numbers)
        if count:
            mask = canvas[:, self.values :][:, self.numbers].clamp(1e-3, 1)
            values = value((canvas[:, :count] / mask).clamp(-1, 1).T, self.knots).T
            rounded = (values * self.unit).round() / self.unit.clamp_min(1)
            stored[:, self.numbers] = torch.where(self.unit > 0, rounded, values)
        for (i, _), group in zip(self.groups, self._split(canvas[:, count : self.values]), strict=True):
            stored[:, i] = group.argmax(1).double()
        return stored

    def finish(self, raw: Tensor) -> Tensor:
        count = len(self.numbers)
        parts = [raw[:, :count].tanh(), *(g.softmax(1) for g in self._split(raw[:, count : self.values]))]
        mask = raw[:, self.values :].sigmoid()
        return torch.cat([torch.cat(parts, 1) * mask[:, self.owner], mask], 1)

    def _split(self, categories: Tensor) -> Sequence[Tensor]:
        groups: Sequence[Tensor] = torch.split_with_sizes(categories, [size for _, size in self.groups], 1)
        return groups if self.groups else []


@dataclass(frozen=True)
class Table(Modality):
    """The scalar columns of a data set.

    Attributes:
        columns: what is known of each.
    """

    kind: ClassVar[str] = "table"

    columns: tuple[Scalar, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(Scalar(*column) for column in self.columns))

    @classmethod
    def fit(cls, name: str, cells: Sequence[Cell], scale: Scale) -> Self:
        """The type of every column, and its quantiles or categories. Columns without any value are left out."""
        sample = [cells[i] for i in range(0, len(cells), -(-len(cells) // SAMPLE) or 1)]
        rows = [cell for cell in sample if isinstance(cell, Mapping)]
        headers = dict.fromkeys(header for row in rows for header in row)
        knots = min(KNOTS, max(2, len(rows)))
        found = {header: [row[header] for row in rows if not empty(row.get(header))] for header in headers}
        columns = [described(header, values, knots) for header, values in found.items() if values]
        if not columns:
            raise DataError(f"No column of '{name}' has a value. Expected rows of numbers, dates or categories.")
        return cls(name, tuple(columns))

    def read(self, cell: Cell) -> Tensor:
        """A row as float64 (columns,), NaN where a value is missing, unseen or not of its column's type."""
        if not isinstance(cell, Mapping):
            raise CellError(f"expected a row of columns and values, got {type(cell).__name__}")
        values = [_try(self._coded, column, cell.get(column.name)) for column in self.columns]
        if all(math.isnan(value) for value in values):
            raise CellError(f"none of its columns ({', '.join(c.name for c in self.columns)}) has a value of its type")
        return torch.tensor(values, dtype=torch.float64)

    def faults(self, cell: Mapping[str, Any]) -> dict[str, str]:
        """Of each value of a row that was given and counts as missing: its header and the reason."""
        reasons = {}
        for column in self.columns:
            try:
                self._coded(column, cell.get(column.name))
            except CellError as error:
                reasons[column.name] = str(error)
        return reasons

    def blank(self) -> Tensor:
        return torch.full((len(self.columns),), torch.nan, dtype=torch.float64)

    def write(self, stored: Tensor) -> dict[str, str | float | int | bool | None]:
        """A row as header -> value: dates and times as ISO text, ``None`` only where ``stored`` has NaN."""
        return {
            column.name: written(column, value) for column, value in zip(self.columns, stored.tolist(), strict=True)
        }

    def canvas(self) -> CodedRow:
        return CodedRow(self.columns)

    def preview(self, cells: Sequence[Cell], path: Path) -> Path | None:
        """Nothing: rows of values are best read."""
        return None

    @cached_property
    def _places(self) -> dict[str, dict[str, float]]:
        """Header -> category -> its number."""
        return {c.name: {word: float(i) for i, word in enumerate(c.categories)} for c in self.columns}

    def _coded(self, column: Scalar, value: Any) -> float:
        """A value as the number that is stored; NaN when it is empty."""
        if empty(value):
            return math.nan
        if column.type == "category":
            return category(str(value), self._places[column.name])
        return parsed(column, value)


def _try(coded: Callable[[Scalar, Any], float], column: Scalar, value: Any) -> float:
    try:
        return coded(column, value)
    except CellError:
        return math.nan
