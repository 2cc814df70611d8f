"""Points in the plane whose true distribution is known: Gaussians on a ring and on a grid.

The classic tests of mode collapse (*VEEGAN*, Srivastava et al., 2017, https://arxiv.org/abs/1705.07761): 8 Gaussians on
a circle of radius 1, and 25 on a grid of side 5, at -4, -2, 0, 2 and 4.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..rows import Column, DataSet, Pairing
from .built_in import SPLITS, ArrayCells, check_split

__all__ = ["GRID_STD", "RING_STD", "grid", "grid_centres", "ring", "ring_centres"]

ROWS = {"train": 50_000, "test": 10_000}
RING_STD = 0.01
GRID_STD = 0.05


def ring(split: str, seed: int = 0) -> DataSet:
    """Points (2,) in the modality ``point`` from 8 Gaussians on the unit circle; label ``mode``."""
    return _mixture("ring", split, ring_centres, RING_STD, seed)


def grid(split: str, seed: int = 0) -> DataSet:
    """Points (2,) in the modality ``point`` from 25 Gaussians on a grid; label ``mode``."""
    return _mixture("grid", split, grid_centres, GRID_STD, seed)


def ring_centres() -> NDArray[np.float64]:
    """Centres (8, 2), anticlockwise from (1, 0)."""
    angle = np.arange(8) * np.pi / 4
    return np.stack([np.cos(angle), np.sin(angle)], 1)


def grid_centres() -> NDArray[np.float64]:
    """Centres (25, 2), counted up by x and, faster, y."""
    side = np.arange(-4.0, 5.0, 2.0)
    return np.stack(np.meshgrid(side, side, indexing="ij"), -1).reshape(-1, 2)


def _mixture(name: str, split: str, centres: Callable[[], NDArray[np.float64]], std: float, seed: int) -> DataSet:
    rng = np.random.default_rng((seed, SPLITS.index(check_split(split))))
    middle = centres()
    modes = rng.integers(len(middle), size=ROWS[split])
    points = (middle[modes] + std * rng.standard_normal((len(modes), 2))).astype(np.float32)
    pairing = Pairing({"point": np.arange(len(points))}, {"mode": modes})
    column = Column("point", "vector", ArrayCells(points), ("point",))
    return DataSet(f"{name}:{split}", {"point": column}, lambda epoch: pairing)
