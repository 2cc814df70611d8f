"""Filling: what stands in the cells of a batch that are missing, and how far several draws agree about it.

The code of what is given is completed by the prior several times, and every missing cell rendered from each draw. Of
the draws of a row the one is taken that the others agree with most, as a whole, so that what is filled in one cell goes
with what is filled in the next.

How far draws agree about a cell is its *score*, 0 to 1, by what can be said of its kind:

    table, category     share of the draws that say the same
    table, number       mean over the draws of exp(-(difference / tolerance)^2)
    text                share of the draws that are the same sentence
    any other           mean cosine between the evidence of the draws
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ..modalities import Modality, Table, Text
from ..model.fusion import directions
from ..model.gan import AnyGAN
from ..rows import Batch
from .translate import code_of

__all__ = ["DRAWS", "Filling", "fill", "lacks", "tolerances"]

DRAWS = 8
"""Draws of every row."""

TOLERANCE = 0.5
"""How near a number must be to count as right: standard deviations of the column."""


@dataclass(frozen=True)
class Filling:
    """What is put where cells are missing.

    Attributes:
        stored: modality -> (B, ...) stored cells of the draw that is taken; those alone that lack a cell somewhere.
        score: modality -> (B,) how far the draws agree; of a table (B, columns).
    """

    stored: dict[str, Tensor]
    score: dict[str, Tensor]


def lacks(modality: Modality, batch: Batch) -> Tensor:
    """Where a modality of a batch lacks something: (B,) bool, of a table (B, columns)."""
    missing = ~batch.present[modality.name]
    if isinstance(modality, Table):
        return missing.unsqueeze(1) | batch.values[modality.name].isnan()
    return missing


def tolerances(table: Table) -> Tensor:
    """Of each column of a table how near a value must be to count as right, (columns,) in the column's own unit.

    Zero where it must be the same: of categories, and of integers and dates whose tolerance is less than one.
    """
    spread = [
        TOLERANCE * float(torch.tensor(c.knots, dtype=torch.float64).std()) if c.knots else 0 for c in table.columns
    ]
    whole = [c.type in ("integer", "date", "time") for c in table.columns]
    return torch.tensor([int(s) if w else s for s, w in zip(spread, whole, strict=True)], dtype=torch.float64)


def fill(model: AnyGAN, batch: Batch, chance: torch.Generator) -> Filling:
    """Fill what a batch lacks."""
    given = batch.observed()
    known = model.fusion(model.look(batch), given)
    lacking = {n: there for n, m in model.modalities.items() if bool((there := lacks(m, batch)).any())}
    if not lacking:
        return Filling({}, {})
    draws = [model.render(code_of(model, known, given, chance), list(lacking), chance) for _ in range(DRAWS)]
    drawn = {name: torch.stack([draw[name] for draw in draws]) for name in lacking}
    votes = {name: _agreement(directions(_each(model.encoders[name], drawn[name]))) for name in lacking}
    taken = _taken(votes, lacking)
    stored, score = {}, {}
    for name, canvases in drawn.items():
        modality, canvas = model.modalities[name], model.canvases[name]
        if isinstance(modality, Table | Text):
            many = _each(canvas.inverse, canvases)
            stored[name] = _pick(many, taken)
            score[name] = _alike(modality, many, stored[name])
        else:
            stored[name] = canvas.inverse(_pick(canvases, taken))
            score[name] = votes[name].mean(0).clamp(0, 1)
    return Filling(stored, score)


def _agreement(said: Tensor) -> Tensor:
    """How far each draw (K, B, code) agrees with the row's others: mean cosine, (K, B)."""
    return ((said * said.sum(0)).sum(2) - 1) / (len(said) - 1)


def _taken(votes: Mapping[str, Tensor], lacking: Mapping[str, Tensor]) -> Tensor:
    """Of each row the draw, (B,), that agrees with the others most in what the row lacks."""
    missing = {name: there.flatten(1).any(1) if there.dim() > 1 else there for name, there in lacking.items()}
    together = torch.stack([vote * missing[name] for name, vote in votes.items()]).sum(0)
    return together.argmax(0)


def _each(apply: Callable[[Tensor], Tensor], draws: Tensor) -> Tensor:
    """Apply to all draws (K, B, ...) at once."""
    made: Tensor = apply(draws.flatten(0, 1)).unflatten(0, draws.shape[:2])
    return made


def _pick(draws: Tensor, taken: Tensor) -> Tensor:
    """Of each row its own draw: (K, B, ...), (B,) -> (B, ...)."""
    return draws[taken, torch.arange(len(taken), device=taken.device)]


def _alike(modality: Table | Text, many: Tensor, one: Tensor) -> Tensor:
    """How far draws (K, B, ...) of stored cells say what one (B, ...) does."""
    if isinstance(modality, Text):
        return (many == one).all(2).float().mean(0)
    tolerance = tolerances(modality).to(one)
    near = torch.exp(-((many - one) / tolerance.clamp(min=1e-9)).square())
    alike: Tensor = torch.where(tolerance > 0, near, (many == one).to(near)).mean(0)
    return alike
