"""anygan demo: from nothing to a report, on data that ship with the package."""

from pathlib import Path

from ..config import Config
from ..data.load import load_data
from ..training import checkpoint
from .answer import Answer
from .evaluate import report
from .opening import open_model
from .watch import watch

__all__ = ["run"]

ROWS = 500
"""Test rows that the demo's report measures with."""

JUDGE_STEPS = 150
"""Steps of the demo's judges: fewer than usual, so that it ends within minutes; their ceilings are in the report."""


def run(minutes: float, out: Path, seed: int) -> Answer:
    """Train, or go on where an earlier demo was stopped, and write the report."""
    asked = Config(size="tiny", minutes=minutes, seed=seed)
    # An earlier demo keeps its own budget: it is gone on with, or finished and only looked at again.
    config = Config.of(checkpoint.newest(out)[1]["config"]) if checkpoint.exists(out) else asked
    train, test = load_data("digits", split="train"), load_data("digits", split="test")
    trained = watch(train, out, config, resume=True)
    if trained.code:
        return Answer(trained.document, [*trained.shown[:-1], "go on with: anygan demo"], trained.code)
    card = report(open_model(out, "last"), test, train, out, out, rows=ROWS, seed=seed, judge_steps=JUDGE_STEPS)
    document = {"run": trained.document, **card.document}
    more = [
        f"draw more:  anygan generate {out} -n 25 --out {out}-rows",
        f'translate:  anygan translate {out} --given text="the thin zero" --to image,audio -n 8 --out {out}-zeros',
    ]
    return Answer(document, [*trained.shown, *card.shown, *more])
