"""The report card in a few sentences and a few large numbers, for who reads nothing else."""

from collections.abc import Sequence
from typing import Any

from ..report.report import Report
from ..report.wording import listed, percent
from .document import Figures, measured

__all__ = ["add_summary", "short"]


def short(value: float) -> str:
    """A number with the digits that matter.

    Example:
        >>> short(0.954), short(31.6)
        ('0.954', '32')
    """
    return f"{value:.{3 if value < 1 else 2 if value < 10 else 0}f}"


def add_summary(report: Report, figures: Figures) -> None:
    """What the model does, and how well, in words that need no other page; then the numbers that matter most."""
    parts = (_what, _translating, _pairing, _inventing, _nearness, _believing, _finding)
    report.words("\n\n".join(filter(None, (part(figures) for part in parts))))
    if figures["label"] is None:
        report.words(figures["notes"][0])
    _tiles(report, figures)


def _what(figures: Figures) -> str:
    """What this is about."""
    data, names = figures["data"], list(figures["modalities"])
    same = measured(figures) == "training"
    seen = "**the rows it learned from, so that nothing here tells how it does on new ones**" if same else "test rows"
    made = (
        f"Given any of {listed(names)} of a row, the model makes the others; it invents whole rows, too"
        if len(names) > 1
        else f"The model invents {names[0]} cells"
    )
    return f"{made}. What it made is measured here on {data['rows']:,} {seen}, beside what real cells score."


def _translating(figures: Figures) -> str:
    label, cross = figures["label"], figures["coherence"]
    if not cross:
        return ""
    singles = [t for t in figures["translations"] if len(t["given"]) == 1 and label in t["coherence"]]
    by_score = sorted(singles, key=lambda told: float(told["coherence"][label]["value"]))
    return (
        f"**Translating**: from one modality to another the {label} stays the same in **{percent(cross['value'])}** of "
        f"rows, on average over {cross['directions']} directions; guessing would reach {percent(cross['chance'])}. "
        f"Judges, which learned from real cells alone, read it rightly off {percent(cross['ceiling'])} of real ones. "
        f"Best is {_arrow(by_score[-1], label)}, weakest {_arrow(by_score[0], label)}."
    )


def _pairing(figures: Figures) -> str:
    """How well translations fit what was given, where no label says so."""
    columns = (figures.get("translating") or {}).get("columns", {})
    contests = {
        to: contest for to, told in columns.items() for contest in told["contests"] if contest["what"] == "partners"
    }
    if figures["coherence"] or not contests:
        return ""
    parts = [f"{to} {percent(one['value'])} (guessing {percent(one['least'])})" for to, one in contests.items()]
    return (
        "**Translating**: of what was made of one row, how often the row's own given cell is among the ten that fit it "
        f"best: {', '.join(parts)}."
    )


def _inventing(figures: Figures) -> str:
    label, joint = figures["label"], figures["joint"]
    if not joint:
        return ""
    if joint["value"] is None:
        return f"**Inventing**: {joint['count']:,} samples were drawn from noise. {_evenness(joint)}"
    return (
        f"**Inventing**: of {joint['count']:,} rows drawn from noise, **{percent(joint['value'])}** show the same "
        f"{label} in {listed(joint['modalities'])}; real rows do in {percent(joint['ceiling'])}, by judges who err "
        f"too. {_evenness(joint)}"
    )


def _evenness(joint: Figures) -> str:
    missing = [name for name, share in joint["classes"].items() if share == 0]
    if missing:
        return f"{len(missing)} of {len(joint['classes'])} classes never appear."
    return f"All {len(joint['classes'])} classes appear, each in {percent(joint['least'])} to {percent(joint['most'])}."


def _nearness(figures: Figures) -> str:
    """What the distances of drawn samples say."""
    distances = {name: told for name, told in figures["samples"]["distance"].items() if told}
    if not distances:
        return ""
    parts = [f"{name} {short(told['value'])} (real {short(told['floor'])})" for name, told in distances.items()]
    whose = measured(figures)
    others = "those same cells" if whose == "training" else "real training cells"
    return (
        f"**Resembling**: how far invented cells are from real {whose} cells, and in brackets how far {others} "
        f"are: {', '.join(parts)}. Less is better, and what real cells score is as good as real; blur and lack of "
        "variety make it more, which agreement would not tell. Numbers of different modalities do not compare."
    )


def _believing(figures: Figures) -> str:
    """Whether what is wrong in a row is found."""
    means = (figures.get("fusion") or {}).get("reliability", {}).get("means")
    if not means or not means["swapped"]:
        return ""
    found, count = means["swapped"], len(figures["fusion"]["modalities"])
    return (
        f"**Doubting**: of {count} cells one of which is another row's, that one is believed least in "
        f"**{percent(found['lowest'])}** of rows; guessing would find {percent(found['chance'])}."
    )


def _finding(figures: Figures) -> str:
    """Whether one modality finds another."""
    told = figures.get("representation") or {}
    label, singles = told.get("label"), [one for one in told.get("retrieval", ()) if len(one["given"]) == 1]
    own = [one["partner"]["recall"]["10"] for one in singles if one["partner"] and "10" in one["partner"]["recall"]]
    if figures["label"] is None and own:
        return (
            f"**Searching**: the row's own cell of another modality is among the 10 nearest in "
            f"**{_mean(own, 'value')}** of rows; guessing would find {_mean(own, 'chance')}."
        )
    kin = [one["class"][label]["precision"] for one in singles if label in one["class"]]
    if figures["label"] is None or not kin:
        return ""
    return (
        f"**Searching**: of the {kin[0]['k']} nearest cells of another modality **{_mean(kin, 'value')}** show "
        f"the same {label}; guessing would find {_mean(kin, 'chance')}."
    )


def _mean(scores: Sequence[Figures], key: str) -> str:
    return percent(sum(score[key] for score in scores) / len(scores))


def _arrow(told: Figures, label: str) -> str:
    return f"{told['given'][0]} to {told['to']} ({percent(told['coherence'][label]['value'])})"


def _tiles(report: Report, figures: Figures) -> None:
    """The few large numbers."""
    tiles: dict[str, Any] = {}
    label, cross, joint = figures["label"], figures["coherence"], figures["joint"]
    if cross:
        tiles[f"of translations keep the {label} (judges, on real cells: {percent(cross['ceiling'])})"] = percent(
            cross["value"]
        )
    if joint and joint["value"] is not None:
        tiles[f"of invented rows agree on the {label} (real rows: {percent(joint['ceiling'])})"] = percent(
            joint["value"]
        )
    if joint:
        tiles[f"of inventions each, rarest and commonest {label}"] = (
            f"{100 * joint['least']:.0f} to {joint['most']:.0%}"
        )
    tiles["rows measured"] = figures["data"]["rows"]
    if figures["run"]["minutes"] is not None:
        tiles["minutes of training"] = f"{figures['run']['minutes']:.1f}"
    report.figures(tiles)
