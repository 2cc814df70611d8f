"""Cells as tensors in memory, and the order in which training sees the rows.

Every distinct cell is read once. A batch is picked by numbers: step k of a run takes the positions
``k * batch ... (k + 1) * batch - 1`` of the endless sequence of passes, each pass in an order of its own that depends
on the seed and the number of the pass alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import CellError, DataError
from ..modalities import Modality
from ..rows import BadCell, Batch, DataSet, Pairing

__all__ = ["Order", "Store"]


@dataclass(frozen=True)
class Store:
    """The cells of a data set, read.

    Attributes:
        cells: modality -> (distinct cells, ...) stored tensors, blank where a cell is bad.
        blanks: modality -> what stands where a cell is missing.
        good: modality -> (distinct cells,) bool.
        pairing: as in :class:`DataSet`, cells that are bad counted as missing.
        bad: every cell that could not be read.
    """

    cells: dict[str, Tensor]
    blanks: dict[str, Tensor]
    good: dict[str, NDArray[np.bool_]]
    data: DataSet
    bad: tuple[BadCell, ...]

    @classmethod
    def read(
        cls, data: DataSet, modalities: Mapping[str, Modality], tick: Callable[[int], None] = lambda count: None
    ) -> "Store":
        """Read every cell; ``tick`` is told how many more are done."""
        cells, good, bad = {}, {}, list(data.bad)
        for name, modality in modalities.items():
            column = data.columns[name]
            stored: list[Tensor | None] = []
            for number, cell in enumerate(column.cells):
                try:
                    stored.append(modality.read(cell))
                except CellError as error:
                    stored.append(None)
                    rows = np.flatnonzero(data.pairing(0).index[name] == number)
                    bad.append(BadCell.of(column, int(rows[0]) if len(rows) else -1, column.cells[number], str(error)))
                if number % 256 == 255:
                    tick(256)
            if all(s is None for s in stored):
                first = f" The first: {bad[-len(stored)]}" if stored else ""
                raise DataError(f"No cell of column '{name}' can be read.{first}")
            cells[name] = torch.stack([modality.blank() if s is None else s for s in stored])
            good[name] = np.array([s is not None for s in stored])
        return cls(cells, {n: m.blank() for n, m in modalities.items()}, good, data, tuple(bad))

    @property
    def holds(self) -> dict[str, int]:
        """How many rows there are, and how many good cells of each modality."""
        return {"rows": len(self.data)} | {f"cells of '{n}'": int(good.sum()) for n, good in self.good.items()}

    def pairing(self, epoch: int) -> Pairing:
        """The pairing of a pass, bad cells missing."""
        drawn = self.data.pairing(epoch)
        index = {n: np.where((i >= 0) & self.good[n][i], i, -1) for n, i in drawn.index.items() if n in self.cells}
        return Pairing(index, drawn.labels)

    def sample(self, name: str, count: int) -> Tensor:
        """At most ``count`` good cells of a modality, evenly spaced, of those that rows hold."""
        numbers = np.unique(self.pairing(0).index[name])
        held = torch.from_numpy(numbers[numbers >= 0])
        return self.cells[name][held[:: -(-len(held) // count)]]

    def batch(self, pairing: Pairing, rows: NDArray[np.int64]) -> Batch:
        """The given rows of a pairing as tensors."""
        values, present = {}, {}
        for name, cells in self.cells.items():
            number = torch.from_numpy(pairing.index[name][rows])
            there = number >= 0
            picked = cells[number.clamp(min=0)]
            picked[~there] = self.blanks[name]
            values[name], present[name] = picked, there
        return Batch(values, present)


class Order:
    """Which rows a step takes: ``Order(store, seed, batch).batch(step)``."""

    def __init__(self, store: Store, seed: int, batch: int) -> None:
        self.store, self.seed, self.size = store, seed, batch
        self._passes: dict[int, tuple[Pairing, NDArray[np.int64]]] = {}
        self.rows = int(_some(store.pairing(0)).sum())
        if self.rows == 0:
            raise DataError(f"Every row of '{store.data.name}' is empty: there is nothing to learn from.")

    def _pass(self, epoch: int) -> tuple[Pairing, NDArray[np.int64]]:
        if epoch not in self._passes:
            pairing = self.store.pairing(epoch)
            # Every pass takes as many steps as the first; where it has fewer rows, some come twice.
            chance = np.random.default_rng((self.seed, epoch))
            order = np.resize(chance.permutation(np.flatnonzero(_some(pairing))), self.rows)
            self._passes = {e: p for e, p in self._passes.items() if e == epoch - 1}
            self._passes[epoch] = pairing, order
        return self._passes[epoch]

    def batch(self, step: int) -> Batch:
        """The rows of step ``step``, counted from 0."""
        parts: list[Batch] = []
        position, left = step * self.size, self.size
        while left:
            epoch, start = divmod(position, self.rows)
            pairing, order = self._pass(epoch)
            rows = order[start : start + left]
            parts.append(self.store.batch(pairing, rows))
            position, left = position + len(rows), left - len(rows)
        if len(parts) == 1:
            return parts[0]
        return Batch(
            {n: torch.cat([p.values[n] for p in parts]) for n in self.store.cells},
            {n: torch.cat([p.present[n] for p in parts]) for n in self.store.cells},
        )


def _some(pairing: Pairing) -> NDArray[np.bool_]:
    """Which rows (rows,) hold a cell at all."""
    some: NDArray[np.bool_] = np.any([number >= 0 for number in pairing.index.values()], axis=0)
    return some
