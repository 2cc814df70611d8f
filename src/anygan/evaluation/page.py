"""The report card as a page that a person understands in two minutes.

It says in words how good the model is, then shows what it makes, then how it was trained, and ends with the tables
behind the words.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..report.report import Report
from ..report.wording import listed, percent
from ..rows import Cell
from .cost.page import add_cost
from .document import Figures, measured
from .evaluate import Card
from .fusion.page import add_fusing
from .inner.page import add_inside
from .representation.page import add_representation
from .samples.page import add_sampling
from .summary import add_summary
from .tables import add_coherence, add_distances, add_judges
from .translation.page import add_translating

__all__ = ["draw_card"]

SMOOTH = 30
"""Stretches that a training curve is averaged over: steps differ more from each other than the game changes."""


def draw_card(card: Card, log: Iterable[Mapping[str, Any]] = ()) -> Report:
    """The page, to be written or added to."""
    figures = card.figures
    report = Report(_title(figures), _lead(figures))
    add_summary(report, figures)
    _translations(report, card)
    add_translating(report, figures)
    _samples(report, card)
    add_sampling(report, figures)
    add_fusing(report, figures)
    add_representation(report, figures)
    add_inside(report, figures, card.sights)
    _curves(report, list(log))
    add_coherence(report, figures)
    add_distances(report, figures)
    add_judges(report, figures)
    add_cost(report, figures)
    return report


def _title(figures: Figures) -> str:
    return f"AnyGAN on {str(figures['run']['data'] or figures['data']['train']).split(':')[0]}"


def _lead(figures: Figures) -> str:
    run = figures["run"]
    kinds = [name if name == kind else f"{name} ({kind})" for name, kind in figures["modalities"].items()]
    trained = [f"{run['minutes']:.1f} minutes" if run["minutes"] is not None else "", _steps(run)]
    length = " and ".join(filter(None, trained))
    return (
        f"One model of {listed(kinds)}, {run['parameters'] / 1e6:.1f} million parameters"
        f"{f', trained for {length}' if length else ''}."
    )


def _steps(run: Figures) -> str:
    return f"{run['steps']:,} steps" if run["steps"] is not None else ""


def _translations(report: Report, card: Card) -> None:
    kinds = card.examples.kinds
    if not card.examples.translations:
        return
    report.section("Translations")
    report.words(
        f"A few {measured(card.figures)} rows: what was given on the left, several draws from it on the right."
    )
    for shown in card.examples.translations:
        score = _score(card.figures, [shown.given], shown.to)
        report.words(f"**{shown.given} to {shown.to}**{f': {score}' if score else ''}")
        rows = [
            ([(kinds[shown.given], given)], [(kinds[shown.to], cell) for cell in drawn]) for given, drawn in shown.rows
        ]
        report.grid(rows, f"given {shown.given}", f"drawn {shown.to}")


def _score(figures: Figures, given: Sequence[str], to: str) -> str:
    label = figures["label"]
    for told in figures["translations"]:
        if told["given"] == list(given) and told["to"] == to and label in told["coherence"]:
            score = told["coherence"][label]
            return f"the {label} stays in {percent(score['value'])} of {score['count']:,} rows"
    return ""


def _samples(report: Report, card: Card) -> None:
    kinds, samples = card.examples.kinds, card.examples.samples
    if not samples:
        return
    report.section("Drawn from noise")
    if len(kinds) == 1:
        (name, kind) = next(iter(kinds.items()))
        _gallery(report, kind, [row[name] for row in samples])
        return
    first, *others = kinds
    report.words("Nothing was given: each line is one row, all its cells from one code.")
    rows = [([(kinds[first], row[first])], [(kinds[name], row[name]) for name in others]) for row in samples]
    report.grid(rows, first, listed(others))


def _gallery(report: Report, kind: str, cells: Sequence[Cell]) -> None:
    match kind:
        case "image":
            report.pictures(cells)
        case "audio":
            report.sounds(cells)
        case "text":
            report.sentences(cells)
        case _:
            report.grid(
                [([(kind, cell)], [(kind, other)]) for cell, other in zip(cells[::2], cells[1::2], strict=True)], "", ""
            )


def _curves(report: Report, log: Sequence[Mapping[str, Any]]) -> None:
    game = [record for record in log if record["phase"] == "game"]
    before = [record for record in log if record["phase"] != "game"]
    if not log:
        return
    report.section("Training")
    for title, records, part in (
        ("losses of the game", game, "losses"),
        ("discriminators: share of pairs told apart", game, "accuracy"),
        ("losses of learned canvases, before the game", before, "losses"),
    ):
        curves = _smoothed(records, part)
        if curves:
            report.curves(title, curves, y_range=(0, 1) if part == "accuracy" else None)
    if game:
        report.words(
            "A discriminator that tells half of the pairs apart guesses, one that tells all of them has won. In "
            "between the game is alive."
        )


def _smoothed(records: Sequence[Mapping[str, Any]], part: str) -> dict[str, list[tuple[float, float]]]:
    """Name -> (step, mean) over stretches of the log: of its losses, or of a signal of its health."""
    curves: dict[str, list[tuple[float, float]]] = {}
    for first in np.unique(np.linspace(0, len(records), SMOOTH, endpoint=False).astype(int)) if records else ():
        stretch = records[first : first + -(-len(records) // SMOOTH)]
        values: dict[str, list[float]] = {}
        for record in stretch:
            for key, value in record["losses" if part == "losses" else "health"].items():
                if part == "losses" or key.endswith(f"/{part}"):
                    values.setdefault(key.removesuffix(f"/{part}").strip("()"), []).append(value)
        for name, found in values.items():
            curves.setdefault(name, []).append((stretch[len(stretch) // 2]["step"], float(np.mean(found))))
    return {name: points for name, points in curves.items() if len(points) > 1}
