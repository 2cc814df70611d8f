"""Prior P: noise and what is known to a complete code.

A small generator on the sphere of codes, trained against a critic that sees real codes, fused from the fullest observed
set of a row, beside the code F(S) of what is given. With nothing given it is the unconditional prior.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from ..nn.blocks import MLP, full

__all__ = ["Prior"]


class Prior(nn.Module):
    """Noise (B, noise) and code of the given (B, code) -> code (B, code), unit vectors."""

    def __init__(self, noise: int, code: int, width: int) -> None:
        super().__init__()
        self.noise = noise
        self.net = MLP(noise + code, width, width, width, code)

    def forward(self, noise: Tensor, given: Tensor) -> Tensor:
        known = given * math.sqrt(given.shape[1])
        return normalize(full(self.net(torch.cat([noise, known], 1))), dim=1)
