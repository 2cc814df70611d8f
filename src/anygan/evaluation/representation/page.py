"""The page's part on representation: what codes know, whether modalities meet in them, and what finds what."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...report.report import Report
from ...report.scatter import draw_points
from ...report.wording import listed, percent
from ..document import Figures, measured
from .probing import FUSED

__all__ = ["add_representation"]

APART = 3.0
"""Times the gap between two halves of one modality from which on modalities have regions of their own."""

OUTRIGHT = 0.95
"""What an untrained network reads from there on stands in the cells for anyone to read."""

LISTED = 4
"""Attributes that the words tell of."""


def add_representation(report: Report, figures: Figures) -> None:
    """Words, the map, and the tables behind them."""
    told = figures.get("representation")
    if not told:
        return
    report.section("Representation")
    about = "A **code** is the list of numbers that the model makes of a cell, or of all cells of a row together."
    report.words("\n\n".join(filter(None, [about, _knows(told), _finds(told), _meets(told), *told["notes"]])))
    _add_map(report, told, measured(figures))
    _add_attributes(report, told, measured(figures))
    _add_retrieval(report, told)
    _add_spaces(report, told)


def _fused(source: str) -> str:
    return source.strip("()") if source == FUSED else source


def _knows(told: Figures) -> str:
    """What a linear reader names, where training taught most, and what stands in cells for anyone to read."""
    learned, outright, fused = [], dict[str, list[str]](), []
    for attribute in told["attributes"][:LISTED]:
        name, sources = attribute["name"], attribute["sources"]
        single = [source for source in told["spaces"] if source in sources and source != FUSED]
        best = max(
            single or sources, key=lambda source: sources[source]["linear"] - sources[source]["untrained_linear"]
        )
        score = sources[best]
        learned.append(
            f"{name} from {_fused(best)} {percent(score['linear'])} (untrained "
            f"{percent(score['untrained_linear'])}, guessing {percent(score['chance'])})"
        )
        for source in single:
            if sources[source]["untrained_linear"] > OUTRIGHT:
                outright.setdefault(source, []).append(name)
        if FUSED in sources:
            fused.append(f"{name} {percent(sources[FUSED]['linear'])}")
    if not learned:
        return ""
    says = "".join(
        f" An untrained network reads {listed(names)} off {source} as well." for source, names in outright.items()
    )
    return (
        f"**Knowing**: what a linear reader names from codes, beside the same reader of an untrained network, where "
        f"training gained most: {'; '.join(learned)}."
        f"{f' From all that is there: {listed(fused)}.' if fused else ''}{says}"
    )


def _finds(told: Figures) -> str:
    label, singles = told["label"], [one for one in told["retrieval"] if len(one["given"]) == 1]
    parts = []
    by_row = [one for one in singles if one["partner"]]
    if by_row:
        first = [one["partner"]["recall"]["1"] for one in by_row]
        parts.append(
            f"the row's own cell is the nearest in **{percent(_mean(score['value'] for score in first))}** of rows "
            f"({percent(_mean(score['chance'] for score in first))} by chance)"
        )
    by_class = [one for one in singles if label in one["class"]]
    if by_class:
        ordered = sorted(by_class, key=lambda one: float(one["class"][label]["precision"]["value"]))
        scores = [one["class"][label]["precision"] for one in ordered]
        best, worst = (f"{_arrow(ordered[i])} {percent(scores[i]['value'])}" for i in (-1, 0))
        parts.append(
            f"of the {scores[0]['k']} nearest cells **{percent(_mean(score['value'] for score in scores))}** show "
            f"the same {label} ({percent(_mean(score['chance'] for score in scores))} by chance), from {worst} to "
            f"{best}"
        )
    return f"**Finding** one modality by another: {'; '.join(parts)}." if parts else ""


def _meets(told: Figures) -> str:
    pairs = [pair for pair in told["pairs"] if pair["alignment"] is not None and pair["gap_floor"] is not None]
    if not pairs:
        return ""
    near, far, gap, floor = (
        _mean(pair[key] for pair in pairs) for key in ("alignment", "mismatched", "gap", "gap_floor")
    )
    region = "each modality keeps to a region of its own" if gap > APART * floor else "modalities share one region"
    return (
        f"**Meeting**: codes of one row lie {near:.2f} apart, those of different rows {far:.2f} (squared, 4 at most); "
        f"{region}: their means are {gap:.2f} apart, those of two halves of one modality {floor:.2f}."
    )


def _add_map(report: Report, told: Figures, whose: str) -> None:
    drawn = told["map"]
    if not drawn:
        return
    points = {source: np.array(listed, np.float64).reshape(-1, 2) for source, listed in drawn["points"].items()}
    every = np.concatenate(list(points.values()))
    bounds = every.min(0), every.max(0)
    classes = drawn["classes"] or {source: [""] * len(listed) for source, listed in points.items()}
    order = sorted({name for names in classes.values() for name in names})
    pictures = [draw_points(points[source], classes[source], order, bounds) for source in points]
    captions = [_fused(source) for source in points]
    single = [source for source in points if source != FUSED]
    if len(single) > 1:
        owners = [source for source in single for _ in points[source]]
        pictures.append(
            draw_points(np.concatenate([points[source] for source in single]), owners, single, bounds, True)
        )
        captions.append("all, by modality")
    colour = f", coloured by {told['label']}" if drawn["classes"] else ""
    report.words(
        f"Codes of {whose} rows on the two axes along which they differ most ({percent(drawn['share'])} of the "
        f"variance){colour}. Where modalities meet, a class lies at one place in all pictures."
    )
    report.pictures(pictures, captions)


def _add_attributes(report: Report, told: Figures, whose: str) -> None:
    if not told["attributes"]:
        return
    sources, rows = told["sources"], list[list[Any]]()
    for attribute in told["attributes"]:
        for word, key in (
            (attribute["name"], "linear"),
            ("(nearest)", "nearest"),
            ("(untrained)", "untrained_linear"),
            ("(chance)", "chance"),
        ):
            rows.append([word, *(attribute["sources"].get(source, {}).get(key) for source in sources)])
    report.table(
        ["read from the code of", *map(_fused, sources)],
        rows,
        f"Share of {told['count']:,} {whose} rows whose class a linear reader names, and the majority of the 10 "
        f"nearest of {told['learned']:,} training rows from which both learn.",
        shade=True,
    )


def _add_retrieval(report: Report, told: Figures) -> None:
    partners = [one for one in told["retrieval"] if one["partner"]]
    if partners:
        rows = []
        for one in partners:
            scores = [*one["partner"]["recall"].values(), one["partner"]["median_rank"]]
            rows.append([_arrow(one), *(score["value"] for score in scores), one["partner"]["count"]])
            rows.append(["(chance)", *(score["chance"] for score in scores), None])
        ks = [f"within {k}" for k in partners[0]["partner"]["recall"]]
        report.table(["the row's own cell", *ks, "median rank", "rows"], rows, "", shade=True)
    classes = [one for one in told["retrieval"] if one["class"]]
    for label in dict.fromkeys(label for one in classes for label in one["class"]):
        rows = []
        for one in classes:
            score = one["class"].get(label)
            if score:
                near, whole = score["precision"], score["average_precision"]
                means = [near[key] for key in ("value", "in_rows", "chance", "ceiling")]
                means += [whole["value"], whole["chance"]]
                rows.append([_arrow(one), *means, score["keys"], score["count"]])
        k = next(one["class"][label]["precision"]["k"] for one in classes if label in one["class"])
        headers = [f"same {label}", f"nearest {k}", "in rows", "chance", "most", "average precision", "chance"]
        report.table(
            [*headers, "cells", "rows"],
            rows,
            "Nearest among different cells; in rows, where cells may repeat. Most: what the nearest different cells "
            "could reach, given how many each class has.",
        )


def _add_spaces(report: Report, told: Figures) -> None:
    if not told["spaces"]:
        return
    rows = []
    for source, space in told["spaces"].items():
        cluster = told["clusters"].get(source, {})
        told_of = [cluster.get(key) for key in ("value", "untrained", "chance")]
        rows.append([_fused(source), space["effective_rank"], space["uniformity"], *told_of])
    rows.append(["(spread evenly)", float(told["dimensions"]), told["even"], None, None, None])
    report.table(
        ["codes of", "dimensions in use", "uniformity", f"clusters against {told['label']}", "untrained", "chance"],
        rows,
        "Clusters by k-means; normalised mutual information, 1 when they are the classes.",
    )
    if told["pairs"]:
        report.table(
            ["meeting", "one row", "different rows", "gap of means", "halves of one", "rows"],
            [
                [
                    f"{pair['a']} and {pair['b']}",
                    *(pair[key] for key in ("alignment", "mismatched", "gap", "gap_floor", "count")),
                ]
                for pair in told["pairs"]
            ],
            "Squared distances of codes of length one, 0 to 4; distances of means.",
        )


def _arrow(one: Figures) -> str:
    return f"{' + '.join(one['given'])} to {one['to']}"


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
