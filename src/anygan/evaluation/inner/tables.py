"""The tables of the section "Looking inside": the numbers behind its words."""

from collections.abc import Mapping, Sequence

import numpy as np

from ...report.report import Report
from ..document import Figures

__all__ = ["add_inside_tables"]


def add_inside_tables(report: Report, inside: Figures) -> None:
    """Shares of code and style, what is lost without a modality, what directions change, what contradicts."""
    if inside["swaps"]:
        _swaps(report, inside["swaps"])
    _left_out(report, inside["left_out"])
    if inside["walks"]:
        _walks(report, inside["walks"])
    _contradictions(report, inside["contradictions"]["top"], list(inside["bonds"]))


def _swaps(report: Report, swaps: Figures) -> None:
    rows = []
    for name, told in swaps["modalities"].items():
        kept, probe, canvas = told["kept"] or {}, told["from_style"] or {}, told["canvas"]
        scores = [kept.get("value"), kept.get("ceiling"), kept.get("chance"), probe.get("value"), probe.get("chance")]
        rows.append([name, *scores, canvas["code"], canvas["style"], canvas["both"], kept.get("count")])
    report.table(
        ["modality", "kept", "real", "chance", "from style", "chance", "code", "style", "both", "cells"],
        rows,
        f"kept: the {swaps['label'] or 'label'} of the code's row; from style: named by a linear probe; code, style, "
        "both: shares of the canvas's variance",
        shade=True,
    )


def _left_out(report: Report, found: Sequence[Figures]) -> None:
    unread = {"": dict.fromkeys(("all", "without", "chance"))}
    rows = [
        [one["left_out"], one["to"], label, scores["all"], scores["without"], scores["chance"], one["cosine"]]
        for one in found
        for label, scores in (one["labels"] or unread).items()
    ]
    if rows:
        heads = ["left out", "for", "label", "all others", "without", "chance", "cosine of codes"]
        count = min(one["count"] for one in found)
        report.table(heads, rows, f"coherence in rows that have all the others, at least {count:,} each")


def _walks(report: Report, walks: Figures) -> None:
    labels = list(walks["random"])
    rows = [
        [str(k + 1), one["share"], *(_mean(one["changes"].get(label, {})) for label in labels)]
        for k, one in enumerate(walks["directions"])
    ]
    rows.append(["(two rows at random)", None, *walks["random"].values()])
    heads = ["direction", "of the variance", *(f"{label} changes" for label in labels)]
    caption = f"share of {walks['steps'] - 1} steps from {walks['starts']} rows, on average over the judges"
    report.table(heads, rows, caption if labels else "", shade=True)


def _contradictions(report: Report, top: Sequence[Figures], names: Sequence[str]) -> None:
    rows = [
        [f"{one['row']:,}", one["conflict"], one["least"], *(one["reliability"].get(name) for name in names)]
        for one in top
    ]
    if rows:
        report.table(["row", "conflict", "believed least", *(f"{name} reliable" for name in names)], rows)


def _mean(shares: Mapping[str, float]) -> float | None:
    return float(np.mean(list(shares.values()))) if shares else None
