"""A run watched from its first step to its last: progress, alarms, signals of the system, and what was reached."""

import os
import signal
import statistics
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from ..config import Config
from ..rows import DataSet
from ..training import checkpoint
from ..training.loop import Record
from ..training.loop import train as records_of
from ..training.parallel import World
from .answer import Answer, count, duration, listed
from .progress import Ticker
from .until import RISING, Until

__all__ = ["event_words", "health_words", "watch", "worked"]

LOOKED = ("spread", "noise", "condition", "novelty")
"""Signals of looks at generated rows, of which the least modality's is told; 1 or more is healthy."""

RECENT = 200
"""Records over which speed and health are told."""

STOPPED = 130


def watch(
    data: DataSet,
    out: Path,
    config: Config,
    *,
    resume: bool,
    change: bool = False,
    origin: Path | None = None,
    until: Until | None = None,
    again: str = "DATA",
) -> Answer:
    """Train with an eye on the game; what was reached when it ends, is good enough or is stopped."""
    pace, reached, stopped = _Pace(), False, False
    with Ticker("train") as ticker, _Stop() as stop:
        ticker.at(0.0, "reading the data and timing a few steps")
        records = records_of(data, out, config, resume=resume, change=change, origin=origin)
        try:
            for record in records:
                stop.listen()
                pace.take(record)
                for event in record.events:
                    ticker.say(f"step {record.step:,}: {event_words(event)}")
                if ticker.due():
                    ticker.at(record.position, pace.told(), record.phase)
                # Ranks hear signals at different steps, and must end at the same one.
                end = World.join().agree(2.0 if stop.asked else float(until is not None and until.reached(record)))
                reached, stopped = end == 1, end == 2
                if end:
                    break
        finally:
            records.close()  # type: ignore[attr-defined]  # an iterator to callers, a generator to us
    return _ended(out, again, pace, until if reached else None, stopped)


class _Stop:
    """Ctrl-C, or a machine that is shut down, ends a run between two steps, so that its checkpoint is that of a step.

    Until the first step there is nothing to keep, and the usual thing happens; so it does at the second Ctrl-C. Under
    torchrun a signal comes twice at once, from the terminal and from torchrun: what follows within a second is one.
    """

    def __init__(self) -> None:
        self.asked = False
        self._since = 0.0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "_Stop":
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def listen(self) -> None:
        """Begin to listen, where signals can be heard: in the main thread."""
        if not self._before and threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._heard)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self.asked and time.monotonic() - self._since > 1:
            raise KeyboardInterrupt
        self.asked, self._since = True, time.monotonic()


class _Pace:
    """How fast a run goes, how long it still needs, and how the game stands."""

    def __init__(self) -> None:
        self.last: Record | None = None
        self._points: deque[tuple[float, float, int]] = deque(maxlen=RECENT)
        self._health: deque[Mapping[str, float]] = deque(maxlen=RECENT)

    def take(self, record: Record) -> None:
        """Take a record in."""
        self.last = record
        self._points.append((time.monotonic(), record.position, record.step))
        if record.health:
            self._health.append(record.health)

    @property
    def health(self) -> dict[str, float]:
        """The signals of the game, over recent steps."""
        names = dict.fromkeys(name for told in self._health for name in told)
        return {name: statistics.fmean(told[name] for told in self._health if name in told) for name in names}

    def told(self) -> str:
        """Step, speed, time left and health in a line."""
        (began, start, first), (now, position, step) = self._points[0], self._points[-1]
        speed = (step - first) / max(1e-9, now - began)
        left = (1 - position) * (now - began) / max(1e-9, position - start)
        known = step > first and position > start
        pace = f", {speed:,.1f} a second, {duration(left)} left" if known else ""
        return f"step {step:,}{pace}{health_words(self.health)}"


def worked(told: Mapping[str, Any]) -> str:
    """What a checkpoint tells of what it was trained with."""
    words = [count(told.get("threads") or 0, "thread"), str(told.get("precision"))]
    return ", ".join(words if told.get("device") in ("cpu", None) else [*words, str(told["device"])])


def health_words(health: Mapping[str, float]) -> str:
    """The game in a few words: how often each discriminator tells real from generated, and how hard it is penalised.

    Example:
        >>> health_words({"image/accuracy": 0.62, "image/r1": 1.0, "image/r2": 0.5})
        '; told apart: image 62%; R1 1, R2 0.5'
    """
    told = [f"{n.removesuffix('/accuracy')} {v:.0%}" for n, v in health.items() if n.endswith("/accuracy")]
    if not told:
        return ""
    penalties = [
        f"{name.upper()} {statistics.fmean(values):.2g}"
        for name in ("r1", "r2")
        if (values := [v for n, v in health.items() if n.endswith(f"/{name}")])
    ]
    penalties += [f"{name} {health[name]:.2f}" for name in RISING if name in health]
    penalties += [
        f"{name} {min(values):.2f}"
        for name in LOOKED
        if (values := [v for n, v in health.items() if n.endswith(f"/{name}")])
    ]
    return f"; told apart: {' '.join(told)}" + (f"; {', '.join(penalties)}" if penalties else "")


def event_words(event: Mapping[str, str]) -> str:
    """What rang, or that it is over, and what was done.

    Example:
        >>> event_words({"alarm": "memorising", "where": "image", "said": "copies", "done": "nothing"})
        'memorising (image): copies; done: nothing'
    """
    place = f" ({event['where']})" if event["where"] else ""
    head = f"{event['alarm']}{place}: " if event["alarm"] else ""
    return f"{head}{event['said']}; done: {event['done']}"


def _ended(out: Path, again: str, pace: _Pace, until: Until | None, stopped: bool) -> Answer:
    """What to tell of a run that has ended."""
    told = checkpoint.newest(out)[1] if os.environ.get("RANK", "0") == "0" else {}
    clock, bad, bad_count = told.get("clock", {}), told.get("bad", []), told.get("bad_count", 0)
    steps, seconds = clock.get("step", 0), clock.get("seconds", 0.0)
    position = pace.last.position if pace.last else 1.0
    document = {
        "run": str(out),
        "ended": "stopped" if stopped else "reached" if until else "finished",
        "steps": steps,
        "minutes": seconds / 60,
        "position": position,
        "threads": told.get("threads"),
        "device": told.get("device"),
        "precision": told.get("precision"),
        "losses": pace.last.losses if pace.last else {},
        "health": pace.health,
        "bad": bad,
        "bad_count": bad_count,
    }
    size = f"{count(steps, 'step')} in {duration(seconds)}"
    if stopped:
        head = f"{out}: stopped after {size}, {position:.0%} of the budget."
    elif until:
        head = f"{out}: {until.metric} reached {until.latest:.3f} after {size}."
    elif pace.last is None:
        head = f"{out}: finished already, after {size}."
    else:
        head = f"{out}: finished, {size} ({worked(told)})."
    words = health_words(pace.health).removeprefix("; ")
    more = [f"  and {bad_count - len(bad):,} more that are not named"] if bad_count > len(bad) else []
    onwards = [f"go on with: anygan train {again} --out {out} --resume"] if stopped else []
    shown = [*listed(bad, "bad cell"), *more, head, *([words] if words else []), *onwards]
    return Answer(document, shown, STOPPED if stopped else 0)
