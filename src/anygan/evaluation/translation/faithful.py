"""Attributes that are measured rather than judged: how thick and how slanted the strokes of grey pictures are.

Classes part where the training pictures' do: thirds of the thickness, and the outer quarters of the slant, both by
:mod:`anygan.data.hand`. Of a direction an attribute is asked only where what is given can tell it: where a linear
reader of the real given cells, apart from the model, spares half of the errors of always naming the commonest class.
A model that drops an attribute is thus asked for it all the same.
"""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...data.captions import classes
from ...data.hand import slant, thickness
from ...data.rows import Cell, DataSet
from ...errors import CellError
from ...judging.panel import readable
from ...judging.views import Pictures
from ...model.gan import AnyGAN
from .plain import Plain

__all__ = ["ATTRIBUTES", "Attributes"]

ATTRIBUTES = {"thickness": (thickness, (1 / 3, 2 / 3)), "slant": (slant, (1 / 4, 3 / 4))}
"""What measures each, and the quantiles at which its three classes part."""

MEASURED = 10_000
"""Training pictures whose quantiles are taken at most."""

ENOUGH = 0.5
"""Share of the errors of always naming the commonest class that a reader must spare."""

REWRITTEN = 500
"""Real test pictures that are read and written again, for the ceiling."""

DARK = 26
"""A stroke is bright on dark: the median pixel of the training pictures must be below this, of 255."""

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
        self.thresholds: dict[str, dict[str, tuple[float, float]]] = {}
        self.truth: dict[str, dict[str, Numbers]] = {}
        self._learned: dict[str, dict[str, Numbers]] = {}
        self.plain, self.data = plain, data
        for name in names:
            if train.columns[name].kind != "image":
                continue
            _, numbers = readable(train, name, MEASURED, seed)
            cells = [train.columns[name].cells[number] for number in np.unique(numbers)]
            if not cells or Pictures.fit(cells).colour:
                continue
            pixels = _pixels(cells)
            if np.median(pixels) < DARK:
                self.thresholds[name] = {
                    label: tuple(np.quantile(measure(pixels), parts).tolist())
                    for label, (measure, parts) in ATTRIBUTES.items()
                }
                self.truth[name] = self.of_rows(data, name)
                self._learned[name] = self.of_rows(plain.train, name)

    def classes(self, name: str, cells: Sequence[Cell]) -> dict[str, Numbers]:
        """Attribute -> classes (n,) of cells, 0 to 2; nothing of a modality that is not measured."""
        if name not in self.thresholds:
            return {}
        pixels = _pixels(cells)
        return {label: classes(ATTRIBUTES[label][0](pixels), *parts) for label, parts in self.thresholds[name].items()}

    def of_rows(self, data: DataSet, name: str) -> dict[str, Numbers]:
        """Attribute -> classes (rows,) of a data set's pictures, -1 where there is none."""
        rows, numbers = readable(data, name)
        distinct, places = np.unique(numbers, return_inverse=True)
        found = self.classes(name, [data.columns[name].cells[number] for number in distinct])
        told = {label: np.full(len(data), -1) for label in found}
        for label, said in found.items():
            told[label][rows] = said[places]
        return told

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
        before, after = self.classes(name, cells), self.classes(name, modality.write_all(torch.stack(stored)))
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


def _pixels(cells: Sequence[Cell]) -> NDArray[np.uint8]:
    """Cells as grey pictures (n, 28, 28), so that a stroke is as wide at any size."""
    view = Pictures(False)
    pixels: NDArray[Any] = torch.stack([view(cell)[0] for cell in cells]).numpy()
    return pixels
