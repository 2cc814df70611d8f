"""anygan embed: the code of every row, as a Parquet file."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import DataError
from ..rows import BadCell
from ..tasks.embed import Codes
from .answer import Answer, count, listed
from .opening import open_model
from .progress import Ticker

__all__ = ["run"]

MARK = b"anygan"


def run(folder: Path, checkpoint: str, data: str, out: Path, data_dir: Path | None) -> Answer:
    """Embed every row."""
    _claim(out)
    model = open_model(folder, checkpoint)
    rows = model.data(data, data_dir)
    names = list(model.modalities)
    schema = _schema(names, model.config.code, f"{folder} ({checkpoint})")
    bad: list[BadCell] = list(rows.bad)
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    beside.parent.mkdir(parents=True, exist_ok=True)
    try:
        with pq.ParquetWriter(beside, schema) as writer, Ticker("embed") as ticker:
            for codes in model.embed(rows):
                bad.extend(codes.bad)
                writer.write_table(_table(codes, names, schema))
                ticker.rows(int(codes.rows[-1]) + 1, len(rows))
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
    document = {
        "out": str(out),
        "rows": len(rows),
        "code": model.config.code,
        "columns": schema.names,
        "bad": [str(cell) for cell in bad],
    }
    shown = [*listed(bad, "bad cell"), f"{count(len(rows), 'code')} of {model.config.code} numbers in {out}"]
    return Answer(document, shown)


def _schema(names: list[str], size: int, origin: str) -> pa.Schema:
    columns = [("id", pa.int64()), ("code", pa.list_(pa.float32(), size)), ("sure", pa.float32())]
    used = [(f"used_{name}", pa.bool_()) for name in names]
    trust = [(f"reliability_{name}", pa.float32()) for name in names]
    return pa.schema(columns + used + trust, metadata={MARK: origin.encode()})


def _table(codes: Codes, names: list[str], schema: pa.Schema) -> pa.Table:
    flat = np.ascontiguousarray(codes.code, np.float32).reshape(-1)
    columns = [
        pa.array(codes.rows),
        pa.FixedSizeListArray.from_arrays(pa.array(flat), codes.code.shape[1]),
        pa.array(codes.sure.astype(np.float32)),
        *(pa.array(codes.used[:, place]) for place in range(len(names))),
        *(pa.array(codes.reliability[:, place]) for place in range(len(names))),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _claim(out: Path) -> None:
    """Codes may be written anew; anything else that lies there is somebody's."""
    if not out.exists():
        return
    try:
        ours = MARK in (pq.read_schema(out).metadata or {})
    except (OSError, pa.ArrowException):
        ours = False
    if not ours:
        raise DataError(f"{out} exists and holds no codes; it is not overwritten. Name another file with --out.")
