r"""Encoder E_m: a canvas to its evidence on the code.

    e_m = r_m d_m,     d_m on the unit sphere: what the cell says,     0 < r_m < 1: how far it is to be believed

The length is the unary part of reliability, what the cell itself shows of noise and gaps. That it contradicts the other
cells of its row it cannot know: that is for :class:`~anygan.model.fusion.Fusion` to find.
"""

from torch import Tensor, nn
from torch.nn.functional import normalize

from ..nn.blocks import Trunk, full

__all__ = ["Encoder"]

TRUST = 3.0
"""Logit of the length at the start: a cell is believed unless something speaks against it."""


class Encoder(nn.Module):
    """(B, *shape) -> evidence (B, code), no longer than one."""

    def __init__(self, shape: tuple[int, ...], width: int, features: int, code: int) -> None:
        super().__init__()
        self.trunk = Trunk(shape, width, features)
        self.direction = nn.Linear(features, code)
        self.length = nn.Linear(features, 1)
        nn.init.zeros_(self.length.weight)
        nn.init.constant_(self.length.bias, TRUST)

    def forward(self, canvas: Tensor) -> Tensor:
        features = self.trunk(canvas)
        return normalize(full(self.direction(features)), dim=1) * full(self.length(features)).sigmoid()
