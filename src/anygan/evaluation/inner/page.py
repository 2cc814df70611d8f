"""The section "Looking inside" of a report card: the finding in words, then what it looks like, tables last."""

from collections.abc import Sequence

import numpy as np

from ...report.report import Report
from ...report.wording import listed
from ...rows import Cell
from ..document import Figures, measured
from .looking import Sights
from .tables import add_inside_tables
from .traversals import REACH, STEPS

__all__ = ["add_inside"]

NOTABLE = 0.5
"""Correlation from which on a direction is said to change the hand."""

TRENDS = {"thickness": ("gets thinner", "gets thicker"), "slant": ("leans left", "leans right")}

FELT = 0.02
"""Change of coherence that is worth a word: a few rows in a hundred."""


def add_inside(report: Report, figures: Figures, sights: Sights | None = None) -> None:
    """Add the section to a page; nothing where the card has none.

    Args:
        report: the page.
        figures: those of the whole card.
        sights: the section's cells.
    """
    inside, sights = figures.get("inside"), sights or Sights()
    if not inside:
        return
    report.section("Looking inside")
    for note in inside["notes"]:
        report.words(note)
    if "bonds" not in inside:
        return
    report.words(" ".join(filter(None, (_decided(inside), _shared(inside), _contradicting(inside)))))
    whose = measured(figures)
    _swaps(report, inside["swaps"], sights, whose)
    _brought(report, inside)
    _walks(report, inside["walks"], sights)
    _contradictory(report, inside["contradictions"], sights, whose)
    add_inside_tables(report, inside)


def _range(values: Sequence[float]) -> str:
    """The least and the most of some shares.

    Example:
        >>> _range([0.975, 0.999]), _range([0.5, 0.5])
        ('97.5% to 99.9%', '50.0%')
    """
    least, most = f"{min(values):.1%}", f"{max(values):.1%}"
    return least if least == most else f"{least} to {most}"


def _decided(inside: Figures) -> str:
    """Who decides what is said, in a sentence."""
    swaps = inside["swaps"]
    kept = [told["kept"]["value"] for told in swaps["modalities"].values() if told["kept"]] if swaps else []
    if not kept:
        return ""
    verdict = "**The code decides**" if min(kept) >= 0.9 else "**The code does not always decide**"
    return f"{verdict}: whatever the style, the {swaps['label']} is that of the code's row in {_range(kept)} of cells."


def _shared(inside: Figures) -> str:
    """Which modalities share nothing with the rest, in a sentence."""
    known = {name: told for name, told in inside["bonds"].items() if told}
    if not known:
        return "Too few rows have two modalities to say what they share."
    strangers = [name for name, told in known.items() if not told["shares"]]
    if not strangers:
        return "**Every modality shares something** with the rest of its row."
    verb, whose = ("shares", "its partner is") if len(strangers) == 1 else ("share", "their partners are")
    return f"**{listed(strangers)} {verb} nothing with the rest**: {whose} found no better than by chance."


def _contradicting(inside: Figures) -> str:
    told = inside["contradictions"]
    if not told["compared"]:
        return "No row has two cells or more, so none can contradict itself."
    number = told["contradicting"]
    who = {0: "No row contradicts itself", 1: "1 row contradicts itself"}.get(
        number, f"{number:,} rows contradict themselves"
    )
    return f"**{who}**, of {told['compared']:,} that have two cells or more."


def _swaps(report: Report, swaps: Figures | None, sights: Sights, whose: str) -> None:
    """Codes crossed with styles, in words and pictures."""
    if not swaps:
        return
    label, told = swaps["label"], swaps["modalities"]
    canvas = [f"{name} {one['canvas']['code']:.0%} and {one['canvas']['style']:.0%}" for name, one in told.items()]
    report.words(
        f"**Code and style.** {swaps['codes']} codes of {whose} rows crossed with {swaps['styles']} styles. Of all "
        f"that varies on a canvas the code alone and the style alone decide: {', '.join(canvas)}; the rest hangs on "
        f"both. {' '.join(_hand(name, one['hand']) for name, one in told.items() if one['hand'])}"
    )
    probes = {name: one["from_style"] for name, one in told.items() if one["from_style"]}
    if probes:
        scores = [f"{one['value']:.1%} of {name} (chance {one['chance']:.1%})" for name, one in probes.items()]
        leaks = [name for name, one in probes.items() if one["value"] > one["chance"] + 3 * one["error"]]
        report.words(
            f"Styles are drawn from N(0, I) without a look at the row, so that a style tells nothing of its row's "
            f"{label} by construction. Whether it overrides the code is another matter: from the style alone "
            f"a linear probe names the judged {label} in {listed(scores)}. "
            f"{f'**The style of {listed(leaks)} meddles with the {label}.**' if leaks else 'That is chance.'}"
        )
    for name, styles in sights.swaps.items():
        rows = [(f"the {whose} row", [("image", row[name]) for row in sights.sources])]
        rows += [(f"style {i + 1}", [("image", cell) for cell in cells]) for i, cells in enumerate(styles)]
        heads = [f"{label} {value}" if value else "" for value in swaps["shown"]]
        report.strip([name, *heads], rows, "A column is one code, a row one style.")


def _hand(name: str, hand: Figures) -> str:
    """Who decides on the hand."""
    parts = [f"{what} {one['code']:.0%} and {one['style']:.0%}" for what, one in hand.items()]
    shuffled = _range([one["shuffled"] for one in hand.values()])
    whose = "code" if all(one["code"] > one["style"] for one in hand.values()) else "style"
    both = "" if len({one["code"] > one["style"] for one in hand.values()}) == 1 else " in part"
    return f"The hand of {name} goes with the {whose}{both}: {listed(parts)} (styles shuffled: {shuffled})."


def _brought(report: Report, inside: Figures) -> None:
    """What each modality brings to the others."""
    known = {name: told for name, told in inside["bonds"].items() if told}
    if known:
        one = next(iter(known.values()))
        found = [f"{name} {told['to_rest']:.0%} and {told['from_rest']:.0%}" for name, told in known.items()]
        report.words(
            f"**What each brings.** A modality alone finds the rest of its row among the {one['nearest']} nearest of "
            f"{one['count']:,} rows, and is found by it, in: {', '.join(found)}; chance is {one['chance']:.1%}."
        )
    lost = [
        (scores["all"] - scores["without"], told["to"], told["left_out"], label, scores)
        for told in inside["left_out"]
        for label, scores in told["labels"].items()
    ]
    if not lost:
        return
    drop, to, name, label, scores = max(lost, key=lambda one: one[0])
    words = (
        f"Most is lost by leaving {name} out for {to}: {label} falls from {scores['all']:.1%} to "
        f"{scores['without']:.1%} (chance {scores['chance']:.1%})."
        if drop >= FELT
        else "No modality is missed when the others are given."
    )
    drop, to, name, label, scores = min(lost, key=lambda one: one[0])
    if drop <= -FELT:
        words += (
            f" **To give more is not always a gain**: {to} keeps {label} in {scores['without']:.1%} without {name}, in "
            f"{scores['all']:.1%} with it."
        )
    report.words(words)


def _walks(report: Report, walks: Figures | None, sights: Sights) -> None:
    """What changes along the principal directions."""
    if not walks:
        return
    report.words(
        f"**Directions of the code.** Principal directions of {walks['rows']:,} training rows' codes, walked from -2 "
        f"to +2 standard deviations with the style fixed; shown from the row nearest to the mean, measured from "
        f"{walks['starts']} rows. Two rows at random differ in "
        f"{listed([f'{label} {share:.0%}' for label, share in walks['random'].items()]) or 'nothing that is judged'}."
    )
    heads = [f"{reach:+.1f}" for reach in np.linspace(-REACH, REACH, STEPS)]
    for k, told in enumerate(walks["directions"]):
        report.words(f"**Direction {k + 1}** ({told['share']:.0%} of the variance): {_changed(told)}.")
        rows: list[tuple[str, list[tuple[str, Cell | None]]]] = [
            (name, [(sights.kinds[name], cell) for cell in steps[k]]) for name, steps in sights.walks.items()
        ]
        if rows:
            report.strip(["", *heads], rows)


def _changed(told: Figures) -> str:
    """What changes along one direction, in words."""
    parts = []
    for name, hand in told["hand"].items():
        trends = [f"{TRENDS[w][value > 0]} (r {value:.2f})" for w, value in hand.items() if abs(value) >= NOTABLE]
        parts += [f"{name} {listed(trends)}"] if trends else []
    changes = [f"{label} {np.mean(list(shares.values())):.0%}" for label, shares in told["changes"].items()]
    parts += [f"share of steps that change {listed(changes)}"] if changes else []
    return "; ".join(parts) or "no judge can say what changes"


def _contradictory(report: Report, told: Figures, sights: Sights, whose: str) -> None:
    """The most contradictory rows."""
    if not told["top"]:
        return
    report.words(
        f"**The most contradictory rows.** Conflict is one less the lowest reliability in a row; its median is "
        f"{told['median']:.3f}, and a cell is more likely wrong than right from {told['doubtful']:g} on."
    )
    names = list(sights.kinds)
    rows = [
        (
            f"row {one['row']:,}, **{one['conflict']:.2f}**: {one['why']}",
            [(sights.kinds[n], cells.get(n)) for n in names],
        )
        for one, cells in zip(told["top"], sights.contradictory, strict=False)
    ]
    if rows:
        report.strip(["", *names], rows, f"Rows of the {whose} data, counted from 0.")
