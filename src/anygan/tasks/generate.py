"""generate: new rows from noise.

A code is drawn from the prior and every modality rendered from it. Rendered cells agree better than the code they came
from: looked at again, their fused code lies nearer to real codes. So a draw is a short walk

    c <- P(u, nothing);   repeat: c <- F(all of E(G(c, s)))

after whose last step the row is rendered from c (Bengio et al., *Deep generative stochastic networks trainable by
backprop*, 2014, is the theory of such walks).
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from ..model.gan import AnyGAN
from ..rows import Cell
from .look import CHUNK, seeded

__all__ = ["STEPS", "generate", "walk", "written"]

STEPS = 2
"""Steps of the walk; docs/log.md has what each is worth."""


@torch.inference_mode()
def generate(model: AnyGAN, count: int, *, seed: int = 0, steps: int = STEPS) -> Iterator[dict[str, Cell]]:
    """``count`` new rows, every modality filled."""
    device = next(model.parameters()).device
    for first in range(0, count, CHUNK):
        chance = seeded(seed, first)
        nothing = torch.zeros(min(CHUNK, count - first), model.code, device=device)
        yield from written(model, model.render(walk(model, nothing, chance, steps), model.names, chance))


def walk(model: AnyGAN, given: Tensor, chance: torch.Generator, steps: int = STEPS) -> Tensor:
    """Complete codes (B, code) for the codes of what is given (B, code), zero rows for nothing."""
    code = model.sample(given, chance)
    if len(model.names) == 1:
        return code
    everything = torch.ones(len(given), len(model.names), dtype=torch.bool, device=given.device)
    for _ in range(steps):
        rendered = model.render(code, model.names, chance)
        code = model.known(model.evidence({n: model.canvases[n].snap(c) for n, c in rendered.items()}), everything)
    return code


def written(model: AnyGAN, canvases: dict[str, Tensor]) -> Iterator[dict[str, Cell]]:
    """Canvases, name -> (B, *shape), as rows of cells."""
    cells = {n: model.modalities[n].write_all(model.canvases[n].inverse(c).cpu()) for n, c in canvases.items()}
    for row in zip(*cells.values(), strict=True):
        yield dict(zip(cells, row, strict=True))
