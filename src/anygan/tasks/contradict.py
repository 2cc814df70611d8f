"""contradict: which rows hold cells that do not go together, and which cell of each is to be believed least.

    conflict of a row = 1 - the lowest reliability among its cells,     0 where there are fewer than two

Reliability is :class:`~anygan.model.fusion.Fusion`'s. It has two parts, and a cell may be doubted for either: for what
it shows by itself (noise, gaps), and for what the row's other cells say. Nothing is asked of labels.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import DataError
from ..model.gan import AnyGAN
from ..report.wording import listed
from ..rows import BadCell, DataSet
from .embed import conflict
from .look import chunks

__all__ = ["DOUBTFUL", "Contradiction", "contradictions", "weigh"]

DOUBTFUL = 0.5
"""Conflict above which a cell is more likely wrong than right."""

NOUNS = {"image": "picture", "audio": "sound", "text": "sentence", "table": "record", "vector": "vector"}


@dataclass(frozen=True)
class Contradiction:
    """How well the cells of one row go together.

    Attributes:
        row: its number, counted from 0.
        conflict: 0 to 1.
        reliability: how far each of its cells is to be believed beside the others, 0 to 1, given cells only.
        alone: how far each would be believed by itself.
        least: the modality believed least; nothing where there are fewer than two cells.
        bad: cells that were given and could not be read.
    """

    row: int
    conflict: float
    reliability: dict[str, float]
    alone: dict[str, float]
    least: str | None
    bad: tuple[BadCell, ...] = ()

    def why(self, kinds: Mapping[str, str]) -> str:
        """In words, what is the matter.

        Args:
            kinds: modality -> kind, of all of the model's modalities.
        """
        if self.least is None:
            return "fewer than two cells: nothing to compare"
        said = {name: _noun(name, kinds) for name in self.reliability}
        least, others = said.pop(self.least), listed(list(said.values()))
        if self.conflict <= DOUBTFUL:
            return f"{least} fits {others} least, and is still believed"
        if self.alone[self.least] <= DOUBTFUL:
            return f"{least} is hardly to be made out, whatever {others} {'say' if len(said) > 1 else 'says'}"
        if len(said) == 1:
            return f"{least} and {others} do not go together; {least} is believed less"
        return f"what {least} says does not go with {others}"


@torch.inference_mode()
def contradictions(model: AnyGAN, data: DataSet) -> Iterator[Contradiction]:
    """How well the cells of every row go together, in the order of the rows.

    Raises:
        DataError: when the data have none of the model's modalities.
    """
    names = [name for name in model.names if name in data.columns]
    if not names:
        raise DataError(
            f"'{data.name}' has none of the model's modalities: expected {', '.join(model.names)}, "
            f"found {', '.join(data.columns) or 'nothing'}."
        )
    for chunk in chunks(model, data, names):
        evidence = model.look(chunk.batch)
        yield from weigh(model, chunk.rows.tolist(), evidence, chunk.batch.observed(), chunk.bad)


def weigh(
    model: AnyGAN, rows: Sequence[int], evidence: Tensor, given: Tensor, bad: Sequence[BadCell] = ()
) -> Iterator[Contradiction]:
    """The same of rows by their numbers, evidence (B, M, code) and what of it is given (B, M)."""
    trust = model.fusion.reliability(evidence, given).float()
    scores, alone = conflict(trust, given).tolist(), evidence.norm(dim=2).tolist()
    for place, (believed, there) in enumerate(zip(trust.tolist(), given.tolist(), strict=True)):
        cells = [m for m, is_there in enumerate(there) if is_there]
        reliability = {model.names[m]: believed[m] for m in cells}
        yield Contradiction(
            rows[place],
            scores[place],
            reliability,
            {model.names[m]: alone[place][m] for m in cells},
            min(reliability, key=lambda name: reliability[name]) if len(cells) > 1 else None,
            tuple(cell for cell in bad if cell.row == rows[place] + 1),
        )


def _noun(name: str, kinds: Mapping[str, str]) -> str:
    """What a person calls a modality: by its kind, where there is one of it, else by its name."""
    kind = kinds[name]
    return f"the {NOUNS[kind]}" if list(kinds.values()).count(kind) == 1 else f"'{name}'"
