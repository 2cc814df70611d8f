"""generate: new rows from noise.

A code is drawn where nothing is given, and every modality rendered from it, in one forward pass.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from ..model.gan import AnyGAN
from ..rows import Cell
from .look import CHUNK, seeded

__all__ = ["generate", "imagined", "written"]


@torch.inference_mode()
def generate(model: AnyGAN, count: int, *, seed: int = 0) -> Iterator[dict[str, Cell]]:
    """``count`` new rows, every modality filled."""
    for first in range(0, count, CHUNK):
        chance = seeded(seed, first)
        yield from written(model, model.render(imagined(model, min(CHUNK, count - first), chance), model.names, chance))


def imagined(model: AnyGAN, rows: int, chance: torch.Generator) -> Tensor:
    """Codes (rows, code) of which nothing is given."""
    device = model.bond.device
    shown = torch.zeros(rows, len(model.names), dtype=torch.bool, device=device)
    return model.complete(torch.zeros(rows, model.code, device=device), shown, chance)


def written(model: AnyGAN, canvases: dict[str, Tensor]) -> Iterator[dict[str, Cell]]:
    """Canvases, name -> (B, *shape), as rows of cells."""
    cells = {n: model.modalities[n].write_all(model.canvases[n].inverse(c).cpu()) for n, c in canvases.items()}
    for row in zip(*cells.values(), strict=True):
        yield dict(zip(cells, row, strict=True))
