"""What a command answers: one document for programs, and the same for people."""

import math
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..errors import plain
from ..evaluation.document import to_json

__all__ = ["Answer", "count", "duration", "grid", "listed", "show"]

WIDE = 200
"""Columns of a page that nobody's window limits."""


@dataclass(frozen=True)
class Answer:
    """The result of a command.

    Attributes:
        document: all of it, ready for JSON.
        shown: the same for people: sentences and tables.
        code: the exit code.
    """

    document: Mapping[str, Any]
    shown: Sequence[str | Table]
    code: int = 0


def show(answer: Answer, as_json: bool) -> None:
    """Print an answer on stdout; of several ranks, the first one does."""
    if os.environ.get("RANK", "0") != "0":
        return
    if as_json:
        print(to_json(answer.document))
        return
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    for part in answer.shown:
        if isinstance(part, str):
            console.print(part, markup=False, highlight=False, soft_wrap=True)
        else:
            console.print(part)


def grid(headers: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> Table:
    """A table; cells are taken literally, numbers set right."""
    taken = [list(row) for row in rows]
    table = Table(title=Text(title, "bold") if title else None, title_justify="left", box=None, pad_edge=False)
    for place, header in enumerate(headers):
        numbers = bool(taken) and all(isinstance(row[place], int | float) for row in taken)
        table.add_column(Text(plain(header)), justify="right" if numbers else "left", style="")
    for row in taken:
        table.add_row(*(Text(_cell(value)) for value in row))
    return table


def listed(items: Sequence[object], name: str, most: int = 5, total: int = 0) -> list[str]:
    """The first few of many, and how many there are, perhaps more than are at hand: nothing is lost in silence.

    Example:
        >>> listed(["row 1: empty", "row 7: empty"], "bad cell", most=1)
        ['2 bad cells, which count as missing:', '  row 1: empty', '  and 1 more']
    """
    if not items:
        return []
    total = max(total, len(items))
    more = [f"  and {total - most:,} more"] if total > most else []
    return [f"{count(total, name)}, which count as missing:", *(f"  {item}" for item in items[:most]), *more]


def count(number: int, name: str) -> str:
    """A number and what it counts.

    Example:
        >>> count(1, "row"), count(2000, "row")
        ('1 row', '2,000 rows')
    """
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """Time as people say it.

    Example:
        >>> duration(9.5), duration(75), duration(7325)
        ('10 s', '1:15 min', '2:02 h')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60}:{whole % 60:02} min" if whole < 3600 else f"{whole // 3600}:{whole % 3600 // 60:02} h"


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool | str):
        return plain(str(value))
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}"
