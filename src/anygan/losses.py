"""Adversarial losses: one family, one signature.

Each function takes the discriminator's scores of paired real and generated canvases, (B,) each, and returns the loss of
each pair, (B,), unreduced so that a caller may weigh rows. ``*_d`` is what the discriminator minimises, ``*_g`` what
the generator minimises. Large scores mean real; where a loss speaks of D(x), a probability, D = sigmoid(score).

| name            | paper                                                                                      |
|-----------------|--------------------------------------------------------------------------------------------|
| minimax         | Goodfellow et al., *Generative adversarial nets*, 2014, eq. 1                                |
| non_saturating  | the same, section 3: G maximises log D(G(z)) instead                                         |
| least_squares   | Mao et al., *Least squares generative adversarial networks*, 2017, eq. 9                     |
| hinge           | Lim & Ye, *Geometric GAN*, 2017                                                              |
| wasserstein     | Arjovsky, Chintala, Bottou, *Wasserstein GAN*, 2017                                          |
| relativistic    | Jolicoeur-Martineau, *The relativistic discriminator*, 2018; Huang et al., *The GAN is dead; |
|                 | long live the GAN!*, 2024                                                                    |
"""

from torch import Tensor
from torch.nn.functional import relu, softplus

__all__ = [
    "hinge_d",
    "hinge_g",
    "least_squares_d",
    "least_squares_g",
    "minimax_d",
    "minimax_g",
    "non_saturating_d",
    "non_saturating_g",
    "relativistic_d",
    "relativistic_g",
    "wasserstein_d",
    "wasserstein_g",
]


def minimax_d(real: Tensor, fake: Tensor) -> Tensor:
    """-(log D(x) + log(1 - D(G(z)))): the negated value function V(D, G)."""
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


def least_squares_d(real: Tensor, fake: Tensor) -> Tensor:
    """((s(x) - 1)^2 + s(G(z))^2) / 2: scores of real canvases are to be one, of generated ones zero."""
    return ((real - 1).square() + fake.square()) / 2


def least_squares_g(real: Tensor, fake: Tensor) -> Tensor:
    """(s(G(z)) - 1)^2 / 2."""
    return (fake - 1).square() / 2


def hinge_d(real: Tensor, fake: Tensor) -> Tensor:
    """max(0, 1 - s(x)) + max(0, 1 + s(G(z))): what lies beyond the margin teaches no more."""
    return relu(1 - real) + relu(1 + fake)


def hinge_g(real: Tensor, fake: Tensor) -> Tensor:
    """-s(G(z))."""
    return -fake


def wasserstein_d(real: Tensor, fake: Tensor) -> Tensor:
    """s(G(z)) - s(x): negated, a lower bound of the earth mover's distance where s changes no faster than its canvas.

    Nothing here holds s to that: a penalty must.
    """
    return fake - real


def wasserstein_g(real: Tensor, fake: Tensor) -> Tensor:
    """-s(G(z))."""
    return -fake


def relativistic_d(real: Tensor, fake: Tensor) -> Tensor:
    """softplus(s(G(z)) - s(x)): only differences of scores mean anything."""
    return softplus(fake - real)


def relativistic_g(real: Tensor, fake: Tensor) -> Tensor:
    """softplus(s(x) - s(G(z)))."""
    return softplus(real - fake)
