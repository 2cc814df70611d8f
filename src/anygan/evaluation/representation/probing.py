"""Probing: what the codes of real rows know of an attribute, and what a network that has learned nothing knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..probes import LinearProbe, nearest
from .attributes import Attribute
from .coded import Coded

__all__ = ["FEW", "FUSED", "Split", "known_of", "splits", "tells"]

FUSED = "(fused)"
"""What the code of all that is there is called, beside the names of modalities."""

FEW = 20
"""Rows below which nothing is measured."""

MANY = 4
"""Modalities up to which the code of all but one is asked too."""

TOLD = 0.5
"""Share of the errors of always naming the commonest class that a source must spare to count as telling a label."""


@dataclass(frozen=True)
class Split:
    """Training and test codes of one source, (n, code) and (m, code), and the numbers of their rows."""

    train: Tensor
    test: Tensor
    learned: NDArray[np.int64]
    asked: NDArray[np.int64]


def splits(known: Coded, asked: Coded, names: Sequence[str]) -> dict[str, Split]:
    """Source -> its codes: single modalities, all but one of a few, and last all of several, or what is there of it."""
    sources = {name: [name] for name in names}
    if 2 < len(names) <= MANY:
        sources |= {" + ".join(given): list(given) for given in combinations(names, len(names) - 1)}
    if len(names) > 1:
        sources[FUSED] = list(names)
    found = {}
    for source, given in sources.items():
        # The code of everything is fused from whatever is there; of any other source from all of it.
        learned, rows = (coded.some(given) if source == FUSED else coded.rows(given) for coded in (known, asked))
        if min(len(learned), len(rows)) >= FEW:
            found[source] = Split(known.codes(given)[learned], asked.codes(given)[rows], learned, rows)
    return found


def known_of(
    attribute: Attribute, trained: Mapping[str, Split], control: Mapping[str, Split], seed: int
) -> dict[str, Any]:
    """What each source knows of an attribute, and what it knew untrained."""
    sources: dict[str, Any] = {}
    for source, split in trained.items():
        learned, asked = attribute.known[split.learned], attribute.asked[split.asked]
        classes, truth = attribute.train[split.learned][learned], attribute.test[split.asked][asked]
        if min(len(classes), len(truth)) < FEW or len(np.unique(classes)) < 2:
            continue
        told: dict[str, Any] = {}
        for prefix, codes in (("", split), ("untrained_", control[source])):
            seen, shown = codes.train[torch.from_numpy(learned)], codes.test[torch.from_numpy(asked)]
            linear = LinearProbe.fit(seen, classes, seed).predict(shown)
            told[f"{prefix}linear"] = float((linear == truth).mean())
            told[f"{prefix}nearest"] = float((nearest(seen, classes, shown) == truth).mean())
        chance = float(np.unique(truth, return_counts=True)[1].max() / len(truth))
        sources[source] = told | {"chance": chance, "count": len(truth), "learned": len(classes)}
    return {"name": attribute.name, "classes": len(np.unique(attribute.train[attribute.known])), "sources": sources}


def tells(told: Mapping[str, Any], source: str) -> bool:
    """Whether a source knows an attribute, as :func:`known_of` has measured it: it spares half of chance's errors."""
    score = told["sources"].get(source)
    return score is not None and score["linear"] - score["chance"] >= TOLD * (1 - score["chance"])
