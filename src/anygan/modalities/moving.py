"""Canvases moved and stretched along their axes: the same cell, met a little elsewhere."""

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from ..nn.blocks import full

__all__ = ["moved"]


def moved(canvas: Tensor, along: Tensor, wider: Tensor, beyond: str) -> Tensor:
    """Canvases (B, C, H, W), read at other places, between cells by the nearest four.

    Args:
        canvas: what is read.
        along: (B, 2) how far on it is read, along H and W, as a share of half a side.
        wider: (B, 2) how far apart, as a multiple.
        beyond: what lies outside: ``zeros``, or the ``border`` drawn out.
    """
    # Each axis apart: affine_grid is a product of matrices, which autocast would round to a quarter of a frame.
    y, x = (
        _middles(size).to(along) * wider[:, axis : axis + 1] + along[:, axis : axis + 1]
        for axis, size in enumerate(canvas.shape[2:])
    )
    shape = len(canvas), y.shape[1], x.shape[1]
    canvas, grid = full(canvas), torch.stack([x.unsqueeze(1).expand(shape), y.unsqueeze(2).expand(shape)], 3)
    return grid_sample(canvas, grid.to(canvas), padding_mode=beyond, align_corners=False)


def _middles(size: int) -> Tensor:
    """Where the cells of an axis have their middles, (size,), when it reaches from -1 to 1."""
    return torch.linspace(-1, 1, size) * (size - 1) / size
