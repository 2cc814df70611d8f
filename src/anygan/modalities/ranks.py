"""Numbers by their rank among training values: whatever their distribution was, it becomes uniform in [-1, 1].

A quantile transform through knots, training values that are equally spaced in rank. A value that many rows share owns
the stretch of ranks that they fill and is played in the middle of it, so that it comes back exactly; in between, ranks
are interpolated. What lies beyond the training range counts as its end.
"""

import torch
from torch import Tensor

__all__ = ["rank", "value"]


def rank(values: Tensor, knots: Tensor) -> Tensor:
    """Where values (columns, B) stand among knots (columns, K), -1 for the first knot and 1 for the last."""
    last = knots.shape[1] - 1
    values = torch.minimum(torch.maximum(values.nan_to_num(0).double(), knots[:, :1]), knots[:, -1:]).contiguous()
    first, behind = (torch.searchsorted(knots, values, right=right) for right in (False, True))
    above = first.clamp(1, last)
    low, high = knots.gather(1, above - 1), knots.gather(1, above)
    between = above - 1 + (values - low) / torch.where(high > low, high - low, 1)
    place = torch.where(behind > first, (first + behind - 1) / 2, between)
    return place / last * 2 - 1


def value(ranks: Tensor, knots: Tensor) -> Tensor:
    """The inverse of :func:`rank`."""
    place = (ranks + 1) / 2 * (knots.shape[1] - 1)
    below = place.floor().long().clamp(0, knots.shape[1] - 2)
    low, high = knots.gather(1, below), knots.gather(1, below + 1)
    return low + (place - below) * (high - low)
