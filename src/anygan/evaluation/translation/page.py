"""How well translations do, on the page: who wins per modality in words, then the tables behind them."""

from ...report.report import Report
from ...report.wording import listed, percent
from ..document import Figures, measured
from ..tables import add_inception
from .likeness import KERNEL, LIKENESS

__all__ = ["add_translating", "likeness_columns"]

ANSWERS = {"yes": "yes", "no": "no", "level": "no clear difference"}
ALL = {
    "kept": "the commonest {label} for every row",
    "partners": "blind guessing",
    "numbers": "the column's mean for every row",
    "categories": "the column's commonest value for every row",
}
MANY = 12
"""Directions beyond which the tables show a part of them."""

SPREADS = ("spread_within", "spread_of_draws")

COLLAPSE, NOISE = 0.8, 1.25
"""Spreads within a class, over that of real cells, beyond which a reader is warned."""


def add_translating(report: Report, figures: Figures) -> None:
    """The section, where there are translations."""
    told = figures.get("translating")
    if not told or not told["directions"]:
        return
    report.section("Translation, measured")
    report.words(
        f"Better than what needs no model? Beside the model stand the cell of the nearest of {told['neighbours']:,} "
        "training rows, looked at without any training, and one answer for every row. Level is what lies within the "
        "error of counting."
    )
    for to in figures["modalities"]:
        if to in told["columns"]:
            report.words(_verdict(to, told["columns"][to]))
    report.words(_variety(told))
    shown = told["directions"]
    if len(shown) > MANY:
        shown = [one for one in shown if one["spread_of_draws"] is not None]
        report.words("The tables tell what one modality alone, and all but one, are worth; `report.json` has the rest.")
    for add in (_against, _partners, _attributes, _records, _likeness, _inception):
        add(report, told | {"directions": shown, "whose": measured(figures)})


def likeness_columns(likeness: Figures | None) -> list[str | None]:
    """Each figure with its floor in brackets, in the order of :data:`LIKENESS`; nothing where cells were few."""
    if not likeness:
        return [None] * len(LIKENESS)
    return [f"{_digits(likeness[what]['value'])} ({_digits(likeness[what]['floor'])})" for what in LIKENESS]


def _digits(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 10 else f"{value:,.0f}"


def _verdict(to: str, column: Figures) -> str:
    """A sentence or two about one wanted modality."""
    if column["better"] is None:
        return f"**{to}**: nothing can be said, for neither labels nor pairs of real cells tell what is right."
    parts = [_contest(contest) for contest in column["contests"]]
    return f"**{to}: {ANSWERS[column['better']]}.** {' '.join(parts)}"


def _contest(contest: Figures) -> str:
    said = {
        "kept": "The {label} stays in {value} of rows",
        "partners": "The given cell is among the ten nearest of {count} or more in {value} of rows",
        "numbers": "Numbers are {value} standard deviations off",
        "categories": "Categories are right in {value} of rows",
    }[contest["what"]]
    many = f", on average over {contest['directions']} directions" if contest["directions"] > 1 else ""
    show, joint = (_digits, ":") if contest["lower"] else (percent, " in")
    text = said.format(label=contest["label"], value=show(contest["value"]), count=f"{contest['count']:,}") + many
    every, near = ALL[contest["what"]].format(label=contest["label"]), contest["neighbour"]
    rivals = [f"with the nearest training row{joint} {show(near)}"] if near is not None else []
    rivals.append(f"with {every}{joint} {show(contest['least'])}")
    return f"{text}; {', '.join(rivals)}."


def _variety(told: Figures) -> str:
    """Whether cells of one class differ as real ones do, in words."""
    spreads: dict[str, list[float]] = {}
    for one in told["directions"]:
        if one["spread_within"] is not None:
            spreads.setdefault(one["to"], []).append(one["spread_within"])
    if not spreads:
        return ""
    means = {to: sum(values) / len(values) for to, values in spreads.items()}
    warned = [f"{to} varies too little" for to, mean in means.items() if mean < COLLAPSE]
    warned += [f"{to} varies too much" for to, mean in means.items() if mean > NOISE]
    within = f"all rows of one {told['condition']}" if told["condition"] else "all rows"
    return (
        f"**Variety**: cells made for {within} differ from each other as much as those rows' real ones do, times "
        f"{', '.join(f'{_digits(mean)} ({to})' for to, mean in means.items())}; 1 is right, less is collapse, more is "
        f"noise{f': **{listed(warned)}**' if warned else ''}."
    )


def _against(report: Report, told: Figures) -> None:
    rows = [
        [" + ".join(one["given"]), one["to"], label, score["value"], score["neighbour"], score["least"]]
        for one in told["directions"]
        for label, score in one["against"].items()
    ]
    if rows:
        headers = ["given", "wanted", "label", "model keeps it", "nearest training row", "commonest for all"]
        report.table(headers, rows, "share of rows in which a judge reads the given label", shade=True)


def _partners(report: Report, told: Figures) -> None:
    """Model, neighbour, real pairs and chance, where partners are looked for."""
    rows = []
    for one in told["directions"]:
        if one["partners"]:
            ways = [one["partners"].get(way) for way in ("value", "neighbour", "real", "chance")]
            recalls = [way["recall"] if way else None for way in ways]
            ranks = [f"{way['rank']:,.0f}" if way else None for way in ways]
            rows.append([" + ".join(one["given"]), one["to"], *recalls, " / ".join(rank or "-" for rank in ranks)])
    if rows:
        count = min(one["partners"]["count"] for one in told["directions"] if one["partners"])
        headers = ["given", "wanted", "model", "nearest training row", "real pairs", "chance", "median ranks"]
        report.table(
            headers, rows, f"share of rows whose partner is among the ten nearest of {count:,} or more", shade=True
        )


def _attributes(report: Report, told: Figures) -> None:
    rows = [
        [" + ".join(one["given"]), one["to"], label, *(score[key] for key in ("value", "ceiling", "reader", "chance"))]
        for one in told["directions"]
        for label, score in one["attributes"].items()
    ]
    if rows:
        headers = ["given", "wanted", "measured", "model keeps it", "rewritten pictures", "linear reader", "chance"]
        note = "measured on the strokes, where a linear reader of the real given cells can tell it"
        report.table(headers, rows, note, shade=True)


def _records(report: Report, told: Figures) -> None:
    rows = []
    for one in told["directions"]:
        for name, column in (one["records"]["columns"] if one["records"] else {}).items():
            ways = [column.get(way) for way in ("value", "neighbour", "mean or mode")]
            what = "error" if column["kind"] == "number" else "share right"
            rows.append([" + ".join(one["given"]), one["to"], name, what, *ways])
    if rows:
        headers = ["given", "wanted", "column", "figure", "model", "nearest training rows", "mean or mode"]
        note = f"errors in standard deviations; the guess is that of {told['draws']} draws, or nearest rows, together"
        report.table(headers, rows, note)


def _likeness(report: Report, told: Figures) -> None:
    rows = [
        [" + ".join(one["given"]), one["to"], *likeness_columns(one["likeness"]), *(one[spread] for spread in SPREADS)]
        for one in told["directions"]
    ]
    condition = told["condition"] or "all rows"
    report.table(
        ["given", "wanted", *LIKENESS, f"spread within {condition}", "spread of draws"],
        rows,
        f"{KERNEL}; in brackets the floor: real training cells against the same real {told['whose']} cells. Spread "
        f"of draws: of {told['draws']} draws from one row, over that of real cells within {condition}: how much is "
        "left open, less the more is given, and no measure of collapse",
    )


def _inception(report: Report, told: Figures) -> None:
    """The figure of other papers, where it was asked for."""
    add_inception(report, ["given", "wanted"], [([" + ".join(o["given"]), o["to"]], o) for o in told["directions"]])
