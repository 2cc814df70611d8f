"""One door to all data: the name of a built-in set, a folder, a file, or rows in memory."""

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import ConfigError, DataError, nearest
from ..rows import DataSet
from .built_in import check_split
from .digits import digits
from .download import FSDD, MNIST, fetch_all
from .folders import lone_table, read_folder
from .frames import read_frame
from .mnist import mnist, stacked_mnist
from .readers import METADATA, read_sheet
from .shards import SHARDS, files_of, is_pattern, read_shards
from .sheet import Sheet, sheet_of
from .spoken_mnist import spoken_mnist
from .synthetic import grid, ring

__all__ = ["BUILT_IN", "load_data", "open_sheet"]

BUILT_IN = ("digits", "grid", "mnist", "ring", "spoken-mnist", "stacked-mnist")

EMBEDDED = {"digits": digits, "grid": grid, "ring": ring}
DOWNLOADED = {
    "mnist": (mnist, MNIST),
    "spoken-mnist": (spoken_mnist, MNIST + FSDD),
    "stacked-mnist": (stacked_mnist, MNIST),
}


def load_data(
    source: str | Path | DataSet | Iterable[Mapping[str, Any]] | Any,
    *,
    kinds: Mapping[str, str] | None = None,
    data_dir: str | Path | None = None,
    split: str = "train",
) -> DataSet:
    """A data set from wherever it is.

    Args:
        source: a name in :data:`BUILT_IN`, perhaps followed by ':train' or ':test'; a folder with metadata.csv, .tsv,
            .jsonl or .parquet, or such a file; a folder of files (:mod:`.folders`); tar shards (:mod:`.shards`): one,
            a folder of them, or a pattern such as ``shards-{000..003}.tar``; a frame of pandas or polars, a table of
            pyarrow, a ``datasets.Dataset`` or ``IterableDataset``; an iterable of dicts; or a data set, which is
            returned as it is.
        kinds: column or modality -> kind, where they are not to be told from the cells.
        data_dir: the folder that holds what built-in sets read; else ``$ANYGAN_DATA``, else a cache, to which missing
            files are downloaded.
        split: of a built-in set that is named without one.

    Raises:
        DataError: when the data cannot be found, had or read.
        ConfigError: when ``split`` or ``kinds`` has an unknown name or kind.

    Example:
        >>> load_data("digits:test").kinds
        {'image': 'image', 'audio': 'audio', 'text': 'text'}
    """
    if isinstance(source, DataSet):
        return source
    name, _, asked = source.partition(":") if isinstance(source, str) else ("", "", "")
    if name in BUILT_IN:
        return _built_in(name, check_split(asked or split), data_dir, kinds or {})
    return open_sheet(source, kinds).told(kinds)


def open_sheet(source: str | Path | Iterable[Mapping[str, Any]] | Any, kinds: Mapping[str, str] | None = None) -> Sheet:
    """The rows of anything but a built-in set, before their kinds are told.

    Args:
        source: as for :func:`load_data`.
        kinds: modality -> kind, where it is known: it tells folders that are modalities from classes.

    Raises:
        DataError: when the data cannot be found or read.
    """
    if not isinstance(source, str | Path):
        return read_frame(source) or sheet_of(source)
    path = Path(source).expanduser()
    if path.exists():
        return _opened(path, kinds or {})
    if is_pattern(str(source)):
        return read_shards(files_of(str(source)), str(source))
    raise DataError(
        f"There is no data set '{source}': no such folder or file, and no built-in set has that name."
        f"{nearest(str(source), (*BUILT_IN, *_like(path)))}"
    )


def _opened(path: Path, kinds: Mapping[str, str]) -> Sheet:
    """A folder or file, by what it is."""
    if not path.is_dir():
        shard = path.is_file() and path.name.lower().endswith(SHARDS)
        return read_shards([path], str(path)) if shard else read_sheet(path)
    if any((path / name).exists() for name in METADATA):
        return read_sheet(path)
    shards = sorted(p for p in path.iterdir() if p.name.lower().endswith(SHARDS) and not p.name.startswith("."))
    if shards:
        return read_shards(shards, str(path))
    table = lone_table(path)
    return read_sheet(table) if table else read_folder(path, kinds)


def _built_in(name: str, split: str, data_dir: str | Path | None, kinds: Mapping[str, str]) -> DataSet:
    if name in EMBEDDED:
        data = EMBEDDED[name](split)
    else:
        load, files = DOWNLOADED[name]
        chosen = data_dir or os.environ.get("ANYGAN_DATA")
        data = load(split, Path(chosen).expanduser() if chosen else fetch_all(files))
    for modality, kind in kinds.items():
        if modality not in data.kinds:
            raise ConfigError(
                f"Unknown modality '{modality}' in --kind {modality}={kind}.{nearest(modality, data.kinds)}"
            )
        if kind != data.kinds[modality]:
            raise ConfigError(f"'{modality}' of {name} is of kind {data.kinds[modality]}, not {kind}. Drop --kind.")
    return data


def _like(path: Path) -> list[str]:
    """What lies in the same folder under a name like this one, as the user would type it."""
    if not path.parent.is_dir():
        return []
    return difflib.get_close_matches(str(path), [str(p) for p in path.parent.iterdir()], n=1)
