"""anygan inspect DATA --model RUN: the rows whose cells contradict each other, most contradictory first."""

import heapq
from pathlib import Path
from typing import Any

import numpy as np

from ..rows import Cell, DataSet, Packed
from ..tasks.contradict import DOUBTFUL, Contradiction, contradictions
from ..tasks.model import Model
from .answer import Answer, count, grid, listed
from .opening import open_model
from .progress import Ticker
from .short import short

__all__ = ["contradicted"]


def contradicted(folder: Path, what: str, most: int, data_dir: Path | None) -> Answer:
    """The ``most`` most contradictory rows of a data set, as a run's model sees them."""
    model = open_model(folder, "last")
    data = model.data(what, data_dir)
    looked = _looked(model, data)
    compared = [one for one in looked if one.least is not None]
    first = heapq.nlargest(most, compared, key=lambda one: (one.conflict, -one.row))
    contradicting = sum(one.conflict > DOUBTFUL for one in compared)
    bad = [str(cell) for cell in data.bad] + [str(cell) for one in looked for cell in one.bad]
    found = [_told(model, data, one) for one in first]
    document: dict[str, Any] = {
        "data": data.name,
        "model": str(folder),
        "rows": len(data),
        "compared": len(compared),
        "contradicting": contradicting,
        "found": found,
        "bad": bad,
    }
    names = [name for name in model.modalities if name in data.columns]
    table = grid(
        ["row", "conflict", "believed least", "why", *names],
        [[f["row"], f["conflict"], f["least"], f["why"], *(f["cells"][name] for name in names)] for f in found],
        "most contradictory first; rows counted from 0" if found else "",
    )
    return Answer(document, [_words(document), *([table] if found else []), *listed(bad, "bad cell")])


def _looked(model: Model, data: DataSet) -> list[Contradiction]:
    looked = []
    with Ticker("inspect") as ticker:
        for one in contradictions(model.net, data):
            looked.append(one)
            ticker.rows(len(looked), len(data))
    return looked


def _told(model: Model, data: DataSet, one: Contradiction) -> dict[str, Any]:
    """A row ready for JSON: its score, what is the matter, and where its cells are to be found."""
    cells: dict[str, Cell | None] = next(data.take(np.array([one.row])).rows())
    cells = {name: cells[name] if name in one.reliability else None for name in model.modalities if name in cells}
    return {
        "row": one.row,
        "conflict": round(one.conflict, 4),
        "least": one.least,
        "why": one.why({name: modality.kind for name, modality in model.modalities.items()}),
        "reliability": {name: round(value, 4) for name, value in one.reliability.items()},
        "cells": {name: short(cell) for name, cell in cells.items()},
        "files": {name: str(cell) for name, cell in cells.items() if isinstance(cell, Path | Packed)},
    }


def _words(document: dict[str, Any]) -> str:
    rows, compared, contradicting = document["rows"], document["compared"], document["contradicting"]
    if not compared:
        return (
            f"{count(rows, 'row')} of {document['data']}, and none has two cells or more that the model knows: "
            "one cell cannot contradict itself."
        )
    verdict = (
        f"{count(contradicting, 'row')} contradict{'s' if contradicting == 1 else ''} "
        f"{'itself' if contradicting == 1 else 'themselves'} (conflict over {DOUBTFUL})"
        if contradicting
        else f"no row contradicts itself (conflict over {DOUBTFUL})"
    )
    return f"{count(compared, 'row')} of {rows:,} in {document['data']} can be compared with themselves: {verdict}."
