"""anygan train: a run from start to end, watched."""

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
from ..data.load import BUILT_IN, load_data
from ..errors import ConfigError, RunError, nearest
from ..evaluation.measure import Measure
from ..rows import DataSet
from ..tasks.model import Model
from ..tasks.textbook import train_textbook
from ..training import checkpoint
from ..training.loop import Record
from ..training.loop import train as records_of
from ..training.parallel import World
from ..training.resume import FIXED, restarted
from ..training.scene import PRIOR, holes_of
from .answer import Answer, count, duration, listed
from .plan import plan
from .progress import Ticker
from .until import JUDGED, RISING, Measured, Until, parse_until

__all__ = ["event_words", "health_words", "run", "watch"]

RECIPES = ("mnist-mlp",)

GIVEN_TO_RECIPES = ("minutes", "steps", "seed")

LOOKED = ("spread", "noise", "condition", "novelty")
"""Signals of looks at generated rows, of which the least modality's is told; 1 or more is healthy."""

RECENT = 200
"""Records over which speed and health are told."""

STOPPED = 130


def run(
    data: str,
    out: Path | None,
    kinds: Mapping[str, str],
    data_dir: Path | None,
    recipe: str | None,
    without: Mapping[str, str],
    resume: bool,
    change: bool,
    origin: Path | None,
    dry_run: bool,
    **settings: Any,
) -> Answer:
    """Train, or with ``dry_run`` tell what would be trained. ``settings`` are those of ``Config``, ``None`` if open."""
    said = {name: value for name, value in settings.items() if value is not None}
    if "minutes" in said and "steps" in said:
        raise ConfigError("A budget is either --minutes or --steps. Give one.")
    if out is None and not dry_run:
        raise ConfigError("Say where the run goes: --out RUN, such as --out runs/first.")
    resume = resume or restarted()
    if change and not resume:
        raise ConfigError("--change is for a run that is gone on with: add --resume.")
    if recipe is not None:
        return _recipe(recipe, data, out, data_dir, said, resume, origin, dry_run)
    if out is not None and not dry_run:
        _check(out, resume)
    config = _config(out, said, resume, origin)
    rows = load_data(data, kinds=kinds, data_dir=data_dir, split="train")
    for label, values in without.items():
        rows = rows.without(label, values.split(","))
    until = parse_until(config.until, _signals(rows)) if config.until else None
    if dry_run or out is None:
        return plan(rows, config, origin)
    measure = _judge(data, rows, data_dir) if until and until[0] in JUDGED else None
    enough = Until(*until, out, measure) if until else None
    return watch(rows, out, config, resume=resume, change=change, origin=origin, until=enough, again=data)


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


def _check(out: Path, resume: bool) -> None:
    """Refuse what the run would be refused for, before any data are read."""
    if out.exists() and not out.is_dir():
        raise RunError(f"{out} is a file. Name a folder with --out.")
    there = next(folder for folder in (out.absolute(), *out.absolute().parents) if folder.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        raise RunError(f"{there} cannot be written to: permission denied. Name another folder with --out.")
    if checkpoint.exists(out) and not resume:
        raise RunError(f"{out} holds a run already. Go on with it: add --resume. Start anew: give another --out.")


def _config(out: Path | None, said: Mapping[str, Any], resume: bool, origin: Path | None) -> Config:
    """The configuration asked for; of a run that is gone on with its own, but for what is said."""
    if out is None or not resume or not checkpoint.exists(out):
        if origin is None:
            return Config.of(said)
        left = Config.of(checkpoint.newest(origin)[1]["config"])
        return Config.of(said if "size" in said else {name: getattr(left, name) for name in FIXED} | dict(said))
    had = Config.of(checkpoint.newest(out)[1]["config"])
    Config.of(said)
    # Steps go before minutes: who asks for minutes wants them to count.
    return had.but(**({"steps": None} if "minutes" in said else {}), **said)


def _signals(data: DataSet) -> list[str]:
    """Names of all signals that training on the data tells."""
    holed = [name for name, column in data.columns.items() if column.kind == "table" and len(column.headers) > 1]
    games = [*data.columns, *([PRIOR] if len(data.columns) > 1 else []), *map(holes_of, holed)]
    health = [f"{game}/{signal_name}" for game in games for signal_name in ("accuracy", "gap", "r1", "r2")]
    losses = ["align", "recognise", "believe", "judge", "imitate", "echo", *(["holes"] if holed else [])]
    return [*losses, *RISING, *health]


def _judge(name: str, train: DataSet, data_dir: Path | None) -> Measured:
    """Judges trained before the run begins, to measure its checkpoints."""
    test = load_data(name.partition(":")[0], data_dir=data_dir, split="test") if _is_built_in(name) else train
    with Ticker("judges") as ticker:
        measure = Measure(test, train, progress=lambda what, share: ticker.at(share, what=what))
    if not any(measure.panel.labels):
        raise ConfigError(f"'{train.name}' has no labels to judge by: give --until one of the signals of training.")

    def measured(folder: Path) -> dict[str, float]:
        return measure(Model.load(folder).net) if checkpoint.exists(folder) else dict.fromkeys(JUDGED, 0.0)

    return measured


def _is_built_in(name: str) -> bool:
    return name.partition(":")[0] in BUILT_IN


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
        head = f"{out}: finished, {size} ({count(told.get('threads') or 0, 'thread')}, {told.get('precision')})."
    words = health_words(pace.health).removeprefix("; ")
    more = [f"  and {bad_count - len(bad):,} more that are not named"] if bad_count > len(bad) else []
    onwards = [f"go on with: anygan train {again} --out {out} --resume"] if stopped else []
    shown = [*listed(bad, "bad cell"), *more, head, *([words] if words else []), *onwards]
    return Answer(document, shown, STOPPED if stopped else 0)


def _recipe(
    name: str,
    data: str,
    out: Path | None,
    data_dir: Path | None,
    said: Mapping[str, Any],
    resume: bool,
    origin: Path | None,
    dry_run: bool,
) -> Answer:
    """Train a classic."""
    if name not in RECIPES:
        raise ConfigError(f"Unknown --recipe '{name}'.{nearest(name, RECIPES)}")
    alien = [f"--{n}" for n in said if n not in GIVEN_TO_RECIPES]
    alien += [option for option, given in (("--resume", resume), ("--from", origin), ("--dry-run", dry_run)) if given]
    if alien or out is None:
        raise ConfigError(f"--recipe {name} has settings of its own. Drop {', '.join(alien)}.")
    _check(out, resume=False)
    rows, test = (load_data(data, data_dir=data_dir, split=split) for split in ("train", "test"))
    with Ticker(name) as ticker:

        def tick(form: str, step: int, steps: int) -> None:
            if ticker.due():
                ticker.at(step / max(1, steps), f"step {step:,} of {steps:,}", f"{name}, {form}")

        document = train_textbook(rows, test, out, **said, tick=tick)
    return Answer(document, [f"{out}: finished, report in {out / 'report.html'}"])
