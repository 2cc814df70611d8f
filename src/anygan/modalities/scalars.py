"""Scalars: what a column of a table is, and how its values are read as numbers and written again."""

import datetime
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import numpy as np

from ..errors import CellError
from ..rows import Category

__all__ = ["Scalar", "category", "described", "empty", "extended", "parsed", "resampled", "written"]

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


def empty(value: Any) -> bool:
    """Whether nothing stands there: None, a blank string or NaN."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or bool(np.isscalar(value) and value != value)


def category(word: str, places: Mapping[str, float]) -> float:
    """The number of a category that is known from training."""
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
    try:
        number = float(value)
    except (OverflowError, ValueError):
        number = math.inf
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
        return _in_utc(value) if value.tzinfo else value
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    raise CellError(f"expected a date like 2024-05-31, got '{value}'")


def _in_utc(moment: datetime.datetime) -> datetime.datetime:
    try:
        return moment.astimezone(datetime.UTC).replace(tzinfo=None)
    except OverflowError:
        raise CellError(f"'{moment}' lies outside the years 1 to 9999 in UTC") from None


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


def parsed(column: Scalar, value: Any) -> float:
    """A value, not empty and no category, as the number that is stored; NaN for a word that stands for missing."""
    if isinstance(value, str) and value.strip().lower() in MISSING:
        return math.nan
    number = _PARSERS[column.type](value)
    return round(number, column.decimals) if column.decimals >= 0 else number


def written(column: Scalar, value: float) -> str | float | int | bool | None:
    """A stored number as the value it stands for; None for NaN."""
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


def described(name: str, values: Sequence[Any], knots: int) -> Scalar:
    """What a column is, from its values that are not empty."""
    if all(isinstance(value, (bool, np.bool_)) for value in values):
        return Scalar(name, "boolean", 0, (), ("False", "True"))
    if all(isinstance(value, Category) for value in values):
        return _categories(name, values)
    given = [v for v in values if not (isinstance(v, str) and v.strip().lower() in MISSING)]
    numbers = [] if any(map(_is_name, given)) else _all_parsed(_number, given)
    if numbers:
        readable = [value for value in given if _all_parsed(_number, [value])]
        decimals = max(map(_decimals, readable))
        kind = "integer" if all(map(_is_whole, readable)) else "number"
        return Scalar(name, kind, decimals if decimals <= DECIMALS else -1, _quantiles(numbers, knots), ())
    seconds = _all_parsed(_seconds, given)
    if seconds:
        if all(second % 86_400 == 0 for second in seconds):
            return Scalar(name, "date", 0, _quantiles([second / 86_400 for second in seconds], knots), ())
        return Scalar(name, "time", 0, _quantiles([float(round(second)) for second in seconds], knots), ())
    return _categories(name, values)


def _categories(name: str, values: Sequence[Any]) -> Scalar:
    ordered = sorted(Counter(map(str, values)).items(), key=lambda item: (-item[1], item[0]))
    return Scalar(name, "category", 0, (), tuple(word for word, _ in ordered[:CATEGORIES]))


def extended(known: Scalar, found: Scalar) -> Scalar:
    """A column with what more values say of it: new categories behind the old ones, and a range that holds them.

    Only the ends of the quantiles move, so that what lies between is played where it was. Where the types do not go
    together the column stays what it was, and values of another type count as missing.
    """
    if known.type == found.type == "category":
        new = [word for word in found.categories if word not in known.categories]
        return known._replace(categories=(*known.categories, *new)[: max(CATEGORIES, len(known.categories))])
    numbers = {known.type, found.type} <= {"number", "integer"}
    if not known.knots or not (numbers or known.type == found.type):
        return known
    low, high = min(known.knots[0], found.knots[0]), max(known.knots[-1], found.knots[-1])
    decimals = -1 if -1 in (known.decimals, found.decimals) else max(known.decimals, found.decimals)
    kind = known.type if known.type == found.type else "number"
    return Scalar(known.name, kind, decimals, (low, *known.knots[1:-1], high), ())


def resampled(column: Scalar, count: int) -> Scalar:
    """A column of numbers with another count of quantiles."""
    places = np.linspace(0, len(column.knots) - 1, count).round().astype(int)
    return column._replace(knots=tuple(column.knots[place] for place in places))


def _is_name(value: Any) -> bool:
    """Whether a value made of digits is a name rather than a quantity: 007, or beyond what floats hold exactly."""
    if isinstance(value, str):
        # Eighteen characters are beyond already, and int() refuses some thousands.
        far = _is_whole(value) and (len(value.strip()) > 17 or abs(int(value)) > EXACT)
        return far or bool(_NUMERAL.match(value.strip()))
    return isinstance(value, int) and abs(value) > EXACT


def _is_whole(value: Any) -> bool:
    """Whether a number was given as an integer: 3, but not 3.0."""
    if isinstance(value, str):
        return bool(_WHOLE.fullmatch(value.strip()))
    return isinstance(value, (int, np.integer))


def _all_parsed(parse: Callable[[Any], float], values: Sequence[Any]) -> list[float]:
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
    try:
        exponent = Decimal(str(value).strip()).normalize().as_tuple().exponent
    except InvalidOperation:  # more places than Decimal counts
        return DECIMALS + 1
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _quantiles(values: Sequence[float], count: int) -> tuple[float, ...]:
    """``count`` training values, equally spaced in rank."""
    ordered = np.sort(np.array(values))
    places = np.linspace(0, len(ordered) - 1, count).round().astype(int)
    return tuple(ordered[places].tolist())
