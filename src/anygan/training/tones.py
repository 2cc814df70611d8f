"""How what is generated is to be written: each checkpoint looks at what it draws beside what is real."""

import torch
from torch import Tensor

from ..data.store import Store
from ..model.gan import AnyGAN

__all__ = ["ROWS", "develop"]

ROWS, VALUES = 1024, 2**20
"""Rows that are drawn, and fewer where so many values that are treated alike come of fewer."""

REAL = 4096
"""Real cells that are looked at."""

TOGETHER = 128
"""Rows that are drawn together."""


@torch.no_grad()
def develop(model: AnyGAN, store: Store, device: torch.device, seed: int, most: int = ROWS) -> None:
    """Let canvases learn how generated values are to be written, from draws for some rows and from real cells.

    Each modality is drawn as a verb would draw it: from the codes of the others of a row that is kept, or from noise
    where none has them.
    """
    chance = torch.Generator().manual_seed(seed)
    for name in model.names:
        canvas = model.canvases[name]
        if canvas.toned and (store.pairing(0).index[name] >= 0).any():
            known = _known(model, model.names.index(name), max(1, min(most, VALUES // canvas.toned)))
            made = [model.render(model.sample(part, chance), [name], chance)[name] for part in known.split(TOGETHER)]
            canvas.tone(torch.cat(made), store.sample(name, REAL).to(device))


def _known(model: AnyGAN, modality: int, rows: int) -> Tensor:
    """Codes (rows, code) of all but one modality of rows that have it, evenly spaced; zeros where none is kept."""
    nothing = model.log_scale.new_zeros(rows, model.code)
    if model.memory is None or not bool(model.memory.cells[:, modality].any()):
        return nothing
    held = model.memory.cells[:, modality].nonzero().squeeze(1)
    row = held[torch.linspace(0, len(held) - 1, rows, device=held.device).long()]
    others = model.memory.cells[row]
    others[:, modality] = False
    return model.known(model.memory.evidence[row].to(nothing), others)
