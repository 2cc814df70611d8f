"""Reports: one HTML file that needs nothing but a browser.

A report is a title and sections of words, figures, pictures, sounds, sentences and curves, in the order they were
added. Tables come last, whenever they were added: a section leads to its own. Pictures and sounds lie inside the file
as ``data:`` addresses, curves as drawn SVG, the style sheet ``report.css`` in its head: no network, light and dark as
the reader's machine has it.

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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..rows import Cell
from .cells import render_cell
from .markup import below, marked, number
from .plot import draw_lines, told
from .tables import aligned, entry, line_of, scrolled, side_by_side

__all__ = ["Report"]


@dataclass
class Section:
    """A heading, what stands under it, and the tables behind it; with ``last`` all of it stands among the tables."""

    title: str
    last: bool = False
    parts: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)


class Report:
    """A report that grows from top to bottom. Every text is escaped; ``**bold**`` and `` `code` `` are understood.

    Args:
        title: what stands in the window's title and on top of the page.
        lead: a sentence under it.
    """

    def __init__(self, title: str, lead: str = "") -> None:
        self.title = title
        self.lead = lead
        self._sections = [Section("")]

    def _add(self, *parts: str) -> None:
        self._sections[-1].parts.append("".join(parts))

    def section(self, title: str, last: bool = False) -> None:
        """Begin a section: what follows stands under this heading, with ``last`` among the tables at the end."""
        self._sections.append(Section(title, last))

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
        """A table, for the end of the page; with ``shade``, numbers in [0, 1] are tinted the deeper the larger."""
        columns = [[row[i] for row in rows if i < len(row)] for i in range(len(headers))]
        pairs = zip(headers, columns, strict=True)
        head = "".join(f'<th scope="col"{aligned(*column)}>{marked(header)}</th>' for header, column in pairs)
        body = "".join(f"<tr>{''.join(entry(value, shade) for value in row)}</tr>" for row in rows)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        section = self._sections[-1]
        (section.parts if section.last else section.tables).append(scrolled(table, caption, f"table: {headers[0]}"))

    def pictures(self, pictures: Sequence[Cell], captions: Sequence[str] = ()) -> None:
        """Pictures side by side, in the forms that an image cell takes."""
        self._gallery("image", pictures, captions)

    def sounds(self, sounds: Sequence[Cell], captions: Sequence[str] = ()) -> None:
        """Sounds to play, each with its spectrogram, in the forms that an audio cell takes."""
        self._gallery("audio", sounds, captions)

    def _gallery(self, kind: str, cells: Sequence[Cell], captions: Sequence[str]) -> None:
        given = [*captions, *[""] * (len(cells) - len(captions))]
        shown = (
            f"<figure>{render_cell(kind, cell, text or f'{i + 1} of {len(cells)}')}{below(text)}</figure>"
            for i, (cell, text) in enumerate(zip(cells, given, strict=True))
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
        head = "".join(f'<th scope="col">{marked(header)}</th>' for header in (given, drawn))
        body = "".join(
            f"<tr><td>{side_by_side(left, f'{given}, line {i}')}</td>"
            f"<td>{side_by_side(right, f'{drawn}, line {i}')}</td></tr>"
            for i, (left, right) in enumerate(rows, 1)
        )
        table = f'<table class="grid"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        self._add(scrolled(table, "", f"{given}, {drawn}"))

    def strip(
        self, headers: Sequence[str], rows: Sequence[tuple[str, Sequence[tuple[str, Cell | None]]]], caption: str = ""
    ) -> None:
        """Small cells in rows and columns, a name before each row.

        Args:
            headers: over the names and the columns.
            rows: pairs of a name and its cells, each a pair of kind and cell; ``None`` is a missing one.
            caption: what stands below.
        """
        head = "".join(f'<th scope="col">{marked(header)}</th>' for header in headers)
        body = "".join(line_of(name, cells, headers[1:]) for name, cells in rows)
        table = f'<table class="strip"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        self._add(scrolled(table, caption, caption or " ".join(headers)))

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
        swatch = '<svg class="swatch" viewBox="0 0 30 6" aria-hidden="true"><path class="c{}" d="M0 3L30 3"/></svg>'
        names = "".join(f"<li>{swatch.format(i % 8)}{html.escape(name)}</li>" for i, name in enumerate(curves))
        self._add(
            f'<figure class="curves"><figcaption>{marked(title)}</figcaption>',
            draw_lines(list(curves.values()), x_label, y_range, told(title, curves, x_label)),
            f'<ul class="legend">{names}</ul></figure>',
        )

    def html(self) -> str:
        """The whole page."""
        links = [(f"s{i}", one.title) for i, one in enumerate(self._sections) if one.title and not one.last]
        behind = self._behind()
        links += [("tables", "Tables")] if behind else []
        nav = "".join(f'<a href="#{key}">{html.escape(title)}</a>' for key, title in links)
        nav = f'<nav aria-label="Sections">{nav}</nav>' if nav else ""
        body = "".join(
            f'<section id="s{i}">{_heading("h2", one.title)}{"".join(one.parts)}{_onward(i, one)}</section>'
            for i, one in enumerate(self._sections)
            if not one.last and (one.title or one.parts)
        )
        css = importlib.resources.files("anygan.tasks").joinpath("report.css").read_text("utf-8")
        return (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
            f"<title>{html.escape(self.title)}</title><style>{css}</style></head><body>"
            f"<header><h1>{html.escape(self.title)}</h1>{f'<p>{marked(self.lead)}</p>' if self.lead else ''}"
            f"{nav}</header>"
            f"<main>{body}{behind}</main></body></html>\n"
        )

    def _behind(self) -> str:
        """The page's last part: the tables of every section, each under its heading."""
        parts = "".join(
            f'<section id="t{i}">{_heading("h3", one.title)}{"".join([*(one.parts if one.last else []), *one.tables])}'
            "</section>"
            for i, one in enumerate(self._sections)
            if one.tables or one.last
        )
        return f'<section id="tables"><h2>Tables</h2>{parts}</section>' if parts else ""

    def write(self, path: Path) -> None:
        """Write the page; a reader sees the old file or the new one, never half of either."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            whole = Path(folder) / path.name
            whole.write_text(self.html(), "utf-8")
            os.replace(whole, path)


def _heading(tag: str, title: str) -> str:
    return f"<{tag}>{html.escape(title)}</{tag}>" if title else ""


def _onward(place: int, section: Section) -> str:
    """Where the numbers behind a section are."""
    return f'<p class="onward"><a href="#t{place}">The tables behind this</a></p>' if section.tables else ""
