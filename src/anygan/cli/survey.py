"""What stands in the columns of a data set: how much, of what size, what is odd, and what cannot be read."""

import statistics
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from ..data.values import words_in
from ..errors import CellError
from ..media.pictures import quietly
from ..media.sounds import seconds_and_rate
from ..modalities import Audio, Modality, Table, Text
from ..modalities.scalars import CATEGORIES
from ..rows import BadCell, Column, DataSet, Packed
from .short import short

__all__ = ["measured", "oddities", "told", "unreadable"]

EXAMPLES, MEASURED, COMMONEST = 3, 2000, 5
NEARLY = 0.99
"""A column is nearly constant when this share of its given cells is one value."""


def told(data: DataSet, column: Column, given: int, bad: Sequence[BadCell]) -> dict[str, Any]:
    """A column: its kind and why, how much of it is there, and examples."""
    rows = len(data)
    return {
        "modality": column.name,
        "kind": column.kind,
        "why": {h: column.why.get(h, "the set says so") for h in column.headers},
        "headers": list(column.headers),
        "given": given,
        "missing": rows - given,
        "share_missing": round((rows - given) / max(1, rows), 4),
        "distinct": len(column.cells),
        "bad": sum(cell.column in column.headers for cell in bad),
        "examples": [short(cell) for cell in column.cells[:EXAMPLES]],
    }


def unreadable(
    data: DataSet, modalities: Mapping[str, Modality], tick: Callable[[int], None]
) -> list[tuple[str, BadCell]]:
    """Every cell that its modality cannot read, and the modality's name; ``tick`` is told of every cell."""
    bad: list[tuple[str, BadCell]] = []
    index = data.pairing(0).index
    for name, modality in modalities.items():
        column = data.columns[name]
        rows = _rows_of(index[name])
        for number, cell in enumerate(column.cells):
            try:
                modality.read(cell)
            except CellError as error:
                bad += [(name, BadCell.of(column, row, cell, str(error))) for row in rows(number)]
            tick(1)
    return bad


def _rows_of(index: NDArray[np.int64]) -> Callable[[int], list[int]]:
    """Of a cell's number the rows that hold it, found without a look at every row."""
    order = np.argsort(index, kind="stable")
    numbers = index[order]

    def rows(number: int) -> list[int]:
        first, end = np.searchsorted(numbers, (number, number + 1))
        return [int(row) for row in order[first:end]]

    return rows


def measured(column: Column, modality: Modality, index: NDArray[np.int64]) -> dict[str, Any]:
    """What is particular to a kind, of some cells evenly spread; of a table, of every column and row.

    Args:
        column: its cells.
        modality: what it was found to be.
        index: (rows,) the numbers of the cells, -1 where one is missing.
    """
    if isinstance(modality, Table):
        return {"scalars": [_scalar(column, c.name, c.type, index) for c in modality.columns]}
    spec = modality.spec()
    few = {n: v for n, v in spec.items() if isinstance(v, str | int | float) and n not in ("name", "kind")}
    cells = [column.cells[i] for i in range(0, len(column.cells), -(-len(column.cells) // MEASURED) or 1)]
    found: dict[str, Any] = {}
    if column.kind == "image":
        found = _pictures(cells)
    if isinstance(modality, Audio):
        found = _sounds(cells, modality)
    if isinstance(modality, Text):
        few |= {"vocabulary": len(modality.words)}
        found = _texts(cells, modality)
    return {"described": few, "canvas": list(modality.shape), "looked_at": len(cells), "measured": found}


def _pictures(cells: Sequence[Any]) -> dict[str, Any]:
    found = [size for cell in cells if (size := _picture(cell))]
    if not found:
        return {}
    sizes, modes = Counter(size for size, _ in found), Counter(mode for _, mode in found)
    return {
        "width": _spread([size[0] for size, _ in found]),
        "height": _spread([size[1] for size, _ in found]),
        "sizes": [f"{w} x {h} ({n:,})" for (w, h), n in sizes.most_common(COMMONEST)],
        "modes": [f"{mode} ({n:,})" for mode, n in modes.most_common(COMMONEST)],
    }


def _picture(cell: Any) -> tuple[tuple[int, int], str] | None:
    """Size and mode without decoding; ``None`` where it cannot be read."""
    if isinstance(cell, np.ndarray):
        return (cell.shape[1], cell.shape[0]), f"array of {cell.dtype}"
    if isinstance(cell, PIL.Image.Image):
        return cell.size, cell.mode
    try:
        with quietly(), PIL.Image.open(cell.open() if isinstance(cell, Packed) else cell) as picture:
            return picture.size, picture.mode
    except Exception:  # decoders raise whatever a damaged file leads them into; it is listed as a bad cell
        return None


def _sounds(cells: Sequence[Any], modality: Audio) -> dict[str, Any]:
    found = []
    for cell in cells:
        try:
            found.append(seconds_and_rate(cell))
        except CellError:
            continue
    kept = modality.samples / modality.rate
    return {
        "seconds": _spread([seconds for seconds, _ in found]),
        "rates": [f"{rate:,} Hz ({n:,})" for rate, n in Counter(rate for _, rate in found).most_common(COMMONEST)],
        "seconds_kept": round(kept, 3),
        "cropped": sum(seconds > kept for seconds, _ in found),
        "padded": sum(seconds < kept for seconds, _ in found),
    }


def _texts(cells: Sequence[Any], modality: Text) -> dict[str, Any]:
    texts = [cell for cell in cells if isinstance(cell, str) and cell]
    return {
        "words": _spread([words_in(text) for text in texts]),
        "characters": _spread([len(text) for text in texts]),
        "cropped": sum(len(modality.encode(text, modality.length)) >= modality.length for text in texts),
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"least": min(values), "median": statistics.median(values), "most": max(values)}


def _scalar(column: Column, header: str, kind: str, index: NDArray[np.int64]) -> dict[str, Any]:
    """A column of a table: why it is what it is, how much is there, and where it lies."""
    values = [v for v in _by_row([cell.get(header) for cell in column.cells], index) if v is not None]
    counts = Counter(map(str, values))
    found: dict[str, Any] = {"name": header, "type": kind, "why": column.why.get(header), "given": len(values)}
    found |= {"missing": len(index) - len(values), "distinct": len(counts)}
    if kind in ("number", "integer"):
        figures = [float(v) for v in values if isinstance(v, int | float)]
        return found | {"least": min(figures), "median": statistics.median(figures), "most": max(figures)}
    if kind in ("date", "time"):
        return found | {"least": min(map(str, values)), "most": max(map(str, values))}
    rare = sum(number == 1 for number in counts.values())
    shown = [f"{value} ({number:,})" for value, number in counts.most_common(COMMONEST)]
    return found | {"commonest": shown, "once": rare, "unknown": max(0, len(counts) - CATEGORIES)}


def oddities(data: DataSet) -> list[str]:
    """Sentences on columns that tell nothing, or nothing that another does not tell."""
    found, seen = [], dict[Hashable, str]()
    for header, values in _columns(data):
        given = [value for value in values if value is not None]
        value, number = Counter(given).most_common(1)[0] if given else (None, 0)
        if len(given) > 1 and number >= NEARLY * len(given):
            share = "each of" if number == len(given) else f"{number:,} of"
            found.append(f"Column '{header}' is nearly constant: {share} its {len(given):,} cells is '{short(value)}'.")
        elif twin := seen.get(tuple(values)):
            found.append(f"Column '{header}' holds in every row what '{twin}' holds: one of them is enough.")
        elif len(set(given)) == len(given) > CATEGORIES and _counts_up(given):
            found.append(f"Column '{header}' counts the rows: a number of that kind is better left out.")
        seen.setdefault(tuple(values), header)
    return found


def _counts_up(values: Sequence[Any]) -> bool:
    """Whether these are whole numbers, each one more than that before."""
    return all(isinstance(v, int) and v == values[0] + i for i, v in enumerate(values))


def _columns(data: DataSet) -> Iterator[tuple[str, list[Any]]]:
    """Each column's values by row, those that can be compared."""
    index = data.pairing(0).index
    for name, column in data.columns.items():
        if column.kind == "table":
            for header in column.headers:
                yield header, _by_row([cell.get(header) for cell in column.cells], index[name])
        elif len(column.cells) and isinstance(column.cells[0], str | Path):
            yield column.headers[0], _by_row(column.cells, index[name])


def _by_row(values: Sequence[Any], index: NDArray[np.int64]) -> list[Any]:
    return [values[i] if i >= 0 else None for i in index.tolist()]
