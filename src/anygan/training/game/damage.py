"""Which cells of a batch go wrong on purpose while the encoders learn, and what is left of each.

In some rows one modality is noised, covered or swapped with another row's. The encoders then meet what users will give
them, and reliability has a truth to learn from. Generators and discriminators never see a cell that was touched.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ...corruption import box, hiss, power
from ..parallel import World

__all__ = ["RATE", "Damage"]

RATE = 0.5
"""Share of the rows of which one modality is touched."""

LOUDEST = 1.5
"""Largest standard deviation of noise on a canvas."""


@dataclass(frozen=True)
class Damage:
    """What is done to a global batch of B rows and M modalities, on the CPU, where it is drawn.

    Attributes:
        level: (B, M) standard deviation of the noise.
        hidden: (B, M) share that is covered.
        partner: (B, M) the row that the cell is taken from: its own, where it is not swapped.
    """

    level: Tensor
    hidden: Tensor
    partner: Tensor

    @classmethod
    def draw(cls, observed: Tensor, generator: torch.Generator) -> "Damage":
        """One observed modality (B, M) of some rows. Cells are swapped where another can tell: never lonely ones."""
        rows, count = observed.shape
        chance = torch.rand(rows, count, generator=generator).masked_fill(~observed, 2.0)
        chosen = torch.zeros_like(observed).scatter_(1, chance.argmin(1, keepdim=True), True) & observed
        chosen &= torch.rand(rows, 1, generator=generator) < RATE
        way = torch.randint(3, (rows, 1), generator=generator)
        amount = torch.rand(rows, 1, generator=generator)
        own = torch.arange(rows).unsqueeze(1).expand(rows, count)
        other = (own + torch.randint(1, max(2, rows), (rows, 1), generator=generator)) % rows
        swapped = chosen & (way == 2) & observed.gather(0, other) & (observed.sum(1, keepdim=True) > 1)
        return cls(
            LOUDEST * amount * (chosen & (way == 0)),
            amount * (chosen & (way == 1)),
            torch.where(swapped, other, own),
        )

    @property
    def swapped(self) -> Tensor:
        """(B, M) bool."""
        return self.partner != torch.arange(len(self.partner)).unsqueeze(1)

    def truth(self) -> Tensor:
        """What is left of every cell, (B, M), 0 to 1."""
        return power(self.level) * (1 - self.hidden) * ~self.swapped

    def touch(self, canvases: Mapping[str, Tensor], generator: torch.Generator, world: World) -> dict[str, Tensor]:
        """This rank's canvases, name -> (B / ranks, *shape), noised and covered; the swap is left to :meth:`swap`."""
        touched = {}
        for m, (name, canvas) in enumerate(canvases.items()):
            shape = len(self.level), *canvas.shape[1:]
            drawn = world.mine(hiss(shape, self.level[:, m], generator, canvas.device)).to(canvas)
            hidden = world.mine(box(shape, self.hidden[:, m], generator)).to(canvas.device)
            touched[name] = canvas.masked_fill(hidden, 0.0).add_(drawn)
        return touched

    def swap(self, evidence: Tensor) -> Tensor:
        """Evidence (B, M, code) of all ranks' rows, that of swapped cells in place of their own."""
        return evidence.gather(0, self.partner.to(evidence.device).unsqueeze(2).expand_as(evidence))
