"""Likeness: how like real cells generated ones are as a whole, on a judge's features, each figure beside its floor.

The floor is what real training cells score against the same real test cells, in the same number. Balls about samples
(precision, recall, density, coverage) are drawn about each distinct cell once: where data repeat a cell, as recordings
that many rows share, its ball would have no width. The kernel distance weighs cells as rows do; of data that repeat
cells its floor is above zero for that alone.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...errors import DataError
from ...judging.panel import Seen, choose
from ...metrics import density_coverage, kernel_distance, precision_recall
from ..measure import Measure

__all__ = ["KERNEL", "LIKENESS", "Likeness", "distinct"]

LIKENESS = ("kernel", "precision", "recall", "density", "coverage")
"""Names of the figures, in the order in which they are shown."""

KERNEL = "kernel: how far all generated cells together are from real ones, 0 where they cannot be told apart"
"""What a reader may not know of the figures."""

CELLS = 1_000
"""Cells on either side at most: distances of all pairs are taken."""

DIGITS = 4
"""Decimals to which two cells' features agree when the cells are one: networks round a little by batch."""


class Likeness:
    """Real cells at hand, to compare generated ones with.

    Args:
        measure: the judges and the real rows.
    """

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self._floors: dict[tuple[str, int, int], dict[str, float]] = {}

    def of(self, name: str, seen: Seen) -> dict[str, Any] | None:
        """The figures of a modality's generated cells, each ``{"value", "floor"}``; nothing where cells are few."""
        real, other = (found[name].seen.features for found in (self.measure.real, self.measure.other))
        # The kernel's cube would make figures of millions of some judges: features are taken in their own unit.
        unit = other.square().mean().sqrt().clamp_min(1e-12) if len(other) else 1
        real, other, made = real / unit, other / unit, seen.features / unit
        sides = [distinct(side) for side in (real, other, made)]
        count = min(CELLS, *(len(side) for side in sides[1:]))
        rows = min(CELLS, len(real), len(other), len(made))
        if min(count, rows) < 2:
            return None
        around = _some(sides[0], CELLS)
        try:
            key = (name, count, rows)
            if key not in self._floors:
                self._floors[key] = _compare(around, _some(sides[1], count), _some(real, rows), _some(other, rows))
            values = _compare(around, _some(sides[2], count), _some(real, rows), _some(made, rows))
        except DataError:
            return None
        told = {what: {"value": values[what], "floor": self._floors[key][what]} for what in LIKENESS}
        return told | {"count": count, "real": len(around), "judge": self.measure.panel.eye(name)}


def _compare(around: Tensor, cells: Tensor, real: Tensor, rows: Tensor) -> dict[str, float]:
    """The figures of distinct cells about distinct real ones, and of rows beside real rows."""
    precision, recall = precision_recall(around, cells)
    density, coverage = density_coverage(around, cells)
    values = (kernel_distance(real, rows), precision, recall, density, coverage)
    return dict(zip(LIKENESS, values, strict=True))


def distinct(features: Tensor) -> Tensor:
    """Each distinct cell's features once, in the order of their first appearance."""
    _, numbers = features.mul(10**DIGITS).round().unique(dim=0, return_inverse=True)
    _, first = np.unique(numbers.numpy(), return_index=True)
    return features[torch.from_numpy(np.sort(first))]


def _some(features: Tensor, most: int) -> Tensor:
    return features[torch.from_numpy(choose(len(features), most, 0))]
