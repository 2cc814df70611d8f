"""Filling: what stands in the cells of a batch that are missing, and how far several draws agree about it.

The code of what is given is completed by the prior several times, and every missing cell rendered from each draw; holes
in a row of a table are filled from the row's other columns (:mod:`anygan.model.filler`). Of the draws of a row the one
is taken that lies nearest to their mean, as a whole, so that what is filled in one cell goes with what is filled in the
next.

How far draws agree about a cell is its *score*, 0 to 1, by what can be said of its kind:

    table, category     mean probability over the draws
    table, number       mean over the draws of exp(-(difference / tolerance)^2)
    text                share of the draws that are the same sentence
    any other           mean cosine between the evidence of the draws
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ..modalities import Modality, Table, Text
from ..modalities.table import CodedRow
from ..model.fusion import directions
from ..model.gan import AnyGAN
from ..rows import Batch

__all__ = ["DRAWS", "Filling", "fill", "lacks", "tolerances"]

DRAWS = 8
"""Draws of every row; four times as many where nothing but holes of tables is to be filled."""

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


def fill(model: AnyGAN, batch: Batch, chance: torch.Generator, evidence: Tensor | None = None) -> Filling:
    """Fill what a batch lacks; ``evidence`` is that of its cells, where it is known already."""
    given = batch.observed()
    lacking = {n: there for n, m in model.modalities.items() if bool((there := lacks(m, batch)).any())}
    if not lacking:
        return Filling({}, {})
    evidence = model.look(batch) if evidence is None else evidence
    known = model.known(evidence, given)
    holed = [name for name in lacking if name in model.fillers.names]
    cheap = all(name in holed and bool(batch.present[name].all()) for name in lacking)
    draws = []
    for _ in range(4 * DRAWS if cheap else DRAWS):
        draws.append({} if cheap else model.render(model.complete(known, given, chance), list(lacking), chance))
        draws[-1] |= {n: _holes(model, batch, n, evidence, draws[-1].get(n), chance) for n in holed}
    drawn = {name: torch.stack([draw[name] for draw in draws]) for name in lacking}
    votes = {name: _votes(model, name, canvases) for name, canvases in drawn.items()}
    taken = _taken(votes, lacking)
    stored, score = {}, {}
    for name, canvases in drawn.items():
        modality, canvas = model.modalities[name], model.canvases[name]
        if isinstance(modality, Table | Text):
            many = _each(canvas.inverse, canvases)
            stored[name] = _pick(many, taken)
            score[name] = _alike(modality, many, stored[name])
            if isinstance(canvas, CodedRow):
                score[name] = torch.where(canvas.counted, score[name], canvas.chances(canvases, stored[name]))
        else:
            stored[name] = canvas.inverse(_pick(canvases, taken))
            score[name] = votes[name].mean(0).clamp(0, 1)
    return Filling(stored, score)


def _holes(
    model: AnyGAN, batch: Batch, name: str, evidence: Tensor, rendered: Tensor | None, chance: torch.Generator
) -> Tensor:
    """A table's rows with their holes filled; where the whole row is missing, as it is rendered."""
    others = batch.observed()
    others[:, model.names.index(name)] = False
    noise = torch.randn(len(batch), model.style, generator=chance).to(evidence)
    seen = model.canvases[name](batch.values[name])
    filled = model.refill(name, seen, model.known(evidence, others), noise)
    return filled if rendered is None else torch.where(batch.present[name].unsqueeze(1), filled, rendered)


def _votes(model: AnyGAN, name: str, draws: Tensor) -> Tensor:
    """How far each draw (K, B, ...) agrees with the row's others, (K, B): cosine, or of tables nearness to the mean."""
    if isinstance(model.modalities[name], Table):
        return 1 - (draws - draws.mean(0)).square().mean(2)
    said = directions(_each(model.encoders[name], draws))
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
