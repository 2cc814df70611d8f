r"""Fusion F: the evidence of any subset of modalities to one code.

    F(S) = direction of  mean_{m in S} e_m + r(S),        F(nothing) = 0

where the residual r attends over the evidence of S, each with its modality's place, from their mean (Vaswani et al.,
*Attention is all you need*, 2017). It begins at zero and learns what the mean cannot say: that evidence of one modality
may know what the others do not, and should then not be diluted by them.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, normalize

from ..nn.blocks import full

__all__ = ["Fusion"]


class Fusion(nn.Module):
    """Evidence (B, M, code) and which of it counts (B, M) bool -> code (B, code): unit vectors, or zero."""

    def __init__(self, modalities: int, code: int) -> None:
        super().__init__()
        self.place = nn.Parameter(0.5 * torch.randn(modalities, code))
        self.query = nn.Linear(code, code)
        self.key, self.value = nn.Linear(code, code), nn.Linear(code, code)
        self.up, self.down = nn.Linear(2 * code, 4 * code), nn.Linear(4 * code, code)
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.down.bias)

    def forward(self, evidence: Tensor, given: Tensor) -> Tensor:
        wide = math.sqrt(evidence.shape[2])
        mean = (evidence * given.unsqueeze(2)).sum(1) / given.sum(1, keepdim=True).clamp(min=1)
        placed = wide * evidence + self.place
        match = (self.query(wide * mean).unsqueeze(1) * self.key(placed)).sum(2) / wide
        weight = full(match).masked_fill(~given, -1e4).softmax(1)
        heard = (weight.unsqueeze(2) * self.value(placed)).sum(1)
        residual = self.down(gelu(self.up(torch.cat([wide * mean, heard], 1)))) / wide
        return normalize(mean + full(residual), dim=1) * given.any(1, keepdim=True)
