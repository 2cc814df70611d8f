"""Manifolds of sets of features (n, d), as balls about their samples: fidelity, diversity and copying, each apart."""

import math

import torch
from torch import Tensor

from ..errors import DataError
from .features import blocks, distances, matrix, pair

__all__ = ["authenticity", "copied", "density_coverage", "precision_recall", "spread", "vendi"]


def _radii(x: Tensor, k: int) -> Tensor:
    """Distance of each sample (n, d) to its k-th nearest other, (n,)."""
    if len(x) <= k:
        raise DataError(f"{k} neighbours need more than {k} samples: got {len(x)}.")
    return torch.cat([distances(rows, x).kthvalue(k + 1, dim=1).values for rows in blocks(x)])


def _within(points: Tensor, centres: Tensor, radii: Tensor) -> tuple[Tensor, Tensor]:
    """How many balls hold each point, (n,), and how many points each ball holds, (m,)."""
    of_points, of_balls = [], torch.zeros(len(centres), dtype=torch.int64)
    for rows in blocks(points):
        inside = distances(rows, centres) <= radii
        of_points.append(inside.sum(1))
        of_balls += inside.sum(0)
    return torch.cat(of_points), of_balls


def precision_recall(real: Tensor, fake: Tensor, k: int = 3) -> tuple[float, float]:
    """Share of fakes inside the manifold of the reals, and of reals inside that of the fakes, each in [0, 1].

    Args:
        real: (n, d) features, n > k.
        fake: (m, d) features, m > k.
        k: the neighbour at which a sample's ball ends.
    """
    x, y = pair(real, fake)
    fakes, _ = _within(y, x, _radii(x, k))
    reals, _ = _within(x, y, _radii(y, k))
    return float((fakes > 0).double().mean()), float((reals > 0).double().mean())


def density_coverage(real: Tensor, fake: Tensor, k: int = 5) -> tuple[float, float]:
    """How densely fakes lie in the balls of reals (about 1 when equal), and the share of balls with a fake inside.

    Args:
        real: (n, d) features, n > k.
        fake: (m, d) features.
        k: the neighbour at which a real sample's ball ends.
    """
    x, y = pair(real, fake)
    of_fakes, of_reals = _within(y, x, _radii(x, k))
    return float(of_fakes.double().mean() / k), float((of_reals > 0).double().mean())


def spread(features: Tensor) -> float:
    """Mean Euclidean distance of two different samples of (n, d), n >= 2. Zero says that all samples are one."""
    x = matrix(features)
    if len(x) < 2:
        raise DataError(f"A spread needs two samples: got {len(x)}.")
    return math.fsum(float(distances(rows, x).sum()) for rows in blocks(x)) / (len(x) * (len(x) - 1))


def vendi(features: Tensor) -> float:
    """Effective number of different samples in (n, d), from 1 when all are one to n: exp of the entropy of K / n's
    eigenvalues, K the cosines of all pairs (Friedman & Dieng, *The Vendi score*, 2023).

    Example:
        >>> round(vendi(torch.eye(3).repeat(5, 1)), 6)
        3.0
    """
    x = matrix(features)
    if not len(x):
        raise DataError("A Vendi score needs a sample: got none.")
    x = torch.nn.functional.normalize(x, dim=1)
    # K = x x' and x' x have the same eigenvalues, nought aside: the smaller one is taken.
    values = torch.linalg.eigvalsh((x @ x.T if len(x) <= x.shape[1] else x.T @ x) / len(x)).clamp_min(0)
    return math.exp(float(torch.special.entr(values).sum()))


def authenticity(train: Tensor, fake: Tensor) -> float:
    """Share of fakes that are no copies: their nearest training sample is nearer to another one than to them
    (Alaa et al., *How faithful is your synthetic data?*, 2022).

    Real samples that are not in the training set are below one too: read theirs beside it.

    Args:
        train: (n, d) features of what was learned from, n >= 2.
        fake: (m, d) features, m >= 1.
    """
    x, y = pair(train, fake)
    if len(x) < 2 or not len(y):
        raise DataError(f"Copies are told by two training samples and a generated one: got {len(x)} and {len(y)}.")
    nearest = [distances(rows, x).min(1) for rows in blocks(y)]
    away, place = (torch.cat([found[i] for found in nearest]) for i in (0, 1))
    known, where = place.unique(return_inverse=True)
    own = torch.cat([distances(rows, x).kthvalue(2, dim=1).values for rows in blocks(x[known])])
    return float((away > own[where]).double().mean())


def copied(train: Tensor, fake: Tensor, times: float = 3.0) -> float:
    """Share of fakes that are ``times`` as near to one training sample as to the next
    (Yoon et al., *Diffusion probabilistic models generalize when they fail to memorize*, 2023).

    :func:`authenticity` takes for a copy whatever comes nearer to a training sample than its neighbour does: averages
    of samples that lie far apart, and all that lies about one which is alone. Neither is near one sample only. Where
    training samples repeat themselves, leave each once. In d dimensions, chance alone makes about times^-d of them.

    Args:
        train: (n, d) features of what was learned from, all different, n >= 2.
        fake: (m, d) features, m >= 1.
        times: how much nearer a copy is to what it is a copy of.
    """
    x, y = pair(train, fake)
    if len(x) < 2 or not len(y):
        raise DataError(f"Copies are told by two training samples and a generated one: got {len(x)} and {len(y)}.")
    nearest = torch.cat([distances(rows, x).topk(2, largest=False).values for rows in blocks(y)])
    return float((times * nearest[:, 0] <= nearest[:, 1]).double().mean())
