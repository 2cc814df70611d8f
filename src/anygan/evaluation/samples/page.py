"""Joint samples on the page: how varied, and whether they are copies; some of them beside the nearest training cell."""

import base64
import io
from collections.abc import Mapping, Sequence

import PIL.Image

from ...report.report import Report
from ...report.wording import listed
from ..document import Figures
from ..tables import add_inception
from ..translation.likeness import LIKENESS
from ..translation.page import likeness_columns

__all__ = ["add_sampling"]

FEW, COPIED = 0.8, 0.1
"""Share of the real variety below which samples lack it, and share of authentic ones that may be missing."""

REPEATED = 0.05
"""Share of authentic real test cells below which data repeat their cells."""


def add_sampling(report: Report, figures: Figures) -> None:
    """The section, where samples were drawn."""
    told = figures.get("sampling")
    if not told:
        return
    report.section("Joint samples")
    report.words(_varied(told))
    report.words(_copied(told))
    report.words("Of some samples those that come nearest to a training cell, on the right of each that cell.")
    for name, one in told.items():
        _nearest(report, name, one["nearest"])
    report.table(
        ["drawn", "variety (real training)", "authentic (real test)", *LIKENESS],
        [[name, *_pairs(one), *likeness_columns(one["likeness"])] for name, one in told.items()],
        "variety: Vendi score over that of as many real test cells; authentic: share of samples whose nearest training "
        "cell is nearer to another than to them; in brackets what real cells score",
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


def _copied(told: Figures) -> str:
    known = {name: one["authentic"] for name, one in told.items() if one["authentic"]}
    if not known:
        return "There are too few cells to tell copies."
    copied = [name for name, score in known.items() if score["value"] < score["real"] - COPIED]
    shares = ", ".join(f"{name} **{s['value']:.2f}** (real test cells {s['real']:.2f})" for name, s in known.items())
    verdict = f"{listed(copied)} {'looks' if len(copied) == 1 else 'look'} copied" if copied else "nothing looks copied"
    few = [name for name, score in known.items() if score["real"] < REPEATED]
    note = f" Of {listed(few)} there are few different cells, and real rows repeat them too." if few else ""
    return f"**Copies**: share of samples that are no copies of training cells: {shares}; {verdict}.{note}"


def _pairs(one: Figures) -> list[str | None]:
    """Variety and authentic share, each with what real cells score."""
    scores = ((one["variety"], "floor"), (one["authentic"], "real"))
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
