r"""The GAN of the textbooks, as written: ``--recipe mnist-mlp``.

    min_G max_D V(D, G) = E_x log D(x) + E_z log(1 - D(G(z)))          z uniform in [-1, 1]^100

(Goodfellow et al., *Generative adversarial nets*, 2014, eq. 1), with an MLP 100-128-256-784 that ends in a sigmoid
against an MLP 784-256-128-1, and its non-saturating form, in which G maximises E_z log D(G(z)) instead. No averaging,
no penalty: it is here to be looked at, not to be used.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Adam

from ..losses import minimax_d, minimax_g, non_saturating_d, non_saturating_g
from ..nn.blocks import MLP

__all__ = ["FORMS", "Moment", "generator", "noise", "play_textbook"]

NOISE, BATCH, RATE, BETAS = 100, 100, 2e-4, (0.5, 0.999)

Loss = Callable[[Tensor, Tensor], Tensor]

FORMS: dict[str, tuple[Loss, Loss]] = {
    "minimax": (minimax_d, minimax_g),
    "non-saturating": (non_saturating_d, non_saturating_g),
}
"""Name -> what D minimises, what G minimises."""


@dataclass(frozen=True)
class Moment:
    """One look at the game: the step, both losses (means since the last look), V(D, G), and the generator as it is."""

    step: int
    loss_d: float
    loss_g: float
    value: float
    net: nn.Module


class Centre(nn.Module):
    """[0, 1] to [-1, 1]: without it the mostly black pictures leave D's first layer asleep, and D wins at once."""

    def forward(self, x: Tensor) -> Tensor:
        return 2 * x - 1


def generator(pixels: int) -> nn.Sequential:
    """Noise (B, 100) -> pictures (B, pixels) in [0, 1]."""
    return nn.Sequential(MLP(NOISE, 128, 256, pixels), nn.Sigmoid())


def noise(rows: int, chance: torch.Generator) -> Tensor:
    """(rows, 100), uniform in [-1, 1]."""
    return 2 * torch.rand(rows, NOISE, generator=chance) - 1


def play_textbook(
    pictures: Tensor, form: str, steps: int, *, minutes: float | None = None, seed: int = 0, every: int = 1000
) -> Iterator[Moment]:
    """Play on flat pictures (N, pixels) in [0, 1], with a look every so many steps and at the end."""
    loss_d, loss_g = FORMS[form]
    chance = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        maker, judge = generator(pictures.shape[1]), nn.Sequential(Centre(), MLP(pictures.shape[1], 256, 128, 1))
        for part in (*maker.modules(), *judge.modules()):
            if isinstance(part, nn.Linear):
                nn.init.kaiming_normal_(part.weight, 0.2)
                nn.init.zeros_(part.bias)
    making = Adam(maker.parameters(), RATE, BETAS, fused=True)
    judging = Adam(judge.parameters(), RATE, BETAS, fused=True)
    sums, seen, began = torch.zeros(3), 0, time.monotonic()
    for step in range(1, steps + 1):
        real = pictures[torch.randint(len(pictures), (BATCH,), generator=chance)]
        fake = maker(noise(BATCH, chance))
        score_real, score_fake = judge(real).squeeze(1), judge(fake.detach()).squeeze(1)
        lost_d = loss_d(score_real, score_fake).mean()
        judging.zero_grad()
        lost_d.backward()
        judging.step()

        lost_g = loss_g(score_real.detach(), judge(fake).squeeze(1)).mean()
        making.zero_grad()
        lost_g.backward()
        making.step()
        value = -minimax_d(score_real.detach(), score_fake.detach()).mean()
        sums, seen = sums + torch.stack([lost_d.detach(), lost_g.detach(), value]), seen + 1
        over = step == steps or (minutes is not None and time.monotonic() - began > 60 * minutes)
        if over or step % every == 0:
            lost_d_mean, lost_g_mean, value_mean = (sums / seen).tolist()
            yield Moment(step, lost_d_mean, lost_g_mean, value_mean, maker)
            sums, seen = torch.zeros(3), 0
        if over:
            return
