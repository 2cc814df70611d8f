"""Spreads: whether generated cells differ from each other as much as real ones do.

    spread within     mean distance of two generated cells of one class, over that of two real test cells of one class;
                      1 is right, less is collapse, more is noise
    spread of draws   mean distance of two draws from one row, over the same: what is left open by what is given

In plain eyes (:mod:`.plain`), for a judge learns to forget what differs within a class. The class is that of the
primary label; where there is none, all rows are of one.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...metrics import spread
from ..measure import Measure
from .plain import Plain

__all__ = ["Spreads", "mean_spread"]


class Spreads:
    """Real cells at hand, to compare the spread of generated ones with.

    Args:
        measure: the real rows and their labels.
        plain: the same in plain eyes.
    """

    def __init__(self, measure: Measure, plain: Plain) -> None:
        self.measure, self.plain = measure, plain
        self._real: dict[str, float | None] = {}

    def within(self, name: str, rows: NDArray[np.int64], seen: Tensor) -> float | None:
        """The spread within of cells (n, d) that were generated for test rows (n,)."""
        return self._over(name, mean_spread(seen, self._classes(rows)))

    def of_draws(self, name: str, seen: Tensor, draws: int) -> float | None:
        """The spread of draws (rows * draws, d), those of one row side by side."""
        return self._over(name, mean_spread(seen, np.arange(len(seen)) // draws))

    def _over(self, name: str, made: float | None) -> float | None:
        if name not in self._real:
            seen, rows = self.plain.test(name)
            self._real[name] = mean_spread(seen, self._classes(rows))
        real = self._real[name]
        return made / real if real and made is not None else None

    def _classes(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        primary = self.measure.panel.primary
        return self.measure.labels[primary][rows] if primary is not None else np.zeros(len(rows), np.int64)


def mean_spread(features: Tensor, classes: NDArray[Any] | Sequence[Any]) -> float | None:
    """Mean over classes of the mean distance of two samples (n, d) of it; nothing where none has two samples.

    Example:
        >>> mean_spread(torch.tensor([[0.0], [2.0], [5.0], [9.0], [7.0]]), ["a", "a", "b", "b", "c"])
        3.0
    """
    _, numbers, counts = np.unique(np.asarray(classes), return_inverse=True, return_counts=True)
    parts = [features[torch.from_numpy(numbers == i)] for i in np.flatnonzero(counts > 1)]
    return float(np.mean([spread(part) for part in parts])) if parts else None
