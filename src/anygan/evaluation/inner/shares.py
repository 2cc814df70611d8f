"""What each modality brings: what is lost when it is left out, and whether it shares anything with the rest at all.

lost by leaving k out for m     coherence of the others of m -> m, less that of the others without k
shares nothing                  F({m}) finds its row's F(others) no better than chance, nor the other way round
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from ...judging.panel import Seen, choose
from ...metrics import recall_at
from ...model.gan import AnyGAN
from ..measure import Direction, Judged, Measure

__all__ = ["bonds", "left_out"]

AMONG, NEAREST = 500, 10
"""Rows that a partner is looked for in, and how near it must be."""

FEWEST = 100
"""Rows below which nothing is said about sharing: chance would be a tenth."""

ERRORS = 3.0
"""Standard errors above chance that are no accident."""


def left_out(
    model: AnyGAN,
    measure: Measure,
    names: Sequence[str],
    evidence: Tensor,
    judged: Mapping[Direction, Judged],
    drawn: Mapping[str, Seen],
) -> list[dict[str, Any]]:
    """For every modality wanted and every other one left out: what is lost, in rows that have all the others.

    Args:
        model: what translates.
        measure: judges and test rows.
        names: modalities that the model and the data have.
        evidence: (n, M, code) of all test rows.
        judged: translations that were judged already; what is wanting is made.
        drawn: rows drawn from noise, judged: what is left when nothing else is given.
    """
    others = {to: tuple(name for name in names if name != to) for to in names}
    asked = [
        (rest, to)
        for to in names
        for rest in (others[to], *(_without(others[to], name) for name in others[to]))
        if rest and (rest, to) not in judged
    ]
    known = dict(judged) | (measure.translate(model, asked) if asked else {})
    found = []
    for to in names if len(names) > 1 else ():
        rows, seen = known[others[to], to]
        for name in others[to] if len(rows) else ():
            rest = _without(others[to], name)
            there, fewer = known.get((rest, to), (rows, drawn[to]))
            count = min(len(rows), len(fewer.features))
            places = np.searchsorted(there, rows)[:count]
            labels = _lost(measure, others[to], to, rows[:count], seen, fewer.take(places))
            cosine = _cosine(model, evidence[torch.from_numpy(rows)], others[to], rest) if rest else None
            found.append({"to": to, "left_out": name, "count": count, "cosine": cosine, "labels": labels})
    return found


def _without(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(other for other in names if other != name)


def _lost(
    measure: Measure, others: Sequence[str], to: str, rows: Any, seen: Seen, fewer: Seen
) -> dict[str, dict[str, float]]:
    """Coherence with all the others and with one less, of every label that is to be read on both sides."""
    panel, found = measure.panel, {}
    for label, telling in panel.labels.items():
        if to in telling and any(name in telling for name in others):
            everything = seen.take(np.arange(len(rows)))
            found[label] = {
                "all": measure.coherence(label, rows, everything),
                "without": measure.coherence(label, rows, fewer),
                "chance": panel.mark(label, to).chance,
            }
    return found


def _cosine(model: AnyGAN, evidence: Tensor, some: Sequence[str], fewer: Sequence[str]) -> float:
    """Mean cosine of the codes of some modalities and of fewer."""
    whole, part = (model.fusion(evidence, _mask(model, names, evidence)) for names in (some, fewer))
    return float(cosine_similarity(whole, part, dim=1).mean())


def _mask(model: AnyGAN, names: Sequence[str], evidence: Tensor) -> Tensor:
    mask = torch.tensor([name in names for name in model.names], device=evidence.device)
    return mask.expand(len(evidence), -1)


def bonds(model: AnyGAN, names: Sequence[str], evidence: Tensor, observed: Tensor, seed: int) -> dict[str, Any]:
    """Whether each modality shares anything with the rest of its row.

    Args:
        model: whose fusion it is.
        names: modalities that the model and the data have.
        evidence: (n, M, code) of the test rows.
        observed: (n, M) bool, which of it is there.
        seed: of the draw of rows.

    Returns:
        Modality -> recall of its partner by it and of it by its partner, chance, and the verdict; ``None`` in place of
        all that where too few rows have it and another.
    """
    found: dict[str, Any] = {}
    for place, name in enumerate(model.names):
        rest = observed.clone()
        rest[:, place] = False
        rows = (observed[:, place] & rest.any(1)).nonzero().squeeze(1).cpu()
        rows = rows[torch.from_numpy(choose(len(rows), AMONG, seed))].to(evidence.device)
        if name not in names:
            continue
        if len(rows) < FEWEST:
            found[name] = None
            continue
        own = model.fusion(evidence[rows], _mask(model, [name], evidence[rows]))
        others = model.fusion(evidence[rows], rest[rows])
        chance = NEAREST / len(rows)
        error = math.sqrt(chance * (1 - chance) / len(rows))
        there, back = recall_at(NEAREST, own, others), recall_at(NEAREST, others, own)
        found[name] = {
            "to_rest": there,
            "from_rest": back,
            "chance": chance,
            "error": error,
            "nearest": NEAREST,
            "count": len(rows),
            "shares": max(there, back) > chance + ERRORS * error,
        }
    return found
