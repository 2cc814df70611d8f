"""Words: what points are made from that are alone, the only modality of their rows.

The rows are sorted by their codes into heaps, each row to the heap whose middle is nearest, and every heap has a word,
a direction of its own in the space of codes. Generator and discriminator meet under the row's word as they do under the
code of another modality (Liu et al., *Diverse image generation via self-conditioned GANs*, 2020), and new rows are
drawn from words as often as rows have them. A continuous image of Gaussian noise alone cannot leave out what lies
between things that are apart (Tanielian et al., *Learning disconnected manifolds: a no GAN's land*, 2020), and nobody
could tell it off: a word says which of them it was to be.

Middles are a running k-means (Sculley, *Web-scale k-means clustering*, 2010). They would not do as words: those of a
hundred heaps are all but alike.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from ..nn.blocks import full

__all__ = ["HEAPS", "Words"]

HEAPS = 64

KEPT, REMEMBERED = 0.99, 0.998
"""How much of middles, and of how often words occur, a step leaves as it was."""

STARVED = 0.05
"""Share of the mean heap's rows below which a heap begins anew."""

FOUNDED = 8
"""One row of so many, of those that are farthest from their heap's middle, may begin a new one in a step."""


class Words(nn.Module):
    """Codes (B, code), unit or zero, to words (B, code): unit vectors, and zero for zero.

    Attributes:
        middles: (heaps, code) means of the codes of each heap.
        held: (heaps,) rows a step in each.
        shares: (heaps,) how often each word occurs.
        words: (heaps, code) unit vectors, the same in every model of this size.
    """

    middles: Tensor
    held: Tensor
    shares: Tensor
    words: Tensor

    def __init__(self, code: int) -> None:
        super().__init__()
        self.register_buffer("middles", torch.zeros(HEAPS, code))
        self.register_buffer("held", torch.zeros(HEAPS))
        self.register_buffer("shares", torch.full((HEAPS,), 1 / HEAPS))
        drawn = torch.randn(HEAPS, code, generator=torch.Generator().manual_seed(0))
        self.register_buffer("words", normalize(drawn, dim=1))

    def nearest(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """How near (B,) the nearest middle is, a cosine, and its number (B,)."""
        with torch.autocast(codes.device.type, enabled=False):
            near, number = (full(codes) @ normalize(self.middles, dim=1).T).max(1)
        return near, number

    def forward(self, codes: Tensor) -> Tensor:
        return self.words[self.nearest(codes)[1]] * codes.any(1, keepdim=True)

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Words (count, code) as often as rows have them."""
        numbers = torch.multinomial(self.shares.cpu(), count, replacement=True, generator=generator)
        return self.words[numbers.to(self.words.device)]

    @torch.no_grad()
    def sort(self, codes: Tensor) -> None:
        """Learn from the codes (B, code) of a step; zero rows, and such as are no numbers, tell nothing."""
        codes = codes[codes.any(1) & codes.isfinite().all(1)]
        if len(codes) == 0:
            return
        near, number = self.nearest(codes)
        hits = torch.zeros_like(self.held).index_add_(0, number, torch.ones_like(near))
        self.held.mul_(KEPT).add_(hits, alpha=1 - KEPT)
        self.shares.mul_(REMEMBERED).add_(hits / len(codes), alpha=1 - REMEMBERED)
        means = torch.zeros_like(self.middles).index_add_(0, number, codes) / hits.clamp(min=1).unsqueeze(1)
        pull = (1 - KEPT) * hits / self.held.clamp(min=1e-12)
        self.middles.lerp_(means, pull.unsqueeze(1))
        starved = (self.held < STARVED * self.held.mean()).nonzero().squeeze(1)
        starved = starved[: max(1, len(codes) // FOUNDED)]
        self.middles[starved] = codes[near.argsort()[: len(starved)]]
        self.held[starved] = self.held.mean() / 2
