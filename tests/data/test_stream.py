"""Streams: the same rows as a reading of the whole file, a part at a time."""

import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from anygan.data.readers import read_source
from anygan.data.stream import Stream
from anygan.errors import DataError

ROWS = [{"n": f"{i}", "word": f'w "{i}", and\nmore'} for i in range(25)]


def written(folder: Path, suffix: str) -> Path:
    path = folder / f"metadata{suffix}"
    if suffix == ".parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)
    elif suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in [{"n": "-1"}, *ROWS[1:]]), "utf-8")
    else:
        apart = "\t" if suffix == ".tsv" else ","
        lines = [apart.join('"' + cell.replace('"', '""') + '"' for cell in row.values()) for row in ROWS]
        path.write_text(apart.join(ROWS[0]) + "\n" + "\n".join(lines) + "\n", "utf-8")
    return path


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("first", [0, 7, 24, 25])
def test_parts_are_the_whole(tmp_path: Path, suffix: str, first: int) -> None:
    whole = read_source(written(tmp_path, suffix))
    stream = Stream.open(tmp_path)
    assert (stream.path, stream.headers, stream.count) == (whole.path, whole.headers, len(whole.rows))
    parts = list(stream.parts(first, 10))
    assert [start for start, _ in parts] == list(range(first, 25, 10))
    assert [row for _, part in parts for row in part.rows] == list(whole.rows)[first:]


@pytest.mark.parametrize(
    ("text", "words"),
    [("a,b\n1,2\n3\n", "row 2"), ("a,b\n", "no rows"), ("a,a\n1,2\n", "two columns"), ("a\n\xff\n", "UTF-8")],
)
def test_what_is_broken_is_told_at_once(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "data.csv"
    path.write_text(text, "latin-1")
    with pytest.raises(DataError, match=words):
        Stream.open(path)
