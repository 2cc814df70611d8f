"""How what is generated is to be written: each checkpoint looks at what it draws beside what is real."""

import math

import torch

from ..data.store import Store
from ..model.gan import AnyGAN
from .fidelity import probe

__all__ = ["develop"]

DRAWS, VALUES = 4, 2**20
"""Draws of each row, and fewer where so many values of each channel come of fewer."""

REAL = 4096
"""Real cells that are looked at."""


@torch.no_grad()
def develop(model: AnyGAN, store: Store, device: torch.device, seed: int) -> None:
    """Let canvases learn how generated values are to be written, from draws for a sample of rows and from real cells.

    Each modality is drawn as a verb would draw it: from the codes of the others, or from noise where there are none.
    """
    toned = [name for name in model.names if model.canvases[name].toned]
    if not toned:
        return
    batch = probe(store, device)
    observed, evidence = batch.observed(), model.evidence(model.draw(batch))
    chance = torch.Generator().manual_seed(seed)
    for name in toned:
        rows, canvas = observed[:, model.names.index(name)], model.canvases[name]
        if not bool(rows.any()):
            continue
        others = observed[rows].clone()
        others[:, model.names.index(name)] = False
        known = model.known(evidence[rows], others)
        draws = max(1, min(DRAWS, VALUES // (len(known) * math.prod(canvas.shape[1:]))))
        made = [model.render(model.sample(known, chance), [name], chance)[name] for _ in range(draws)]
        canvas.tone(torch.cat(made), store.sample(name, REAL).to(device))
