r"""What holds a discriminator back: one family of penalties, one signature; and spectral normalisation.

A penalty looks at n pairs of a real and a generated canvas and returns what each of the 2n canvases is to pay, (2n,),
unreduced; training takes gamma / 2 times the sum over a pair. Its arguments:

    canvas   (2n, *shape), the n real ones first; requires grad
    score    (2n,) the scores of ``canvas``, with their graph
    look     the discriminator: canvases (n or 2n, *shape), conditions in the same order, to scores
    noise    (2n, *shape) standard normal

| name        | formula                                      | paper                                               |
|-------------|----------------------------------------------|-----------------------------------------------------|
| r1          | ``|grad D(x)|^2``                            | Mescheder, Geiger, Nowozin, *Which training methods |
|             |                                              | for GANs do actually converge?*, 2018               |
| r2          | ``|grad D(x')|^2``                           | the same                                            |
| r1r2        | both                                         | Huang et al., *The GAN is dead; long live the       |
|             |                                              | GAN!*, 2024                                         |
| one_centred | ``(|grad D(y)| - 1)^2``, y between x and x'  | Gulrajani et al., *Improved training of Wasserstein |
|             |                                              | GANs*, 2017, eq. 3                                  |
| finite_r1   | ``((D(x + s e) - D(x)) / s)^2``, e the noise | Lin et al., *Diffusion adversarial post-training    |
|             |                                              | for one-step video generation*, 2025                |
| finite_r2   | the same at x'                               |                                                     |
| finite_r1r2 | both                                         |                                                     |

The mean over e of a finite difference is ``|grad D|^2`` for small s. It needs no second derivative, so that it survives
compilers and sharded weights; but two scores nearly alike are subtracted, so they are always taken in full precision:
under bf16 autocast their rounding alone would be taken for a slope.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import is_parametrized

from .nn.blocks import full

__all__ = [
    "finite_r1",
    "finite_r1r2",
    "finite_r2",
    "iterate",
    "one_centred",
    "r1",
    "r1r2",
    "r2",
    "spectral",
]

Look = Callable[[Tensor], Tensor]

SIGMA = 0.01
"""Step of the finite differences, on canvases that reach from -1 to 1."""

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d)


def r1(canvas: Tensor, score: Tensor, look: Look, noise: Tensor) -> Tensor:
    """Squared slope at real canvases."""
    return _real(_slope(score, canvas))


def r2(canvas: Tensor, score: Tensor, look: Look, noise: Tensor) -> Tensor:
    """Squared slope at generated canvases."""
    return _generated(_slope(score, canvas))


def r1r2(canvas: Tensor, score: Tensor, look: Look, noise: Tensor) -> Tensor:
    """Squared slope everywhere: it makes the relativistic pairing loss converge locally."""
    return _slope(score, canvas)


def one_centred(canvas: Tensor, score: Tensor, look: Look, noise: Tensor) -> Tensor:
    """How far from one the slope is, somewhere between the two of a pair; each pays half.

    The paper's weight of 10 is a gamma of 20.
    """
    real, fake = canvas.detach().chunk(2)
    # Phi of a normal number is uniform.
    share = torch.special.ndtr(noise[: len(real)].flatten(1)[:, 0]).view(-1, *[1] * (real.dim() - 1))
    between = (real + share * (fake - real)).requires_grad_(True)
    # Where D is flat the root has no derivative.
    away = ((_slope(look(between), between) + 1e-12).sqrt() - 1).square()
    return away.repeat(2) / 2


def finite_r1(canvas: Tensor, score: Tensor, look: Look, noise: Tensor) -> Tensor:
    """R1 by finite differences."""
    return _real(_rise(canvas, look, noise))


def finite_r2(canvas: Tensor, score: Tensor, look: Look, noise: Tensor) -> Tensor:
    """R2 by finite differences."""
    return _generated(_rise(canvas, look, noise))


def finite_r1r2(canvas: Tensor, score: Tensor, look: Look, noise: Tensor) -> Tensor:
    """R1 and R2 by finite differences."""
    return _rise(canvas, look, noise)


def _slope(score: Tensor, canvas: Tensor) -> Tensor:
    """``|grad D|^2`` of each row: scores (B,), canvases (B, ...) that require grad -> (B,), differentiable again."""
    (gradient,) = torch.autograd.grad(score.sum(), canvas, create_graph=True)
    return full(gradient.flatten(1)).square().sum(1)


def _rise(canvas: Tensor, look: Look, noise: Tensor) -> Tensor:
    """The squared difference quotient of D along the noise, (2n,)."""
    here = full(canvas.detach())
    with torch.autocast(here.device.type, enabled=False):
        return ((look(here + SIGMA * noise) - look(here)) / SIGMA).square()


def _real(paid: Tensor) -> Tensor:
    """What real canvases pay; the others nothing."""
    first, second = paid.chunk(2)
    return torch.cat([first, torch.zeros_like(second)])


def _generated(paid: Tensor) -> Tensor:
    """What generated canvases pay; the others nothing."""
    first, second = paid.chunk(2)
    return torch.cat([torch.zeros_like(first), second])


def spectral(module: nn.Module) -> None:
    """Divide the weight of every layer by its largest singular value, from now on.

    Miyato et al., *Spectral normalization for generative adversarial networks*, 2018: each layer, and so the network,
    changes no faster than what comes in. The value is estimated by power iteration, as torch does it; here not in
    every forward pass but in :func:`iterate`, so that it depends on the weights alone and not on how often, or on which
    rank, the network was asked.
    """
    for layer in list(module.modules()):
        if isinstance(layer, LAYERS):
            spectral_norm(layer)
    module.eval()


@torch.no_grad()
def iterate(module: nn.Module) -> None:
    """One power iteration for every layer under :func:`spectral`; none where there is no such layer."""
    for layer in module.modules():
        if isinstance(layer, LAYERS) and is_parametrized(layer, "weight"):
            layer.train()
            layer.weight  # noqa: B018  # torch iterates when the weight is asked for
            layer.eval()
