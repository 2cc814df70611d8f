"""The tables of a report card: the numbers behind its words, each beside what real cells score."""

from collections.abc import Sequence
from typing import Any

from ..report.report import Report
from .document import Figures, measured

__all__ = ["add_coherence", "add_distances", "add_inception", "add_judges"]


def add_coherence(report: Report, figures: Figures) -> None:
    """One table a label: what is given, by what is wanted."""
    labels = dict.fromkeys(label for told in figures["translations"] for label in told["coherence"])
    if labels:
        report.section("Coherence", last=True)
        report.words("Share of rows in which the judge of what was made reads the label of what was given.")
    for label in sorted(labels, key=lambda label: label != figures["label"]):
        told = [t for t in figures["translations"] if label in t["coherence"]]
        targets = [name for name in figures["modalities"] if any(t["to"] == name for t in told)]
        rows: list[list[Any]] = []
        for given in dict.fromkeys(tuple(t["given"]) for t in told):
            scores = {t["to"]: t["coherence"][label]["value"] for t in told if tuple(t["given"]) == given}
            rows.append([" + ".join(given), *(scores.get(name) for name in targets)])
        bounds = {t["to"]: t["coherence"][label] for t in told}
        rows += [
            [f"({word})", *(bounds[name][key] for name in targets)]
            for word, key in (("real", "ceiling"), ("chance", "chance"))
        ]
        count = min(t["coherence"][label]["count"] for t in told)
        report.table([f"{label}, given", *(f"to {name}" for name in targets)], rows, f"{count:,} rows each", shade=True)


def add_distances(report: Report, figures: Figures) -> None:
    """What is given, by what is wanted, and the floor."""
    drawn = {name: told for name, told in figures["samples"]["distance"].items() if told}
    if not drawn:
        return
    report.section("Distance to real cells", last=True)
    report.words(
        "Squared Fréchet distance on the features of a judge, generated cells against real "
        f"{measured(figures)} cells. The floor is that of real training cells against the same; what is made for "
        "those rows has their classes and may come nearer. Distances of different judges do not compare."
    )
    rows: list[list[Any]] = []
    for given in dict.fromkeys(tuple(told["given"]) for told in figures["translations"]):
        found = {t["to"]: t["distance"] for t in figures["translations"] if tuple(t["given"]) == given}
        rows.append([" + ".join(given), *((found.get(name) or {}).get("value") for name in drawn)])
    rows.append(["noise", *(told["value"] for told in drawn.values())])
    rows.append(["(floor: real)", *(told["floor"] for told in drawn.values())])
    rows.append(["judge", *(told["judge"] for told in drawn.values())])
    count = min(told["count"] for told in drawn.values())
    report.table(["given", *(f"to {name}" for name in drawn)], rows, f"at least {count:,} cells on either side")


def add_inception(report: Report, headers: Sequence[str], told: Sequence[tuple[list[str], Figures]]) -> None:
    """Inception FID of what has one: pairs of what stands first in the row, and the figures that may hold it."""
    found = [(first, figures["inception_fid"]) for first, figures in told if "inception_fid" in figures]
    rows = [[*first, fid["value"], fid["floor"], fid["count"]] for first, fid in found]
    if rows:
        fid = found[0][1]
        note = (
            f"Network: {fid['judge']}, {fid['features']:,} features. The floor is of as many real training pictures; "
            f"both are measured against those of the rows measured, {min(fid['real'] for _, fid in found):,} or more"
        )
        report.table([*headers, "Inception FID (torchmetrics)", "floor: real", "pictures"], rows, note)


def add_judges(report: Report, figures: Figures) -> None:
    """Who judged, and what they are worth."""
    report.section("Judges", last=True)
    data = figures["data"]
    if figures["judges"]:
        report.words(_judged(data))
    else:
        report.words(f"No label can be read from the cells of `{data['train']}`, so no judge names classes.")
    report.words(" ".join(figures["notes"]))
    headers = [
        "label",
        "of",
        "reads real cells",
        "rewritten",
        "chance",
        "classes",
        "rows",
        "distinct cells",
        "used",
        "judge",
    ]
    rows = []
    for mark in figures["judges"]:
        scores = [mark["ceiling"], mark.get("written"), mark["chance"]]
        counts = [mark["classes"], mark["rows"], mark["cells"]]
        rows.append([mark["label"], mark["modality"], *scores, *counts, "yes" if mark["kept"] else "no", mark["judge"]])
    if rows:
        report.table(headers, rows, "rewritten: read and written by the model's own modality, sounds through inversion")


def _judged(data: Figures) -> str:
    return (
        f"Classifiers trained on real cells of `{data['train']}` alone, apart from the model, and marked on "
        f"{data['rows']:,} rows of `{data['test']}`. One that spares less than half of "
        f"the errors of guessing is not used. Seed {data['seed']}."
    )
