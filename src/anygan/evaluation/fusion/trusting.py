"""Does reliability know what went wrong? The model's belief in each cell, against what was truly done to it.

A cell is noised or swapped with another row's, and its reliability is compared with that of its row's other cells. Of
three cells one of which is swapped, the stranger can be singled out; of two it cannot, but that the two disagree can be
known, which is the row's *conflict*.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ...corruption import power
from ...metrics import auc, average_precision, calibration
from ...tasks.embed import conflict
from .looked import Looked

__all__ = ["STEADY", "trusting"]

STEADY = (0.5, 1.0, 1.5)
"""Standard deviations of noise at which the noised cell is to be found; a canvas lies in about -1 to 1."""

BINS = 10

Noised = Mapping[str, Mapping[float, Tensor]]
"""Modality -> standard deviation of its noise -> evidence (n, M, code) of all."""


def trusting(looked: Looked, names: Sequence[str], noised: Noised, label: str | None, seed: int = 0) -> dict[str, Any]:
    """Reliability against the truth, over rows that have what is compared.

    Args:
        looked: test rows.
        names: the modalities, two at least.
        noised: evidence under noise, at the levels of ``STEADY`` at least.
        label: what a swapped cell must differ in, where there are labels.
        seed: of the swaps.
    """
    swapped = {name: looked.swapped(name, seed, label)[:2] for name in names}
    pairs = list(itertools.combinations(names, 2))
    anyone = torch.ones(len(looked), dtype=torch.bool)
    noise = [
        _singled(looked, noised[name][level], pair, name, anyone) | {"level": level}
        for level in STEADY
        for pair in pairs
        for name in pair
    ]
    swaps = [_singled(looked, evidence, names, name, other) for name, (evidence, other) in swapped.items()]
    noise = [told for told in noise if told["rows"]]
    swaps = [told for told in swaps if told["rows"] and len(names) > 2]
    conflicts = [_conflict(looked, pair, {name: swapped[name] for name in pair}, noised) for pair in pairs]
    conflicts = [told for told in conflicts if told["rows"]]
    return {
        "noised": noise,
        "swapped": swaps,
        "conflict": conflicts,
        "means": {
            "noised": [{"level": at} | _means([told for told in noise if told["level"] == at]) for at in STEADY],
            "swapped": _means(swaps),
            "conflict": _means(conflicts),
        },
        "calibration": _calibrated(looked, names, noised, seed),
    }


def _means(found: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Each score's mean over what was touched. A model that always believes the same modality least scores chance."""
    keys = [key for key in ("auc", "auc_itself", "auc_noised", "lowest", "chance") if found and key in found[0]]
    return {key: sum(told[key] for told in found) / len(found) for key in keys}


def _singled(looked: Looked, evidence: Tensor, names: Sequence[str], name: str, rows: Tensor) -> dict[str, Any]:
    """Whether the touched modality stands out among the named ones.

    ``auc`` is of its cells against the others of the same rows, ``auc_itself`` against the same cells untouched;
    ``lowest`` the share of rows in which it is the least believed, ``lowest_before`` the same untouched, and thus what
    the modality's own bias would score. Rows are those named (n,) that have all of the named modalities.
    """
    given = looked.among(names)
    rows = rows & (given.sum(1) == len(names))
    places, own = [looked.place(other) for other in names], list(names).index(name)
    told = {"given": list(names), "touched": name, "rows": int(rows.sum()), "chance": 1 / len(names)}
    if not told["rows"]:
        return told
    trust = looked.trust(evidence[rows], given[rows])[:, places]
    before = looked.trust(looked.evidence[rows], given[rows])[:, places]
    others = torch.cat([trust[:, :own], trust[:, own + 1 :]], 1)
    return told | {
        "auc": auc(others, trust[:, own]),
        "auc_itself": auc(before[:, own], trust[:, own]),
        "lowest": _lowest(trust, own),
        "lowest_before": _lowest(before, own),
        "believed": float(trust[:, own].double().mean()),
        "believed_before": float(before[:, own].double().mean()),
        "others": float(others.double().mean()),
    }


def _lowest(trust: Tensor, own: int) -> float:
    """Share of rows (n, k) in which one column is the lowest; of equally low ones each counts in part."""
    lowest = trust == trust.amin(1, keepdim=True)
    return float((lowest[:, own] / lowest.sum(1)).double().mean())


def _conflict(
    looked: Looked, pair: Sequence[str], swapped: Mapping[str, tuple[Tensor, Tensor]], noised: Noised
) -> dict[str, Any]:
    """Whether rows of two cells, one of them swapped, are told from the same rows untouched.

    ``auc_noised`` is of rows one of whose cells is noised at one: a score of conflict alone would leave it at chance.
    """
    given = looked.among(pair)
    whole = given.sum(1) == 2

    def scores(evidence: Tensor, rows: Tensor) -> Tensor:
        trust = looked.trust(evidence[rows], given[rows])
        return conflict(trust, given[rows])

    wrong = torch.cat([scores(evidence, whole & other) for evidence, other in swapped.values()])
    right = torch.cat([scores(looked.evidence, whole & other) for _, other in swapped.values()])
    told = {"given": list(pair), "rows": len(wrong), "chance": 0.5}
    if not len(wrong):
        return told
    noisy = torch.cat([scores(noised[name][1.0], whole) for name in pair])
    truth = torch.cat([torch.ones(len(wrong)), torch.zeros(len(right))]).bool()
    return told | {
        "auc": auc(wrong, right),
        "precision": average_precision(torch.cat([wrong, right]), truth),
        "auc_noised": auc(noisy, scores(looked.evidence, whole)),
    }


def _calibrated(looked: Looked, names: Sequence[str], noised: Noised, seed: int) -> dict[str, Any]:
    """Reliability against what is left of each cell, over all cells of clean, noised and swapped rows alike.

    Every row that has two cells comes once clean, and for each of its modalities once at each level of noise and once
    with that modality swapped.
    """
    given = looked.among(names)
    rows = given.sum(1) > 1
    given = given[rows]
    whole = torch.ones(given.shape)
    believed, truth = [looked.trust(looked.evidence[rows], given)[given]], [whole[given]]
    for name in names:
        place = looked.place(name)
        there = given[:, place]
        ways = [(noised[name][level], power(torch.full((len(given),), level))) for level in STEADY]
        # A swap with a row of the same class counts too: training calls it nothing left, and so does the truth here.
        evidence, moved, _ = looked.swapped(name, seed)
        for changed, left in [*ways, (evidence, 1 - moved[rows].float())]:
            told = whole.clone()
            told[:, place] = left
            counted = given & there.unsqueeze(1)
            believed.append(looked.trust(changed[rows], given)[counted])
            truth.append(told[counted])
    p, q = torch.cat(believed), torch.cat(truth)
    if not len(p):
        return {"cells": 0, "error": None, "believing": None, "bins": []}
    error, table = calibration(p, q, BINS)
    bins = [
        {
            "from": i / BINS,
            "to": (i + 1) / BINS,
            "believed": b if n else None,
            "true": t if n else None,
            "cells": int(n),
        }
        for i, (b, t, n) in enumerate(table.tolist())
    ]
    # What a model that believes every cell wholly would be wrong by.
    return {"cells": len(p), "error": error, "believing": float(1 - q.double().mean()), "bins": bins}
