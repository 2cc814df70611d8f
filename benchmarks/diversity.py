r"""Are draws of one caption as different from each other as real rows with that caption? And what is the floor of it?

For each of many captions c, distances in features f of the cells x' that were drawn of it and of real cells x with it:

    spread(c) = mean_{i != j} |f(x_i) - f(x_j)|          ratio = sum_c spread'(c) / sum_c spread(c),  1 is right

Less is collapse, more is noise. Two kinds of eyes: ``judge``, features of a classifier, which learns to forget what
differs within a class, and ``plain``, pixels or decibels, which see all of it. Beside them the floor: the ratio of real
training cells with that caption to real test cells. A mean over pairs is fair to groups of any size, so that few real
cells make it noisy and not wrong; captions that have fewer than :data:`LEAST` real cells on either side are left out.
``least`` and ``most`` are the second smallest and second largest ratio of a caption.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from anygan.data.captions import SLANTS, THICKNESSES, caption
from anygan.metrics import spread

__all__ = ["LEAST", "asked", "compared", "grouped"]

LEAST = 5
"""Real cells of a caption."""

MOST = 100
"""Cells of a caption that are looked at."""

Groups = Mapping[Any, Sequence[Any]]
Eyes = Callable[[Sequence[Any]], Tensor]


def asked(speakers: Sequence[str]) -> list[tuple[int, str, str, str]]:
    """Captions in parts: each digit and hand once, the speakers in turn, so that each speaker says each digit."""
    hands = [(thickness, slant) for thickness in THICKNESSES for slant in SLANTS]
    return [
        (digit, *hand, speakers[(digit + number) % len(speakers)])
        for digit in range(10)
        for number, hand in enumerate(hands)
    ]


def sentences(speakers: Sequence[str]) -> list[str]:
    """The captions in words."""
    return [caption(*parts) for parts in asked(speakers)]


def grouped(keys: Sequence[Any], cells: Sequence[Any]) -> dict[Any, list[Any]]:
    """Cells by what their caption says of them, at most MOST of each.

    Example:
        >>> grouped(["a", "b", "a"], [1, 2, 3])
        {'a': [1, 3], 'b': [2]}
    """
    groups: dict[Any, list[Any]] = {}
    for key, cell in zip(keys, cells, strict=True):
        group = groups.setdefault(key, [])
        if len(group) < MOST:
            group.append(cell)
    return groups


def compared(drawn: Groups, test: Groups, train: Groups, eyes: Mapping[str, Eyes]) -> dict[str, float]:
    """For each kind of eyes the ratio of drawn to real test cells, its extremes, and its floor."""
    keys = [key for key in drawn if min(len(test.get(key, ())), len(train.get(key, ()))) >= LEAST]
    told: dict[str, float] = {"captions": len(keys), "draws": min(len(drawn[key]) for key in keys)}
    for name, look in eyes.items():
        made, real, floor = (_spreads([groups[key] for key in keys], look) for groups in (drawn, test, train))
        ratios = np.sort(made / real)
        told |= {
            name: round(float(made.sum() / real.sum()), 4),
            f"{name}, least": round(float(ratios[min(1, len(ratios) - 1)]), 3),
            f"{name}, most": round(float(ratios[max(-2, -len(ratios))]), 3),
            f"{name}, floor": round(float(floor.sum() / real.sum()), 4),
        }
    return told


def _spreads(groups: Sequence[Sequence[Any]], look: Eyes) -> NDArray[np.float64]:
    """The spread of each group, all looked at together."""
    features = look([cell for group in groups for cell in group])
    return np.array([spread(part) for part in torch.split(features, [len(group) for group in groups])])
