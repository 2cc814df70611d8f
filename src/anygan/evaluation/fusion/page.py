"""The page's part on fusion: whether it fuses and whom it believes, in words, then curves, then the tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...report.report import Report
from ..document import Figures, measured
from .rivals import WAYS

__all__ = ["add_fusing"]

SPARED, EVEN, CLEAR = 0.05, 0.002, 3.0
"""For a plain yes: share of points that may lie below the best single modality, less than luck alone would give; what
an accuracy may fall short by; and standard errors by which one lapse is no luck, be it the worst of a hundred."""

EASY = 0.995
"""Accuracy of one modality alone above which little is left for fusion to add."""


CODE = (
    "A **code** is the list of numbers that the model makes of a row's cells: what they have in common. **AUC** is how "
    "often what was tampered with scores above what was not: 0.5 is guessing, 1 is always."
)


def add_fusing(report: Report, figures: Figures) -> None:
    """The section "Fusion" of a card's figures; nothing where it was not measured."""
    told = figures.get("fusion")
    if not told:
        return
    report.section("Fusion")
    report.words(CODE)
    if told.get("noise"):
        report.words(_verdict(told))
    if "reliability" in told:
        report.words(_believed(told))
    report.words("\n\n".join(told["notes"]))
    if told.get("noise"):
        _draw_damage(report, told)
    if "reliability" in told:
        _draw_calibration(report, told["reliability"]["calibration"])
    if told.get("noise"):
        _tabulate_damage(report, told)
    if "reliability" in told:
        _tabulate_reliability(report, told["reliability"])
    _tabulate_probes(report, told, measured(figures))


def _verdict(told: Figures) -> str:
    """Whether the fused code is worth more than its rivals."""
    areas = {way: _mean([curve["area"][way] for curve in told["noise"]]) for way in WAYS}
    sizes = sorted({len(curve["given"]) for curve in told["noise"]})
    rows = min(curve["rows"] for curve in told["noise"])
    clean = told["missing"]["accuracy"]["best"][0]
    easy = f"The test is easy: of clean rows {told['best']} alone tells {clean:.1%}. " if clean > EASY else ""
    return (
        f"**Does it fuse?** {_answer(areas, told['below'])} When one of {' or '.join(map(str, sizes))} modalities is "
        f"noised more and more, the fused code tells the {told['label']} in **{areas['fused']:.1%}** of {rows:,} rows, "
        f"the mean over all amounts. The modality that is best when clean reaches {areas['best']:.1%} alone, late "
        f"fusion {areas['late']:.1%}, early fusion {areas['early']:.1%}, guessing {told['chance']:.1%}.\n\n"
        f"{easy}{_lapses(told['below'])}{_majority(told)}"
    )


def _answer(areas: Mapping[str, float], below: Figures) -> str:
    """Whether the fused code keeps above the best single modality, and which other fusion does as well or better."""
    if areas["fused"] < areas["best"] - EVEN or len(below["found"]) > SPARED * below["points"]:
        return "Not yet."
    better = [f"{way} fusion" for way in ("late", "early") if areas[way] > areas["fused"] + EVEN]
    equal = [f"{way} fusion" for way in ("late", "early") if areas[way] >= areas["fused"] - EVEN]
    if any(gap["difference"] < -CLEAR * gap["error"] for gap in below["found"]):
        return "Mostly, but not everywhere."
    if better:
        return f"Mostly, but better is {' and '.join(better)}."
    return f"Yes, and {' and '.join(equal)} as well." if equal else "Yes."


def _lapses(below: Figures) -> str:
    """Where the fused code falls below the best single modality."""
    points, found = below["points"], below["found"]
    if not found:
        return (
            f"At none of {points} amounts of noise and missing cells is it more than one standard error below the best "
            "single modality that is left, the noised one included."
        )
    worst = min(found, key=lambda gap: float(gap["difference"]))
    where = f"with {worst['at']:.0%} of cells missing"
    if worst["damage"] == "noise":
        where = f"{worst['touched']} noised at {worst['at']:g}, {' + '.join(worst['given'])} given"
    return (
        f"At **{len(found)} of {points}** amounts of noise and missing cells it is more than one standard error below "
        f"the best single modality that is left (luck alone would put a sixth of equals there); the worst is {where}: "
        f"{worst['fused']:.1%} against {worst['rival']:.1%}."
    )


def _majority(told: Figures) -> str:
    """Whether the fused code goes with several cells against one."""
    follows = [curve["follows"] for curve in told["swapped"] if curve["conflicting"]]
    if len(told["modalities"]) < 3 or not follows:
        return ""
    shares = {way: _mean([each[way]["others"] for each in follows]) for way in WAYS}
    return (
        f" Of rows in which one cell is another row's, it goes with the others in **{shares['fused']:.1%}** (late "
        f"fusion {shares['late']:.1%}, early fusion {shares['early']:.1%})."
    )


def _believed(told: Figures) -> str:
    """Whether reliability finds what was touched."""
    means, calibrated = told["reliability"]["means"], told["reliability"]["calibration"]
    noised = {each["level"]: each for each in means["noised"] if "lowest" in each}
    parts = ["**Does it know whom to believe?**"]
    if noised:
        faint, plain = noised[min(noised)], noised[1.0]
        parts.append(
            f"Of two cells one of which is noised, at a standard deviation of 1, it believes that one less in "
            f"**{plain['lowest']:.1%}** of rows, at {faint['level']:g} in {faint['lowest']:.1%}; always doubting the "
            "same modality would score 50%."
        )
    if means["swapped"]:
        parts.append(
            f"Of {len(told['modalities'])} cells one of which is another row's, it believes that one least in "
            f"**{means['swapped']['lowest']:.1%}** (chance {means['swapped']['chance']:.0%})."
        )
    if means["conflict"]:
        parts.append(
            f"That two cells contradict each other it tells with an AUC of **{means['conflict']['auc']:.3f}** "
            f"(chance 0.5); noise raises the same score, with {means['conflict']['auc_noised']:.3f}."
        )
    if calibrated["cells"]:
        parts.append(
            f"Reliability is {calibrated['error']:.3f} off what is left of a cell; believing everything would be "
            f"{calibrated['believing']:.3f} off."
        )
    return " ".join(parts)


def _draw_damage(report: Report, told: Figures) -> None:
    """A drawing for each noised modality where all are given, one for the pair that fares worst, one for gaps."""
    count = len(told["modalities"])
    shown = [curve for curve in told["noise"] if len(curve["given"]) == count]
    pairs = [curve for curve in told["noise"] if len(curve["given"]) < count]
    shown += [min(pairs, key=lambda curve: float(curve["area"]["fused"]))] if pairs else []
    for curve in shown:
        given = "" if len(curve["given"]) == count else f", only {' and '.join(curve['given'])} given"
        _draw(
            report, f"{told['label']} told, {curve['touched']} noised{given}", curve, "standard deviation of the noise"
        )
    _draw(report, f"{told['label']} told, cells missing", told["missing"], "share of cells taken away")


def _draw(report: Report, title: str, curve: Figures, x_label: str) -> None:
    # The fused code comes first: its line is whole, and the dashed ones of its rivals lie on it where lines meet.
    named = {"fused": "fused code", "late": "late fusion", "early": "early fusion", "best": f"{curve['best']} alone"}
    # Where the noised modality is the best one the two lines are one.
    if curve.get("touched") != curve["best"]:
        named["alone"] = f"noised {curve.get('touched')} alone"
    lines = {
        name: list(zip(curve["at"], curve["accuracy"][way], strict=True))
        for way, name in named.items()
        if way in curve["accuracy"]
    }
    lowest = min(y for line in lines.values() for _, y in line)
    report.curves(title, lines, x_label, y_range=(min(0.9, int(10 * lowest) / 10), 1.0))


def _draw_calibration(report: Report, calibrated: Figures) -> None:
    line = [(each["believed"], each["true"]) for each in calibrated["bins"] if each["cells"]]
    if line:
        lines = {"what is left of the cell": line, "as it should be": [(0.0, 0.0), (1.0, 1.0)]}
        report.curves("reliability against the truth", lines, "reliability", y_range=(0.0, 1.0))


def _tabulate_damage(report: Report, told: Figures) -> None:
    rows: list[list[Any]] = [
        [f"{curve['touched']} noised", " + ".join(curve["given"]), *(curve["area"][way] for way in WAYS), curve["rows"]]
        for curve in told["noise"]
    ]
    everything = " + ".join(told["modalities"])
    missing = told["missing"]
    rows.append(["cells missing", everything, *(missing["area"][way] for way in WAYS), missing["rows"]])
    rows += [
        [f"{curve['touched']} swapped", everything, *(curve["area"][way] for way in WAYS), curve["rows"]]
        for curve in told["swapped"]
    ]
    rows += [
        [
            f"{curve['touched']} swapped: goes with the others",
            everything,
            *(curve["follows"][way]["others"] for way in WAYS),
            curve["conflicting"],
        ]
        for curve in told["swapped"]
        if curve["conflicting"]
    ]
    rows.append(["(chance)", "", *[told["chance"]] * len(WAYS), None])
    headers = ["damage", "given", "fused", f"best alone ({told['best']})", "late", "early", "rows"]
    caption = (
        f"share of rows whose {told['label']} is told, the mean over the curve; of pairs the best alone is theirs. "
        f"Probes of {told['rows']['train']:,} clean training rows"
    )
    report.table(headers, rows, caption, shade=True)


def _tabulate_reliability(report: Report, told: Figures) -> None:
    """What finds a touched cell; of one noised cell among two, the mean over what stands beside it."""
    keys = ("auc", "auc_itself", "lowest", "lowest_before")
    rows: list[list[Any]] = []
    for level, name in dict.fromkeys((each["level"], each["touched"]) for each in told["noised"]):
        found = [each for each in told["noised"] if (each["level"], each["touched"]) == (level, name)]
        means = [_mean([each[key] for each in found]) for key in keys]
        rows.append([f"{name} noised at {level:g}", "one other", *means, sum(each["rows"] for each in found)])
    for each in told["swapped"]:
        rows.append([f"{each['touched']} swapped", "all others", *(each[key] for key in keys), each["rows"]])
    for each in told["conflict"]:
        one, other = each["given"]
        rows.append([f"{one} or {other} swapped: conflict", "each other", each["auc"], None, None, None, each["rows"]])
    if rows:
        headers = ["touched", "beside", "AUC, others", "AUC, itself", "least believed", "untouched", "rows"]
        caption = (
            "is the touched cell believed less than the others of its row, than itself before, and is it the least "
            "believed of its row; untouched: how often it is that anyway. Conflict: of rows, against the same "
            "untouched. Chance of an AUC is 0.5"
        )
        report.table(headers, rows, caption, shade=True)


def _tabulate_probes(report: Report, told: Figures, whose: str) -> None:
    """What every subset tells: linear probe and neighbours side by side, a pair of columns a label."""
    labels = list(dict.fromkeys(probe["label"] for probe in told["probes"]))
    if not labels:
        return
    found = {(probe["label"], tuple(probe["given"])): probe for probe in told["probes"]}
    rows: list[list[Any]] = []
    for given in dict.fromkeys(given for _, given in found):
        scores = [found.get((label, given), {}).get(way) for label in labels for way in ("linear", "nearest")]
        rows.append([" + ".join(given), *scores])
    chances = {probe["label"]: probe["chance"] for probe in told["probes"]}
    rows.append(["(chance)", *(chances[label] for label in labels for _ in range(2))])
    count = min(probe["rows"] for probe in told["probes"])
    caption = (
        f"what a linear probe and the ten nearest of {told['rows']['train']:,} training rows tell from the code, over "
        f"at least {count:,} {whose} rows"
    )
    report.table(
        ["code of", *(f"{label}, {way}" for label in labels for way in ("linear", "nearest"))],
        rows,
        caption,
        shade=True,
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))
