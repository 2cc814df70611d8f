"""The hand that drew a picture: how thick and how slanted its strokes are, measured rather than judged.

Of grey pictures, bright ink on black. Classes part where the training pictures' do: thirds of the thickness, and the
outer quarters of the slant, both by :mod:`anygan.data.hand`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..data.captions import SLANTS, THICKNESSES, classes
from ..data.hand import slant, thickness
from ..data.spoken_mnist import thresholds
from ..judging.panel import readable
from ..judging.views import Pictures
from ..rows import Cell, DataSet

__all__ = ["HANDS", "Strokes", "hand"]

HANDS = {"thickness": THICKNESSES, "slant": SLANTS}
"""What is measured, and what its three classes are called."""

MEASURES = {"thickness": thickness, "slant": slant}

MEASURED = 10_000
"""Training pictures whose quantiles are taken at most."""

DARK = 26
"""A stroke is bright on dark: the median pixel of the training pictures must be below this, of 255."""

Numbers = NDArray[np.int64]


def hand(cells: Sequence[Cell]) -> dict[str, NDArray[np.float64]]:
    """Thickness in pixels of a picture of 28 x 28, and slant, (n,) each; nothing of colour."""
    if not cells or Pictures.fit(cells).colour:
        return {}
    pixels = _pixels(cells)
    return {name: measure(pixels) for name, measure in MEASURES.items()}


@dataclass(frozen=True)
class Strokes:
    """Modality -> attribute -> the two numbers at which its classes part, of modalities that show strokes."""

    thresholds: Mapping[str, Mapping[str, tuple[float, float]]]

    @classmethod
    def fit(cls, train: DataSet, names: Collection[str], seed: int = 0) -> "Strokes":
        """Look at the training pictures; ``seed`` draws them where there are many."""
        found = {}
        for name in names:
            if train.columns[name].kind != "image":
                continue
            _, numbers = readable(train, name, MEASURED, seed)
            cells = [train.columns[name].cells[number] for number in np.unique(numbers)]
            if cells and not Pictures.fit(cells).colour:
                pixels = _pixels(cells)
                if np.median(pixels) < DARK:
                    found[name] = dict(zip(HANDS, thresholds(pixels), strict=True))
        return cls(found)

    def classes(self, name: str, cells: Sequence[Cell]) -> dict[str, Numbers]:
        """Attribute -> classes (n,) of cells, 0 to 2; nothing of a modality that shows no strokes."""
        if name not in self.thresholds:
            return {}
        pixels = _pixels(cells)
        return {what: classes(MEASURES[what](pixels), *parts) for what, parts in self.thresholds[name].items()}

    def of_rows(self, data: DataSet, name: str) -> dict[str, Numbers]:
        """Attribute -> classes (rows,) of a data set's pictures, -1 where there is none."""
        if name not in self.thresholds:
            return {}
        rows, numbers = readable(data, name)
        distinct, places = np.unique(numbers, return_inverse=True)
        told = {what: np.full(len(data), -1) for what in HANDS}
        if len(rows):
            for what, said in self.classes(name, [data.columns[name].cells[number] for number in distinct]).items():
                told[what][rows] = said[places]
        return told


def _pixels(cells: Sequence[Cell]) -> NDArray[np.uint8]:
    """Cells as grey pictures (n, 28, 28), so that a stroke is as wide at any size."""
    view = Pictures(False)
    pixels: NDArray[Any] = torch.stack([view(cell)[0] for cell in cells]).numpy()
    return pixels
