"""Cells to look at: what a report shows of a model beside its scores."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model.gan import AnyGAN
from ..rows import Cell, DataSet
from ..tasks.generate import generate
from ..tasks.translate import translate

__all__ = ["Examples", "Shown", "choose_examples"]

GIVEN = 4
DIRECTIONS = 12
DRAWS = {"audio": 3, "table": 3, "vector": 3, "text": 3, "image": 6}
"""Draws of a cell that are shown side by side, by the room that a kind takes."""

SAMPLES, ALONE = 6, 24
"""Rows drawn from noise that are shown, of several modalities and of one."""


@dataclass(frozen=True)
class Shown:
    """Some translations of one direction: pairs of a given cell and what was drawn from it."""

    given: str
    to: str
    rows: list[tuple[Cell, list[Cell]]]


@dataclass(frozen=True)
class Examples:
    """Cells to look at.

    Attributes:
        kinds: modality -> kind.
        translations: of single modalities to single ones.
        samples: rows drawn from noise.
    """

    kinds: dict[str, str] = field(default_factory=dict)
    translations: list[Shown] = field(default_factory=list)
    samples: list[dict[str, Cell]] = field(default_factory=list)


def choose_examples(
    model: AnyGAN, data: DataSet, names: Sequence[str], label: str | None = None, seed: int = 0
) -> Examples:
    """Examples of a model over test rows.

    Args:
        model: what makes them.
        data: the test rows.
        names: modalities that may be given.
        label: whose classes the given rows should differ in.
        seed: of the draws.
    """
    kinds = {name: modality.kind for name, modality in model.modalities.items()}
    shown = []
    pairs = [(given, to) for given, to in itertools.product(names, model.names) if given != to]
    for given, to in pairs[:DIRECTIONS]:
        rows = _varied(data, given, label)
        if len(rows) == 0:
            continue
        draws = DRAWS.get(kinds[to], 3)
        made = list(translate(model, data.take(rows), [given], [to], draws=draws, seed=seed))
        parts = [made[first : first + draws] for first in range(0, len(made), draws)]
        readable = [(part[0].cells[given], [one.cells[to] for one in part]) for part in parts]
        shown.append(Shown(given, to, [(cell, drawn) for cell, drawn in readable if cell is not None]))
    several = len(model.names) > 1
    samples = list(generate(model, SAMPLES if several else ALONE, seed=seed))
    return Examples(kinds, shown, samples)


def _varied(data: DataSet, given: str, label: str | None) -> NDArray[np.int64]:
    """A few rows that have a modality, of different classes where the label tells, in order."""
    pairing = data.pairing(0)
    there = np.flatnonzero(pairing.index[given] >= 0)
    values: NDArray[Any] = pairing.labels[label][there] if label is not None else pairing.index[given][there]
    _, first = np.unique(values, return_index=True)
    spaced = np.linspace(0, len(first) - 1, min(GIVEN, len(first))).round().astype(np.int64)
    chosen: NDArray[np.int64] = there[first[spaced]]
    return chosen
