"""Filler: the holes of a table's row, from the row's other columns and from what other modalities tell.

    x^ = v x + (1 - v) F(v x, v, c, u),     v the columns that are seen, c a code of other modalities, u noise

(Yoon, Jordon, van der Schaar, *GAIN: missing data imputation using generative adversarial nets*, 2018.) A code is too
narrow a door for what one column knows of the next: the filler sees the columns themselves.
"""

import torch
from torch import Tensor, nn

from ..nn.blocks import MLP

__all__ = ["Filler"]


class Filler(nn.Module):
    """Seen row (B, row), code (B, code), zero where nothing is known, and noise (B, style) -> raw row (B, row)."""

    def __init__(self, row: int, features: int, code: int, style: int) -> None:
        super().__init__()
        self.net = MLP(row + code + style, features, features, features, row)

    def forward(self, seen: Tensor, code: Tensor, noise: Tensor) -> Tensor:
        raw: Tensor = self.net(torch.cat([seen, code, noise], 1))
        return raw
