"""Rows of other libraries: frames of pandas and polars, tables of pyarrow, data sets of Hugging Face.

None of these libraries is imported but pyarrow, which is here anyway: who has such an object has loaded its library.
Pictures and sounds of a ``datasets.Dataset`` stay in its files and are fetched when they are looked at; they are never
decoded by it, so that neither torchcodec nor torchvision is needed. An ``IterableDataset`` is gone through once, and
what it holds is kept as it is packed. An index of pandas is no column.
"""

import dataclasses
import functools
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.compute

from ..errors import DataError
from ..rows import Packed, Source
from .sheet import Sheet, sheet_of

__all__ = ["read_frame"]

MEDIA = {"Image": "image", "Audio": "audio"}
"""Names of the features of Hugging Face that hold files."""


def read_frame(source: Any) -> Sheet | None:
    """The rows of an object of one of these libraries, ``None`` where it is none.

    Raises:
        DataError: when it has no rows, two columns have one name, or it holds splits.
    """
    if _is(source, "pandas", "DataFrame"):
        columns = [source.iloc[:, i] for i in range(source.shape[1])]
        values = [column.astype(object).where(column.notna(), None).tolist() for column in columns]
        return _assembled("frame", [str(name) for name in source.columns], values)
    if _is(source, "polars", "LazyFrame"):
        source = source.collect()
    if _is(source, "polars", "DataFrame"):
        return _assembled("frame", source.columns, [source[name].to_list() for name in source.columns])
    if isinstance(source, pyarrow.Table | pyarrow.RecordBatch):
        return _assembled("table", source.schema.names, [column.to_pylist() for column in source.columns])
    if _is(source, "datasets", "Dataset"):
        return _hugging(source)
    if _is(source, "datasets", "IterableDataset"):
        return _streamed(source)
    if _is(source, "datasets", "DatasetDict") or _is(source, "datasets", "IterableDatasetDict"):
        raise DataError(f"This holds splits of a data set. Name one of them: data['{next(iter(source))}'].")
    return None


def _is(source: Any, library: str, name: str) -> bool:
    """Whether the object is of a class of a library that is loaded."""
    kind = getattr(sys.modules.get(library), name, None)
    return isinstance(kind, type) and isinstance(source, kind)


def _assembled(
    name: str, headers: Sequence[str], values: Sequence[Sequence[Any]], kinds: Mapping[str, str] | None = None
) -> Sheet:
    """Columns of values as a sheet."""
    double = next((header for header in headers if list(headers).count(header) > 1), None)
    if double is not None:
        raise DataError(f"{name}: two columns are called '{double}'. Rename one.")
    if not headers or not len(values[0]):
        raise DataError(f"{name}: expected at least one row with at least one column, got none.")
    rows = [dict(zip(headers, row, strict=True)) for row in zip(*values, strict=True)]
    return Sheet(name, tuple(headers), rows, kinds or {}, source=Source(Path(name), tuple(headers), rows))


def _hugging(source: Any) -> Sheet:
    """A ``datasets.Dataset``: its scalars now, its pictures and sounds when they are looked at."""
    told = _features(source)
    packed = _undecoded(source).with_format(None)
    values: list[Sequence[Any]] = []
    for header, feature in (source.features or {}).items():
        column = packed.select_columns([header])
        media = told.get(header) in MEDIA.values()
        values.append(_files(column, header) if media else _named(feature, column[:][header]))
    return _assembled("datasets.Dataset", list(source.features), values, told)


def _streamed(source: Any) -> Sheet:
    """A ``datasets.IterableDataset``, to its end."""
    told = _features(source)
    features = source.features or {}
    rows = ({h: _named(features.get(h), [v])[0] for h, v in row.items()} for row in _undecoded(source))
    return dataclasses.replace(sheet_of(rows, "datasets.IterableDataset"), kinds=told)


def _features(source: Any) -> dict[str, str]:
    """Kinds that the features say themselves."""
    known = MEDIA | {"ClassLabel": "category"}
    features = (source.features or {}).items()
    return {h: known[type(f).__name__] for h, f in features if type(f).__name__ in known}


def _undecoded(source: Any) -> Any:
    """The same data set, its files left as they are."""
    for header, feature in (source.features or {}).items():
        if type(feature).__name__ in MEDIA:
            source = source.cast_column(header, dataclasses.replace(feature, decode=False))
    return source


def _named(feature: Any, values: Iterable[Any]) -> list[Any]:
    """Values of a column, numbers of classes as their names."""
    if type(feature).__name__ != "ClassLabel":
        return list(values)
    return [feature.names[v] if isinstance(v, int) and 0 <= v < len(feature.names) else None for v in values]


def _files(column: Any, header: str) -> list[Packed | None]:
    """A cell for every row that has a file; only names and gaps are looked at."""
    files: list[Packed | None] = []
    for batch in column.with_format("arrow").iter(batch_size=1000):
        paths, contents = (pyarrow.compute.struct_field(batch[header], name) for name in ("path", "bytes"))
        for path, packed in zip(paths.to_pylist(), contents.is_valid().to_pylist(), strict=True):
            fetch = functools.partial(_fetch, column, len(files), header)
            files.append(Packed(path or header, fetch) if packed or path else None)
    return files


def _fetch(column: Any, row: int, header: str) -> bytes:
    """A file of a data set: its bytes, or those at its path."""
    value = column[row][header]
    content: bytes | None = value["bytes"]
    return Path(value["path"]).read_bytes() if content is None else content
