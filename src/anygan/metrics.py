"""Metrics: pure functions of feature matrices and of predicted classes.

A feature matrix is (n, d), one row a sample; further axes are flattened. All arithmetic is in float64, so that the
order of the rows does not matter, and every answer is a plain number.

| function           | what it tells                      | paper                                                    |
|--------------------|------------------------------------|----------------------------------------------------------|
| `frechet`          | distance of two Gaussians          | Heusel et al., Two time-scale update rule (2017)         |
| `kernel_distance`  | polynomial MMD², unbiased          | Binkowski et al., Demystifying MMD GANs (2018)           |
| `precision_recall` | share of each set within the other | Kynkäänniemi et al., Improved precision and recall (2019)|
| `density_coverage` | the same, robust against outliers  | Naeem et al., Reliable fidelity and diversity (2020)     |
| `effective_rank`   | dimensions in use                  | Roy & Vetterli, The effective rank (2007)                |
| `spread`           | mean distance of two samples       |                                                          |
| `recall_at`        | true partner among the k nearest   |                                                          |
| `entropy`          | evenness of classes, in nats       |                                                          |
| `agreement`        | share of rows on which all agree   |                                                          |

A Fréchet distance here is one on the features of a named judge, never "FID", which is one on Inception's.
"""

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from .errors import DataError

__all__ = [
    "agreement",
    "density_coverage",
    "effective_rank",
    "entropy",
    "frechet",
    "kernel_distance",
    "partner_rank",
    "precision_recall",
    "recall_at",
    "spread",
]

_ROWS = 1024
"""Rows whose distances to all others are held at once: 10,000 samples then need 80 MB, not 800."""


def _blocks(x: Tensor) -> Iterator[Tensor]:
    return (x[first : first + _ROWS] for first in range(0, len(x), _ROWS))


def _matrix(features: Tensor) -> Tensor:
    return features.detach().flatten(1).to("cpu", torch.float64)


def _pair(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    x, y = _matrix(real), _matrix(fake)
    if x.shape[1] != y.shape[1]:
        raise DataError(f"Features of {x.shape[1]} and {y.shape[1]} dimensions do not compare: use one judge for both.")
    return x, y


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
    x, y = _pair(real, fake)
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
    x, y = _pair(real, fake)
    if min(len(x), len(y)) < 2:
        raise DataError(f"A kernel distance needs two samples on either side: got {len(x)} and {len(y)}.")

    def mean(a: Tensor, b: Tensor, same: bool) -> float:
        total = math.fsum(float((rows @ b.T / a.shape[1] + 1).pow(3).sum()) for rows in _blocks(a))
        own = float((a.square().sum(1) / a.shape[1] + 1).pow(3).sum()) if same else 0.0
        return (total - own) / (len(a) * (len(b) - same))

    return mean(x, x, True) + mean(y, y, True) - 2 * mean(x, y, False)


def _distances(x: Tensor, y: Tensor) -> Tensor:
    # The product form of the distance cancels badly: a point would not lie on itself.
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def _radii(x: Tensor, k: int) -> Tensor:
    """Distance of each sample (n, d) to its k-th nearest other, (n,)."""
    if len(x) <= k:
        raise DataError(f"{k} neighbours need more than {k} samples: got {len(x)}.")
    return torch.cat([_distances(rows, x).kthvalue(k + 1, dim=1).values for rows in _blocks(x)])


def _within(points: Tensor, centres: Tensor, radii: Tensor) -> tuple[Tensor, Tensor]:
    """How many balls hold each point, (n,), and how many points each ball holds, (m,)."""
    of_points, of_balls = [], torch.zeros(len(centres), dtype=torch.int64)
    for rows in _blocks(points):
        inside = _distances(rows, centres) <= radii
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
    x, y = _pair(real, fake)
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
    x, y = _pair(real, fake)
    of_fakes, of_reals = _within(y, x, _radii(x, k))
    return float(of_fakes.double().mean() / k), float((of_reals > 0).double().mean())


def effective_rank(features: Tensor) -> float:
    """Dimensions that the samples (n, d) fill: exp of the entropy of the centred matrix's normalised singular values.

    Between 1 and min(n - 1, d); 1 too when all samples are one.
    """
    x = _matrix(features)
    values = torch.linalg.svdvals(x - x.mean(0))
    # What is left of equal samples is rounding, which would pass for full rank.
    values = values[values > 1e-12 * (1 + x.abs().max()) * math.sqrt(x.numel())]
    if len(values) == 0:
        return 1.0
    share = values / values.sum()
    return math.exp(-float((share * share.log()).sum()))


def spread(features: Tensor) -> float:
    """Mean Euclidean distance of two different samples of (n, d), n >= 2. Zero says that all samples are one."""
    x = _matrix(features)
    if len(x) < 2:
        raise DataError(f"A spread needs two samples: got {len(x)}.")
    return math.fsum(float(_distances(rows, x).sum()) for rows in _blocks(x)) / (len(x) * (len(x) - 1))


def partner_rank(queries: Tensor, keys: Tensor) -> Tensor:
    """Rank by cosine of key i among all keys for query i, (n,) int64 from 0. A tie counts against the true partner.

    Args:
        queries: (n, d).
        keys: (n, d); its row i is the partner of query i.
    """
    q, k = (torch.nn.functional.normalize(m, dim=1) for m in _pair(queries, keys))
    if len(q) != len(k):
        raise DataError(f"{len(q)} queries and {len(k)} keys: each query needs its one partner in the same row.")
    ranks = []
    for first in range(0, len(q), _ROWS):
        similar = q[first : first + _ROWS] @ k.T
        own = similar.diagonal(first).unsqueeze(1)
        ranks.append((similar >= own - 1e-12).sum(1) - 1)
    return torch.cat(ranks)


def recall_at(k: int, queries: Tensor, keys: Tensor) -> float:
    """Share of queries (n, d) whose partner, the same row of keys (n, d), is among the k nearest. Chance is k / n."""
    return float((partner_rank(queries, keys) < k).double().mean())


def entropy(labels: Tensor, classes: int) -> tuple[float, Tensor]:
    """Entropy of the classes in nats, log(classes) when all are even, and the share of each class.

    Args:
        labels: (n,) integers in [0, classes).
        classes: how many there are.

    Returns:
        The entropy, and shares (classes,) float64 that sum to one.
    """
    shares = torch.bincount(labels.cpu(), minlength=classes).double() / max(len(labels), 1)
    return float(torch.special.entr(shares).sum()), shares


def agreement(predictions: Sequence[Tensor]) -> float:
    """Share of rows on which all predictions are the same class. Says nothing of diversity: read `entropy` beside it.

    Args:
        predictions: one (n,) tensor of class numbers per modality, at least one.
    """
    votes = torch.stack(list(predictions))
    return float((votes == votes[0]).all(0).double().mean())
