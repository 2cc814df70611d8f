r"""Fusion F: the evidence of any subset of modalities to one code.

    F(S) = direction of  mean_{m in S} e_m + r(S),        F(nothing) = 0

The mean weighs the directions d_m of the evidence by their reliability. What is left of a cell, its evidence's own
length, and whether it is its row's own, which only the others can tell, are two questions:

    r_m = |e_m| sigmoid(o + sum_{n in S - m} w_mn |e_n| a_mn),      a_mn = k_mn (d_m . d_n) + b_mn

and r_m = |e_m| of a cell that is alone. With w_mn = softmax_n (a_mn + log |e_n|) one reliable ally is enough, for of
three cells one of which is wrong each right one has just one. The products d_m . d_n are the log density ratios of "one
row" against "two rows" that the contrast trains them to be (van den Oord et al., 2018), up to the scale and offset that
are learned here.

The residual attends over the evidence of S, each with its modality's place, from their mean (Vaswani et al.,
*Attention is all you need*, 2017). It begins at zero and learns what the mean cannot say: that evidence of one modality
may know what the others do not, and should then not be diluted by them.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, logsigmoid, normalize

from ..nn.blocks import full

__all__ = ["Fusion", "directions"]

SHARP = 20.0
"""Scale of the weights of agreement, which have further to go than others at the same learning rate."""


def directions(evidence: Tensor) -> Tensor:
    """What evidence (..., code) says, whatever its length: unit vectors."""
    return normalize(evidence, dim=-1)


class Fusion(nn.Module):
    """Evidence (B, M, code) and which of it counts (B, M) bool -> code (B, code): unit vectors, or zero."""

    def __init__(self, modalities: int, code: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((modalities, modalities), 0.5))
        self.offset = nn.Parameter(torch.full((modalities, modalities), -0.3))
        self.own = nn.Parameter(torch.tensor(0.15))
        self.place = nn.Parameter(0.5 * torch.randn(modalities, code))
        self.query = nn.Linear(code, code)
        self.key, self.value = nn.Linear(code, code), nn.Linear(code, code)
        self.up, self.down = nn.Linear(2 * code, 4 * code), nn.Linear(4 * code, code)
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.down.bias)

    def belief(self, evidence: Tensor, given: Tensor) -> Tensor:
        """Log odds (B, M) that the cells of the given ones (B, M) are to be believed."""
        length = evidence.norm(dim=2).clamp(1e-4, 1 - 1e-4)
        said = directions(evidence)
        agreed = SHARP * (self.scale * (said @ said.transpose(1, 2)) + self.offset)
        other = given.unsqueeze(1) & ~torch.eye(given.shape[1], dtype=torch.bool, device=given.device)
        weight = (agreed + length.log().unsqueeze(1)).masked_fill(~other, -1e4).softmax(2)
        heard = (weight * length.unsqueeze(1) * agreed).masked_fill(~other, 0.0).sum(2)
        owned = logsigmoid(SHARP * self.own + heard).masked_fill(~other.any(2), 0.0)
        certain = length.log() + owned
        belief: Tensor = certain - torch.log1p(-certain.exp())
        return belief

    def reliability(self, evidence: Tensor, given: Tensor) -> Tensor:
        """How far each given cell is to be believed, (B, M) in 0 to 1; 0 for those that are not given."""
        trust: Tensor = self.belief(evidence, given).sigmoid() * given
        return trust

    def residual(self, said: Tensor, trust: Tensor, mean: Tensor, given: Tensor) -> Tensor:
        """What the mean (B, code) of directions (B, M, code) cannot say, (B, code)."""
        wide = math.sqrt(mean.shape[1])
        placed = wide * said + self.place
        match = (self.query(wide * mean).unsqueeze(1) * self.key(placed)).sum(2) / wide
        weight = (full(match) + trust.clamp(min=1e-4).log()).masked_fill(~given, -1e4).softmax(1)
        heard = (weight.unsqueeze(2) * self.value(placed)).sum(1)
        found: Tensor = self.down(gelu(self.up(torch.cat([wide * mean, heard], 1)))) / wide
        return full(found)

    def forward(self, evidence: Tensor, given: Tensor) -> Tensor:
        trust = self.reliability(evidence, given).detach()
        said = directions(evidence)
        mean = (said * trust.unsqueeze(2)).sum(1) / trust.sum(1, keepdim=True).clamp(min=1e-4)
        return normalize(mean + self.residual(said, trust, mean, given), dim=1) * given.any(1, keepdim=True)
