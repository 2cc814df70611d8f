"""Results of long benchmarks: a file of JSON lines, one for each finished cell, so that a broken call goes on."""

import json
import os
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from anygan import Config, DataSet, Model, load, train
from anygan.evaluation.cost.costing import processor

__all__ = ["about", "finish", "finished", "hardware", "markdown", "middle", "trained"]


def finished(path: Path) -> list[dict[str, Any]]:
    """The lines of a file, none where there is no file yet."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def finish(path: Path, line: Mapping[str, Any]) -> None:
    """Append a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def trained(name: str, data: DataSet, run: Path, config: Config) -> Model:
    """A model trained into a run folder, or gone on with, a line on stdout every hundred steps."""
    for record in train(data, run, config, resume=True):
        if record.step % 100 == 0:
            print(name, record.step, round(record.seconds), flush=True)
    return load(run)


def about(model: Model) -> dict[str, Any]:
    """How a model was trained, and where it is measured."""
    story = model.story
    told = {"steps": story["clock"]["step"], "threads": story["threads"], "precision": story["precision"]}
    return told | {"hardware": hardware()}


def hardware() -> str:
    """What this machine has to compute with, by name."""
    cores = f"{os.cpu_count()} cores, {processor()}"
    return f"{cores}, {torch.cuda.get_device_name()}" if torch.cuda.is_available() else cores


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A table, the head first."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [rows[0], ["---"] * len(rows[0]), *rows[1:]])


def middle(values: Sequence[float], digits: int) -> str:
    """The median, and the extremes where there are several."""
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"
