"""Codes (n, d) as a space: the dimensions that they fill."""

import math

import torch
from torch import Tensor

from .features import matrix

__all__ = ["effective_rank"]


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
