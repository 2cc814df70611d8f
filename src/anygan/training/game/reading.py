r"""What encoders and fusion learn from in a step: real rows, some cells of which went wrong on purpose.

    align        InfoNCE between F(A) and F(B), A and B disjoint sets of observed modalities
    recognise    InfoNCE between F(S) of cells gone wrong and the averaged F(S) of the whole cells
    believe      cross-entropy of each cell's reliability with what is left of it

The damage is that of :mod:`anygan.training.game.damage`. Besides, some cells are met as others that say the same.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import product

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ...alignment import info_nce
from ...model.gan import AnyGAN
from ..parallel import World
from .damage import Damage
from .scene import Crowd, subsets

__all__ = ["align", "believe", "read", "recognise", "splits"]

SPLITS = 25
"""Splits of a step: all there are up to four modalities, and as many drawn of more."""

TELLING = 8
"""Rows from which on a batch tells what a modality shares with the rest."""

VARIED = 0.5
"""Share of the cells that encoders meet as another cell that says the same."""


def splits(modalities: int, generator: torch.Generator) -> list[tuple[Tensor, Tensor]]:
    """Pairs (A, B) of disjoint non-empty sets as masks (M,): all up to four modalities.

    Of more as many, each modality against the rest among them, the others drawn.
    """
    if modalities <= 4:
        sides = [s for s in product((0, 1, 2), repeat=modalities) if 1 in s and 2 in s and s.index(1) < s.index(2)]
    else:
        sides = [tuple(1 if n == m else 2 for n in range(modalities)) for m in range(modalities)]
        while len(sides) < SPLITS:
            drawn = tuple(torch.randint(3, (modalities,), generator=generator).tolist())
            if 1 in drawn and 2 in drawn:
                sides.append(drawn)
    table = torch.tensor(sides).reshape(-1, modalities)
    return [(side == 1, side == 2) for side in table]


def read(
    model: AnyGAN, crowd: Crowd, canvases: Mapping[str, Tensor], generator: torch.Generator, world: World
) -> tuple[Tensor, Tensor, Damage]:
    """Evidence (B, M, code) of all ranks' rows after some cells went wrong, which of it is there, and the damage."""
    damage = Damage.draw(crowd.observed, generator)
    evidence = world.gather(model.evidence(damage.touch(varied(model, canvases, generator, world), generator, world)))
    return damage.swap(evidence), crowd.observed.to(evidence.device), damage


def varied(
    model: AnyGAN, canvases: Mapping[str, Tensor], generator: torch.Generator, world: World
) -> dict[str, Tensor]:
    """The canvases, half of them as another cell that says the same (:meth:`~anygan.modalities.Canvas.vary`)."""
    changed = {}
    for name, canvas in canvases.items():
        rows = world.size * len(canvas)
        drawn = 2 * torch.rand(rows, 2, canvas.dim() - 2, generator=generator) - 1
        drawn *= torch.rand(rows, 1, 1, generator=generator) < VARIED
        changed[name] = model.canvases[name].vary(canvas, world.mine(drawn).to(canvas.device))
    return changed


def align(
    model: AnyGAN, evidence: Tensor, observed: Tensor, damage: Damage, generator: torch.Generator, world: World
) -> tuple[Tensor, Tensor]:
    """The contrast of all splits, averaged over rows and splits, a scalar; and what each modality shares with the rest.

    Each side of a split must hold a cell of its own row: one that is swapped does not say what its row says. What
    modality m shares, (M,), is the share of log n, what there is to know of which of n rows is which, that the split of
    m from all the others has learned; NaN where no row can tell.
    """
    own = observed & ~damage.swapped.to(observed.device)
    drawn = splits(len(model.names), generator)
    if not drawn:
        return evidence.sum() * 0, evidence.new_full((len(model.names),), math.nan)
    a, b = (torch.stack(sides).to(observed.device) for sides in zip(*drawn, strict=True))
    whole = [_from_rest(m, a, b) for m in range(len(model.names))]
    a, b = _without_strangers(model, a, whole), _without_strangers(model, b, whole)
    left, right = _fused(model, evidence, observed, torch.stack([a, b]))
    there = (own & a.unsqueeze(1)).any(2) & (own & b.unsqueeze(1)).any(2)
    rows = there.sum(1)
    lost = info_nce(left, right, model.log_scale.exp(), there).sum(1) / rows.clamp(min=1)
    shared = torch.where(rows >= TELLING, 1 - lost.detach() / rows.log(), math.nan)
    return lost.sum() / (rows > 0).sum().clamp(min=1) / world.size, shared[whole]


def _without_strangers(model: AnyGAN, side: Tensor, whole: Sequence[int]) -> Tensor:
    """One side of all splits (S, M) without strangers, but for each one's own split from the rest: it may yet learn."""
    kept = model.heard(torch.ones_like(side[0]))
    own = torch.zeros_like(side[:, 0])
    own[[place for place, heard in zip(whole, kept.tolist(), strict=True) if not heard]] = True
    return side & (kept | own.unsqueeze(1))


def _from_rest(m: int, a: Tensor, b: Tensor) -> int:
    """Which of the splits (S, M) is that of modality number m from all the others."""
    alone = torch.arange(a.shape[1], device=a.device) == m
    split = ((a == alone).all(1) & (b == ~alone).all(1)) | ((b == alone).all(1) & (a == ~alone).all(1))
    return int(split.nonzero()[0])


def _fused(model: AnyGAN, evidence: Tensor, observed: Tensor, sides: Tensor) -> Tensor:
    """The codes (..., B, code) of what is observed of each side (..., M), each distinct side fused once."""
    distinct, which = torch.unique(sides.flatten(0, -2), dim=0, return_inverse=True)
    given = observed & distinct.unsqueeze(1)
    many = evidence.expand(len(distinct), *evidence.shape).flatten(0, 1)
    codes: Tensor = model.fusion(many, given.flatten(0, 1)).unflatten(0, given.shape[:2])
    fused: Tensor = codes[which].unflatten(0, sides.shape[:-1])
    return fused


def recognise(
    model: AnyGAN, evidence: Tensor, damage: Damage, crowd: Crowd, generator: torch.Generator, world: World
) -> Tensor:
    """How badly a row is known again by a subset of its cells that went wrong, among the batch's whole ones: a scalar.

    Contrast between different modalities alone would let the code forget what only several of them together tell
    about a third (each bit of an exclusive or), and what a cell tells besides. The other side is that of the averaged
    encoders, without gradient (He et al., *Momentum contrast*, 2020). Rows in which the subset holds a swapped cell
    take no part.
    """
    given = subsets(crowd.observed, generator)
    given = model.heard(given.to(evidence.device))
    with torch.no_grad():
        whole = crowd.mean.fusion(crowd.evidence, given)
    there = given.any(1) & ~(damage.swapped.to(given.device) & given).any(1)
    lost = info_nce(model.fusion(evidence, given), whole, model.log_scale.exp(), there)
    known: Tensor = lost.sum() / there.sum().clamp(min=1) / world.size
    return known


def believe(
    model: AnyGAN, evidence: Tensor, observed: Tensor, damage: Damage, generator: torch.Generator, world: World
) -> Tensor:
    """Cross-entropy of reliability with the truth, of all that is observed and of a subset, averaged over cells.

    A cell that is alone is not asked whether it was swapped, which it cannot know.
    """
    truth = damage.truth().to(evidence)
    given = torch.stack([observed, subsets(observed.cpu(), generator).to(observed.device)])
    belief = model.fusion.belief(evidence.expand(2, *evidence.shape).flatten(0, 1), given.flatten(0, 1))
    lost = binary_cross_entropy_with_logits(belief.view_as(given), truth.expand(given.shape), reduction="none")
    asked = given & ~(damage.swapped.to(given.device) & (given.sum(2, keepdim=True) == 1))
    return ((lost * asked).sum((1, 2)) / asked.sum((1, 2)).clamp(min=1)).mean() / world.size
