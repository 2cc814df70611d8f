"""complete: every missing cell of a data set filled, no given cell touched.

The code of what is there is completed by the prior and every missing modality rendered from it, so that what is filled
agrees with what is given and with what else is filled. Holes in a row of a table are filled from the same code.

How sure a filled cell is, is asked of several draws: each is looked at again by its encoder, and the mean cosine
between their evidence is one where all draws say the same and near zero where they say anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from ..modalities import Table
from ..model.fusion import directions
from ..model.gan import AnyGAN
from ..rows import BadCell, Cell, DataSet
from .generate import written
from .look import CHUNK, chunks, seeded
from .translate import code_of

__all__ = ["Completed", "complete"]

DRAWS = 4
"""Draws that are asked how sure a cell is."""


@dataclass(frozen=True)
class Completed:
    """One completed row.

    Attributes:
        row: its number, counted from 0.
        cells: every modality's cell; given ones as they were.
        filled: modality -> how sure, 0 to 1, for those that were missing; of a table, for the columns in ``holes``.
        holes: columns of a table that were missing.
        bad: cells that were given but could not be read; they were filled.
    """

    row: int
    cells: dict[str, Cell]
    filled: dict[str, float]
    holes: tuple[str, ...] = ()
    bad: tuple[BadCell, ...] = field(default=())


@torch.inference_mode()
def complete(model: AnyGAN, data: DataSet, *, seed: int = 0, first: int = 0) -> Iterator[Completed]:
    """One completed row per input row, in order. Columns that the model does not know are left to the caller.

    ``first`` is the number of the first row, where these are a part of more rows: a multiple of :data:`CHUNK`, so that
    parts are filled as the whole would be.
    """
    assert first % CHUNK == 0, "another chunk would draw other noise"
    for chunk in chunks(model, data, model.names):
        chance = seeded(seed, first + int(chunk.rows[0]))
        given = chunk.batch.observed()
        known = model.fusion(model.look(chunk.batch), given)
        drawn = [_draw(model, known, given, chance) for _ in range(DRAWS)]
        sure = _sure(model, drawn)
        made = written(model, drawn[0])
        for place, row in enumerate(chunk.rows):
            fresh = next(made)
            cells, filled, holes = {}, {}, []
            for m, name in enumerate(model.names):
                cell = chunk.cells[place].get(name)
                if cell is None:
                    cells[name], filled[name] = fresh[name], float(sure[place, m])
                    holes += list(fresh[name]) if isinstance(model.modalities[name], Table) else []
                elif isinstance(cell, dict):
                    lacking = [column for column in fresh[name] if cell.get(column) in (None, "")]
                    cells[name] = cell | {column: fresh[name][column] for column in lacking}
                    if lacking:
                        filled[name], holes = float(sure[place, m]), holes + lacking
                else:
                    cells[name] = cell
            bad = tuple(replace(cell, row=cell.row + first) for cell in chunk.bad if cell.row == row + 1)
            yield Completed(first + int(row), cells, filled, tuple(holes), bad)


def _draw(model: AnyGAN, known: Tensor, given: Tensor, chance: torch.Generator) -> dict[str, Tensor]:
    """Canvases of all modalities, from the code where any modality is given, from the prior otherwise."""
    code = code_of(model, known, given, chance)
    return model.render(code, model.names, chance)


def _sure(model: AnyGAN, drawn: list[dict[str, Tensor]]) -> Tensor:
    """Mean cosine between the evidence of the draws, (B, M), at least zero."""
    evidence = directions(torch.stack([model.evidence(canvases) for canvases in drawn]))
    count = len(evidence)
    together = evidence.sum(0).square().sum(2)
    return ((together - count) / (count * (count - 1))).clamp(0, 1)
