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

import datetime
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor

from ..data.rows import Cell
from ..errors import CellError, DataError
from .base import Canvas, Modality, Scale

__all__ = ["Scalar", "Table"]

SAMPLE = 65_536
"""Rows that :meth:`Table.fit` looks at, spread evenly over the data."""
KNOTS = 256
CATEGORIES = 64
DECIMALS = 6
"""Numbers with more decimals than these are written in full."""
MOST = 0.95
"""A column is of a type when this share of its values is; the others count as missing."""
MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none"})
"""Words that stand for a missing number or date. In a column of categories they are categories, but for the first."""
EXACT = 2**53
"""Integers beyond are not exact as floats; columns of them are names, not quantities."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d+")
_NUMERAL = re.compile(r"[+-]?0\d")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_EPOCH = datetime.datetime(1970, 1, 1)
_TRUTH = {"true": 1.0, "1": 1.0, "1.0": 1.0, "false": 0.0, "0": 0.0, "0.0": 0.0}


class Scalar(NamedTuple):
    """One column of a table.

    Attributes:
        name: its header.
        type: ``number``, ``integer``, ``date`` (days), ``time`` (seconds), ``boolean`` or ``category``.
        decimals: of a number as it is written; -1 for all.
        knots: equally spaced quantiles of the training values; empty for categories and booleans.
        categories: the known categories, the most frequent first; empty for numbers, dates and times.
    """

    name: str
    type: str
    decimals: int
    knots: tuple[float, ...]
    categories: tuple[str, ...]


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
        parts = [_rank(stored[:, self.numbers].T, self.knots).T] if self.numbers else []
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
            values = _value((canvas[:, :count] / mask).clamp(-1, 1).T, self.knots).T
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


def _rank(values: Tensor, knots: Tensor) -> Tensor:
    """Where values (columns, B) stand among knots (columns, K), -1 for the first knot and 1 for the last."""
    last = knots.shape[1] - 1
    values = torch.minimum(torch.maximum(values.nan_to_num(0).double(), knots[:, :1]), knots[:, -1:]).contiguous()
    first, behind = (torch.searchsorted(knots, values, right=right) for right in (False, True))
    above = first.clamp(1, last)
    low, high = knots.gather(1, above - 1), knots.gather(1, above)
    between = above - 1 + (values - low) / torch.where(high > low, high - low, 1)
    rank = torch.where(behind > first, (first + behind - 1) / 2, between)
    return rank / last * 2 - 1


def _value(ranks: Tensor, knots: Tensor) -> Tensor:
    """The inverse of :func:`_rank`."""
    place = (ranks + 1) / 2 * (knots.shape[1] - 1)
    below = place.floor().long().clamp(0, knots.shape[1] - 2)
    low, high = knots.gather(1, below), knots.gather(1, below + 1)
    return low + (place - below) * (high - low)


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
        found = {header: [row[header] for row in rows if not _empty(row.get(header))] for header in headers}
        columns = [_described(header, values, knots) for header, values in found.items() if values]
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
            column.name: _written(column, value) for column, value in zip(self.columns, stored.tolist(), strict=True)
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
        if _empty(value):
            return math.nan
        if column.type == "category":
            return _category(str(value), self._places[column.name])
        if isinstance(value, str) and value.strip().lower() in MISSING:
            return math.nan
        number = _PARSERS[column.type](value)
        return round(number, column.decimals) if column.decimals >= 0 else number


def _try(coded: Callable[[Scalar, Any], float], column: Scalar, value: Any) -> float:
    try:
        return coded(column, value)
    except CellError:
        return math.nan


def _empty(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or bool(np.isscalar(value) and value != value)


def _category(word: str, places: Mapping[str, float]) -> float:
    for spelling in (word, word.strip()):
        if spelling in places:
            return places[spelling]
    raise CellError(f"'{word}' is not among the {len(places)} categories known from training")


def _number(value: Any) -> float:
    """A finite number, or its text without thousands separators or units."""
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        raise CellError(f"expected a number, got '{value}'")
    if not isinstance(value, (str, int, float, Decimal, np.number, np.bool_)):
        raise CellError(f"expected a number, got {type(value).__name__}")
    number = float(value)
    if not math.isfinite(number):
        raise CellError(f"expected a finite number, got {value}")
    return number


def _moment(value: Any) -> datetime.datetime:
    """A date or time, or its ISO text; with a time zone, brought to UTC."""
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    if isinstance(value, str) and _DATE.match(value.strip()):
        try:
            value = datetime.datetime.fromisoformat(value.strip())
        except ValueError:
            raise CellError(f"there is no date '{value}'") from None
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    raise CellError(f"expected a date like 2024-05-31, got '{value}'")


def _days(value: Any) -> float:
    return float((_moment(value) - _EPOCH).days)


def _seconds(value: Any) -> float:
    return (_moment(value) - _EPOCH).total_seconds()


def _truth(value: Any) -> float:
    word = str(value).strip().lower()
    if word not in _TRUTH:
        raise CellError(f"expected true or false, got '{value}'")
    return _TRUTH[word]


_PARSERS: dict[str, Callable[[Any], float]] = {
    "number": _number,
    "integer": _number,
    "date": _days,
    "time": _seconds,
    "boolean": _truth,
}


def _written(column: Scalar, value: float) -> str | float | int | bool | None:
    if math.isnan(value):
        return None
    if column.type == "category":
        return column.categories[int(value)]
    if column.type == "number":
        return round(value, column.decimals) if column.decimals >= 0 else value
    if column.type == "boolean":
        return bool(value)
    if column.type == "integer":
        return round(value)
    moment = _EPOCH + datetime.timedelta(**{"days" if column.type == "date" else "seconds": round(value)})
    return moment.date().isoformat() if column.type == "date" else moment.isoformat()


def _described(name: str, values: Sequence[Any], knots: int) -> Scalar:
    """What a column is, from its values that are not empty."""
    if all(isinstance(value, (bool, np.bool_)) for value in values):
        return Scalar(name, "boolean", 0, (), ("False", "True"))
    given = [v for v in values if not (isinstance(v, str) and v.strip().lower() in MISSING)]
    numbers = [] if any(map(_is_name, given)) else _parsed(_number, given)
    if numbers:
        readable = [value for value in given if _parsed(_number, [value])]
        decimals = max(map(_decimals, readable))
        kind = "integer" if all(map(_is_whole, readable)) else "number"
        return Scalar(name, kind, decimals if decimals <= DECIMALS else -1, _quantiles(numbers, knots), ())
    seconds = _parsed(_seconds, given)
    if seconds:
        if all(second % 86_400 == 0 for second in seconds):
            return Scalar(name, "date", 0, _quantiles([second / 86_400 for second in seconds], knots), ())
        return Scalar(name, "time", 0, _quantiles([float(round(second)) for second in seconds], knots), ())
    ordered = sorted(Counter(map(str, values)).items(), key=lambda item: (-item[1], item[0]))
    return Scalar(name, "category", 0, (), tuple(word for word, _ in ordered[:CATEGORIES]))


def _is_name(value: Any) -> bool:
    """Whether a value made of digits is a name rather than a quantity: 007, or beyond what floats hold exactly."""
    if isinstance(value, str):
        return bool(_NUMERAL.match(value.strip())) or (_is_whole(value) and abs(int(value)) > EXACT)
    return isinstance(value, int) and abs(value) > EXACT


def _is_whole(value: Any) -> bool:
    """Whether a number was given as an integer: 3, but not 3.0."""
    if isinstance(value, str):
        return bool(_WHOLE.fullmatch(value.strip()))
    return isinstance(value, (int, np.integer))


def _parsed(parse: Callable[[Any], float], values: Sequence[Any]) -> list[float]:
    """The values that parse, when most of them do; else none."""
    found = []
    for value in values:
        try:
            found.append(parse(value))
        except CellError:
            continue
    return found if len(found) >= MOST * len(values) else []


def _decimals(value: Any) -> int:
    """Places behind the point that a number needs."""
    exponent = Decimal(str(value).strip()).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _quantiles(values: Sequence[float], count: int) -> tuple[float, ...]:
    """``count`` training values, equally spaced in rank."""
    ordered = np.sort(np.array(values))
    places = np.linspace(0, len(ordered) - 1, count).round().astype(int)
    return tuple(ordered[places].tolist())
