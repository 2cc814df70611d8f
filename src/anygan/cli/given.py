"""What stands behind ``--given`` and ``--to``: names of modalities, or cells themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data.cells import cell_of
from ..errors import CellError, ConfigError, DataError, nearest
from ..modalities import Modality, Table
from ..rows import Cell, Column, DataSet, Pairing
from ..tasks.look import scalar_kind

__all__ = ["Given", "literal_row", "names_of", "parse"]


@dataclass(frozen=True)
class Given:
    """``--given`` in its two forms: names, and literals as they were typed."""

    names: tuple[str, ...]
    literals: tuple[tuple[str, str], ...]


def parse(options: Sequence[str]) -> Given:
    """What was typed: with '=' one literal, commas kept; without it names with commas between them.

    Example:
        >>> parse(["text,audio", "note=one, two"])
        Given(names=('text', 'audio'), literals=(('note', 'one, two'),))
    """
    literals = [option.partition("=")[::2] for option in options if "=" in option]
    return Given(names_of([option for option in options if "=" not in option]), tuple(literals))


def names_of(options: Sequence[str]) -> tuple[str, ...]:
    """Names with commas between them, each once, in order."""
    return tuple(dict.fromkeys(name.strip() for option in options for name in option.split(",") if name.strip()))


def modality_named(name: str, modalities: Mapping[str, Modality], option: str) -> str:
    """The modality that a name means: its own, or the table that has a column of that name.

    Raises:
        ConfigError: with the nearest known name.
    """
    if name in modalities:
        return name
    columns = {c.name: table for table, m in modalities.items() if isinstance(m, Table) for c in m.columns}
    if name in columns:
        return columns[name]
    raise ConfigError(f"Unknown modality '{name}' in {option}.{nearest(name, [*modalities, *columns])}")


def literal_row(literals: Sequence[tuple[str, str]], modalities: Mapping[str, Modality]) -> DataSet:
    """A data set of one row: the cells that were typed.

    Raises:
        ConfigError: for an unknown name, or one that is given twice.
        DataError: when a cell cannot be read.
    """
    cells: dict[str, Cell] = {}
    for name, value in literals:
        home = modality_named(name, modalities, f"--given {name}={value}")
        modality, typed = modalities[home], f"--given {name}={value}"
        if isinstance(modality, Table):
            cell = cells.setdefault(home, {})
            if name == home:
                known = ", ".join(column.name for column in modality.columns)
                raise ConfigError(f"'{name}' is a table; name one of its columns: {known}.")
            if name in cell:
                raise ConfigError(f"'{name}' is given twice. Keep one.")
            cell[name] = _scalar(modality, name, value, typed)
        elif home in cells:
            raise ConfigError(f"'{name}' is given twice. Keep one.")
        else:
            cells[home] = _cell(modality, value, typed)
    columns = {name: Column(name, modalities[name].kind, [cells[name]], _headers(cells[name], name)) for name in cells}
    pairing = Pairing({name: np.zeros(1, np.int64) for name in cells})
    return DataSet("--given", columns, lambda epoch: pairing)


def _headers(cell: Cell, name: str) -> tuple[str, ...]:
    return tuple(cell) if isinstance(cell, dict) else (name,)


def _cell(modality: Modality, value: str, typed: str) -> Cell:
    """A typed cell, tried: what is typed by hand must not count as missing when it cannot be read."""
    try:
        if modality.suffix:
            path = Path(value).expanduser()
            if not path.is_file():
                raise CellError(f"there is no file {value}")
            cell: Cell = path
        else:
            cell = cell_of(value, modality.kind, None)
        if cell is None:
            raise CellError("it is empty")
        modality.read(cell)
    except CellError as error:
        raise DataError(f"{typed}: {error}.") from error
    return cell


def _scalar(table: Table, name: str, value: str, typed: str) -> Cell:
    kind = next(scalar_kind(column.type) for column in table.columns if column.name == name)
    try:
        cell = cell_of(value, kind, None)
    except CellError as error:
        raise DataError(f"{typed}: {error}.") from error
    reason = table.faults({name: cell}).get(name) or ("" if cell is not None else "it is empty")
    if reason:
        raise DataError(f"{typed}: {reason}.")
    return cell
