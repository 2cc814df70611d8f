"""Progress on stderr: a bar on a terminal, a line now and then elsewhere."""

import os
import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Column

from .answer import count, duration

__all__ = ["Ticker"]

SELDOM = 10.0
"""Seconds between two lines where there is no terminal."""

DRAWN = 0.2
"""Seconds between two looks of the bar."""


class Ticker:
    """Tells how far a command is, as a context manager.

    Example:
        with Ticker("translate") as ticker:
            ticker.at(0.5, "12 of 24 rows")
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._console = Console(stderr=True, quiet=os.environ.get("RANK", "0") != "0")
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TextColumn("{task.fields[note]}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
            console=self._console,
            disable=not sys.stderr.isatty(),
            refresh_per_second=4,
            transient=True,
        )
        self._task = self._bar.add_task(what, total=1.0, note="")
        self._began = self._told = time.monotonic()
        self._drawn = 0.0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def due(self) -> bool:
        """Whether :meth:`at` would show anything: spares the making of a note in every step."""
        return time.monotonic() - self._drawn >= DRAWN

    def at(self, share: float, note: str = "", what: str = "") -> None:
        """Tell the share done, 0 to 1, and a few words."""
        now = time.monotonic()
        self.what = what or self.what
        self._drawn = now
        self._bar.update(self._task, completed=share, note=note, description=self.what)
        if self._bar.disable and now - self._told >= SELDOM:
            self._told = now
            self._console.print(
                f"{self.what}: {share:.0%} {note}".rstrip(), markup=False, highlight=False, soft_wrap=True
            )

    def say(self, line: str) -> None:
        """A line that stays."""
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def rows(self, done: int, total: int) -> None:
        """Tell how many rows are done."""
        if not self.due():
            return
        speed = done / max(1e-9, time.monotonic() - self._began)
        left = duration((total - done) / max(speed, 1e-9))
        self.at(done / max(1, total), f"{done:,} of {count(total, 'row')}, {speed:,.0f} a second, {left} left")
