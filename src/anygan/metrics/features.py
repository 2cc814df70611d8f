"""What every metric of feature matrices begins with: float64, blocks of rows, distances that do not cancel."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ..errors import DataError

__all__ = ["ROWS", "blocks", "distances", "matrix", "pair"]

ROWS = 1024
"""Rows whose distances to all others are held at once: 10,000 samples then need 80 MB, not 800."""


def blocks(x: Tensor) -> Iterator[Tensor]:
    """The rows of (n, d), a block at a time."""
    return (x[first : first + ROWS] for first in range(0, len(x), ROWS))


def matrix(features: Tensor) -> Tensor:
    """Features (n, ...) as (n, d), float64, on the CPU."""
    return features.detach().flatten(1).to("cpu", torch.float64)


def pair(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Two feature matrices of one judge."""
    x, y = matrix(real), matrix(fake)
    if x.shape[1] != y.shape[1]:
        raise DataError(f"Features of {x.shape[1]} and {y.shape[1]} dimensions do not compare: use one judge for both.")
    return x, y


def distances(x: Tensor, y: Tensor) -> Tensor:
    """Euclidean distances (n, m) of (n, d) to (m, d)."""
    # The product form of the distance cancels badly: a point would not lie on itself.
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
