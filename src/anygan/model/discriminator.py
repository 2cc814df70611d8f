"""Discriminator D_m: is this canvas real, alone and together with a code?

A projection discriminator (Miyato, Koyama, *cGANs with projection discriminator*, 2018):

    D(x | c) = w . f(x) + (V f(x)) . c

With c = 0, nothing known, it is the unconditional score. Where a kind wants it R f(x) also tells the style that it may
have been made with (Chen et al., *InfoGAN*, 2016).
"""

from torch import Tensor, nn

from ..nn.blocks import Trunk, full

__all__ = ["Discriminator"]


class Discriminator(nn.Module):
    """Features once, scores for as many codes as wanted: ``D.score(D(x), c)``.

    Attributes:
        recall: features (B, features) -> (B, style); ``None`` where styles are not to be told.
    """

    def __init__(self, shape: tuple[int, ...], width: int, features: int, code: int, style: int = 0) -> None:
        super().__init__()
        self.trunk = Trunk(shape, width, features)
        self.alone = nn.Linear(features, 1)
        self.project = nn.Linear(features, code)
        self.recall = nn.Linear(features, style) if style else None

    def forward(self, canvas: Tensor) -> Tensor:
        """(B, *shape) -> features (B, features)."""
        features: Tensor = self.trunk(canvas)
        return features

    def score(self, features: Tensor, code: Tensor) -> Tensor:
        """Features (B, features) and codes (B, code), unit or zero -> logits (B,)."""
        together = (self.project(features) * code).sum(1)
        return full(self.alone(features).squeeze(1) + together)
