r"""Prior P: noise and what is known to a complete code.

    P(u, c) = direction of  N(u, c) + c / 5,        c = F(S), or 0 where nothing is given

A small generator on the sphere of codes, trained against a critic that sees real codes, fused from the fullest observed
set of a row, beside c. With nothing given it is the unconditional prior. What is given it adds to: a network that had
to copy it through its layers would forget a part (He et al., *Deep residual learning for image recognition*, 2016).
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from ..nn.blocks import MLP, full

__all__ = ["Prior"]

KEPT = 0.2
"""Share of what is given that is added to what the network says: all of it would be hard to leave where it is wrong."""


class Prior(nn.Module):
    """Noise (B, noise) and code of the given (B, code) -> code (B, code), unit vectors."""

    def __init__(self, noise: int, code: int, width: int) -> None:
        super().__init__()
        self.noise = noise
        self.net = MLP(noise + code, width, width, width, code)

    def forward(self, noise: Tensor, given: Tensor) -> Tensor:
        known = given * math.sqrt(given.shape[1])
        return normalize(full(self.net(torch.cat([noise, known], 1))) + KEPT * known, dim=1)
