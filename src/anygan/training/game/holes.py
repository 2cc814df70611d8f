r"""The game of holes: what is missing in a row of a table is learned by hiding what is there.

In each row some of the observed columns o are seen, v, and the others hidden; the filler fills what is hidden, and a
discriminator is shown the row as it was or as it was filled, both beside what was seen (Yoon et al., *GAIN*, 2018; its
hints have no place here, where truth is known). Several draws of one row share what is seen and differ in noise. They
are also held to the truth y of each hidden number, by the energy form of the continuous ranked probability score

    mean_k |x_k - y| - 1/2 mean_{j != k} |x_j - x_k|

(Gneiting, Raftery, *Strictly proper scoring rules, prediction, and estimation*, 2007), which is least, on average,
where draws are spread as the truth is, and to the true category by - log mean_k p_k.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from ...modalities.table import CodedRow
from ...model.gan import AnyGAN
from .scene import COPIES, Stage, holes_of

__all__ = ["HELD", "closeness", "refill"]

HELD = 1.0
"""Weight of closeness beside the adversarial loss."""


def refill(model: AnyGAN, name: str, stage: Stage) -> Tensor:
    """Rows filled, as far as they were observed, beside what was seen of them: what the discriminator is shown."""
    canvas = model.canvases[name]
    assert isinstance(canvas, CodedRow)
    real, seen = stage.real.chunk(2, 1)
    filled = model.refill(name, seen, stage.code, stage.style)
    return torch.cat([canvas.observed_as(filled, real), seen], 1)


def closeness(model: AnyGAN, stages: Mapping[str, Stage], fakes: Mapping[str, Tensor]) -> Tensor:
    """How far draws miss the truth of what was hidden: a scalar."""
    losses = []
    for name in model.fillers.names:
        key = holes_of(name)
        if key in fakes:
            stage, canvas = stages[key], model.canvases[name]
            assert isinstance(canvas, CodedRow)
            order = stage.rows.argsort().to(stage.real.device)
            draws, _ = fakes[key][order].view(-1, COPIES, stage.real.shape[1]).chunk(2, 2)
            real, seen = stage.real[order][::COPIES].chunk(2, 1)
            losses.append(canvas.missed(draws, real, seen).sum() * COPIES / stage.count)
    return torch.stack(losses).sum() if losses else torch.zeros(())
