"""Partners: where no label tells whether a translation is right, the true partner should be near among a thousand.

A matching judge (:mod:`anygan.judging.matching`) compares each generated cell with the given cells of all rows. With
the given cell of its own row at rank r, from 1, of n,

    median rank    median of r;  chance (n + 1) / 2
    recall@10      share of rows with r <= 10;  chance 10 / n

and the ceiling is what the real cells of the same rows reach.
"""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...errors import DataError
from ...judging.bench import Progress
from ...judging.matching import Matcher, train_matcher
from ...judging.panel import choose, readable
from ...metrics import partner_rank
from ...rows import Cell, DataSet
from ..measure import Direction

__all__ = ["Partners", "unlabelled"]

PAIRS = 6
"""Pairs of modalities that judges are trained for at most."""

AMONG = 1_000
"""Rows among which partners are looked for at most."""

NEAR = 10

Numbers = NDArray[np.int64]


class Partners:
    """Matching judges of the directions that no label judges.

    Args:
        train: real training rows, all that judges learn from.
        data: real test rows.
        wanted: the directions.
        seed: of the judges and of the draw of rows.
        steps: of their training.
        cache: folder of kept judges.
        progress: told what is done, and the share done.
    """

    def __init__(
        self,
        train: DataSet,
        data: DataSet,
        wanted: Sequence[Direction],
        *,
        seed: int = 0,
        steps: int | None = None,
        cache: Path | None = None,
        progress: Progress = lambda what, share: None,
    ) -> None:
        self.data, self.seed = data, seed
        self.directions = set(wanted)
        pairs = list(dict.fromkeys(tuple(sorted((name, to))) for given, to in wanted for name in given))[:PAIRS]
        self.matchers: dict[tuple[str, ...], Matcher] = {}
        for done, pair in enumerate(pairs):
            progress("matching judges", done / len(pairs))
            index = train.pairing(0).index
            numbers = np.stack([index[name] for name in pair], 1)
            first, second = (train.columns[name] for name in pair)
            rows = numbers[(numbers >= 0).all(1)]
            try:
                self.matchers[pair] = train_matcher((first, second), rows, seed=seed, steps=steps, cache=cache)
            except DataError:
                # Too few rows have both: nothing is known of how these two belong together.
                continue

    def judges(self, direction: Direction) -> dict[str, Matcher]:
        """Given modality -> the judge that compares it with the wanted one, for a direction that is judged here."""
        given, to = direction
        found = {name: self.matchers.get(tuple(sorted((name, to)))) for name in given if direction in self.directions}
        return {name: matcher for name, matcher in found.items() if matcher is not None}

    def features(self, direction: Direction, cells: Sequence[Cell]) -> Tensor | None:
        """Wanted cells, generated or real, as each judge sees them, side by side (n, judges * 64)."""
        judges = self.judges(direction)
        return torch.cat([judge.features(direction[1], cells) for judge in judges.values()], 1) if judges else None

    def score(self, direction: Direction, rows: Numbers, made: Mapping[str, Tensor]) -> dict[str, Any] | None:
        """What is found of the partners of rows (n,), in each of several ways of making their wanted cell.

        Args:
            direction: what is given, and what is wanted.
            rows: (n,) the test rows.
            made: way -> (n, judges * 64) what :meth:`features` gives of its cells.

        Returns:
            ``{way: {"rank", "recall"}}``, with the ways ``real`` and ``chance`` beside, and the count; nothing where
            fewer than a few rows have both cells.
        """
        (given, to), judges = direction, self.judges(direction)
        index, places = self.data.pairing(0).index, self._distinct(direction, rows)
        if not judges or len(places) <= NEAR:
            return None
        keys = torch.cat([_of(self.data, name, rows[places], judges[name]) for name in given if name in judges], 1)
        cells = [self.data.columns[to].cells[number] for number in index[to][rows[places]]]
        real = self.features(direction, cells)
        assert real is not None
        ways = {way: features[torch.from_numpy(places)] for way, features in made.items()} | {"real": real}
        told: dict[str, Any] = {way: _found(queries, keys) for way, queries in ways.items()}
        count = len(places)
        return told | {"chance": {"rank": (count + 1) / 2, "recall": NEAR / count}, "count": count}

    def _distinct(self, direction: Direction, rows: Numbers) -> Numbers:
        """Places of rows that have the wanted cell too, no two with the same given cells: a tie has no partner."""
        given, to = direction
        index = self.data.pairing(0).index
        there = np.flatnonzero(np.isin(rows, readable(self.data, to)[0]))
        _, first = np.unique(np.stack([index[name][rows[there]] for name in given], 1), axis=0, return_index=True)
        places: Numbers = there[np.sort(first)]
        return places[choose(len(places), AMONG, self.seed)]


def _of(data: DataSet, name: str, rows: Numbers, judge: Matcher) -> Tensor:
    """Given cells of rows (n,) as a judge sees them, (n, 64)."""
    numbers, places = np.unique(data.pairing(0).index[name][rows], return_inverse=True)
    return judge.features(name, [data.columns[name].cells[number] for number in numbers])[torch.from_numpy(places)]


def _found(queries: Tensor, keys: Tensor) -> dict[str, float]:
    ranks = partner_rank(queries, keys).double() + 1
    return {"rank": float(ranks.quantile(0.5)), "recall": float((ranks <= NEAR).double().mean())}


def unlabelled(wanted: Sequence[Direction], labels: Mapping[str, Sequence[str]]) -> list[Direction]:
    """The directions of which no label can be read both from what is given and from what is wanted.

    Args:
        wanted: all directions.
        labels: label -> modalities from which it can be read.

    Example:
        >>> unlabelled([(("a",), "b"), (("b",), "c")], {"digit": ["a", "b"]})
        [(('b',), 'c')]
    """
    told = {(one, to) for telling in labels.values() for one, to in itertools.permutations(telling, 2)}
    return [(given, to) for given, to in wanted if not any((name, to) in told for name in given)]
