"""Files of rows read a part at a time, so that a million rows need no more memory than a few thousand.

The file is gone through once when it is opened: a broken row is told before anything is made of the rows above it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.parquet

from ..errors import DataError
from ..rows import Source
from .readers import check_headers, csv_rows, jsonl_rows, table_file, told

__all__ = ["PART", "Stream"]

PART = 4096
"""Rows of a part."""


@dataclass(frozen=True)
class Stream:
    """A file of rows that is not held in memory.

    Attributes:
        path: the file.
        headers: its columns.
        count: its rows.
    """

    path: Path
    headers: tuple[str, ...]
    count: int

    @classmethod
    def open(cls, path: Path) -> "Stream":
        """The stream of a file, or of the folder that holds it.

        Raises:
            DataError: when it is missing, broken or empty.
        """
        file = table_file(path)
        with told(file):
            headers, count = _survey(file)
        if not count:
            raise DataError(f"{file} holds no rows.")
        return cls(file, headers, count)

    def parts(self, first: int = 0, size: int = PART) -> Iterator[tuple[int, Source]]:
        """All rows from number ``first`` on: the number of a part's first row, and its rows."""
        with told(self.path):
            rows = islice(_rows(self.path, self.headers), first, None)
            while part := list(islice(rows, size)):
                yield first, Source(self.path, self.headers, part)
                first += len(part)


def _survey(file: Path) -> tuple[tuple[str, ...], int]:
    """Columns and number of rows."""
    suffix = file.suffix.lower()
    if suffix == ".parquet":
        with pyarrow.parquet.ParquetFile(file) as table:
            names = tuple(str(name) for name in table.schema_arrow.names)
            check_headers(file, names)
            return names, int(table.metadata.num_rows)
    if suffix == ".jsonl":
        headers: dict[str, None] = {}
        count = 0
        for row in jsonl_rows(file):
            headers |= dict.fromkeys(row)
            count += 1
        return tuple(headers), count
    lines = csv_rows(file)
    return tuple(next(lines)), sum(1 for _ in lines)


def _rows(file: Path, headers: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    suffix = file.suffix.lower()
    if suffix == ".parquet":
        with pyarrow.parquet.ParquetFile(file) as table:
            for batch in table.iter_batches(PART):
                yield from batch.to_pylist()
    elif suffix == ".jsonl":
        for row in jsonl_rows(file):
            yield {header: row.get(header) for header in headers}
    else:
        lines = csv_rows(file)
        next(lines)
        for line in lines:
            yield dict(zip(headers, line, strict=True))
