"""Attributes: what codes might know of a row, as labels tell it or as pictures show it.

Labels come with the data. Where pictures are small and grey, bright ink on black, the hand that drew them is measured
too: thickness and slant of the stroke (:mod:`anygan.data.hand`), in classes that quantiles of the training pictures
part.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...data.captions import SLANTS, THICKNESSES, classes
from ...data.hand import slant, thickness
from ...data.rows import DataSet
from ...data.spoken_mnist import thresholds
from ...errors import CellError
from ...modalities import Image, Modality

__all__ = ["Attribute", "attributes_of"]

MOST = 64
"""Classes of a label at most: what has more is a name or a number, not a kind."""

SIDE, INKED = 32, 128
"""Sides that pictures of a stroke have at most, pixels, and brightness that their mean lies below."""

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


def attributes_of(modalities: Sequence[Modality], data: DataSet, train: DataSet) -> list[Attribute]:
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
    strokes = [modality for modality in modalities if isinstance(modality, Image) and modality.mode == "L"]
    for modality in strokes:
        names = [
            f"{measured}{f' of {modality.name}' if len(strokes) > 1 else ''}" for measured in ("thickness", "slant")
        ]
        if max(modality.height, modality.width) <= SIDE and not set(names) <= set(learned):
            found += [attribute for attribute in _hand(modality, data, train, names) if attribute.name not in learned]
    return [attribute for attribute in found if _asks(attribute)]


def _asks(attribute: Attribute) -> bool:
    """Whether there are several classes, few enough, and those of the test rows are known from training."""
    learned, asked = attribute.train[attribute.known], attribute.test[attribute.asked]
    several = 2 <= len(np.unique(learned)) <= MOST
    return several and len(np.unique(asked)) > 1 and float(np.isin(asked, learned).mean()) > LIKE


def _hand(modality: Image, data: DataSet, train: DataSet, names: Sequence[str]) -> list[Attribute]:
    """Thickness and slant of the pictures, where they show ink on black."""
    (known, learned), (asked, tested) = _pictures(modality, train), _pictures(modality, data)
    if not len(learned) or not len(tested) or learned.mean() >= INKED:
        return []
    bounds = thresholds(learned)
    found = []
    for name, measure, words, (low, high) in zip(names, (thickness, slant), (THICKNESSES, SLANTS), bounds, strict=True):
        values = []
        for there, pictures in ((known, learned), (asked, tested)):
            value = np.zeros(len(there), np.array(words).dtype)
            value[there] = np.array(words)[classes(measure(pictures), low, high)]
            values.append(value)
        found.append(Attribute(name, values[0], values[1], known, asked))
    return found


def _pictures(modality: Image, data: DataSet) -> tuple[NDArray[np.bool_], NDArray[np.uint8]]:
    """Which rows (n,) have a picture that can be read, and those pictures (m, height, width)."""
    numbers = data.pairing(0).index[modality.name]
    known, found = np.zeros(len(numbers), np.bool_), [modality.blank()]
    for row in np.flatnonzero(numbers >= 0):
        try:
            found.append(modality.read(data.columns[modality.name].cells[numbers[row]]))
        except CellError:
            continue
        known[row] = True
    pictures: NDArray[np.uint8] = torch.stack(found)[1:, 0].numpy()
    return known, pictures
