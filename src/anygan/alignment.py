"""Contrastive alignment: codes of one row meet, codes of different rows part.

InfoNCE (van den Oord, Li, Vinyals, *Representation learning with contrastive predictive coding*, 2018), symmetric as in
CLIP (Radford et al., 2021):

    L = -1/2 [ log softmax_j(<a_i, b_j> / T)_{j=i} + log softmax_j(<b_i, a_j> / T)_{j=i} ]
"""

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from .nn.blocks import full

__all__ = ["info_nce"]


def info_nce(a: Tensor, b: Tensor, scale: Tensor) -> Tensor:
    """The loss of each row, (N,).

    Args:
        a: (N, d) unit vectors.
        b: (N, d) unit vectors; row i belongs to row i of ``a``.
        scale: the inverse temperature 1 / T, a scalar.
    """
    logits = scale * full(a @ b.T)
    rows = torch.arange(len(a), device=a.device)
    return -0.5 * (log_softmax(logits, 1)[rows, rows] + log_softmax(logits, 0)[rows, rows])
