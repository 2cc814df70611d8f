"""complete: every missing cell of a data set filled, no given cell touched.

The code of what is there is completed by the prior and every missing modality rendered from it, so that what is filled
agrees with what is given and with what else is filled (:mod:`anygan.tasks.fill`). How sure it is of each cell is a
probability, learned from given cells that are hidden on purpose (:mod:`anygan.tasks.sureness`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from ..modalities import Modality, Table
from ..modalities.holes import Partial
from ..model.gan import AnyGAN
from ..rows import BadCell, Cell, DataSet
from .fill import fill, lacks
from .look import CHUNK, Chunk, chunks, seeded
from .restore import evidence_of, restore
from .sureness import Sureness

__all__ = ["Completed", "complete"]


@dataclass(frozen=True)
class Completed:
    """One completed row.

    Attributes:
        row: its number, counted from 0.
        cells: every modality's cell; given ones as they were.
        filled: modality -> how sure, 0 to 1, for those that were missing; of a table, the mean over ``holes``.
        holes: columns of a table that were missing -> how sure.
        bad: cells that were given but could not be read; they were filled.
        partials: modality -> a cell that was given in part; it is among ``filled``, what was known of it as it was.
    """

    row: int
    cells: dict[str, Cell]
    filled: dict[str, float]
    holes: dict[str, float] = field(default_factory=dict)
    bad: tuple[BadCell, ...] = ()
    partials: dict[str, Partial] = field(default_factory=dict)


@torch.inference_mode()
def complete(
    model: AnyGAN,
    data: DataSet,
    *,
    seed: int = 0,
    first: int = 0,
    sure: Sureness | None = None,
    partial: bool = False,
) -> Iterator[Completed]:
    """One completed row per input row, in order. Columns that the model does not know are left to the caller.

    ``first`` is the number of the first row, where these are a part of more rows: a multiple of :data:`CHUNK`, so that
    parts are filled as the whole would be. ``sure`` is then that of some part; without it these rows are asked. With
    ``partial``, holes within cells (:mod:`anygan.modalities.holes`) are filled too.
    """
    assert first % CHUNK == 0, "another chunk would draw other noise"
    sure = Sureness.tried(model, data, seed, partial=partial) if sure is None else sure
    for chunk in chunks(model, data, model.names, holes=partial):
        chance = seeded(seed, first + int(chunk.rows[0]))
        evidence = evidence_of(model, chunk.batch, chunk.partials)
        made = _made(model, chunk, evidence, chance)
        restored = restore(model, chunk.batch, chunk.partials, evidence, chance)
        for place, row in enumerate(chunk.rows):
            cells: dict[str, Cell] = {}
            filled: dict[str, float] = {}
            holes: dict[str, float] = {}
            partials: dict[str, Partial] = {}
            for name, modality in model.modalities.items():
                cell = chunk.cells[place].get(name)
                if (name, place) in restored:
                    cells[name], filled[name] = restored[name, place]
                    partials[name] = chunk.partials[name, place]
                    continue
                if (name, place) not in made:
                    cells[name] = cell
                    continue
                fresh, score = made[name, place]
                if isinstance(modality, Table):
                    known = cell or {}
                    lacking = {h: sure(name, h, s) for h, s in score.items() if known.get(h) in (None, "")}
                    cells[name] = known | {h: fresh[h] for h in lacking}
                    if lacking:
                        holes |= lacking
                        filled[name] = sum(lacking.values()) / len(lacking)
                else:
                    cells[name], filled[name] = fresh, sure(name, "", score[""])
            bad = tuple(replace(cell, row=cell.row + first) for cell in chunk.bad if cell.row == row + 1)
            yield Completed(first + int(row), cells, filled, holes, bad, partials)


def _made(
    model: AnyGAN, chunk: Chunk, evidence: Tensor, chance: torch.Generator
) -> dict[tuple[str, int], tuple[Cell, dict[str, float]]]:
    """Modality and place in the chunk -> what is filled there, and how far draws agree about each column."""
    holed = {name: _rows(modality, chunk) for name, modality in model.modalities.items()}
    rows = torch.stack(list(holed.values())).any(0).nonzero().squeeze(1)
    if not len(rows):
        return {}
    filling = fill(model, chunk.batch.take(rows), chance, evidence[rows])
    made = {}
    for name, stored in filling.stored.items():
        modality = model.modalities[name]
        wanted = holed[name][rows]
        cells = modality.write_all(stored[wanted].cpu())
        scores = filling.score[name][wanted].tolist()
        columns = [c.name for c in modality.columns] if isinstance(modality, Table) else [""]
        for place, cell, score in zip(rows[wanted].tolist(), cells, scores, strict=True):
            told = dict(zip(columns, score if isinstance(score, list) else [score], strict=True))
            made[name, place] = cell, told
    return made


def _rows(modality: Modality, chunk: Chunk) -> Tensor:
    """Which rows of a chunk lack something of a modality, (B,)."""
    there = lacks(modality, chunk.batch)
    return there.flatten(1).any(1) if there.dim() > 1 else there
