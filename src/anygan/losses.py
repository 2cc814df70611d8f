"""Adversarial losses: one family, one signature.

Each function takes the discriminator's scores of paired real and generated canvases, (B,) each, and returns the loss of
each pair, (B,), unreduced so that a caller may weigh rows. ``*_d`` is what the discriminator minimises, ``*_g`` what
the generator minimises. A score is a logit: large means real.

| name            | paper                                                                          |
|-----------------|--------------------------------------------------------------------------------|
| minimax         | Goodfellow et al., *Generative adversarial nets*, 2014, eq. 1                    |
| non_saturating  | the same, section 3: G maximises log D(G(z)) instead                             |
| relativistic    | Jolicoeur-Martineau, *The relativistic discriminator*, 2018; Huang et al., 2024  |
"""

from torch import Tensor
from torch.nn.functional import softplus

__all__ = ["minimax_d", "minimax_g", "non_saturating_d", "non_saturating_g", "relativistic_d", "relativistic_g"]


def minimax_d(real: Tensor, fake: Tensor) -> Tensor:
    """-(log D(x) + log(1 - D(G(z)))) with D = sigmoid(score): the negated value function V(D, G)."""
    return softplus(-real) + softplus(fake)


def minimax_g(real: Tensor, fake: Tensor) -> Tensor:
    """log(1 - D(G(z))): G descends the same V. Its gradient vanishes where D is sure that the fake is fake."""
    return -softplus(fake)


def non_saturating_d(real: Tensor, fake: Tensor) -> Tensor:
    """As :func:`minimax_d`: only the generator's side differs."""
    return minimax_d(real, fake)


def non_saturating_g(real: Tensor, fake: Tensor) -> Tensor:
    """-log D(G(z))."""
    return softplus(-fake)


def relativistic_d(real: Tensor, fake: Tensor) -> Tensor:
    """softplus(D(fake) - D(real)): only differences of scores mean anything."""
    return softplus(fake - real)


def relativistic_g(real: Tensor, fake: Tensor) -> Tensor:
    """softplus(D(real) - D(fake))."""
    return softplus(real - fake)
