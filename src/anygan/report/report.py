"""Reports: one HTML file that needs nothing but a browser.

A report is a title and sections of words, figures, tables, pictures, sounds, sentences and curves, in the order they
were added. Pictures and sounds lie inside the file as ``data:`` addresses, curves as drawn SVG, the style sheet
``report.css`` in its head: no network, light and dark as the reader's machine has it.

    report = Report("AnyGAN on digits")
    report.section("Losses")
    report.curves("generator and discriminator", {"G": [(0, 0.7), (1, 0.6)], "D": [(0, 0.7), (1, 0.8)]})
    report.write(Path("report.html"))
"""

import html
import importlib.resources
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..rows import Cell
from .cells import render_cell
from .markup import below, marked, number
from .plot import draw_lines

__all__ = ["Report"]


class Report:
    """A report that grows from top to bottom. Every text is escaped; ``**bold**`` and `` `code` `` are understood.

    Args:
        title: what stands in the window's title and on top of the page.
        lead: a sentence under it.
    """

    def __init__(self, title: str, lead: str = "") -> None:
        self.title = title
        self.lead = lead
        self._sections: list[tuple[str, list[str]]] = [("", [])]

    def _add(self, *parts: str) -> None:
        self._sections[-1][1].append("".join(parts))

    def section(self, title: str) -> None:
        """Begin a section: what follows stands under this heading."""
        self._sections.append((title, []))

    def words(self, text: str) -> None:
        """Paragraphs, parted by empty lines."""
        self._add(*(f"<p>{marked(part)}</p>" for part in re.split(r"\n\s*\n", text.strip()) if part))

    def figures(self, figures: Mapping[str, Any]) -> None:
        """The few numbers that matter most, large: what it is -> the number or the text."""
        tiles = (f"<div><dt>{marked(name)}</dt><dd>{number(value)}</dd></div>" for name, value in figures.items())
        self._add('<dl class="figures">', *tiles, "</dl>")

    def table(
        self, headers: Sequence[str], rows: Sequence[Sequence[Any]], caption: str = "", shade: bool = False
    ) -> None:
        """A table; numbers are set right. With ``shade``, numbers in [0, 1] are tinted the deeper the larger."""
        columns = [[row[i] for row in rows if i < len(row)] for i in range(len(headers))]
        head = "".join(f"<th{_aligned(*column)}>{marked(h)}</th>" for h, column in zip(headers, columns, strict=True))
        body = "".join(f"<tr>{''.join(_entry(value, shade) for value in row)}</tr>" for row in rows)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        self._add('<div class="scroll">', table, below(caption, "p"), "</div>")

    def pictures(self, pictures: Sequence[Cell], captions: Sequence[str] = ()) -> None:
        """Pictures side by side, in the forms that an image cell takes."""
        self._gallery("image", pictures, captions)

    def sounds(self, sounds: Sequence[Cell], captions: Sequence[str] = ()) -> None:
        """Sounds to play, each with its spectrogram, in the forms that an audio cell takes."""
        self._gallery("audio", sounds, captions)

    def _gallery(self, kind: str, cells: Sequence[Cell], captions: Sequence[str]) -> None:
        given = [*captions, *[""] * (len(cells) - len(captions))]
        shown = (
            f"<figure>{render_cell(kind, cell)}{below(text)}</figure>" for cell, text in zip(cells, given, strict=True)
        )
        self._add(f'<div class="gallery {kind}">', *shown, "</div>")

    def sentences(self, sentences: Sequence[str]) -> None:
        """Sentences, one a line."""
        self._add('<ul class="sentences">', *(f"<li>{html.escape(text)}</li>" for text in sentences), "</ul>")

    def grid(
        self,
        rows: Sequence[tuple[Sequence[tuple[str, Cell]], Sequence[tuple[str, Cell]]]],
        given: str = "given",
        drawn: str = "drawn",
    ) -> None:
        """What was given beside what was drawn from it, one row each.

        Args:
            rows: pairs of given and drawn cells, each a pair of kind and cell; nothing given is allowed.
            given: heading of the left column.
            drawn: heading of the right column.
        """
        head = f"<thead><tr><th>{marked(given)}</th><th>{marked(drawn)}</th></tr></thead>"
        body = "".join(f"<tr><td>{_cells(left)}</td><td>{_cells(right)}</td></tr>" for left, right in rows)
        self._add('<div class="scroll"><table class="grid">', head, "<tbody>", body, "</tbody></table></div>")

    def strip(
        self, headers: Sequence[str], rows: Sequence[tuple[str, Sequence[tuple[str, Cell | None]]]], caption: str = ""
    ) -> None:
        """Small cells in rows and columns, a name before each row.

        Args:
            headers: over the names and the columns.
            rows: pairs of a name and its cells, each a pair of kind and cell; ``None`` is a missing one.
            caption: what stands below.
        """
        head = "".join(f"<th>{marked(header)}</th>" for header in headers)
        body = "".join(
            f"<tr><th>{marked(name)}</th>{''.join(f'<td>{render_cell(kind, cell)}</td>' for kind, cell in cells)}</tr>"
            for name, cells in rows
        )
        table = f'<table class="strip"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        self._add('<div class="scroll">', table, below(caption, "p"), "</div>")

    def curves(
        self,
        title: str,
        curves: Mapping[str, Sequence[tuple[float, float]]],
        x_label: str = "step",
        y_range: tuple[float, float] | None = None,
    ) -> None:
        """Lines over a common axis, with a legend. Points that are not finite leave a gap.

        Args:
            title: what stands above.
            curves: name -> points (x, y).
            x_label: what x counts.
            y_range: the lowest and highest y shown; of the data when not given.
        """
        names = "".join(f'<li class="c{i % 8}">{html.escape(name)}</li>' for i, name in enumerate(curves))
        self._add(
            f'<figure class="curves"><figcaption>{marked(title)}</figcaption>',
            draw_lines(list(curves.values()), x_label, y_range),
            f'<ul class="legend">{names}</ul></figure>',
        )

    def html(self) -> str:
        """The whole page."""
        titled = [(f"s{i}", title, "".join(parts)) for i, (title, parts) in enumerate(self._sections)]
        links = "".join(f'<a href="#{key}">{html.escape(title)}</a>' for key, title, _ in titled if title)
        body = "".join(
            f'<section id="{key}">{f"<h2>{html.escape(title)}</h2>" if title else ""}{content}</section>'
            for key, title, content in titled
            if title or content
        )
        css = importlib.resources.files("anygan.tasks").joinpath("report.css").read_text("utf-8")
        return (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
            f"<title>{html.escape(self.title)}</title><style>{css}</style></head><body>"
            f"<header><h1>{html.escape(self.title)}</h1>{f'<p>{marked(self.lead)}</p>' if self.lead else ''}"
            f"{f'<nav>{links}</nav>' if links else ''}</header><main>{body}</main></body></html>\n"
        )

    def write(self, path: Path) -> None:
        """Write the page; a reader sees the old file or the new one, never half of either."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            whole = Path(folder) / path.name
            whole.write_text(self.html(), "utf-8")
            os.replace(whole, path)


def _cells(cells: Sequence[tuple[str, Cell]]) -> str:
    return f'<div class="cells">{"".join(render_cell(kind, cell) for kind, cell in cells)}</div>'


def _entry(value: object, shade: bool) -> str:
    tint = f' style="--tint:{value:.3f}"' if shade and isinstance(value, float) and 0 <= value <= 1 else ""
    return f"<td{_aligned(value)}{tint}>{number(value)}</td>"


def _aligned(*values: object) -> str:
    numbers = any(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return ' class="number"' if numbers or values == (None,) else ""
