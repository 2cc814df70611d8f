"""Rows of values made into a data set: columns become modalities, values distinct cells, and what fails is listed."""

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import CellError, ConfigError, DataError, nearest
from ..rows import BadCell, Cell, Column, DataSet, Pairing, Source
from .cells import cell_of
from .kinds import FILES, KIND_NAMES, SCALARS, Told, is_file_column, modality_of, tell, tell_scalar

__all__ = ["assemble"]

Row = Mapping[str, Any]


def assemble(
    name: str,
    headers: Sequence[str],
    rows: Sequence[Row],
    kinds: Mapping[str, str] | None = None,
    folder: Path | None = None,
    source: Source | None = None,
    bad: Sequence[BadCell] = (),
    notes: Sequence[str] = (),
) -> DataSet:
    """The data set of rows of values.

    Args:
        name: how messages call it.
        headers: the columns, in order.
        rows: column -> value; one that is absent is missing.
        kinds: column or modality -> kind, where they are not to be told from the values.
        folder: where file names start, and must stay.
        source: the file behind the rows.
        bad: cells that are known to be bad already.
        notes: how the shape of the data was understood.

    Raises:
        DataError: when a column's kind cannot be told, or two modalities have one name.
        ConfigError: when ``kinds`` has an unknown name or kind.
    """
    reasons = _told(headers, rows, kinds or {})
    told = {header: reason.kind for header, reason in reasons.items()}
    found = list(bad)
    columns: dict[str, Column] = {}
    index: dict[str, NDArray[np.int64]] = {}
    for modality, members in _modalities(told).items():
        read = {header: _read(header, told[header], rows, folder, found) for header in members}
        is_table = told[members[0]] in SCALARS
        cells, numbers = _distinct(_table_rows(read, len(rows)) if is_table else read[members[0]])
        why = {header: reasons[header].why for header in members}
        columns[modality] = Column(modality, "table" if is_table else told[members[0]], cells, members, why)
        index[modality] = numbers
    pairing = Pairing(index)
    order = {header: i for i, header in enumerate(headers)}
    found.sort(key=lambda cell: (cell.row, order.get(cell.column, len(order))))
    return DataSet(name, columns, lambda epoch: pairing, tuple(found), source, tuple(notes))


def _told(headers: Sequence[str], rows: Sequence[Row], kinds: Mapping[str, str]) -> dict[str, Told]:
    """Kind of every column, said in ``kinds`` or told from its values, and why.

    Raises:
        DataError: when one cannot be told.
        ConfigError: when ``kinds`` has an unknown name or kind.
    """
    said = _said(headers, kinds)
    told = {}
    for header in headers:
        kind = said.get(header)
        if kind is None or kind == "table":
            values = [row.get(header) for row in rows]
            told[header] = tell(header, values) if kind is None else tell_scalar(header, values)
        else:
            told[header] = Told(kind, "said by --kind or by the shape of the data")
    return told


def _said(headers: Sequence[str], kinds: Mapping[str, str]) -> dict[str, str]:
    """``kinds`` by column, whether it names the column or its modality."""
    said = {}
    for name, kind in kinds.items():
        if kind not in KIND_NAMES:
            raise ConfigError(f"Unknown kind '{kind}' of '{name}'.{nearest(kind, KIND_NAMES)}")
        candidates = (name, f"{name}_file_name", "file_name" if name == kind and kind in FILES else name)
        header = next((c for c in candidates if c in headers), None)
        if header is not None:
            said[header] = kind
        elif not name == kind == "table":
            known = [h.removesuffix("_file_name") if is_file_column(h) else h for h in headers]
            raise ConfigError(f"Unknown column '{name}' in --kind {name}={kind}.{nearest(name, known)}")
    return said


def _modalities(told: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Modality -> its columns, in the order of their first."""
    members: dict[str, tuple[str, ...]] = {}
    for header, kind in told.items():
        modality = modality_of(header, kind)
        before = members.get(modality, ())
        if before and not (kind in SCALARS and told[before[0]] in SCALARS):
            raise DataError(
                f"Columns '{before[0]}' and '{header}' would both be the modality '{modality}'. Rename one."
            )
        members[modality] = (*before, header)
    return members


def _read(header: str, kind: str, rows: Sequence[Row], folder: Path | None, bad: list[BadCell]) -> list[Cell | None]:
    """The column's cells, ``None`` where missing or bad; bad ones are added to ``bad``."""
    cells: list[Cell | None] = []
    for number, row in enumerate(rows, 1):
        value = row.get(header)
        cell = None
        try:
            cell = cell_of(value, kind, folder)
        except CellError as error:
            named = kind in FILES and isinstance(value, str | Path)
            bad.append(BadCell(number, header, str(value) if named else "", str(error)))
        cells.append(cell)
    return cells


def _table_rows(read: Mapping[str, Sequence[Cell | None]], count: int) -> list[dict[str, Cell | None] | None]:
    """Columns side by side; a row that is empty in all of them is missing."""
    rows = [{header: cells[i] for header, cells in read.items()} for i in range(count)]
    return [row if any(value is not None for value in row.values()) else None for row in rows]


def _distinct(cells: Sequence[Cell | None]) -> tuple[list[Cell], NDArray[np.int64]]:
    """Each distinct cell once, and for every row the number of its cell, -1 where it is missing."""
    kept: list[Cell] = []
    numbers: dict[Hashable, int] = {}
    index = np.full(len(cells), -1, np.int64)
    for i, cell in enumerate(cells):
        if cell is None:
            continue
        number = numbers.setdefault(_key(cell), len(kept))
        if number == len(kept):
            kept.append(cell)
        index[i] = number
    return kept, index


def _key(cell: Cell) -> Hashable:
    """Equal for cells that are the same: by value for what is small, by identity for media in memory."""
    if isinstance(cell, str | Path):
        return cell
    # 1, 1.0 and True are equal to Python, and are different cells.
    return tuple((h, type(v), v) for h, v in cell.items()) if isinstance(cell, dict) else id(cell)
