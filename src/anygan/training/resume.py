"""Going on with a run: what must be as it was, what may change when asked to, and what a killed process left behind."""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..config import SIZES, Config
from ..errors import RunError
from .schedule import Clock

__all__ = ["FIXED", "agreed", "position_kept", "restarted", "same_data", "trim"]

FIXED = ("size", *SIZES["tiny"])
"""Settings that shape the networks."""


def restarted() -> bool:
    """Whether torchrun has started this process anew, since one of its workers died: such a run is gone on with."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0


def agreed(asked: Config, had: Config, folder: Path, change: bool) -> Config:
    """The configuration to go on with: the run's own, or with ``change`` the one asked for.

    Raises:
        RunError: with the differences, when they were not asked for or cannot be.
    """
    asked = asked.but(batch=asked.batch or had.batch)
    differ = [name for name, value in asked.spec().items() if value != had.spec()[name]]
    shown = ", ".join(f"{n.replace('_', '-')} {getattr(had, n)} (now {getattr(asked, n)})" for n in differ)
    if any(name in FIXED for name in differ):
        raise RunError(
            f"{folder} was started with other settings: {shown}. Its networks cannot change their size: resume it "
            "with its own, or give another --out."
        )
    if differ and not change:
        raise RunError(
            f"{folder} was started with other settings: {shown}. Resume it with its own, add --change to go on with "
            "these, or give another --out."
        )
    return asked


def same_data(held: Mapping[str, int], holds: Mapping[str, int], folder: Path) -> None:
    """Refuse data that hold another number of rows or of good cells. Other cells in their place go unnoticed.

    Raises:
        RunError: with the differences.
    """
    differ = [f"{what} {held.get(what, 0):,} (now {now:,})" for what, now in holds.items() if held.get(what) != now]
    if differ:
        raise RunError(
            f"The data have changed since {folder} began: {', '.join(differ)}. Resume it with the data of then, add "
            f"--change to go on with these, or learn from them in a new run: --out NEW --from {folder}."
        )


def position_kept(clock: Clock, had: Config, config: Config) -> None:
    """Let the game have begun where it would have with the budget of ``config``."""
    if clock.game is not None and (before := clock.position(had)) > 0:
        step, start = clock.game
        clock.game = (step, start * clock.position(config) / before)


def trim(log: Path, step: int) -> None:
    """Drop from a log the steps after a checkpoint, which will be told again, and a line that a crash cut off."""
    if not log.is_file():
        return
    lines = log.read_text("utf-8", errors="replace").splitlines()
    kept = [line for line in lines if _step(line) <= step]
    if len(kept) < len(lines):
        beside = log.with_name(f".{log.name}.{os.getpid()}")
        beside.write_text("".join(f"{line}\n" for line in kept), "utf-8")
        beside.replace(log)


def _step(line: str) -> float:
    """The step that a line of the log tells of, 0 where of none; infinity where it is no whole line."""
    try:
        record: Any = json.loads(line)
        return int(record.get("step", 0))
    except (ValueError, TypeError, AttributeError):
        return math.inf
