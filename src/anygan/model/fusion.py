"""Fusion F: the evidence of any subset of modalities to one code.

F(S) = mean_{m in S} e_m, scaled to length 1;  F(nothing) = 0
"""

from torch import Tensor, nn
from torch.nn.functional import normalize

__all__ = ["Fusion"]


class Fusion(nn.Module):
    """Evidence (B, M, code) and which of it counts (B, M) bool -> code (B, code): unit vectors, or zero."""

    def forward(self, evidence: Tensor, given: Tensor) -> Tensor:
        total = (evidence * given.unsqueeze(2)).sum(1)
        return normalize(total, dim=1) * given.any(1, keepdim=True)
