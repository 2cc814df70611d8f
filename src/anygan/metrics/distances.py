"""Distances of two sets of features (n, d): how far generated ones are from real ones."""

import math

import torch
from torch import Tensor

from ..errors import DataError
from .features import blocks, pair

__all__ = ["frechet", "kernel_distance"]


def _gaussian(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (d,) and covariance (d, d) of (n, d)."""
    n, d = x.shape
    if n < d or n < 2:
        raise DataError(
            f"A Fréchet distance needs as many samples as feature dimensions: got {n} samples of {d} dimensions. Give "
            "more rows, or use kernel_distance, which has no such bound."
        )
    return x.mean(0), x.T.cov().reshape(d, d)


def frechet(real: Tensor, fake: Tensor) -> float:
    """Squared Fréchet distance of two Gaussians, |μ - ν|² + tr(A + B - 2 (A^½ B A^½)^½).

    Args:
        real: (n, d) features.
        fake: (m, d) features.

    Raises:
        DataError: when n or m is less than d: the covariance would be singular and the distance biased without bound.

    Example:
        >>> x = torch.randn(500, 4, generator=torch.Generator().manual_seed(0))
        >>> round(frechet(x, x + 1), 6)
        4.0
    """
    x, y = pair(real, fake)
    (mu, a), (nu, b) = _gaussian(x), _gaussian(y)
    values, vectors = torch.linalg.eigh(a)
    root = (vectors * values.clamp_min(0).sqrt()) @ vectors.T
    # A^½ B A^½ is symmetric where A B is not, so its eigenvalues are real and none is lost to rounding.
    cross = torch.linalg.eigvalsh(root @ b @ root).clamp_min(0).sqrt().sum()
    distance = (mu - nu).square().sum() + a.trace() + b.trace() - 2 * cross
    return max(float(distance), 0.0)


def kernel_distance(real: Tensor, fake: Tensor) -> float:
    """Unbiased squared maximum mean discrepancy under k(x, y) = (x·y / d + 1)³. About zero, perhaps below, when equal.

    Args:
        real: (n, d) features, n >= 2.
        fake: (m, d) features, m >= 2.
    """
    x, y = pair(real, fake)
    if min(len(x), len(y)) < 2:
        raise DataError(f"A kernel distance needs two samples on either side: got {len(x)} and {len(y)}.")

    def mean(a: Tensor, b: Tensor, same: bool) -> float:
        total = math.fsum(float((rows @ b.T / a.shape[1] + 1).pow(3).sum()) for rows in blocks(a))
        own = float((a.square().sum(1) / a.shape[1] + 1).pow(3).sum()) if same else 0.0
        return (total - own) / (len(a) * (len(b) - same))

    return mean(x, x, True) + mean(y, y, True) - 2 * mean(x, y, False)
