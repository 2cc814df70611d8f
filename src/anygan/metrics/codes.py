"""Codes (n, d) as a space: the dimensions that they fill, how evenly, and whether those of two modalities meet.

    alignment     mean |x_i - y_i|²                        (Wang & Isola, *Alignment and uniformity*, 2020)
    uniformity    log mean_{i != j} exp(-2 |x_i - x_j|²)    (the same)
    gap           |mean x - mean y|                        (Liang et al., *Mind the gap*, 2022)

all of them on the unit sphere.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ..errors import DataError
from .features import blocks, distances, matrix, pair

__all__ = ["alignment", "effective_rank", "modality_gap", "uniform", "uniformity"]


def effective_rank(features: Tensor) -> float:
    """Dimensions that the samples (n, d) fill: exp of the entropy of the centred matrix's normalised singular values.

    Between 1 and min(n - 1, d); 1 too when all samples are one.
    """
    x = matrix(features)
    values = torch.linalg.svdvals(x - x.mean(0))
    # What is left of equal samples is rounding, which would pass for full rank.
    values = values[values > 1e-12 * (1 + x.abs().max()) * math.sqrt(x.numel())]
    if len(values) == 0:
        return 1.0
    share = values / values.sum()
    return math.exp(-float((share * share.log()).sum()))


def alignment(a: Tensor, b: Tensor) -> float:
    """Mean squared distance of partners, the same rows of (n, d) and (n, d), once of length one. Zero is best, 4 most.

    Example:
        >>> alignment(torch.eye(2), torch.eye(2)), alignment(torch.eye(2), torch.eye(2).flip(0))
        (0.0, 2.0)
    """
    x, y = pair(a, b)
    if len(x) != len(y) or not len(x):
        raise DataError(f"An alignment needs partners in the same rows, one at least: got {len(x)} and {len(y)}.")
    return float((normalize(x, dim=1) - normalize(y, dim=1)).square().sum(1).mean())


def uniformity(features: Tensor) -> float:
    """Log of the mean potential exp(-2 |x - x'|²) of two different samples of (n, d), n >= 2, once of length one.

    Zero says that all are one; the least that many samples can have is :func:`uniform`.
    """
    x = normalize(matrix(features), dim=1)
    if len(x) < 2:
        raise DataError(f"A uniformity needs two samples: got {len(x)}.")
    total = math.fsum(float((-2 * distances(rows, x).square()).exp().sum()) for rows in blocks(x))
    return math.log((total - len(x)) / (len(x) * (len(x) - 1)))


def uniform(size: int) -> float:
    """The uniformity of points spread evenly over the unit sphere in ``size`` dimensions.

    log E exp(-4 + 4 cos) = -4 + log sum_k 4^k / (k! (d/2)_k), the mean of exp(4 cos) being a Bessel function.

    Example:
        >>> round(uniform(1), 6) == round(math.log((1 + math.exp(-8)) / 2), 6)
        True
    """
    if size < 1:
        raise DataError(f"A sphere has at least one dimension: got {size}.")
    terms = [1.0]
    for k in range(50):
        terms.append(terms[-1] * 4 / ((k + 1) * (size / 2 + k)))
    return math.log(math.fsum(terms)) - 4


def modality_gap(a: Tensor, b: Tensor) -> float:
    """Distance of the means of two sets of codes, (n, d) and (m, d), once of length one: 0 to 2.

    What two halves of one set have between them is its floor: means of few samples never meet.
    """
    x, y = pair(a, b)
    if not len(x) or not len(y):
        raise DataError(f"A gap needs codes on either side: got {len(x)} and {len(y)}.")
    return float((normalize(x, dim=1).mean(0) - normalize(y, dim=1).mean(0)).norm())
