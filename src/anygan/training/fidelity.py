"""How far what is made can be trusted, told without labels or judges: of learned canvases, and of a whole model."""

import numpy as np
import torch
from torch import Tensor

from ..data.store import Store
from ..modalities import Canvas
from ..model.gan import AnyGAN
from ..rows import Batch

__all__ = ["fidelity", "gives_back", "probe"]

PROBE = 256
"""Rows of the sample that checkpoints are compared on."""

FAITHFUL = 0.998
"""Share of cells that a learned canvas must give back exactly."""


@torch.no_grad()
def gives_back(canvas: Canvas, cells: Tensor, chance: torch.Generator) -> bool:
    """Whether a learned canvas gives back stored cells exactly, through the noise of the game."""
    drawn = canvas(cells)
    noised = drawn + canvas.noise * torch.randn(drawn.shape, generator=chance).to(drawn)
    return bool((canvas.inverse(noised) == cells).flatten(1).all(1).float().mean() > FAITHFUL)


def probe(store: Store, device: torch.device) -> Batch:
    """The sample of rows, evenly spaced."""
    pairing = store.pairing(0)
    return store.batch(pairing, np.linspace(0, len(pairing) - 1, PROBE).astype(np.int64)).to(device)


@torch.no_grad()
def fidelity(model: AnyGAN, store: Store, device: torch.device, seed: int) -> float:
    """How well what is rendered says what it was rendered from: a measure that needs no labels, 0 to 1.

    For a fixed sample of rows and each modality: the share of rows whose cell, rendered from the code of the others and
    looked at again, is nearest to that code among all rows; of points that are alone, whose cell has the word again
    that it was rendered from. Of another modality that is alone there is nothing to tell: 0. The encoders judge here,
    so it is an optimist; it tells good checkpoints of a run from bad ones, not good runs from bad ones.
    """
    if len(model.names) == 1 and model.words is None:
        return 0.0
    batch = probe(store, device)
    canvases, observed = model.draw(batch), batch.observed()
    evidence, shares = model.evidence(canvases), []
    chance = torch.Generator().manual_seed(seed)
    if model.words is not None:
        words = model.words(model.known(evidence, observed))[observed.any(1)]
        rendered = model.render(words, model.names, chance)
        made = {name: model.canvases[name].snap(canvas) for name, canvas in rendered.items()}
        again = model.words(model.known(model.evidence(made), torch.ones_like(observed)[: len(words)]))
        return float((again == words).all(1).float().mean()) if len(words) else 0.0
    for m, name in enumerate(model.names):
        others = observed.clone()
        others[:, m] = False
        rows = others.any(1)
        if int(rows.sum()) > 1:
            code = model.known(evidence[rows], others[rows])
            canvas = model.canvases[name].snap(model.render(code, [name], chance)[name])
            near = (model.encoders[name](canvas) @ code.T).argmax(1)
            # Rows whose codes coincide, such as those of one caption, count for each other.
            alike = (code @ code.T).gather(1, near.unsqueeze(1)).squeeze(1) > 0.99
            shares.append(float((alike | (near == torch.arange(len(near), device=near.device))).float().mean()))
    return sum(shares) / max(1, len(shares))
