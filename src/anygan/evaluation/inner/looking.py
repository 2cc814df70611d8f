"""Looking inside: how code and style share the work, what each modality brings, and which rows contradict themselves.

Judges are those of the rest of the card. Directions are found on training rows; all else is measured on test rows.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...judging.bench import Progress
from ...judging.panel import Seen, choose
from ...model.gan import AnyGAN
from ...rows import Cell, DataSet
from ...tasks.contradict import DOUBTFUL, Contradiction, weigh
from ...tasks.look import chunks, seeded
from ..measure import Direction, Judged, Measure
from ..strokes import Strokes
from .shares import bonds, left_out
from .swaps import cross
from .traversals import Walks, traverse

__all__ = ["Sights", "look_inside"]

TRAINING = 1_000
"""Training rows whose codes give the principal directions; no more than the test rows measured."""

TOP = 10
"""Most contradictory rows that are shown."""

ALONE = "With one modality there is no other to share a code with, to bring anything to, or to contradict."


@dataclass(frozen=True)
class Sights:
    """Cells to look at.

    Attributes:
        kinds: modality -> kind.
        swaps: image modality -> cells, one list a style, one cell a code.
        sources: the rows that those codes are of.
        walks: modality -> cells, one list a direction, one cell a step.
        contradictory: the most contradictory rows, in the order of the figures.
    """

    kinds: dict[str, str] = field(default_factory=dict)
    swaps: dict[str, list[list[Cell]]] = field(default_factory=dict)
    sources: list[dict[str, Cell | None]] = field(default_factory=list)
    walks: Walks = field(default_factory=dict)
    contradictory: list[dict[str, Cell | None]] = field(default_factory=list)


@torch.inference_mode()
def look_inside(
    model: AnyGAN,
    measure: Measure,
    train: DataSet,
    judged: Mapping[Direction, Judged],
    drawn: Mapping[str, Seen],
    progress: Progress = lambda what, share: None,
) -> tuple[dict[str, Any], Sights]:
    """The section's figures, ready for JSON, and its cells.

    Args:
        model: what is looked into.
        measure: judges and test rows.
        train: training rows.
        judged: translations of the test rows that were judged already.
        drawn: rows drawn from noise, judged.
        progress: told what is done ('inside'), and the share done.
    """
    names = measure.shared(model)
    kinds = {name: modality.kind for name, modality in model.modalities.items()}
    if len(model.names) == 1:
        return {"notes": [ALONE]}, Sights(kinds)
    progress("inside", 0.0)
    evidence, observed = _look(model, measure.data, names)
    there = observed.any(1).nonzero().squeeze(1).cpu().numpy()
    codes = model.fusion(evidence, observed)[there]
    chosen = choose(len(train), min(TRAINING, len(measure.data)), measure.seed)
    learned, known = _look(model, train.take(chosen), names)
    training = model.fusion(learned, known)[known.any(1)]
    figures: dict[str, Any] = {"swaps": None, "walks": None, "notes": []}
    sights = Sights(kinds)
    if min(len(codes), len(training)) > 1:
        progress("inside", 0.1)
        primary = measure.panel.primary
        truth = measure.labels[primary][there] if primary is not None else None
        strokes = Strokes.fit(train, names, measure.seed)
        swaps = cross(model, measure.panel, names, codes, truth, seeded(measure.seed, 0), strokes)
        progress("inside", 0.6)
        walks = traverse(model, measure.panel, names, training, measure.labels, seeded(measure.seed, 1), strokes)
        figures |= {"swaps": swaps[0] | {"shown": _labels(truth, swaps[2])}, "walks": walks[0]}
        sights = Sights(kinds, swaps[1], _rows(model, measure.data, observed, there[swaps[2]]), walks[1])
    progress("inside", 0.9)
    figures["left_out"] = left_out(model, measure, names, evidence, judged, drawn)
    figures["bonds"] = bonds(model, names, evidence, observed, measure.seed)
    figures["contradictions"], first = _contradictions(model, measure.rows, evidence, observed)
    progress("inside", 1.0)
    contradictory = _rows(model, measure.data, observed, first)
    return figures, Sights(kinds, sights.swaps, sights.sources, sights.walks, contradictory)


def _look(model: AnyGAN, data: DataSet, names: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Evidence (n, M, code) of all rows, and which of it is there (n, M)."""
    looked = [(model.look(c.batch), c.batch.observed()) for c in chunks(model, data, names)]
    return torch.cat([evidence for evidence, _ in looked]), torch.cat([observed for _, observed in looked])


def _labels(truth: NDArray[Any] | None, rows: NDArray[np.int64]) -> list[str]:
    return [str(value) for value in truth[rows]] if truth is not None else ["" for _ in rows]


def _rows(model: AnyGAN, data: DataSet, observed: Tensor, rows: NDArray[np.int64]) -> list[dict[str, Cell | None]]:
    """The cells of some rows, ``None`` where one is missing or cannot be read."""
    read = [{name for name, there in zip(model.names, observed[row].tolist(), strict=True) if there} for row in rows]
    cells = data.take(rows).rows()
    return [
        {n: cell if n in known else None for n, cell in row.items()} for row, known in zip(cells, read, strict=True)
    ]


def _contradictions(
    model: AnyGAN, rows: NDArray[np.int64], evidence: Tensor, observed: Tensor
) -> tuple[dict[str, Any], NDArray[np.int64]]:
    """How far the test rows contradict themselves, and the places of those that do most."""
    kinds = {name: modality.kind for name, modality in model.modalities.items()}
    found = [one for one in weigh(model, range(len(evidence)), evidence, observed) if one.least is not None]
    top = heapq.nlargest(TOP, found, key=lambda one: (one.conflict, -one.row))
    figures = {
        "rows": len(evidence),
        "compared": len(found),
        "contradicting": sum(one.conflict > DOUBTFUL for one in found),
        "doubtful": DOUBTFUL,
        "median": float(np.median([one.conflict for one in found])) if found else None,
        "top": [_told(one, int(rows[one.row]), kinds) for one in top],
    }
    return figures, np.array([one.row for one in top], np.int64)


def _told(one: Contradiction, row: int, kinds: Mapping[str, str]) -> dict[str, Any]:
    return {
        "row": row,
        "conflict": one.conflict,
        "least": one.least,
        "why": one.why(kinds),
        "reliability": one.reliability,
        "alone": one.alone,
    }
