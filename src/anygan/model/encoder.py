"""Encoder E_m: a canvas to its evidence on the code, a point on the unit sphere."""

from torch import Tensor, nn
from torch.nn.functional import normalize

from ..nn.blocks import Trunk, full

__all__ = ["Encoder"]


class Encoder(nn.Module):
    """(B, *shape) -> evidence (B, code), unit vectors."""

    def __init__(self, shape: tuple[int, ...], width: int, features: int, code: int) -> None:
        super().__init__()
        self.trunk = Trunk(shape, width, features)
        self.evidence = nn.Linear(features, code)

    def forward(self, canvas: Tensor) -> Tensor:
        return normalize(full(self.evidence(self.trunk(canvas))), dim=1)
