"""The hand that drew a picture: how thick and how slanted its strokes are, measured rather than judged.

Any picture has a number by the formulas of :mod:`anygan.data.hand`; it means something where pictures show strokes.
That is asked of the training pictures (:func:`drawn`): grey, bright ink in one piece on an empty ground, and the ink
long and thin. With I the ink above the ground and t its thickness, ΣI / t is a stroke's length, so

    slender = ΣI / t²        length over thickness: 2 to 3 for a filled square, triangle or disc, 6 and more for a digit

Classes part where the training pictures' do: thirds of the thickness, and the outer quarters of the slant. An attribute
that hardly differs between pictures has no classes and is not measured.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from ..data.captions import SLANTS, THICKNESSES, classes
from ..data.hand import slant, thickness
from ..data.spoken_mnist import thresholds
from ..judging.panel import choose, readable
from ..judging.views import Pictures
from ..rows import Cell, DataSet

__all__ = ["HANDS", "Strokes", "drawn", "hand"]

HANDS = {"thickness": THICKNESSES, "slant": SLANTS}
"""What is measured, and what its three classes are called."""

MEASURES = {"thickness": thickness, "slant": slant}

MEASURED = 10_000
"""Training pictures whose quantiles are taken at most."""

LOOKED = 500
"""Training pictures that are asked whether they show strokes, at most."""

GROUND = 64
"""Grey level, of 255, below which a pixel is ground."""

EMPTY, EDGE, PIECE, SLENDER = 0.6, 0.1, 0.8, 4.0
"""What three of four pictures of strokes have: at least this share of ground, at most this share of ink on the edge of
the picture, at least this share of the ink in one piece, and this length over thickness."""

APART = 1e-3
"""Least distance of the two numbers at which classes part."""

Numbers = NDArray[np.int64]


def hand(cells: Sequence[Cell]) -> dict[str, NDArray[np.float64]]:
    """Thickness in pixels of a picture of 28 x 28, and slant, (n,) each; nothing of colour."""
    if not cells or Pictures.fit(cells).colour:
        return {}
    pixels = _pixels(cells)
    return {name: measure(pixels) for name, measure in MEASURES.items()}


def drawn(pixels: NDArray[np.uint8]) -> bool:
    """Whether grey pictures (n, H, W) show strokes: see the module. One picture in four may be something else."""
    ink = np.where(pixels >= GROUND, pixels, 0).astype(np.uint8)
    there = ink > 0
    edge = np.concatenate([there[:, 0], there[:, -1], there[:, :, 0], there[:, :, -1]], 1).mean(1)
    width = thickness(ink)
    slender = np.divide(ink.sum((1, 2)) / 255, width**2, out=np.zeros_like(width), where=width > 0)
    fits = (slender >= SLENDER) & (there.mean((1, 2)) <= 1 - EMPTY) & (edge <= EDGE) & (_piece(ink) >= PIECE)
    return bool(fits.mean() >= 0.75)


def _piece(ink: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Share of the inked pixels of pictures (n, H, W) that hang together with the brightest one, (n,)."""
    x = torch.from_numpy(ink).float().unsqueeze(1)
    inked = (x > 0).float()
    reached = F.one_hot(x.flatten(1).argmax(1), x[0].numel()).view_as(x) * inked
    for _ in range(x.shape[2] * x.shape[3]):
        before, reached = reached, F.max_pool2d(reached, 3, 1, 1) * inked
        if torch.equal(before, reached):
            break
    return (reached.sum((1, 2, 3)) / inked.sum((1, 2, 3)).clamp_min(1)).double().numpy()


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
            parted = _parted(cells, seed)
            if parted:
                found[name] = parted
        return cls(found)

    def hand(self, name: str, cells: Sequence[Cell]) -> dict[str, NDArray[np.float64]]:
        """Attribute -> measurements (n,) of cells; nothing of a modality that shows no strokes."""
        known = self.thresholds.get(name, {})
        return {what: values for what, values in hand(cells).items() if what in known} if known else {}

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
        told = {what: np.full(len(data), -1) for what in self.thresholds[name]}
        if len(rows):
            for what, said in self.classes(name, [data.columns[name].cells[number] for number in distinct]).items():
                told[what][rows] = said[places]
        return told


def _parted(cells: Sequence[Cell], seed: int) -> dict[str, tuple[float, float]]:
    """Attribute -> the numbers at which classes part, of training pictures; nothing where they show no strokes."""
    if not cells or Pictures.fit(cells).colour:
        return {}
    if not drawn(_pixels([cells[number] for number in choose(len(cells), LOOKED, seed)])):
        return {}
    parts = zip(HANDS, thresholds(_pixels(cells)), strict=True)
    return {what: (low, high) for what, (low, high) in parts if high - low > APART}


def _pixels(cells: Sequence[Cell]) -> NDArray[np.uint8]:
    """Cells as grey pictures (n, 28, 28), so that a stroke is as wide at any size."""
    view = Pictures(False)
    pixels: NDArray[Any] = torch.stack([view(cell)[0] for cell in cells]).numpy()
    return pixels
