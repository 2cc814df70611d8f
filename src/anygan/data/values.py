"""What a value says, as it stands in a file or in memory: nothing, or a number, a truth, a date, a list of numbers."""

import json
import math
import re
from datetime import date, datetime
from typing import Any

import numpy as np
from torch import Tensor

__all__ = ["is_missing", "says_missing", "to_boolean", "to_date", "to_number", "to_vector", "words_in"]

MISSING_WORDS = frozenset(("", "na", "n/a", "#n/a", "nan", "null", "none"))
# Not '007' or '1_000': those are names that happen to be made of digits.
NUMBER = re.compile(r"[+-]?(?:0|[1-9]\d*|(?=\.\d))(?:\.\d*)?(?:[eE][+-]?\d+)?")
WORD = re.compile(r"\S+")
DIGITS = 1100
"""Characters of the longest number: what the smallest float needs when all its digits are written out."""


def is_missing(value: Any) -> bool:
    """Whether the cell is empty: ``None``, an empty string or NaN."""
    if isinstance(value, float | np.floating):
        return bool(np.isnan(value))
    return value is None or (isinstance(value, str) and not value)


def words_in(text: str) -> int:
    """How many words there are, parted by white space. A text of any length is counted, not taken apart."""
    return sum(1 for _ in WORD.finditer(text))


def says_missing(value: Any) -> bool:
    """Whether the cell holds a word, such as 'NA', that means missing among numbers, dates and booleans."""
    return isinstance(value, str) and value.strip().lower() in MISSING_WORDS


def to_number(value: Any) -> int | float | None:
    """The value as a finite number, ``None`` where it is none."""
    if isinstance(value, str):
        text = value.strip()
        if len(text) > DIGITS or not NUMBER.fullmatch(text):
            return None
        value = float(text) if any(c in text for c in ".eE") else int(text)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if _is_finite(value) else None


def _is_finite(value: int | float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float reaches
        return False


def to_boolean(value: Any) -> bool | None:
    """The value as true or false, ``None`` where it is neither."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, bool | np.bool_) else None


def to_date(value: Any) -> str | None:
    """The value as ISO 8601 writes dates and times, ``None`` where it is none."""
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str) or "-" not in value:
        return None
    try:
        datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return value.strip()


def to_vector(value: Any) -> list[float] | None:
    """The value as a list of finite numbers, ``None`` where it is none. A number alone is a list of one."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    if isinstance(value, np.ndarray | Tensor):
        value = value.tolist()
    numbers = [to_number(v) for v in (value if isinstance(value, list | tuple) else [value]) if not isinstance(v, str)]
    whole = len(numbers) == (len(value) if isinstance(value, list | tuple) else 1)
    return [float(n) for n in numbers if n is not None] if whole and numbers and None not in numbers else None
