"""Contrastive alignment: codes of one row meet, codes of different rows part.

InfoNCE (van den Oord, Li, Vinyals, *Representation learning with contrastive predictive coding*, 2018), symmetric as in
CLIP (Radford et al., 2021):

    L = -1/2 [ log softmax_j(<a_i, b_j> / T)_{j=i} + log softmax_j(<b_i, a_j> / T)_{j=i} ]
"""

from torch import Tensor

from .nn.blocks import full

__all__ = ["info_nce"]

ABSENT = -1e4
"""Logit of a row that takes no part."""


def info_nce(a: Tensor, b: Tensor, scale: Tensor, there: Tensor | None = None) -> Tensor:
    """The loss of each row, (..., N).

    Args:
        a: (..., N, d) unit vectors.
        b: (..., N, d) unit vectors; row i belongs to row i of ``a``.
        scale: the inverse temperature 1 / T, a scalar.
        there: (..., N) bool, the rows that take part: the others are nobody's neighbour and their loss is zero.
    """
    logits = scale * full(a @ b.mT)
    if there is not None:
        logits = logits.masked_fill(~(there.unsqueeze(-1) & there.unsqueeze(-2)), ABSENT)
    forth, back = (logits.log_softmax(axis).diagonal(dim1=-2, dim2=-1) for axis in (-1, -2))
    lost = -0.5 * (forth + back)
    return lost if there is None else lost * there
