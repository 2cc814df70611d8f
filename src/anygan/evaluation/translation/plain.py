"""Plain eyes: cells as principal components of what judges see, with nothing learned from any label or model.

What they can do without a model is the least that a model should be better than: the nearest training row, and a linear
reader. Components are as far apart as the views are, and every modality weighs alike, of total variance one.
"""

import contextlib
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...errors import CellError, DataError
from ...judging.panel import Components, choose, readable
from ...rows import Cell, DataSet

__all__ = ["ROWS", "Plain"]

ROWS = 20_000
"""Training rows at most among which neighbours are looked for."""

LEARNED = 1_000
"""Cells that components are measured on."""

RIDGE = 1e-3
"""Share of the mean variance that a linear reader adds to every direction (Hoerl & Kennard, 1970)."""

Numbers = NDArray[np.int64]


class Plain:
    """Training and test rows in plain eyes.

    Args:
        train: real training rows.
        data: real test rows.
        names: the modalities to look at.
        seed: of the draw of training rows.
    """

    def __init__(self, train: DataSet, data: DataSet, names: Sequence[str], seed: int = 0) -> None:
        self.train = train.take(choose(len(train), ROWS, seed))
        self._train: dict[str, Tensor] = {}
        self._test: dict[str, Tensor] = {}
        self._eyes: dict[str, tuple[Components, Tensor]] = {}
        for name in names:
            _, numbers = readable(train, name, LEARNED, seed)
            cells = [train.columns[name].cells[number] for number in np.unique(numbers)]
            if len(cells) < 2:
                raise DataError(f"'{train.name}' has too few cells of '{name}' to compare any with: {len(cells)}.")
            eyes = Components.fit(name, train.columns[name].kind, cells)
            # As far apart as views are: the basis, which makes every variance one, is undone.
            stretch = eyes.basis.norm(dim=0).clamp_min(1e-12)
            self._eyes[name] = eyes, stretch * stretch.reciprocal().norm()
            self._train[name], self._test[name] = (self._rows(side, name) for side in (self.train, data))

    @torch.inference_mode()
    def look(self, name: str, cells: Sequence[Cell]) -> Tensor:
        """Cells as components (n, d), d at most 32; not a number where one cannot be read."""
        eyes, stretch = self._eyes[name]
        seen = torch.full((len(cells), len(stretch)), torch.nan)
        for first in range(0, len(cells), 512):
            places, views = [], []
            for place in range(first, min(first + 512, len(cells))):
                with contextlib.suppress(CellError):
                    views.append(eyes.view(cells[place]))
                    places.append(place)
            if views:
                seen[torch.tensor(places)] = eyes.features(torch.stack(views)) / stretch
        return seen.clone()

    def test(self, name: str) -> tuple[Tensor, Numbers]:
        """The real test cells that can be read, (n, d), and their rows (n,)."""
        there = self._test[name].isfinite().all(1)
        return self._test[name][there], there.nonzero().squeeze(1).numpy()

    def _rows(self, data: DataSet, name: str) -> Tensor:
        """The cells of all rows (rows, d), each distinct one looked at once; not a number where there is none."""
        index, column = data.pairing(0).index[name], data.columns[name]
        numbers = np.unique(index[index >= 0])
        seen = self.look(name, [column.cells[number] for number in numbers])
        seen = torch.cat([seen, torch.full((1, seen.shape[1]), torch.nan)])
        place = np.where(index >= 0, np.searchsorted(numbers, index), len(numbers))
        return seen[torch.from_numpy(place)]

    def neighbours(self, given: Sequence[str], to: str, rows: Numbers, k: int = 1) -> Numbers:
        """For test rows (n,) that have all of what is given, the numbers of the wanted cell in the k training rows
        that are nearest in it: (n, k), fewer than k where there are fewer rows; -1 where nothing can be compared."""
        x, z = self._given(self._train, given), self._given(self._test, given)[torch.from_numpy(rows)]
        known = (x.isfinite().all(1) & self._train[to].isfinite().all(1)).nonzero().squeeze(1)
        if len(known) == 0:
            return np.full((len(rows), k), -1)
        parts = [torch.cdist(some, x[known]).topk(min(k, len(known)), largest=False).indices for some in z.split(512)]
        found: Numbers = self.train.pairing(0).index[to][known[torch.cat(parts)].numpy()]
        return np.where(z.isfinite().all(1, keepdim=True).numpy(), found, -1)

    def read(self, given: Sequence[str], classes: Numbers, rows: Numbers) -> Numbers:
        """What a linear reader of the given modalities says of test rows (n,): classes (n,), or -1.

        Args:
            given: the modalities.
            classes: (training rows,) what it learns, -1 where unknown.
            rows: numbers of test rows.
        """
        x, z = (_with_one(self._given(side, given)) for side in (self._train, self._test))
        known = x.isfinite().all(1) & torch.from_numpy(classes >= 0)
        if not bool(known.any()):
            return np.full(len(rows), -1)
        x, z = x[known].double(), z[torch.from_numpy(rows)]
        y = torch.nn.functional.one_hot(torch.from_numpy(classes)[known]).double()
        gram = x.T @ x
        lift = RIDGE * gram.diagonal().mean() * torch.eye(len(gram), dtype=torch.float64)
        said = (z.nan_to_num().double() @ torch.linalg.solve(gram + lift, x.T @ y)).argmax(1)
        return torch.where(z.isfinite().all(1), said, -1).numpy()

    @staticmethod
    def _given(side: dict[str, Tensor], names: Sequence[str]) -> Tensor:
        return torch.cat([side[name] for name in names], 1)


def _with_one(x: Tensor) -> Tensor:
    return torch.cat([x, torch.ones(len(x), 1)], 1)
