"""Damage: how well a label is told as cells are noised, taken away or swapped, by the fused code and by its rivals.

All ways (:mod:`~anygan.evaluation.fusion.rivals`) meet the same rows with the same damage. An area is the mean of a
curve: the accuracy that one would see if every amount of damage were as likely.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...tasks.look import seeded
from .looked import Looked
from .rivals import WAYS, Rivals

__all__ = ["LEVELS", "MANY", "chance_of", "damaged"]

LEVELS = tuple(round(0.2 * i, 1) for i in range(11))
"""Standard deviations of noise on a canvas, which lies in about -1 to 1."""

MISSING = tuple(round(0.09 * i, 2) for i in range(11))
SWAPPED = tuple(round(0.1 * i, 1) for i in range(11))
"""Shares of cells taken away, and of rows in which one is another row's."""

MANY = 4
"""Modalities up to which pairs of them are noised, and every subset is probed."""


def chance_of(truth: NDArray[Any]) -> float:
    """What always naming the commonest class would reach."""
    return float(np.unique(truth, return_counts=True)[1].max(initial=0) / max(1, len(truth)))


class _Field:
    """Touched test rows of one label, and the rivals that are tried on them."""

    def __init__(
        self, looked: Looked, train: Looked, label: str, telling: Sequence[str], names: Sequence[str], seed: int
    ) -> None:
        self.looked, self.train, self.label, self.seed = looked, train, label, seed
        self.telling, self.names, self.truth = telling, names, looked.labels[label]
        self.whole = self.rivals(names)

    def rivals(self, names: Sequence[str]) -> Rivals:
        """The rivals where the named modalities are given."""
        return Rivals.fit(self.train, self.label, names, [n for n in names if n in self.telling], self.seed)

    def companions(self, names: Sequence[str], name: str) -> Tensor:
        """Rows (n,) that have a modality and at least one more of the named ones."""
        given = self.looked.among(names)
        return given[:, self.looked.place(name)] & (given.sum(1) > 1)

    def right(self, said: NDArray[Any], rows: Tensor) -> NDArray[np.float64]:
        """Where rows (n,) are told right, 1, and where not, 0."""
        hits: NDArray[np.float64] = (said == self.truth)[rows.numpy()].astype(np.float64)
        return hits


def damaged(
    looked: Looked,
    train: Looked,
    label: str,
    telling: Sequence[str],
    names: Sequence[str],
    noised: Mapping[str, Mapping[float, Tensor]],
    seed: int = 0,
) -> dict[str, Any]:
    """Accuracy of the fused code and of its rivals against every kind of damage.

    Args:
        looked: test rows.
        train: training rows, from which probes learn.
        label: what is to be told.
        telling: modalities that tell it, one at least.
        names: all modalities, two at least.
        noised: modality -> standard deviation of its noise -> evidence (n, M, code), at all of ``LEVELS``.
        seed: of probes and damage.
    """
    field = _Field(looked, train, label, telling, names, seed)
    pairs = list(itertools.combinations(names, 2)) if 2 < len(names) <= MANY else []
    pairs = [pair for pair in pairs if set(pair) & set(field.telling)]
    fitted = [(tuple(names), field.whole), *((pair, field.rivals(pair)) for pair in pairs)]
    noise = [_noise(field, given, rivals, name, noised[name]) for given, rivals in fitted for name in given]
    noise = [told for told in noise if told["rows"]]
    missing = _missing(field)
    swapped = [told for name in names if (told := _swapped(field, name))["rows"]]
    gaps = [gap for told in [*noise, missing] for gap in told.pop("gaps")]
    return {
        "chance": chance_of(field.truth),
        "best": field.whole.best,
        "noise": noise,
        "missing": missing,
        "swapped": swapped,
        "below": {"points": len(gaps), "found": [gap for gap in gaps if gap["difference"] < -gap["error"]]},
    }


def _noise(
    field: _Field, given: Sequence[str], rivals: Rivals, name: str, noised: Mapping[float, Tensor]
) -> dict[str, Any]:
    """Accuracy as the noise on one modality grows, the others clean: of each way, and of the noised one alone.

    At each point the fused code is also held against the better of two: the best modality that is not noised, and the
    noised one alone.
    """
    looked, rows = field.looked, field.companions(given, name)
    mask = looked.among(given)
    clean = mask & ~looked.among([name])
    spared = field.right(rivals.pick(looked, looked.evidence, clean), rows)
    curves: dict[str, list[float]] = {way: [] for way in (*WAYS, "alone")}
    gaps: list[dict[str, Any]] = []
    for level in LEVELS if rows.any() else ():
        hits = {way: field.right(said, rows) for way, said in rivals.say(looked, noised[level], mask).items()}
        alone = rivals.pick(looked, noised[level], looked.among([name]))
        hits["alone"] = field.right(alone, rows)
        for way, curve in curves.items():
            curve.append(float(hits[way].mean()))
        rival = max(spared, hits["alone"], key=lambda right: float(right.mean()))
        gaps.append(
            {"damage": "noise", "given": list(given), "touched": name, "at": level} | _gap(hits["fused"], rival)
        )
    told = {"given": list(given), "touched": name, "rows": int(rows.sum()), "best": rivals.best, "gaps": gaps}
    return told | _areas(LEVELS, curves)


def _missing(field: _Field) -> dict[str, Any]:
    """Accuracy as cells go missing at random. A row keeps the one that would have gone last."""
    looked, rivals = field.looked, field.whole
    given = looked.among(field.names)
    rows = given.any(1)
    order = torch.rand(given.shape, generator=seeded(field.seed, 0)).masked_fill(~given, -1.0)
    last = order == order.amax(1, keepdim=True)
    curves: dict[str, list[float]] = {way: [] for way in WAYS}
    taken: list[float] = []
    gaps: list[dict[str, Any]] = []
    for share in MISSING:
        left = given & ((order >= share) | last)
        hits = {way: field.right(said, rows) for way, said in rivals.say(looked, looked.evidence, left).items()}
        for way, curve in curves.items():
            curve.append(float(hits[way].mean()))
        taken.append(1 - float(left[rows].sum() / given[rows].sum().clamp(min=1)))
        gaps.append(
            {"damage": "missing", "given": list(field.names), "touched": None, "at": share}
            | _gap(hits["fused"], hits["best"])
        )
    told = {"rows": int(rows.sum()), "best": rivals.best, "taken": taken, "gaps": gaps}
    return told | _areas(MISSING, curves)


def _swapped(field: _Field, name: str) -> dict[str, Any]:
    """Accuracy as one modality is swapped with another row's in more and more rows.

    ``follows`` is of the rows whose swapped cell is of another class: shares that are told as the other cells have it,
    and as the swapped one has it.
    """
    looked, rivals = field.looked, field.whole
    evidence, other, partner = looked.swapped(name, field.seed, field.label)
    rows, mask = field.companions(field.names, name), looked.among(field.names)
    other &= rows
    kept = rivals.say(looked, looked.evidence, mask)
    moved = rivals.say(looked, evidence, mask)
    turn = np.random.default_rng(field.seed).permutation(int(rows.sum()))
    curves: dict[str, list[float]] = {}
    follows: dict[str, Any] = {}
    for way in WAYS if rows.any() else ():
        before, after = field.right(kept[way], rows), field.right(moved[way], rows)
        curves[way] = [float(np.where(turn < share * len(turn), after, before).mean()) for share in SWAPPED]
        said = moved[way][other.numpy()]
        follows[way] = {
            "others": float((said == field.truth[other.numpy()]).mean()) if len(said) else None,
            "swapped": float((said == field.truth[partner][other.numpy()]).mean()) if len(said) else None,
        }
    told = {"touched": name, "rows": int(rows.sum()), "conflicting": int(other.sum()), "best": rivals.best}
    return told | {"follows": follows} | _areas(SWAPPED, curves)


def _areas(x: Sequence[float], curves: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Curves and their means over x, by the trapezoidal rule."""
    at, areas = np.asarray(x), {}
    for way, curve in curves.items():
        if len(curve):
            middles = (np.asarray(curve)[1:] + np.asarray(curve)[:-1]) / 2
            areas[way] = float((middles * np.diff(at)).sum() / (at[-1] - at[0]))
    return {"at": list(x), "accuracy": {way: list(curve) for way, curve in curves.items()}, "area": areas}


def _gap(right: NDArray[np.float64], rival: NDArray[np.float64]) -> dict[str, Any]:
    """Accuracy of two ways on the same rows, how far the first is above the second, and that difference's error."""
    apart = right - rival
    error = float(apart.std() / max(1, len(apart)) ** 0.5)
    return {
        "fused": float(right.mean()),
        "rival": float(rival.mean()),
        "difference": float(apart.mean()),
        "error": error,
    }
