"""The bench: where the judges of a data set are tried, trained and marked.

For every label and every modality a judge is tried on real cells. It is kept when it makes at most half of the errors
on test rows that always naming the commonest class would make: a speaker is not to be read from a picture, and nobody
need say so beforehand. A modality without a judge is looked at through the principal components of its view.
"""

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..rows import DataSet
from .judges import Judge, train_judge
from .panel import Components, Mark, Panel, choose, readable

__all__ = ["Progress", "convene"]

TRIAL = 100
"""Training steps that show whether a label can be read at all."""

TRIED = 3_000
"""Cells that a trial learns from at most."""

PROMISING, KEPT = 0.25, 0.5
"""Shares of the errors of always naming the commonest class that a judge must spare, in its trial and in the end."""

LEARNED = 1_000
"""Cells that principal components are measured on at most."""

Progress = Callable[[str, float], None]
"""Told what is done, and the share done."""


def convene(
    train: DataSet,
    data: DataSet,
    names: Sequence[str],
    *,
    seed: int = 0,
    steps: int | None = None,
    cache: Path | None = None,
    progress: Progress = lambda what, share: None,
) -> Panel:
    """Try, train and mark every judge that the labels of both sets allow.

    Args:
        train: real training rows, all that judges learn from.
        data: real test rows, on which they are marked.
        names: the modalities to look at.
        seed: of the judges.
        steps: of their training; enough for the kind when not given.
        cache: folder of kept judges.
        progress: told what is done, and the share done.
    """
    known, asked = train.pairing(0).labels, data.pairing(0).labels
    labels = [label for label in known if label in asked and np.isin(asked[label], known[label]).mean() > 0.5]
    bench = _Bench(train, data, seed, steps, cache, len(labels) > 1)
    judges: dict[str, dict[str, Judge]] = {name: {} for name in names}
    marks, every = [], len(labels) * len(names)
    for done, (label, name) in enumerate(itertools.product(labels, names)):
        tell = functools.partial(_tell, progress, done, every)
        judge, mark = bench.seat(label, name, tell)
        marks += [mark] if mark else []
        if judge is not None:
            judges[name][label] = judge
    components = {name: _components(train, name, seed) for name in names if not judges[name]}
    progress("judges", 1.0)
    return Panel(judges, components, tuple(marks))


def _tell(progress: Progress, done: int, every: int, share: float) -> None:
    progress("judges", (done + share) / every)


@dataclass(frozen=True)
class _Bench:
    """Where judges are trained and marked."""

    train: DataSet
    data: DataSet
    seed: int
    steps: int | None
    cache: Path | None
    trial: bool

    def seat(self, label: str, name: str, tell: Callable[[float], None]) -> tuple[Judge | None, Mark | None]:
        """The judge of a label in a modality where it is to be read there, and what it is worth."""
        pairing, column = self.train.pairing(0), self.train.columns[name]
        numbers, first = np.unique(pairing.index[name], return_index=True)
        first, numbers = first[numbers >= 0], numbers[numbers >= 0]
        classes = pairing.labels[label][first]
        if len(np.unique(classes)) < 2:
            return None, None

        def learn(places: NDArray[np.int64], steps: int | None, done: float, share: float) -> tuple[Judge, Mark]:
            cells = [column.cells[number] for number in numbers[places]]
            judge = train_judge(
                cells,
                classes[places],
                column.kind,
                label=label,
                seed=self.seed,
                steps=steps,
                cache=self.cache,
                progress=lambda step, steps: tell(done + share * step / steps),
            )
            return judge, self.marked(judge, label, name)

        if self.trial and (self.steps is None or self.steps > 3 * TRIAL):
            _, mark = learn(choose(len(numbers), TRIED, self.seed), TRIAL, 0.0, 0.2)
            if _gain(mark) < PROMISING:
                return None, replace(mark, kept=False)
        judge, mark = learn(np.arange(len(numbers)), self.steps, 0.2, 0.8)
        return (judge if mark.kept else None), mark

    def marked(self, judge: Judge, label: str, name: str) -> Mark:
        """What a judge is worth."""
        rows, numbers = readable(self.data, name)
        truth = self.data.pairing(0).labels[label][rows]
        distinct, places = np.unique(numbers, return_inverse=True)
        said = judge.predict([self.data.columns[name].cells[number] for number in distinct])[places]
        chance = float(np.unique(truth, return_counts=True)[1].max(initial=0) / max(1, len(truth)))
        ceiling = float((said == truth).mean()) if len(truth) else 0.0
        mark = Mark(label, name, judge.name, ceiling, chance, len(rows), len(distinct), len(judge.classes), False)
        return replace(mark, kept=_gain(mark) >= KEPT)


def _gain(mark: Mark) -> float:
    """Share of the errors of always naming the commonest class that a judge does not make."""
    return (mark.ceiling - mark.chance) / max(1e-9, 1 - mark.chance)


def _components(train: DataSet, name: str, seed: int) -> Components:
    _, numbers = readable(train, name, LEARNED, seed)
    cells = [train.columns[name].cells[number] for number in np.unique(numbers)]
    if len(cells) < 2:
        raise DataError(f"'{train.name}' has too few cells of '{name}' to measure anything by: {len(cells)}.")
    return Components.fit(name, train.columns[name].kind, cells)
