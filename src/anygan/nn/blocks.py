"""Building blocks that work on any number of axes: vectors (B, C), frames (B, C, L), pixels (B, C, H, W)."""

import math
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, Generic, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import leaky_relu, pixel_shuffle, pixel_unshuffle

__all__ = [
    "MLP",
    "Family",
    "Trunk",
    "channels_at",
    "conv",
    "depth_to_space",
    "full",
    "hold",
    "pixel_norm",
    "reach",
    "space_to_depth",
]
SMALLEST = 4
"""Longest side of the last grid of a trunk."""

BEYOND = 1.05
"""How far a generator may aim, as a multiple of what a canvas holds."""

M = TypeVar("M", bound=nn.Module)


class Family(nn.Module, Generic[M]):
    """One module for each name. Unlike a ``ModuleDict`` it takes any name that a column may have, dots included."""

    def __init__(self, names: Iterable[str], make: Callable[[str], M]) -> None:
        super().__init__()
        self.names = list(names)
        self.members = nn.ModuleList(make(name) for name in self.names)

    def __getitem__(self, name: str) -> M:
        return cast(M, self.members[self.names.index(name)])


def conv(axes: int, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Module:
    """A padded convolution over 1 or 2 axes, or a linear layer over none.

    Over 2 axes channels lie innermost in memory: with bf16 that halves the time of a layer of few channels on a CPU.
    """
    if axes == 0:
        return nn.Linear(inputs, outputs)
    if axes == 1:
        return nn.Conv1d(inputs, outputs, kernel, stride, kernel // 2)
    layer = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2)
    layer.weight.data = layer.weight.data.contiguous(memory_format=torch.channels_last)
    return layer


def full(x: Tensor) -> Tensor:
    """At least single precision: what leaves an autocast region for a norm, a softmax or a loss."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def reach(x: Tensor) -> Tensor:
    """A tanh that does reach -1 and 1: aimed a little beyond, and cut off there, but for the gradient, which goes on.

    A plain one only comes near, and grounds that are never quite black give generated pictures away.
    """
    aimed = BEYOND * x.tanh()
    return aimed + (aimed.clamp(-1, 1) - aimed).detach()


def space_to_depth(x: Tensor) -> Tensor:
    """Halve every axis: (B, C, *axes) -> (B, C * 2^n, *axes / 2). Exact; undone by :func:`depth_to_space`."""
    n = x.dim() - 2
    if n == 2:
        return pixel_unshuffle(x, 2)
    split = [part for size in x.shape[2:] for part in (size // 2, 2)]
    x = x.reshape(*x.shape[:2], *split)
    halves = range(2, 2 + 2 * n, 2)
    x = x.permute([0, *halves, 1, *range(3, 3 + 2 * n, 2)])
    return x.flatten(1 + n).movedim(-1, 1)


def depth_to_space(x: Tensor) -> Tensor:
    """Double every axis: (B, C * 2^n, *axes) -> (B, C, 2 * axes) (Shi et al., sub-pixel convolution, 2016)."""
    n = x.dim() - 2
    if n == 2:
        return pixel_shuffle(x, 2)
    sizes = x.shape[2:]
    x = x.movedim(1, -1).reshape(x.shape[0], *sizes, -1, *([2] * n))
    order = [0, *(axis for i in range(n) for axis in (1 + i, 2 + n + i)), 1 + n]
    return x.permute(order).reshape(x.shape[0], *(2 * size for size in sizes), -1).movedim(-1, 1)


def hold(x: Tensor) -> Tensor:
    """Each value of (B, C, *axes) averaged with the one before it on every axis, and the first with itself.

    A pattern that alternates along an axis goes; what is the same along it stays.
    """
    held: Tensor = _Hold.apply(x)  # type: ignore[no-untyped-call]
    return held


class _Hold(torch.autograd.Function):
    """:func:`hold` with a gradient of its own: that of slices fills a canvas with zeros for each of them."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        for axis, size in enumerate(x.shape[2:], 2):
            after, held = x.narrow(axis, 1, size - 1), torch.empty_like(x)
            torch.add(after, x.narrow(axis, 0, size - 1), out=held.narrow(axis, 1, size - 1))
            torch.mul(x.narrow(axis, 0, 1), 2, out=held.narrow(axis, 0, 1))
            x = held
        return x.div_(2 ** (x.dim() - 2))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> Tensor:
        for axis, size in enumerate(slope.shape[2:], 2):
            before, given = slope.narrow(axis, 0, size - 1), torch.empty_like(slope)
            torch.add(before, slope.narrow(axis, 1, size - 1), out=given.narrow(axis, 0, size - 1))
            given.narrow(axis, size - 1, 1).copy_(slope.narrow(axis, size - 1, 1))
            given.narrow(axis, 0, 1).add_(slope.narrow(axis, 0, 1))
            slope = given
        return slope.div_(2 ** (slope.dim() - 2))


def pixel_norm(x: Tensor) -> Tensor:
    """Unit mean square over the channels of every position (Karras et al., progressive growing, 2018)."""
    return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-6)


def channels_at(size: int, width: int, most: int) -> int:
    """Channels of a layer whose longest side is ``size``: ``width`` at 16, twice that at 8: all scales cost alike."""
    return min(most, max(4, int(width * 2.0 ** round(math.log2(16 / size)))))


class MLP(nn.Sequential):
    """Linear layers of the given sizes with LeakyReLU(.2) between them: (B, sizes[0]) -> (B, sizes[-1])."""

    def __init__(self, *sizes: int) -> None:
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(0.2)]
        super().__init__(*layers[:-1])


class Trunk(nn.Module):
    """Canvas to features, (B, *shape) -> (B, features): strided convolutions, or an MLP where there is no axis.

    There is no normalisation layer: a batch statistic would break gradient penalties and the pairing of rows.
    """

    def __init__(self, shape: tuple[int, ...], width: int, features: int) -> None:
        super().__init__()
        channels, *sizes = shape
        self.axes = len(sizes)
        if self.axes == 0:
            self.layers = nn.ModuleList([nn.Linear(channels, features), nn.Linear(features, features)])
            flat = features
        else:
            sizes = [size // 2 for size in sizes]
            now = channels_at(max(sizes), width, 4 * width)
            self.layers = nn.ModuleList([conv(self.axes, channels * 2**self.axes, now)])
            while max(sizes) > SMALLEST:
                sizes, before = [(size + 1) // 2 for size in sizes], now
                now = channels_at(max(sizes), width, 4 * width)
                self.layers.append(conv(self.axes, before, now, stride=2))
            flat = now * math.prod(sizes)
        self.last = nn.Linear(flat, features)

    def forward(self, x: Tensor) -> Tensor:
        if self.axes:
            x = space_to_depth(x)
        for layer in self.layers:
            x = leaky_relu(layer(x), 0.2)
        return leaky_relu(self.last(x.movedim(1, -1).flatten(1)), 0.2)
