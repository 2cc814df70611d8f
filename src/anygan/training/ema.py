r"""Averaged weights: what a trained model is used with.

    w' <- w + (w' - w) 2^(-1 / h),    h the half-life in steps, at most a twentieth of the steps so far

(Karras et al., *Progressive growing of GANs*, 2018; the ramp is EDM2's, 2024.) Canvases are shared, not averaged: they
are fixed while the game runs.
"""

import copy

import torch
from torch import Tensor

from ..model.gan import AnyGAN

__all__ = ["average", "averaged", "twins"]

RAMP = 0.05


def averaged(model: AnyGAN) -> AnyGAN:
    """A copy of the model to average into, without gradient, its canvases those of the model itself."""
    mean = copy.deepcopy(model, {id(model.canvases): model.canvases})
    for name, parameter in mean.named_parameters():
        if not name.startswith("canvases."):
            parameter.requires_grad_(False)
    return mean


def twins(mean: AnyGAN, model: AnyGAN) -> tuple[list[Tensor], list[Tensor]]:
    """The weights that are averaged, and those that they are averages of, in one order."""
    pairs = zip(mean.named_parameters(), model.parameters(), strict=True)
    kept = [(ours, theirs) for (name, ours), theirs in pairs if not name.startswith("canvases.")]
    return [ours for ours, _ in kept], [theirs for _, theirs in kept]


@torch.no_grad()
def average(ours: list[Tensor], theirs: list[Tensor], half_life: float, step: int) -> None:
    """Move the average towards the model after step number ``step`` of the game: the :func:`twins` of the two."""
    half_life = max(1e-3, min(half_life, RAMP * step))
    torch._foreach_lerp_(ours, theirs, 1 - 0.5 ** (1 / half_life))
