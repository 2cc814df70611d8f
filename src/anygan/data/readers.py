"""Files of rows: CSV, TSV, JSON lines and Parquet, or a folder that holds one as ``metadata``.

The folder is that of Hugging Face's ``imagefolder`` (https://huggingface.co/docs/datasets/image_load): columns
``file_name`` and ``NAME_file_name`` hold paths relative to it. Text is UTF-8, an empty cell is missing. A file that is
broken as a whole is refused with the row where it breaks; rows are counted from 1, the header not among them.
"""

import csv
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import pyarrow
import pyarrow.parquet

from ..errors import DataError
from ..rows import DataSet, Source
from .cells import SURROGATE
from .encoding import open_text
from .sheet import Sheet

__all__ = [
    "METADATA",
    "SUFFIXES",
    "check_headers",
    "csv_rows",
    "jsonl_rows",
    "open_data",
    "read_sheet",
    "read_source",
    "table_file",
    "told",
]

SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")
METADATA = tuple(f"metadata{suffix}" for suffix in SUFFIXES)

LONGEST = 1000
"""Characters of a column's name at most."""
MOST_CELLS = 100_000_000

Rows = list[dict[str, Any]]


def open_data(path: Path, kinds: Mapping[str, str] | None = None) -> DataSet:
    """The data set in a folder or file.

    Args:
        path: a folder with metadata.csv, .tsv, .jsonl or .parquet, or such a file itself.
        kinds: column or modality -> kind, where they are not to be told from the cells.

    Raises:
        DataError: when it is missing, broken, or a column's kind cannot be told.
        ConfigError: when ``kinds`` has an unknown name or kind.
    """
    return read_sheet(path).told(kinds)


def read_sheet(path: Path) -> Sheet:
    """The rows of a folder or file as a sheet.

    Raises:
        DataError: when it is missing or broken.
    """
    return Sheet.of(str(path), read_source(path))


def read_source(path: Path) -> Source:
    """The rows of a folder or file as they stand: strings from CSV and TSV, values from JSON lines and Parquet.

    Raises:
        DataError: when it is missing or broken.
    """
    file = table_file(path)
    readers = {".csv": _read_csv, ".tsv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}
    with told(file):
        headers, rows = readers[file.suffix.lower()](file)
    if not rows:
        raise DataError(f"{file} holds no rows.")
    return Source(file, headers, rows)


def table_file(path: Path) -> Path:
    """The file of rows that a folder or file stands for.

    Raises:
        DataError: when there is none, or it is of no known kind.
    """
    file = _metadata(path) if path.is_dir() else path
    if not file.is_file():
        if file.exists():
            raise DataError(f"{file} is a folder, pipe or device, and no file. Name a file.")
        raise DataError(f"There is no file {file}.")
    if file.suffix.lower() not in SUFFIXES:
        raise DataError(f"Expected a folder or a file that ends in {', '.join(SUFFIXES)}, got {file}.")
    return file


@contextmanager
def told(file: Path) -> Iterator[None]:
    """Say in words what goes wrong while a file is read."""
    try:
        yield
    except (OSError, pyarrow.ArrowException) as error:
        raise DataError(f"{file} cannot be read: {error}") from None


def _metadata(folder: Path) -> Path:
    found = next((folder / name for name in METADATA if (folder / name).exists()), None)
    if found is None:
        here = ", ".join(sorted(p.name for p in folder.iterdir())[:5]) or "nothing"
        raise DataError(f"Expected one of {', '.join(METADATA)} in the folder {folder}; it holds {here}.")
    return found


def _read_csv(file: Path) -> tuple[tuple[str, ...], Rows]:
    lines = csv_rows(file)
    headers = tuple(next(lines))
    return headers, [dict(zip(headers, line, strict=True)) for line in lines]


def csv_rows(file: Path) -> Iterator[list[str]]:
    """The header and then every row, one at a time.

    Raises:
        DataError: where the file is broken.
    """
    delimiter = "\t" if file.suffix.lower() == ".tsv" else ","
    with open_text(file, newline="") as text, _long_fields():
        lines = _csv_lines(file, text, delimiter)
        headers = tuple(next(lines, ()))
        check_headers(file, headers)
        if len(headers) == 1 and (other := next((d for d in ";\t" if d in headers[0]), None)):
            raise DataError(f"{file} parts its columns by {other!r}. Save it with {delimiter!r} between them.")
        yield list(headers)
        for number, line in enumerate(lines, 1):
            if len(line) != len(headers):
                raise DataError(
                    f"{file}, row {number}: {len(line)} cells, but the header names {len(headers)} columns. Put quotes "
                    "around a cell that holds a comma or the end of a line, and leave empty what is missing."
                )
            yield line


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, none of whose values hides another."""
    found = dict(members)
    if len(found) < len(members):
        names = [name for name, _ in members]
        raise ValueError(f"two values are called {max(names, key=names.count)!r}")
    return found


JSON = json.JSONDecoder(object_pairs_hook=_object)


def _csv_lines(file: Path, text: TextIO, delimiter: str) -> Iterator[list[str]]:
    """Every line that is not blank."""
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    number = 0
    try:
        for line in reader:
            if line:
                yield line
                number += 1
    except csv.Error as error:
        where = f"row {number}" if number else "the header"
        raise DataError(
            f"{file}, {where}, about line {reader.line_num}: {error}. Quotes must enclose a whole cell, and quotes "
            "inside it be doubled."
        ) from None


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let cells be longer than the csv module's 131,072 characters, which is a limit of the whole process."""
    limit = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _read_jsonl(file: Path) -> tuple[tuple[str, ...], Rows]:
    rows = list(jsonl_rows(file))
    headers = tuple(dict.fromkeys(header for row in rows for header in row))
    if headers:
        check_headers(file, headers)
    return headers, [{header: row.get(header) for header in headers} for row in rows]


def jsonl_rows(file: Path) -> Iterator[dict[str, Any]]:
    """Every row, one at a time.

    Raises:
        DataError: where the file is broken.
    """
    with open_text(file) as text:
        for number, line in enumerate(text, 1):
            if not line.strip():
                continue
            try:
                row = JSON.decode(line)
            except (ValueError, RecursionError) as error:
                raise DataError(f"{file}, line {number}: not JSON ({error}).") from None
            if not isinstance(row, dict):
                raise DataError(f"{file}, line {number}: expected an object {{...}}, got {line.strip()[:40]}")
            yield row


def _read_parquet(file: Path) -> tuple[tuple[str, ...], Rows]:
    with pyarrow.parquet.ParquetFile(file) as parquet:
        headers = tuple(str(name) for name in parquet.schema_arrow.names)
        check_headers(file, headers)
        # A few kilobytes may say that one value stands there a thousand million times.
        cells = parquet.metadata.num_rows * len(headers)
        if cells > MOST_CELLS:
            raise DataError(f"{file} holds {cells:,} cells; expected at most {MOST_CELLS:,}. Split it.")
        try:
            rows: Rows = parquet.read().to_pylist()
        except (ValueError, OverflowError) as error:
            raise DataError(f"{file} holds a value that cannot be read: {error}") from None
    return headers, rows


def check_headers(file: Path, headers: tuple[str, ...]) -> None:
    """Refuse a column without a name, or two of one.

    Raises:
        DataError: with what to do about it.
    """
    if not headers:
        raise DataError(f"{file} is empty: expected a line that names the columns.")
    seen: set[str] = set()
    for number, header in enumerate(headers, 1):
        if not header.strip():
            raise DataError(f"{file}: column {number} has no name. Name it in the first line, or delete it.")
        if len(header) > LONGEST:
            raise DataError(
                f"{file}: the name of column {number}, '{header[:20]}...', has {len(header):,} characters; expected at "
                f"most {LONGEST:,}. Rename it."
            )
        if SURROGATE.search(header) or "\0" in header:
            raise DataError(f"{file}: the name of column {number}, {header!r}, is not UTF-8 text. Rename it.")
        if header in seen:
            raise DataError(f"{file}: two columns are called '{header}'. Rename one.")
        seen.add(header)
