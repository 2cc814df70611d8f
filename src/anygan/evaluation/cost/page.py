"""The page's part on cost: size, memory and the time that translations take."""

from collections.abc import Mapping

from ...report.report import Report
from ..document import Figures

__all__ = ["add_cost"]


def add_cost(report: Report, figures: Figures) -> None:
    """Words and one table."""
    told = figures.get("cost")
    if not told:
        return
    report.section("Cost", last=True)
    sizes = sorted({one["rows"] for one in told["translations"]})
    singly = sorted(one["cells_ms"] for one in told["translations"] if one["rows"] == sizes[0])
    many = sorted((one for one in told["translations"] if one["rows"] == sizes[-1]), key=lambda one: one["cells_ms"])
    span = f"{singly[0]:.0f}" if f"{singly[0]:.0f}" == f"{singly[-1]:.0f}" else f"{singly[0]:.0f} to {singly[-1]:.0f}"
    rates = f"{many[0]['rows_a_second']:,.0f} rows a second ({_arrow(many[0])})"
    if len(many) > 1:
        rates = f"{many[-1]['rows_a_second']:,.0f} ({_arrow(many[-1])}) to {rates}"
    report.words(
        f"**{told['parameters'] / 1e6:.1f} million parameters**, {told['weights_memory'] / 2**20:.0f} MiB of weights. "
        f"On {told['threads']} thread{'s' if told['threads'] > 1 else ''} of {told['processor']}"
        f"{'' if told['device'] == 'cpu' else ', the networks on an accelerator'}, one row takes {span} ms; in batches "
        f"of {sizes[-1]} it makes {rates}."
    )
    rows = []
    for one in many:
        alone = next(t for t in told["translations"] if t["rows"] == sizes[0] and _arrow(t) == _arrow(one))
        each = [one["canvas_ms"] / sizes[-1], one["cells_ms"] / sizes[-1]]
        rows.append([_arrow(one), alone["canvas_ms"], alone["cells_ms"], *each, one["rows_a_second"]])
    report.table(
        ["milliseconds a row", "to canvas", "to cell", f"to canvas, of {sizes[-1]}", "to cell", "rows a second"],
        rows,
        f"Medians; reading files is not in them. Parameters: {_parts(told['parts'])}."
        + (f" The whole evaluation held {told['peak_memory'] / 2**30:.1f} GiB at most." if told["peak_memory"] else ""),
    )


def _arrow(one: Figures) -> str:
    return f"{one['given'] or 'noise'} to {one['to']}"


def _parts(parts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count / 1e6:.2f} M" for name, count in parts.items())
