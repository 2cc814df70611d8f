"""Clusters: do samples (n, d) fall into their classes by themselves, without a label?"""

import torch
from torch import Tensor

from ..errors import DataError
from .features import matrix

__all__ = ["k_means", "mutual_information"]

STARTS, STEPS = 10, 100
"""Times that clustering begins anew, of which the tightest counts, and steps of each at most."""


def k_means(features: Tensor, k: int, generator: torch.Generator) -> Tensor:
    """Clusters (n,), numbers below k, of samples (n, d): Lloyd's algorithm from the seeds of k-means++.

    Arthur & Vassilvitskii, *k-means++: the advantages of careful seeding* (2007): each centre is drawn in proportion to
    the squared distance from those drawn before.

    Raises:
        DataError: when there are fewer than k samples.
    """
    x = matrix(features)
    if not 1 <= k <= len(x):
        raise DataError(f"{k} clusters need as many samples: got {len(x)}.")
    found = [_lloyd(x, _seeds(x, k, generator)) for _ in range(STARTS)]
    return min(found, key=lambda one: one[1])[0]


def _seeds(x: Tensor, k: int, generator: torch.Generator) -> Tensor:
    """Centres (k, d) far from each other."""
    centres = x[torch.randint(len(x), (1,), generator=generator)]
    while len(centres) < k:
        away = _squares(x, centres).amin(1)
        # Where every sample is a centre already, any will do.
        weights = away if float(away.sum()) > 0 else torch.ones_like(away)
        centres = torch.cat([centres, x[torch.multinomial(weights, 1, generator=generator)]])
    return centres


def _lloyd(x: Tensor, centres: Tensor) -> tuple[Tensor, float]:
    """Clusters (n,) and the sum of squared distances to their centres."""
    nearest = _squares(x, centres).argmin(1)
    for _ in range(STEPS):
        counts = torch.bincount(nearest, minlength=len(centres)).unsqueeze(1)
        sums = torch.zeros_like(centres).index_add_(0, nearest, x)
        # A centre that lost all of its samples stays where it is.
        centres = torch.where(counts > 0, sums / counts.clamp(min=1), centres)
        before, nearest = nearest, _squares(x, centres).argmin(1)
        if torch.equal(before, nearest):
            break
    return nearest, float((x - centres[nearest]).square().sum())


def _squares(x: Tensor, centres: Tensor) -> Tensor:
    """Squared distances (n, k), not below zero."""
    product = x @ centres.T
    return (x.square().sum(1, keepdim=True) - 2 * product + centres.square().sum(1)).clamp(min=0)


def mutual_information(a: Tensor, b: Tensor) -> float:
    """What two partitions of the same samples tell of each other, I(a; b) over the mean of their entropies: 0 to 1.

    The names of the classes do not matter. Small sets of many classes share something by chance: shuffle one to see.

    Args:
        a: (n,) integers, n >= 1.
        b: (n,) integers.

    Example:
        >>> mutual_information(torch.tensor([0, 0, 1, 1]), torch.tensor([7, 7, 3, 3]))
        1.0
    """
    if len(a) != len(b) or not len(a):
        raise DataError(f"Two partitions of the same samples, one at least: got {len(a)} and {len(b)}.")
    rows, columns = (torch.unique(part.cpu(), return_inverse=True)[1] for part in (a, b))
    shape = int(rows.max()) + 1, int(columns.max()) + 1
    joint = torch.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1]).double().view(shape) / len(rows)
    of_a, of_b, of_both = (float(torch.special.entr(p).sum()) for p in (joint.sum(1), joint.sum(0), joint))
    if of_a + of_b == 0:
        return 1.0
    return min(1.0, max(0.0, 2 * (of_a + of_b - of_both) / (of_a + of_b)))
