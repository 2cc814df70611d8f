"""Generator G_m: a code and a style to a canvas.

Sub-pixel convolutions from a small grid up to the canvas. Code and style enter twice: as the grid itself, and as a
scale and shift of every layer (Perez et al., *FiLM*, 2018).
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from ..nn.blocks import MLP, channels_at, conv, depth_to_space, pixel_norm

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
        smallest = 8
        doublings = max(1, max(math.ceil(math.log2(size / smallest)) for size in sizes))
        self.base = [size // 2**doublings for size in sizes]
        widths = [channels_at(max(self.base) * 2**i, width, 2 * width) for i in range(doublings)]
        self.first = nn.Linear(code + style, widths[0] * math.prod(self.base))
        self.ups = nn.ModuleList(conv(self.axes, widths[i], widths[i + 1] * 2**self.axes) for i in range(doublings - 1))
        self.last = conv(self.axes, widths[doublings - 1], channels * 2**self.axes)
        self.film = nn.ModuleList(nn.Linear(code + style, 2 * widths[i]) for i in range(doublings))
        for film in self.film:
            assert isinstance(film, nn.Linear)
            nn.init.zeros_(film.bias)

    def forward(self, code: Tensor, style: Tensor) -> Tensor:
        z = torch.cat([code * math.sqrt(code.shape[1]), style], 1)
        if self.axes == 0:
            vectors: Tensor = self.net(z)
            return vectors
        x = self.first(z).view(len(z), *self.base, -1).movedim(-1, 1)
        for i, film in enumerate(self.film):
            if i:
                x = depth_to_space(self.ups[i - 1](x))
            scale, shift = film(z).view(len(z), 2, -1, *[1] * self.axes).unbind(1)
            x = leaky_relu(pixel_norm(x) * (1 + scale) + shift, 0.2)
        return depth_to_space(self.last(x))
