"""The report card handed out: ``report.json`` for machines, ``report.html`` for people, rows for the terminal."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .document import Figures, to_json
from .evaluate import Card
from .page import draw_card
from .summary import short

__all__ = ["summary", "write_card"]


def write_card(card: Card, out: Path, log: Iterable[Mapping[str, Any]] = ()) -> tuple[Path, Path]:
    """Write ``report.json`` and ``report.html`` into a folder and return their paths.

    Args:
        card: the report card.
        out: the folder, made where there is none.
        log: the records of the run's ``log.jsonl``, for the curves.
    """
    out.mkdir(parents=True, exist_ok=True)
    numbers, page = out / "report.json", out / "report.html"
    numbers.write_text(to_json(card.figures) + "\n", "utf-8")
    draw_card(card, log).write(page)
    return numbers, page


def summary(card: Card) -> list[tuple[str, float, str]]:
    """The card in a few rows: what was measured, its value, and what to read it against."""
    figures, rows = card.figures, []
    for name, told in (
        ("one modality to another", figures["coherence"]),
        ("agreement of drawn rows", figures["joint"]),
    ):
        if told and told["value"] is not None:
            rows.append((f"{figures['label']}: {name}", told["value"], _against(told)))
    for told in figures["translations"]:
        if len(told["given"]) == 1:
            rows += _direction(told, figures["label"])
    for name, distance in figures["samples"]["distance"].items():
        if distance:
            rows.append((f"distance of drawn {name}", distance["value"], f"real {short(distance['floor'])}"))
    return rows


def _direction(told: Figures, label: str | None) -> list[tuple[str, float, str]]:
    score, distance = told["coherence"].get(label), told["distance"]
    title = f"{told['given'][0]} -> {told['to']}"
    beside = f", distance {short(distance['value'])} (real {short(distance['floor'])})" if distance else ""
    if score:
        return [(title, score["value"], _against(score) + beside)]
    return [(f"{title}, distance", distance["value"], f"real {short(distance['floor'])}")] if distance else []


def _against(told: Figures) -> str:
    return f"real {short(told['ceiling'])}, chance {short(told['chance'])}"
