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
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from ..errors import CellError, DataError
from ..rows import Cell
from .base import Canvas, Modality, Scale
from .ranks import rank, value
from .scalars import Scalar, category, described, empty, extended, parsed, resampled, written

__all__ = ["Table"]

SAMPLE = 65_536
"""Rows that :meth:`Table.fit` looks at, spread evenly over the data."""
KNOTS = 256
SURE = 20.0
"""Logit of a mask that is as good as one."""


class CodedRow(Canvas):
    """Numbers, one-hot categories and masks in one row, (numbers + categories + columns,)."""

    noise = 0.1
    knots: Tensor
    unit: Tensor
    owner: Tensor
    counted: Tensor
    """Which columns are numbers, (columns,) bool; the others are categories."""

    def __init__(self, columns: Sequence[Scalar]) -> None:
        super().__init__()
        self.numbers = [i for i, c in enumerate(columns) if c.knots]
        self.groups = [(i, len(c.categories)) for i, c in enumerate(columns) if not c.knots]
        self.values = len(self.numbers) + sum(size for _, size in self.groups)
        self.columns = len(columns)
        self.shape = (self.values + self.columns,)
        knots = torch.tensor([columns[i].knots for i in self.numbers], dtype=torch.float64)
        unit = torch.tensor([10.0 ** columns[i].decimals for i in self.numbers], dtype=torch.float64)
        owner = torch.tensor(self.numbers + [i for i, size in self.groups for _ in range(size)])
        self.register_buffer("knots", knots, persistent=False)
        self.register_buffer("unit", torch.where(unit < 1, 0, unit), persistent=False)
        self.register_buffer("owner", owner, persistent=False)
        self.register_buffer("counted", torch.tensor([bool(c.knots) for c in columns]), persistent=False)

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

    def seen(self, canvas: Tensor, keep: Tensor) -> Tensor:
        """Canvases (B, row) of which only some columns (B, columns) are kept, where they are there at all."""
        return canvas * torch.cat([keep[:, self.owner], keep], 1)

    def whole(self, raw: Tensor, seen: Tensor) -> Tensor:
        """Raw rows (B, row) as canvases in which nothing is missing, what is seen of them as it is."""
        mask = torch.full_like(raw[:, self.values :], SURE)
        filled = self.finish(torch.cat([raw[:, : self.values], mask], 1))
        return torch.where(self._there(seen), seen, filled)

    def observed_as(self, canvas: Tensor, other: Tensor) -> Tensor:
        """Canvases (B, row) without what others lack."""
        return torch.where(self._there(other), canvas, 0)

    def missed(self, draws: Tensor, real: Tensor, seen: Tensor) -> Tensor:
        """By how much draws (n, K, row) miss what of real canvases (n, row) is not seen, (n,)."""
        hidden = self._there(real) & ~self._there(seen)
        count, values = len(self.numbers), draws[:, :, : self.values]
        number = values[:, :, :count]
        off = (number - real[:, None, :count]).abs().mean(1)
        apart = (number.unsqueeze(1) - number.unsqueeze(2)).abs().sum((1, 2)) / (
            number.shape[1] * (number.shape[1] - 1)
        )
        missed = ((off - apart / 2) * hidden[:, :count]).sum(1)
        start = count
        for _, size in self.groups:
            group = slice(start, start + size)
            chance = (values[:, :, group].mean(1) * real[:, group]).sum(1).clamp(min=1e-4)
            missed = missed - chance.log() * hidden[:, start]
            start += size
        return missed

    def chances(self, draws: Tensor, stored: Tensor) -> Tensor:
        """How likely draws (K, B, row) together find the categories of stored rows (B, columns); 1 for numbers."""
        found = draws.new_ones(stored.shape)
        groups = self._split(draws.mean(0)[:, len(self.numbers) : self.values])
        for (i, _), group in zip(self.groups, groups, strict=True):
            chance = group / group.sum(1, keepdim=True).clamp(min=1e-6)
            found[:, i] = chance.gather(1, stored[:, i : i + 1].long()).squeeze(1)
        return found

    def _there(self, canvas: Tensor) -> Tensor:
        """Which entries of canvases (B, row) stand for something: bool."""
        mask = canvas[:, self.values :] > 0.5
        return torch.cat([mask[:, self.owner], mask], 1)

    def _split(self, categories: Tensor) -> Sequence[Tensor]:
        groups: Sequence[Tensor] = torch.split_with_sizes(categories, [size for _, size in self.groups], 1)
        return groups if self.groups else []


@dataclass(frozen=True)
class Table(Modality):
    """The scalar columns of a data set.

    Attributes:
        columns: what is known of each.
        fills: whether holes of a row are filled from the row's other columns; runs of before do not.
    """

    kind: ClassVar[str] = "table"

    columns: tuple[Scalar, ...]
    fills: bool = False

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
        return cls(name, tuple(columns), len(columns) > 1)

    def extended(self, cells: Sequence[Cell], scale: Scale) -> Self:
        """New categories and wider ranges of the columns, and new columns behind them."""
        found = {column.name: column for column in self.fit(self.name, cells, scale).columns}
        known = {column.name for column in self.columns}
        old = [extended(c, found[c.name]) if c.name in found else c for c in self.columns]
        # All numbers of a table have as many knots.
        knots = next((len(c.knots) for c in self.columns if c.knots), None)
        new = [resampled(c, knots) if knots and c.knots else c for name, c in found.items() if name not in known]
        return replace(self, columns=(*old, *new))

    def places(self, before: Self) -> list[int] | None:
        """Numbers, categories and masks move apart where columns or categories have come between."""
        own = {key: place for place, key in enumerate(self._entries())}
        return None if self.columns == before.columns else [own[key] for key in before._entries()]

    def _entries(self) -> list[tuple[str, ...]]:
        """What each entry of the canvas stands for."""
        numbers = [(c.name, "number") for c in self.columns if c.knots]
        words = [(c.name, "category", word) for c in self.columns if not c.knots for word in c.categories]
        return [*numbers, *words, *((c.name, "mask") for c in self.columns)]

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
