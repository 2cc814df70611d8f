"""Restoring: what is missing within a cell, steered by what is left of it and by the row's other cells.

The cell is encoded with its hole, fused with the others and rendered several times. The draw that agrees best with
what is known begins; its code and style are then moved a little to agree better (Yeh et al., *Semantic image
inpainting with deep generative models*, 2017). Of sentences the words between are decoded under the known ones
(:mod:`anygan.modalities.gaps`).
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ..modalities.gaps import between
from ..modalities.holes import Partial, PartialText
from ..modalities.text import TextCanvas
from ..model.gan import AnyGAN
from ..rows import Batch, Cell

__all__ = ["evidence_of", "restore"]

DRAWS = 32
"""Draws of which the best begins."""

STEPS, PACE = 40, 0.03
"""Steps from there on, and how far each goes."""

FAITH = 0.05
"""Weight of staying near the draw that began."""

Partials = Mapping[tuple[str, int], Partial]
"""Modality and place in a batch -> a cell that is partial there."""


def evidence_of(model: AnyGAN, batch: Batch, partials: Partials) -> Tensor:
    """Evidence (B, M, code) of a batch, what is missing within a cell covered as in training."""
    evidence = model.look(batch)
    for (name, place), cell in partials.items():
        if bool(batch.present[name][place]):
            canvas = model.canvases[name](batch.values[name][place : place + 1])
            covered = torch.where(cell.known().to(canvas.device), canvas, 0)
            evidence[place, model.names.index(name)] = model.encoders[name](covered)[0]
    return evidence


def restore(
    model: AnyGAN, batch: Batch, partials: Partials, evidence: Tensor, chance: torch.Generator
) -> dict[tuple[str, int], tuple[Cell, float]]:
    """Every partial cell made whole, and how far the draws agree about it, 0 to 1."""
    made = {}
    for (name, place), cell in partials.items():
        row = slice(place, place + 1)
        given = batch.observed()[row]
        known = model.known(evidence[row], given)
        codes = model.complete(known.repeat(DRAWS, 1), given.repeat(DRAWS, 1), chance)
        styles = torch.randn(DRAWS, model.style, generator=chance).to(codes)
        canvas = model.canvases[name]
        if isinstance(cell, PartialText):
            assert isinstance(canvas, TextCanvas)
            words, sure = between(canvas, model.paint(name, codes, styles), cell)
            made[name, place] = cell.pasted(words), sure
            continue
        truth, there = canvas(batch.values[name][row]), cell.known().to(codes.device)
        whole = _fitted(model, name, codes, styles, truth, there)
        said = normalize(model.encoders[name](model.paint(name, codes, styles)), dim=1)
        sure = float((said.sum(0).square().sum() - DRAWS) / (DRAWS * (DRAWS - 1)))
        stored = torch.where(there, batch.values[name][row], canvas.inverse(whole))
        made[name, place] = cell.pasted(model.modalities[name].write(stored[0].cpu())), max(0.0, sure)
    return made


def _fitted(model: AnyGAN, name: str, codes: Tensor, styles: Tensor, truth: Tensor, there: Tensor) -> Tensor:
    """The canvas (1, ...) of the draw that is nearest to the truth where it is known, moved nearer still."""
    if not bool(there.any()):
        return model.paint(name, codes[:1], styles[:1])
    off = ((model.paint(name, codes, styles) - truth).square() * there).flatten(1).sum(1)
    best = int(off.argmin())
    with torch.inference_mode(False), torch.enable_grad():
        first, truth, there = codes[best : best + 1].clone(), truth.clone(), there.clone()
        code, style = first.clone().requires_grad_(), styles[best : best + 1].clone().requires_grad_()
        optimiser = torch.optim.Adam([code, style], PACE)
        for _ in range(STEPS):
            made = model.paint(name, normalize(code, dim=1), style)
            lost = ((made - truth).square() * there).sum() / there.expand_as(made).sum()
            lost = lost + FAITH * (1 - (normalize(code, dim=1) * first).sum()) + FAITH * style.square().mean() / 10
            gradients = torch.autograd.grad(lost, [code, style])
            code.grad, style.grad = gradients
            optimiser.step()
        return model.paint(name, normalize(code, dim=1), style).detach()
