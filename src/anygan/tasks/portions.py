"""Rows a part at a time: what a verb needs that must not hold a whole data set."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from ..data.load import BUILT_IN
from ..data.readers import METADATA, SUFFIXES
from ..data.sheet import Sheet
from ..data.stream import PART, Stream
from ..modalities import Modality
from ..rows import DataSet
from .look import Rows, fitted, open_rows

__all__ = ["Portions"]


@dataclass(frozen=True)
class Portions:
    """Rows that are looked at a part at a time; of a file no more than a part is in memory.

    Attributes:
        name: how messages call them.
        headers: the columns, those of the file where there is one.
        count: rows in all.
        parts: the number of the first row to look at -> for each part the number of its first row, and its rows.
    """

    name: str
    headers: tuple[str, ...]
    count: int
    parts: Callable[[int], Iterator[tuple[int, DataSet]]]

    @classmethod
    def open(cls, modalities: Mapping[str, Modality], rows: Rows, data_dir: Path | None = None) -> Self:
        """Rows as :func:`open_rows` takes them.

        Raises:
            DataError: when the rows cannot be read, or no column is the model's.
        """
        path = Path(rows).expanduser() if isinstance(rows, str | Path) else None
        streamed = path is not None and str(rows).partition(":")[0] not in BUILT_IN and path.exists()
        if path is None or not streamed or not _is_table(path):
            return cls.of(open_rows(modalities, rows, data_dir))
        stream = Stream.open(path)

        def parts(first: int) -> Iterator[tuple[int, DataSet]]:
            for start, source in stream.parts(first):
                data = fitted(modalities, Sheet.of(str(path), source))
                yield start, replace(data, bad=tuple(replace(cell, row=cell.row + start) for cell in data.bad))

        return cls(str(path), stream.headers, stream.count, parts)

    @classmethod
    def of(cls, data: DataSet) -> Self:
        """A data set that is in memory already."""
        known = (header for column in data.columns.values() for header in column.headers)
        headers = data.source.headers if data.source else tuple(known)

        def parts(first: int) -> Iterator[tuple[int, DataSet]]:
            for start in range(first, len(data), PART):
                rows = slice(start, start + PART)
                source = data.source and replace(data.source, rows=data.source.rows[rows])
                bad = tuple(cell for cell in data.bad if start < cell.row <= start + PART)
                yield start, replace(data.take(rows), source=source, bad=bad)

        return cls(data.name, headers, len(data), parts)


def _is_table(path: Path) -> bool:
    """Whether a path is one file of rows, or a folder that holds one."""
    if path.is_dir():
        return any((path / name).is_file() for name in METADATA)
    return path.suffix.lower() in SUFFIXES
