"""Code and style parted: the codes of real rows crossed with styles, and what each of the two decides.

    x_ij = G_m(c_i, s_j),     c_i the code of test row i,     s_j ~ N(0, I)

There is no encoder of styles, and styles are drawn without looking at the row: that a style tells nothing of a label is
so by construction. What can go wrong is the other way: a style that overrides the code. Hence the score *from style*:
can a linear probe name the judged label of what was rendered from the style alone, the codes' labels being balanced?
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...judging.panel import Panel
from ...metrics import variance_shares
from ...model.gan import AnyGAN
from ...rows import Cell
from ...tasks.generate import written
from ...tasks.look import CHUNK
from ..fusion.damaged import chance_of
from ..probes import cross_validated
from ..strokes import Strokes

__all__ = ["SHOWN", "balanced", "cells_of", "cross", "paint"]

CODES, STYLES = 96, 8
"""Of the grid that is measured; of few rows it has fewer codes, and no more cells than there are rows."""

SHOWN = 8
"""Codes and styles of the grid that is shown, which is its corner."""

TOLD = 600
"""Cells, each of a style of its own, that the probe looks at; of few rows, one a row."""


def cross(
    model: AnyGAN,
    panel: Panel,
    names: Sequence[str],
    codes: Tensor,
    truth: NDArray[Any] | None,
    chance: torch.Generator,
    strokes: Strokes,
) -> tuple[dict[str, Any], dict[str, list[list[Cell]]], NDArray[np.int64]]:
    """Cross codes with styles and measure every modality.

    Args:
        model: what renders.
        panel: what judges.
        names: modalities to render.
        codes: (n, code) of real rows, n >= 2.
        truth: (n,) the primary label of each; nothing where there is none.
        chance: of rows and styles.
        strokes: which modalities show the hand that drew them.

    Returns:
        The figures; image modality -> shown cells, one list a style; and which rows (n,) the shown columns are.
    """
    order = torch.from_numpy(balanced(len(codes), truth, chance)).to(codes.device)
    chosen, many = order[: max(2, min(CODES, len(order) // STYLES))], order[:TOLD]
    styles, own = (torch.randn(n, model.style, generator=chance).to(codes) for n in (STYLES, len(many)))
    found, shown = {}, {}
    for name in names:
        picture = model.modalities[name].kind == "image"
        judged = truth is not None and panel.primary in panel.judges[name]
        grid = paint(model, name, codes[chosen].repeat_interleave(STYLES, 0), styles.repeat(len(chosen), 1))
        cells = cells_of(model, name, grid) if judged or picture else []
        found[name] = {
            "canvas": _shares(grid.view(len(chosen), STYLES, -1)),
            "hand": _hand(strokes.hand(name, cells), len(chosen), chance) if picture else None,
            "kept": _kept(panel, name, cells, truth[chosen.cpu().numpy()]) if judged and truth is not None else None,
            "from_style": _from_style(panel, name, cells_of(model, name, paint(model, name, codes[many], own)), own)
            if judged
            else None,
        }
        if picture:
            shown[name] = [cells[style : SHOWN * STYLES : STYLES] for style in range(min(SHOWN, STYLES))]
    figures = {"label": panel.primary, "codes": len(chosen), "styles": STYLES, "modalities": found}
    return figures, shown, chosen[:SHOWN].cpu().numpy()


def balanced(count: int, truth: NDArray[Any] | None, chance: torch.Generator) -> NDArray[np.int64]:
    """All rows in an order whose every beginning holds each class about as often: one of each class, another of each.

    Args:
        count: rows.
        truth: (count,) their classes; any order will do where there are none.
        chance: of the order within a class.
    """
    order = torch.randperm(count, generator=chance).numpy()
    if truth is None:
        return order
    classes = np.unique(truth, return_inverse=True)[1][order]
    turn = np.zeros(count, np.int64)
    for one in np.unique(classes):
        turn[classes == one] = np.arange(int((classes == one).sum()))
    ordered: NDArray[np.int64] = order[np.lexsort((classes, turn))]
    return ordered


def paint(model: AnyGAN, name: str, codes: Tensor, styles: Tensor) -> Tensor:
    """Canvases (n, *shape) of codes (n, code) and styles (n, style), as many at once as a verb takes."""
    pairs = zip(codes.split(CHUNK), styles.split(CHUNK), strict=True)
    return torch.cat([model.paint(name, code, style) for code, style in pairs])


def cells_of(model: AnyGAN, name: str, canvases: Tensor) -> list[Cell]:
    """Canvases (n, *shape) as cells, as a verb would write them."""
    return [row[name] for part in canvases.split(CHUNK) for row in written(model, {name: part})]


def _shares(table: Tensor) -> dict[str, float]:
    """What decides a table (codes, styles, ...): the code, the style, or the two together."""
    return dict(zip(("code", "style", "both"), variance_shares(table), strict=True))


def _hand(
    measured: Mapping[str, NDArray[np.float64]], codes: int, chance: torch.Generator
) -> dict[str, dict[str, float]]:
    """Who decides on the hand, beside what the styles' share is when they are shuffled within each code."""
    found = {}
    for what, values in measured.items():
        table = torch.from_numpy(values).view(codes, -1)
        mixed = table.gather(1, torch.rand(table.shape, generator=chance).argsort(1))
        found[what] = _shares(table) | {"shuffled": variance_shares(mixed)[1]}
    return found


def _kept(panel: Panel, name: str, cells: Sequence[Cell], truth: NDArray[Any]) -> dict[str, Any]:
    """Share of the grid's cells whose judged label is that of the row which the code is of."""
    assert panel.primary is not None
    said = panel.look(name, cells).classes[panel.primary].reshape(len(truth), -1)
    mark = panel.mark(panel.primary, name)
    value = float((said == truth[:, None]).mean())
    return {"value": value, "ceiling": mark.ceiling, "chance": mark.chance, "count": said.size}


def _from_style(panel: Panel, name: str, cells: Sequence[Cell], styles: Tensor) -> dict[str, Any]:
    """How well the style alone tells the judged label, beside chance and the standard error of chance."""
    assert panel.primary is not None
    said = panel.look(name, cells).classes[panel.primary]
    chance = chance_of(said)
    error = math.sqrt(chance * (1 - chance) / len(said))
    return {"value": cross_validated(styles, said), "chance": chance, "error": error, "count": len(said)}
