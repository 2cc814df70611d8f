"""How every verb looks at data: chunk by chunk, bad cells set aside and remembered."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..data.load import BUILT_IN, load_data, open_sheet
from ..data.sheet import Sheet
from ..errors import CellError, ConfigError, DataError, nearest
from ..modalities import Modality, Table
from ..modalities.holes import Partial, partial
from ..model.gan import AnyGAN
from ..rows import BadCell, Batch, Cell, DataSet

__all__ = ["CHUNK", "Chunk", "Rows", "check_names", "chunks", "fitted", "open_rows", "scalar_kind", "seeded"]

Rows = DataSet | str | Path | Iterable[Mapping[str, Any]]

CHUNK = 256
"""Rows that are looked at together."""


@dataclass(frozen=True)
class Chunk:
    """A few rows of a data set.

    Attributes:
        rows: (B,) their numbers, counted from 0.
        cells: the rows' cells, ``None`` where missing or bad.
        batch: the same as tensors, for all of the model's modalities.
        bad: cells among them that were given and could not be read.
        partials: modality and place -> a cell of which a part is missing; ``batch`` has what is left of it.
    """

    rows: NDArray[np.int64]
    cells: list[dict[str, Cell | None]]
    batch: Batch
    bad: list[BadCell] = field(default_factory=list)
    partials: dict[tuple[str, int], Partial] = field(default_factory=dict)


def open_rows(modalities: Mapping[str, Modality], rows: Rows, data_dir: Path | None = None) -> DataSet:
    """Rows as a data set of the model's own columns and kinds, which a few cells alone might not tell.

    Columns that the model does not know are left out; ``source`` still has them. Built-in sets give their test split.

    Raises:
        DataError: when the rows cannot be read, or no column is the model's.
    """
    if isinstance(rows, DataSet):
        return rows
    if isinstance(rows, str | Path) and str(rows).partition(":")[0] in BUILT_IN:
        return load_data(rows, data_dir=data_dir, split="test")
    return fitted(modalities, open_sheet(rows, {name: modality.kind for name, modality in modalities.items()}))


def fitted(modalities: Mapping[str, Modality], sheet: Sheet) -> DataSet:
    """Rows as a data set of those columns that are the model's.

    Raises:
        DataError: when there is none.
    """
    kinds = _kinds(modalities, sheet.headers)
    if not kinds:
        raise DataError(
            f"'{sheet.name}' has none of the columns that the model knows: expected {', '.join(modalities)}, "
            f"found {', '.join(sheet.headers) or 'nothing'}."
        )
    return sheet.known(kinds)


def _kinds(modalities: Mapping[str, Modality], headers: Collection[str]) -> dict[str, str]:
    """Kind of each header that belongs to a modality, in the order of the headers."""
    kinds: dict[str, str] = {}
    for name, modality in modalities.items():
        if isinstance(modality, Table):
            kinds |= {column.name: scalar_kind(column.type) for column in modality.columns if column.name in headers}
            continue
        files = (f"{name}_file_name", *(["file_name"] if name == modality.kind else [])) if modality.suffix else ()
        header = next((candidate for candidate in (*files, name) if candidate in headers), None)
        if header is not None:
            kinds[header] = modality.kind
    return {header: kinds[header] for header in headers if header in kinds}


def scalar_kind(type_name: str) -> str:
    """The kind of a table's column, as readers call it."""
    return {"integer": "number", "time": "date"}.get(type_name, type_name)


def check_names(names: Collection[str], known: Collection[str], option: str) -> None:
    """Refuse a modality that the model, or the data, does not have.

    Raises:
        ConfigError: with the option and the nearest known name.
    """
    for name in names:
        if name not in known:
            raise ConfigError(f"Unknown modality '{name}' in {option}.{nearest(name, known)}")


def seeded(seed: int, place: int) -> torch.Generator:
    """The source of everything random at one place of a data set, whatever came before it."""
    return torch.Generator().manual_seed(seed * 1_000_003 + place)


def chunks(
    model: AnyGAN, data: DataSet, names: Collection[str], size: int = CHUNK, *, holes: bool = False
) -> Iterator[Chunk]:
    """All rows of a data set, of which only the named modalities are read; with ``holes``, those within cells are seen.

    Raises:
        DataError: when a column is of another kind than the model's modality of that name.
    """
    for name in names:
        if name in data.columns and data.columns[name].kind != model.modalities[name].kind:
            raise DataError(
                f"Column '{name}' of '{data.name}' is of kind {data.columns[name].kind}, the model's is of kind "
                f"{model.modalities[name].kind}. Say so: --kind {name}={model.modalities[name].kind}"
            )
    wanted = [name for name in model.names if name in names and name in data.columns]
    index = data.pairing(0).index
    blanks = {name: m.blank() for name, m in model.modalities.items()}
    for first in range(0, len(data), size):
        rows = np.arange(first, min(first + size, len(data)))
        cells: list[dict[str, Cell | None]] = [{} for _ in rows]
        values, present, bad = {}, {}, []
        partials: dict[tuple[str, int], Partial] = {}
        for name, modality in model.modalities.items():
            stored = [blanks[name]] * len(rows)
            there = torch.zeros(len(rows), dtype=torch.bool)
            for place, row in enumerate(rows if name in wanted else ()):
                number = index[name][row]
                cell = data.columns[name].cells[number] if number >= 0 else None
                if cell is not None:
                    try:
                        whole, left = partial(modality, cell) if holes else None, cell
                        if whole is not None and (left := whole.shown()) is not None:
                            partials[name, place] = whole
                        if left is None:
                            cell = None
                        else:
                            stored[place], there[place] = modality.read(left), True
                    except CellError as error:
                        partials.pop((name, place), None)
                        bad.append(BadCell.of(data.columns[name], int(row), cell, str(error)))
                        cell = None
                cells[place][name] = cell
            values[name], present[name] = torch.stack(stored), there
        device = next(model.parameters()).device
        yield Chunk(rows, cells, Batch(values, present).to(device), bad, partials)
