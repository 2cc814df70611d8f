"""Attributes: what codes might know of a row, as labels tell it or as pictures show it.

Labels come with the data. Where pictures show strokes, the hand that drew them is measured too
(:mod:`anygan.evaluation.strokes`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...rows import DataSet
from ..strokes import HANDS, Strokes

__all__ = ["Attribute", "attributes_of"]

MOST = 64
"""Classes of a label at most: what has more is a name or a number, not a kind."""

LIKE = 0.5
"""Share of the test rows whose class must be known from training; a set with other speakers has no such attribute."""


@dataclass(frozen=True)
class Attribute:
    """A label of training and test rows.

    Attributes:
        name: what it is called.
        train, test: (n,) and (m,) values; those of rows that are not known are not looked at.
        known, asked: (n,) and (m,) bool, rows whose value is known.
    """

    name: str
    train: NDArray[Any]
    test: NDArray[Any]
    known: NDArray[np.bool_]
    asked: NDArray[np.bool_]


def attributes_of(names: Sequence[str], data: DataSet, train: DataSet) -> list[Attribute]:
    """Everything that is known of both test and training rows and has a few classes, labels first."""
    learned, asked = train.pairing(0).labels, data.pairing(0).labels
    found = [
        Attribute(
            name,
            learned[name],
            asked[name],
            np.ones(len(learned[name]), np.bool_),
            np.ones(len(asked[name]), np.bool_),
        )
        for name in learned
        if name in asked
    ]
    strokes = Strokes.fit(train, names)
    for name in strokes.thresholds:
        told, tested = (strokes.of_rows(side, name) for side in (train, data))
        for what in told:
            title = f"{what} of {name}" if len(strokes.thresholds) > 1 else what
            if title not in learned:
                found.append(_measured(title, told[what], tested[what], np.array(HANDS[what])))
    return [attribute for attribute in found if _asks(attribute)]


def _asks(attribute: Attribute) -> bool:
    """Whether there are several classes, few enough, and those of the test rows are known from training."""
    learned, asked = attribute.train[attribute.known], attribute.test[attribute.asked]
    several = 2 <= len(np.unique(learned)) <= MOST
    return several and len(np.unique(asked)) > 1 and float(np.isin(asked, learned).mean()) > LIKE


def _measured(name: str, train: NDArray[np.int64], test: NDArray[np.int64], words: NDArray[Any]) -> Attribute:
    """An attribute of classes, -1 where a row has none."""
    return Attribute(name, words[train], words[test], train >= 0, test >= 0)
