"""anygan evaluate: the report card of a model, written for people and machines."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..evaluation.card import summary, write_card
from ..evaluation.evaluate import evaluate
from ..judging.inception import Inception, open_inception
from ..rows import DataSet
from ..tasks.model import Model
from .answer import Answer, grid
from .opening import open_model
from .progress import Ticker

__all__ = ["report", "run"]


def run(
    folder: Path,
    checkpoint: str,
    data: str,
    out: Path,
    training: str | None,
    rows: int,
    seed: int,
    data_dir: Path | None,
    inception: Path | None,
) -> Answer:
    """Measure a model on real rows."""
    network = open_inception(inception) if inception else None
    model = open_model(folder, checkpoint)
    test = model.data(data, data_dir)
    train = _training(model, training, data_dir)
    return report(model, test, train, out, folder, rows=rows, seed=seed, inception=network)


def report(
    model: Model,
    test: DataSet,
    train: DataSet,
    out: Path,
    folder: Path,
    *,
    rows: int = 2000,
    seed: int = 0,
    judge_steps: int | None = None,
    inception: Inception | None = None,
) -> Answer:
    """Measure, write report.json and report.html into ``out``, and tell the same in a table."""
    with Ticker("evaluate") as ticker:
        card = evaluate(
            model.net,
            test,
            train,
            rows=rows,
            seed=seed,
            judge_steps=judge_steps,
            story=model.story,
            inception=inception,
            progress=lambda what, share: ticker.at(share, what=what),
        )
    numbers, page = write_card(card, out, _log(folder / "log.jsonl"))
    document = {"report": str(page), "numbers": str(numbers), "headline": card.headline, "figures": card.figures}
    table = grid(["measured", "value", "to read against"], [[n, float(v), told] for n, v, told in summary(card)])
    return Answer(document, [table, f"report: {page}"])


def _training(model: Model, training: str | None, data_dir: Path | None) -> DataSet:
    """The rows that judges learn from: those that the model was trained on, unless others are named."""
    name = training or str(model.story.get("data", ""))
    try:
        # Of a built-in set, what was trained on carries its split in its name.
        return model.data(f"{name}:train" if training and ":" not in name and _split(name) else name, data_dir)
    except DataError as error:
        if training:
            raise
        raise DataError(
            f"The run was trained on '{name}', which cannot be read: {error} Name it with --train."
        ) from error


def _split(name: str) -> bool:
    return not Path(name).exists()


def _log(path: Path) -> Iterator[Mapping[str, Any]]:
    """The records of a run; a line that was cut off by a crash is passed over."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:
                continue
