"""Attributes that are measured rather than judged (:mod:`anygan.evaluation.strokes`), and whether they are kept.

Of a direction an attribute is asked only where what is given can tell it: where a linear reader of the real given
cells, apart from the model, spares half of the errors of always naming the commonest class. A model that drops an
attribute is thus asked for it all the same.
"""

import contextlib
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ...errors import CellError
from ...judging.panel import readable
from ...model.gan import AnyGAN
from ...rows import DataSet
from ..strokes import Strokes
from .plain import Plain

__all__ = ["Attributes"]

ENOUGH = 0.5
"""Share of the errors of always naming the commonest class that a reader must spare."""

REWRITTEN = 500
"""Real test pictures that are read and written again, for the ceiling."""

Numbers = NDArray[np.int64]


class Attributes:
    """Measured attributes of the modalities that are grey pictures of strokes.

    Args:
        plain: training and test rows in plain eyes: readers learn from the former.
        train: real training rows, which say where classes part.
        data: real test rows, which say what is true.
        names: the modalities.
        seed: of the draw of training pictures.
    """

    def __init__(self, plain: Plain, train: DataSet, data: DataSet, names: Sequence[str], seed: int = 0) -> None:
        self.plain, self.data = plain, data
        self.strokes = Strokes.fit(train, names, seed)
        self.truth = {name: self.strokes.of_rows(data, name) for name in self.strokes.thresholds}
        self._learned = {name: self.strokes.of_rows(plain.train, name) for name in self.strokes.thresholds}

    def ceilings(self, model: AnyGAN, name: str) -> dict[str, float]:
        """Share of real test pictures that are of the same class when the model's modality has rewritten them."""
        modality = model.modalities[name]
        _, numbers = readable(self.data, name, REWRITTEN)
        cells, stored = [], []
        for number in numbers:
            with contextlib.suppress(CellError):
                stored.append(modality.read(self.data.columns[name].cells[number]))
                cells.append(self.data.columns[name].cells[number])
        if not cells:
            return {}
        before, after = (
            self.strokes.classes(name, cells),
            self.strokes.classes(name, modality.write_all(torch.stack(stored))),
        )
        return {label: float((before[label] == after[label]).mean()) for label in before}

    def asked(self, given: Sequence[str], to: str, rows: Numbers) -> dict[str, dict[str, float]]:
        """Attribute -> what a linear reader of what is given reaches on test rows, and chance, where it is asked."""
        told = {}
        for label, learned in self._learned.get(to, {}).items():
            truth = self.truth[to][label][rows]
            there = truth >= 0
            if not there.any():
                continue
            reader = float((self.plain.read(given, learned, rows) == truth)[there].mean())
            chance = float(np.bincount(truth[there]).max() / there.sum())
            if chance < 1 and (reader - chance) / (1 - chance) >= ENOUGH:
                told[label] = {"reader": reader, "chance": chance}
        return told

    def kept(self, to: str, rows: Numbers, made: Mapping[str, Numbers]) -> dict[str, tuple[float, int]]:
        """Attribute -> share of generated pictures of the same class as the real one of their row, of how many."""
        told = {}
        for label, said in made.items():
            truth = self.truth[to][label][rows]
            there = truth >= 0
            if there.any():
                told[label] = (float((said == truth)[there].mean()), int(there.sum()))
        return told
