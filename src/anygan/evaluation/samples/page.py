"""Joint samples on the page: how varied, and whether they are copies; some of them beside the nearest training cell."""

import base64
import io
import math
from collections.abc import Mapping, Sequence

import PIL.Image

from ...report.report import Report
from ...report.wording import listed
from ..document import Figures, measured
from ..tables import add_inception
from ..translation.likeness import KERNEL, LIKENESS
from ..translation.page import likeness_columns

__all__ = ["add_sampling"]

FEW = 0.8
"""Share of the real variety below which samples lack it."""

COPIED, SURE = 0.02, 3.0
"""Share of copies beyond that of real cells that is a finding: at least this, and this many standard errors."""

REPEATED = 0.95
"""Share of copies among real test cells from which on data repeat their cells, and copies cannot be told."""


def add_sampling(report: Report, figures: Figures) -> None:
    """The section, where samples were drawn."""
    told = figures.get("sampling")
    if not told:
        return
    report.section("Joint samples")
    report.words(_varied(told))
    report.words(_copied(told, measured(figures)))
    report.words("Of some samples those that come nearest to a training cell, on the right of each that cell.")
    for name, one in told.items():
        _nearest(report, name, one["nearest"])
    real = f"real {measured(figures)}"
    report.table(
        ["drawn", "variety (real training)", f"copied ({real})", f"authentic ({real})", *LIKENESS],
        [[name, *_pairs(one), *likeness_columns(one["likeness"])] for name, one in told.items()],
        f"variety: Vendi score over that of as many {real} cells; copied: share three times as near to one training "
        "cell as to any other; authentic: share whose nearest training cell is nearer to another than to them, however "
        f"far all are; {KERNEL}; in brackets what real cells score",
    )
    add_inception(report, ["drawn"], [([name], one) for name, one in told.items()])


def _varied(told: Figures) -> str:
    known = {name: one["variety"] for name, one in told.items() if one["variety"]}
    if not known:
        return "There are too few rows to tell how varied samples are."
    poor = [name for name, score in known.items() if score["value"] < FEW * score["floor"]]
    shares = ", ".join(f"{name} **{score['value']:.2f}**" for name, score in known.items())
    verdict = f"{listed(poor)} {'lacks' if len(poor) == 1 else 'lack'} variety" if poor else "no modality lacks variety"
    return f"**Variety**: the effective number of different samples, over that of real cells: {shares}; {verdict}."


def _copied(told: Figures, whose: str) -> str:
    known = {name: one["copied"] for name, one in told.items() if one["copied"]}
    if not known:
        return "There are too few cells to tell copies."
    if whose == "training":
        return "**Copies** are not told: that takes real rows which the model has not learned from."
    found = [name for name, score in known.items() if _beyond_chance(score)]
    shares = ", ".join(f"{name} **{s['value']:.2f}** (real test cells {s['real']:.2f})" for name, s in known.items())
    verdict = f"{listed(found)} {'looks' if len(found) == 1 else 'look'} copied" if found else "nothing looks copied"
    few = [name for name, score in known.items() if score["real"] >= REPEATED]
    note = f" Of {listed(few)} real rows repeat training cells as well, so that copies cannot be told." if few else ""
    what = "share of samples three times as near to one training cell as to any other"
    return f"**Copies**: {what}: {shares}; {verdict}.{note}"


def _beyond_chance(score: Figures) -> bool:
    """Whether more samples are copies than real cells are, beyond luck; of equal cells only one counts."""
    share = (score["value"] + score["real"]) / 2
    error = math.sqrt(share * (1 - share) * sum(1 / count for count in score["different"]))
    return bool(score["value"] - score["real"] > max(COPIED, SURE * error))


def _pairs(one: Figures) -> list[str | None]:
    """Variety, copied and authentic share, each with what real cells score."""
    scores = ((one["variety"], "floor"), (one["copied"], "real"), (one["authentic"], "real"))
    return [f"{score['value']:.2f} ({score[real]:.2f})" if score else None for score, real in scores]


def _nearest(report: Report, name: str, pairs: Sequence[Figures]) -> None:
    """Samples beside their nearest training cell, by what can be shown of them."""
    pictures = [PIL.Image.open(io.BytesIO(base64.b64decode(p["picture"]))) for p in pairs if "picture" in p]
    if pictures:
        report.words(f"**{name}**")
        report.pictures(pictures, [f"distance {pair['distance']:.2f}" for pair in pairs])
        return
    kind = "table" if pairs and isinstance(pairs[0]["made"], Mapping) else "text"
    kind = "vector" if pairs and isinstance(pairs[0]["made"], list) else kind
    rows = [([(kind, pair["made"])], [(kind, pair["real"])]) for pair in pairs]
    report.grid(rows, f"drawn {name}", "nearest training cell")
