"""A sheet: rows of values in whatever shape they came, before it is told what kind each column is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..rows import BadCell, DataSet, Source
from .assemble import assemble
from .values import is_missing

__all__ = ["Sheet", "from_rows", "sheet_of"]


@dataclass(frozen=True)
class Sheet:
    """Rows of values.

    Attributes:
        name: how messages call it.
        headers: the columns, in order.
        rows: column -> value; one that is absent is missing.
        kinds: column -> kind, where the shape itself says it.
        folder: where file names start, and must stay.
        source: the file behind the rows, or what stands for it.
        bad: cells that are known to be bad already.
        notes: how the shape was understood, and what was left out.
    """

    name: str
    headers: tuple[str, ...]
    rows: Sequence[Mapping[str, Any]]
    kinds: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    source: Source | None = None
    bad: Sequence[BadCell] = ()
    notes: Sequence[str] = ()

    @classmethod
    def of(cls, name: str, source: Source) -> "Sheet":
        """The rows of a file."""
        return cls(name, source.headers, source.rows, {}, source.path.parent, source)

    def told(self, kinds: Mapping[str, str] | None = None) -> DataSet:
        """The data set of all columns that are not empty, kinds as said or told from the values.

        Raises:
            DataError: when everything is empty, or a kind cannot be told.
            ConfigError: when ``kinds`` has an unknown name or kind.
        """
        full = [h for h in self.headers if not all(is_missing(row.get(h)) for row in self.rows)]
        if not full:
            raise DataError(f"{self.name}: every cell is empty.")
        empty = [f"Column '{h}' is left out: all its cells are empty." for h in self.headers if h not in full]
        said = {**self.kinds, **(kinds or {})}
        said = {name: kind for name, kind in said.items() if name in full or name not in self.headers}
        return assemble(self.name, full, self.rows, said, self.folder, self.source, self.bad, [*self.notes, *empty])

    def known(self, kinds: Mapping[str, str]) -> DataSet:
        """The data set of the columns of ``kinds`` alone, which are of these kinds even where they are empty."""
        return assemble(self.name, list(kinds), self.rows, kinds, self.folder, self.source, self.bad, self.notes)


def from_rows(rows: Iterable[Mapping[str, Any]], name: str = "rows", kinds: Mapping[str, str] | None = None) -> DataSet:
    """A data set from an iterable of dicts, column -> value, ``None`` where it is missing.

    Values are those of a file, or pictures (Pillow, uint8 arrays), sounds (pairs of samples and rate, or Hugging Face's
    ``{"array", "sampling_rate"}``), vectors (lists, arrays) and paths in memory.

    Raises:
        DataError: when there are no rows, one is no dict, or a column's kind cannot be told.
        ConfigError: when ``kinds`` has an unknown name or kind.

    Example:
        >>> data = from_rows([{"age": 31, "note": "tall and thin"}, {"age": None, "note": "short and wide"}])
        >>> data.kinds
        {'table': 'table', 'note': 'text'}
        >>> list(data.rows())[1]
        {'table': None, 'note': 'short and wide'}
    """
    return sheet_of(rows, name).told(kinds)


def sheet_of(rows: Iterable[Mapping[str, Any]], name: str = "rows") -> Sheet:
    """Rows in memory as a sheet.

    Raises:
        DataError: when there are none, or one is no dict.
    """
    taken: list[Mapping[str, Any]] = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            raise DataError(f"{name}, row {number}: expected a dict from column to value, got {type(row).__name__}.")
        taken.append(row)
    headers = tuple(dict.fromkeys(str(header) for row in taken for header in row))
    if not headers:
        raise DataError(f"{name}: expected at least one row with at least one column, got none.")
    return Sheet(name, headers, taken)
