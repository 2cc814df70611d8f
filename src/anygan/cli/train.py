"""anygan train: what is asked for, checked, and then watched."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..config import Config
from ..data.load import BUILT_IN, load_data
from ..errors import ConfigError, RunError, nearest
from ..evaluation.measure import Measure
from ..rows import DataSet
from ..tasks.model import Model
from ..tasks.textbook import train_textbook
from ..training import checkpoint
from ..training.game.scene import PRIOR, holes_of
from ..training.resume import FIXED, restarted
from .answer import Answer
from .plan import plan
from .progress import Ticker
from .until import JUDGED, RISING, Measured, Until, parse_until
from .watch import watch

__all__ = ["run"]

RECIPES = ("mnist-mlp",)

GIVEN_TO_RECIPES = ("minutes", "steps", "seed")


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
    several = len(data.columns) > 1
    games = [*data.columns, *([PRIOR] if several else []), *map(holes_of, holed)]
    health = [f"{game}/{signal_name}" for game in games for signal_name in ("accuracy", "gap", "r1", "r2")]
    losses = ["align", "recognise", "believe", "judge", "imitate", "echo"]
    losses += [*(["energy"] if several else []), *(["holes"] if holed else [])]
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
