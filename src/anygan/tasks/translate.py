"""translate: some modalities of a row to others.

    c = M(F(given), P(u, F(given))),   x_m = G_m(c, s_m),   s_m from its prior

in one forward pass, with fresh noise u and styles for every draw. A row in which nothing of what is given is there is
a new one, as :mod:`anygan.tasks.generate` draws it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import torch

from ..errors import ConfigError
from ..model.gan import AnyGAN
from ..rows import BadCell, Cell, DataSet
from .generate import written
from .look import CHUNK, check_names, chunks, seeded

__all__ = ["Translated", "translate"]


@dataclass(frozen=True)
class Translated:
    """One output row: the number of the input row, counted from 0, its given cells and the wanted ones."""

    row: int
    cells: dict[str, Cell | None]
    bad: tuple[BadCell, ...] = ()


@torch.inference_mode()
def translate(
    model: AnyGAN, data: DataSet, given: Collection[str], to: Sequence[str], *, draws: int = 1, seed: int = 0
) -> Iterator[Translated]:
    """One output row per input row and draw, in order: the given cells first, then the wanted ones.

    Raises:
        ConfigError: for an unknown modality, one that is both given and wanted, or none.
    """
    check_names(given, [n for n in model.names if n in data.columns], "--given")
    check_names(to, model.names, "--to")
    for name in to:
        if name in given:
            raise ConfigError(f"'{name}' is in both --given and --to. Take it out of one.")
    if not given or not to:
        raise ConfigError(f"Name at least one modality in {'--to' if given else '--given'}: {', '.join(model.names)}.")
    ordered = [name for name in model.names if name in given]
    for chunk in chunks(model, data, given, max(1, CHUNK // draws)):
        chance = seeded(seed, int(chunk.rows[0]))
        there = chunk.batch.observed()
        known = model.known(model.look(chunk.batch), there)
        code = model.complete(known.repeat_interleave(draws, 0), there.repeat_interleave(draws, 0), chance)
        made = written(model, model.render(code, to, chance))
        for place, row in enumerate(chunk.rows):
            shown = {name: chunk.cells[place][name] for name in ordered}
            bad = tuple(cell for cell in chunk.bad if cell.row == row + 1)
            for draw in range(draws):
                yield Translated(int(row), shown | next(made), bad if draw == 0 else ())
