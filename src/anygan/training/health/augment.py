"""What discriminators are shown when cells are few: the canvases of a pair, moved, covered and noised.

The same for the real and the generated one of a pair, differentiable, and only in a share of the pairs, so that nothing
leaks into what is generated (Zhao et al., *Differentiable augmentation*, 2020; Karras et al., *Training generative
adversarial networks with limited data*, 2020). A little of it is there from the start where pictures or sounds are few;
more of it, for all, where a run memorises.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from ...corruption import cover, noise
from ...data.store import Store
from ...modalities import Modality
from ..game.scene import PRIOR, Stage
from ..parallel import World

__all__ = ["augmented", "few", "moved", "scarce"]

MANY = 5_000
"""Different cells below which a modality is scarce: augmented from the start 2,700 gain and 60,000 lose."""

LIGHT = 0.2
"""Share of their pairs."""

LEVEL = 0.1
"""Standard deviation of the noise."""

COVERED = 0.25
"""Largest share of a canvas that is covered."""


def moved(canvas: Tensor, steps: Tensor) -> Tensor:
    """Canvases (B, C, *axes), each moved by its own whole steps (B, axes), edges repeated."""
    for axis in range(steps.shape[1]):
        size = canvas.shape[2 + axis]
        view = [1] * canvas.dim()
        view[0], view[2 + axis] = len(canvas), size
        place = (torch.arange(size, device=canvas.device) - steps[:, axis : axis + 1]).clamp(0, size - 1)
        canvas = canvas.gather(2 + axis, place.view(view).expand_as(canvas))
    return canvas


def scarce(store: Store) -> frozenset[str]:
    """The modalities of few different cells."""
    return frozenset(name for name, good in store.good.items() if good.sum() < MANY)


def few(store: Store, modalities: Mapping[str, Modality]) -> dict[str, float]:
    """Modality -> share of its pairs that is augmented from the start, of pictures and sounds that are scarce."""
    return {name: LIGHT for name in scarce(store) if len(modalities[name].shape) > 1}


def augmented(
    stages: Mapping[str, Stage],
    fakes: Mapping[str, Tensor],
    shares: Mapping[str, float],
    generator: torch.Generator,
    world: World,
) -> tuple[dict[str, Stage], dict[str, Tensor]]:
    """Stages and generated canvases as discriminators are to see them; codes are left alone.

    ``shares`` has the share of the pairs by name. ``generator`` must be in the same state on every rank: what it draws
    is drawn for the global batch.
    """
    shown, made = dict(stages), dict(fakes)
    for name, fake in fakes.items():
        if name != PRIOR and (share := shares.get(name, 0.0)):
            change = _change(stages[name], share, generator, world)
            shown[name], made[name] = replace(stages[name], real=change(stages[name].real)), change(fake)
    return shown, made


def _change(stage: Stage, share: float, generator: torch.Generator, world: World) -> Callable[[Tensor], Tensor]:
    """One change for both canvases of each pair of a stage, none for most."""
    rows, shape, device = len(stage.codes), stage.real.shape[1:], stage.real.device
    chosen = torch.rand(rows, generator=generator) < share
    axes = len(shape) - 1
    steps = torch.randint(-1, 2, (rows, axes), generator=generator) * chosen.unsqueeze(1)
    # Of a vector each number is an axis of its own: to cover it is to move the point elsewhere.
    hidden = COVERED * torch.rand(rows, generator=generator) * (chosen & (axes > 0))
    kept = cover(torch.ones(rows, *shape, device=device), hidden, generator)
    drawn = noise(torch.zeros(rows, *shape, device=device), LEVEL * chosen, generator)
    here = stage.rows.to(device)
    steps, kept, drawn = (world.mine(part.to(device))[here] for part in (steps, kept, drawn))

    def change(canvas: Tensor) -> Tensor:
        return moved(canvas, steps) * kept + drawn

    return change
