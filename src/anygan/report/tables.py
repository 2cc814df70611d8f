"""Parts of tables as HTML: entries, lines, and the frame in which a wide table can be moved."""

from collections.abc import Sequence

from ..rows import Cell
from .cells import render_cell
from .markup import below, marked, number, plain

__all__ = ["aligned", "entry", "line_of", "scrolled", "side_by_side"]


def entry(value: object, shade: bool) -> str:
    """One value in its place; with ``shade`` tinted."""
    tint = f' style="--tint:{value:.3f}"' if shade and isinstance(value, float) and 0 <= value <= 1 else ""
    return f"<td{aligned(value)}{tint}>{number(value)}</td>"


def aligned(*values: object) -> str:
    """How a column of these values is set: numbers to the right."""
    numbers = any(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return ' class="number"' if numbers or values == (None,) else ""


def side_by_side(cells: Sequence[tuple[str, Cell]], about: str) -> str:
    """Cells of any kind beside each other."""
    several = len(cells) > 1
    shown = (
        render_cell(kind, cell, f"{about}, number {i + 1}" if several else about)
        for i, (kind, cell) in enumerate(cells)
    )
    return f'<div class="cells">{"".join(shown)}</div>'


def line_of(name: str, cells: Sequence[tuple[str, Cell | None]], headers: Sequence[str]) -> str:
    """A name and a small cell for each column."""
    heads = [*headers, *[""] * (len(cells) - len(headers))]
    shown = "".join(
        f"<td>{render_cell(kind, cell, f'{name}, {head}')}</td>"
        for (kind, cell), head in zip(cells, heads, strict=False)
    )
    return f'<tr><th scope="row">{marked(name)}</th>{shown}</tr>'


def scrolled(table: str, caption: str, name: str) -> str:
    """A table that may be wider than the page: keys can move it, once it has the focus."""
    label = plain(caption or name)
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">{table}{below(caption, "p")}</div>'
