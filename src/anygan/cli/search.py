"""anygan search: the rows that are nearest to given cells, across modalities."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ConfigError
from ..rows import Cell, DataSet
from ..tasks.embed import search
from ..tasks.model import Model
from .answer import Answer, count, grid, listed
from .given import literal_row, parse
from .opening import open_model
from .outputs import carried, headers_of, told, write_rows
from .progress import Ticker
from .short import short

__all__ = ["run"]


def run(
    folder: Path,
    checkpoint: str,
    data: str,
    given: Sequence[str],
    count: int,
    out: Path | None,
    data_dir: Path | None,
) -> Answer:
    """The ``count`` nearest rows."""
    model = open_model(folder, checkpoint)
    asked = parse(given)
    if asked.names:
        raise ConfigError(f"Give a cell to search for, not a name: --given {asked.names[0]}=VALUE")
    query = next(model.embed(literal_row(asked.literals, model.modalities))).code[0]
    rows = model.data(data, data_dir)
    codes, bad = _codes(model, rows)
    known = np.flatnonzero(np.abs(codes).sum(1) > 0)
    places, cosines = search(codes[known], query, count) if len(known) else (np.zeros(0, np.int64), np.zeros(0))
    found = [int(row) for row in known[places]]
    cells = [dict(next(rows.take(np.array([row])).rows())) for row in found]
    document: dict[str, Any] = {
        "data": rows.name,
        "searched": len(known),
        "found": [
            {"id": row, "cosine": round(float(cosine), 4), "cells": {n: short(c) for n, c in shown.items()}}
            for row, cosine, shown in zip(found, cosines, cells, strict=True)
        ],
        "bad": bad,
    }
    shown = [*listed(bad, "bad cell"), _table(rows, document["found"])]
    if out is not None:
        document |= _written(out, model, rows, found, cells)
        shown += told(document)
    return Answer(document, shown)


def _codes(model: Model, rows: DataSet) -> tuple[np.ndarray[Any, np.dtype[np.float32]], list[str]]:
    """The codes of all rows, zero where there is nothing to go by, and the cells that could not be read."""
    parts, bad = [], [str(cell) for cell in rows.bad]
    with Ticker("embed") as ticker:
        for codes in model.embed(rows):
            parts.append(np.where(codes.used.any(1, keepdims=True), codes.code, 0).astype(np.float32))
            bad += [str(cell) for cell in codes.bad]
            ticker.rows(int(codes.rows[-1]) + 1, len(rows))
    return np.concatenate(parts), bad


def _table(rows: DataSet, found: Sequence[dict[str, Any]]) -> Any:
    names = list(rows.columns)
    lines = [[one["id"], one["cosine"], *(one["cells"][name] for name in names)] for one in found]
    return grid(["id", "cosine", *names], lines, f"{count(len(found), 'row')} of {rows.name}, nearest first")


def _written(
    out: Path, model: Model, rows: DataSet, found: Sequence[int], cells: Sequence[dict[str, Cell | None]]
) -> dict[str, Any]:
    modalities = {name: model.modalities[name] for name in rows.columns if name in model.modalities}

    def lines() -> Iterator[dict[str, Cell | None]]:
        for row, shown in zip(found, cells, strict=True):
            yield carried(rows, row, {name: shown[name] for name in modalities})

    return write_rows(out, modalities, headers_of(modalities, rows), lines(), len(found), "write")
