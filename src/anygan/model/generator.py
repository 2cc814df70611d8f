"""Generator G_m: a code and a style to a canvas.

Sub-pixel convolutions from a grid of at most 4 a side up to the canvas; what a grid has too much, at its far ends, is
cut off on the way. Code and style enter twice: as the grid itself, and as a scale and shift of every layer (Perez et
al., *FiLM*, 2018). The grid is a linear layer's: a larger one leaves fewer layers that are not.

Neighbours of one sub-pixel layer are drawn by different weights, which shows as a pattern of dots. So the last one does
not draw the canvas: what it makes is held, which takes the finest pattern out (Sugawara et al., *Checkerboard artifacts
free convolutional neural networks*, 2019), and a convolution at full size draws the canvas from that.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from ..nn.blocks import MLP, SMALLEST, channels_at, conv, depth_to_space, hold, pixel_norm

__all__ = ["Generator"]


class Generator(nn.Module):
    """Code (B, code) and style (B, style) -> raw canvas (B, *shape); the canvas's ``finish`` is not applied here."""

    def __init__(self, shape: tuple[int, ...], width: int, features: int, code: int, style: int) -> None:
        super().__init__()
        channels, *sizes = self.shape = shape
        self.axes, self.style = len(sizes), style
        if self.axes == 0:
            self.net = MLP(code + style, features, features, features, channels)
            return
        doublings = max(1, math.ceil(math.log2(max(sizes) / SMALLEST)))
        self.grids = [[-(-size // 2 ** (doublings - i)) for size in sizes] for i in range(doublings + 1)]
        widths = [*(channels_at(max(grid), width, 2 * width) for grid in self.grids[:-1]), max(channels, width // 4)]
        self.first = nn.Linear(code + style, widths[0] * math.prod(self.grids[0]))
        self.ups = nn.ModuleList(conv(self.axes, a, b * 2**self.axes) for a, b in pairwise(widths))
        self.last = conv(self.axes, widths[-1], channels)
        self.film = nn.ModuleList(nn.Linear(code + style, 2 * w) for w in widths[:-1])
        for film in self.film:
            assert isinstance(film, nn.Linear)
            nn.init.zeros_(film.bias)

    def forward(self, code: Tensor, style: Tensor) -> Tensor:
        z = torch.cat([code * math.sqrt(code.shape[1]), style], 1)
        if self.axes == 0:
            vectors: Tensor = self.net(z)
            return vectors
        x: Tensor = self.first(z).view(len(z), *self.grids[0], -1).movedim(-1, 1)
        for film, up, grid in zip(self.film, self.ups, self.grids[1:], strict=True):
            scale, shift = film(z).view(len(z), 2, -1, *[1] * self.axes).unbind(1)
            x = leaky_relu(pixel_norm(x) * (1 + scale) + shift, 0.2)
            x = _cut(depth_to_space(up(x)), grid)
        canvas: Tensor = self.last(leaky_relu(hold(x), 0.2))
        return canvas


def _cut(x: Tensor, sizes: list[int]) -> Tensor:
    """The first ``sizes`` of every axis of (B, C, *axes)."""
    for axis, size in enumerate(sizes, 2):
        if size < x.shape[axis]:
            x = x.narrow(axis, 0, size)
    return x
