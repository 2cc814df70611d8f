r"""Cells gone wrong on purpose: noised, covered, or swapped with another row's.

What is left of a cell, its *truth*, is the share of its power that is signal (Wiener, *Extrapolation, interpolation and
smoothing of stationary time series*, 1949):

    noised     x + l n,  n ~ N(0, I)        1 / (1 + l^2)
    covered    a box of x put to zero       1 - the box's share
    swapped    x of another row             0
"""

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["box", "cover", "hiss", "noise", "normal", "power"]


def power(level: Tensor) -> Tensor:
    """The share of signal that noise of these standard deviations leaves: any shape, 1 where there is none."""
    return 1 / (1 + level.square())


def normal(shape: Sequence[int], generator: torch.Generator, device: torch.device) -> Tensor:
    """Standard normal noise where it is needed: a GPU draws its own, seeded by ``generator``, which is the CPU's."""
    if device.type == "cpu":
        return torch.randn(shape, generator=generator)
    seed = int(torch.randint(2**53, (), generator=generator))
    return torch.randn(shape, generator=torch.Generator(device).manual_seed(seed), device=device)


def noise(canvas: Tensor, level: Tensor, generator: torch.Generator) -> Tensor:
    """Canvases (B, *shape) with Gaussian noise of a standard deviation each, (B,)."""
    return canvas + hiss(canvas.shape, level, generator, canvas.device).to(canvas)


def hiss(shape: Sequence[int], level: Tensor, generator: torch.Generator, device: torch.device) -> Tensor:
    """That noise alone, of a shape (B, *shape)."""
    return normal(shape, generator, device).mul_(level.to(device).view(-1, *[1] * (len(shape) - 1)))


def cover(canvas: Tensor, share: Tensor, generator: torch.Generator) -> Tensor:
    """Canvases (B, C, *axes) with a box of about the given share of their area at zero, (B,), at a random place.

    Where there is no axis, each number is put to zero with the probability of that share.
    """
    return canvas.masked_fill(box(canvas.shape, share, generator).to(canvas.device), 0.0)


def box(shape: Sequence[int], share: Tensor, generator: torch.Generator) -> Tensor:
    """What is covered of canvases of a shape (B, C, *axes), bool, of one channel where there are axes."""
    rows, axes = shape[0], shape[2:]
    if not axes:
        return torch.rand(shape, generator=generator) < share.unsqueeze(1)
    side = share ** (1 / len(axes))
    hidden = torch.ones(rows, 1, *[1] * len(axes), dtype=torch.bool)
    for place, size in enumerate(axes):
        start = torch.rand(rows, generator=generator) * (1 - side)
        at = (torch.arange(size) + 0.5) / size
        inside = (at >= start.unsqueeze(1)) & (at < (start + side).unsqueeze(1))
        hidden = hidden & inside.view(rows, 1, *(size if i == place else 1 for i in range(len(axes))))
    return hidden
