"""Retrieval between modalities: does a picture find its sound?

Where the cells of a row belong together as that row's alone, the *partner* is asked for: recall at k, and its median
rank. Where a set pairs any cells of one class, as pictures and recordings of the same digit, there is no true partner:
what is asked for is any cell of the *class*. Which of the two holds is seen from the data: what is drawn anew in every
pass was paired by class.
"""

import itertools
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...judging.panel import choose
from ...metrics import mean_average_precision, median_rank, partner_rank, precision_at
from ...rows import DataSet
from .coded import Coded

__all__ = ["Asking", "paired_by_row", "retrieving"]

MOST = 1_000
"""Test rows that are searched."""

RECALLS, NEAREST = (1, 5, 10), 10
"""Keys that a partner is looked for among, and that a class is counted in."""

MANY = 4
"""Modalities up to which two together are asked for a third."""


def paired_by_row(data: DataSet, a: str, b: str) -> bool:
    """Whether every pass over the data shows the same cells of two modalities together."""
    first, again = data.pairing(0).index, data.pairing(1).index
    return all(np.array_equal(first[name], again[name]) for name in (a, b))


@dataclass(frozen=True)
class Asking:
    """A label whose class is looked for.

    Attributes:
        label: its name.
        classes: (n,) of the test rows.
        told: modalities that tell it.
    """

    label: str
    classes: NDArray[Any]
    told: Collection[str]


def retrieving(
    coded: Coded, data: DataSet, train: DataSet, names: Sequence[str], asked: Sequence[Asking], seed: int
) -> list[dict[str, Any]]:
    """How well each modality, and each two, find what belongs to them in another, chance beside each.

    Args:
        coded: the test rows as the model sees them.
        data: the test rows.
        train: the training rows, which tell how modalities are paired: test rows keep one draw.
        names: the modalities.
        asked: labels; each is looked for where what is given and what is wanted both tell it.
        seed: of the draw of rows and of chance.
    """
    sizes = (1, 2) if len(names) <= MANY else (1,)
    given = [subset for size in sizes for subset in itertools.combinations(names, size)]
    codes = {subset: coded.codes(subset) for subset in given}
    by_row = {pair for pair in itertools.permutations(names, 2) if all(paired_by_row(s, *pair) for s in (train, data))}
    found = []
    for subset, to in itertools.product(given, names):
        rows = coded.rows([*subset, to])
        if to in subset or len(rows) < 2:
            continue
        rows = rows[choose(len(rows), MOST, seed)]
        partners = any((name, to) in by_row for name in subset)
        shared = [one for one in asked if to in one.told and any(name in one.told for name in subset)]
        keys = _apart(data, [to], rows)
        scores = {one.label: _class(codes[subset], codes[(to,)], rows, keys, one.classes, seed) for one in shared}
        found.append(
            {
                "given": list(subset),
                "to": to,
                "paired": "row" if partners else "class",
                "partner": _partner(codes[subset], codes[(to,)], _apart(data, [*subset, to], rows))
                if partners
                else None,
                "class": {label: score for label, score in scores.items() if score},
            }
        )
    return found


def _partner(queries: Tensor, keys: Tensor, rows: NDArray[np.int64]) -> dict[str, Any]:
    """Recall and median rank of the partner, over rows whose cells are all different."""
    ranks, count = partner_rank(queries[rows], keys[rows]), len(rows)
    recall = {str(k): {"value": float((ranks < k).double().mean()), "chance": min(1.0, k / count)} for k in RECALLS}
    return {"recall": recall, "median_rank": {"value": median_rank(ranks), "chance": (count + 1) / 2}, "count": count}


def _class(
    queries: Tensor,
    keys: Tensor,
    rows: NDArray[np.int64],
    apart: NDArray[np.int64],
    labels: NDArray[Any],
    seed: int,
) -> dict[str, Any] | None:
    """Precision among the nearest different cells, and mean average precision; nothing where there are few of them.

    Beside it stands the precision among the nearest rows, in which cells may repeat: easier where they often do, for
    one right recording then counts as often as rows share it.
    """
    if len(apart) < NEAREST:
        return None
    numbers = torch.from_numpy(np.unique(labels, return_inverse=True)[1].astype(np.int64))
    of, among, asked, found = numbers[rows], numbers[apart], queries[rows], keys[apart]
    shuffled = of[torch.randperm(len(of), generator=torch.Generator().manual_seed(seed))]
    same = (of.unsqueeze(1) == among).sum(1).double()
    if not bool(same.any()):
        return None
    return {
        "precision": {
            "k": NEAREST,
            "value": precision_at(NEAREST, asked, found, of, among),
            "in_rows": precision_at(NEAREST, asked, keys[rows], of, of),
            "chance": float(same.mean()) / len(among),
            "ceiling": float(same.clamp(max=NEAREST).mean()) / NEAREST,
        },
        "average_precision": {
            "value": mean_average_precision(asked, found, of, among),
            "chance": mean_average_precision(asked, found, shuffled, among),
        },
        "count": len(rows),
        "keys": len(apart),
    }


def _apart(data: DataSet, names: Sequence[str], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows, in order, whose cells of every named modality have not been in one before.

    Of a caption that stands in many rows no search could say whose it is.
    """
    index = data.pairing(0).index
    seen: dict[str, set[Hashable]] = {name: set() for name in names}
    kept = []
    for row in rows:
        cells = {name: _identity(data, name, int(index[name][row])) for name in names}
        if all(cell not in seen[name] for name, cell in cells.items()):
            kept.append(row)
            for name, cell in cells.items():
                seen[name].add(cell)
    return np.array(kept, np.int64)


def _identity(data: DataSet, name: str, number: int) -> Hashable:
    """What is equal for equal cells: what a sentence or a record says, of others their number."""
    column = data.columns[name]
    return repr(column.cells[number]) if column.kind in ("text", "table") else number
