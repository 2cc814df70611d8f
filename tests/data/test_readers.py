"""Files and folders of rows, whole and broken."""

import json
import os
from pathlib import Path

import numpy as np
import PIL.Image
import pyarrow
import pyarrow.parquet
import pytest

from anygan.data.readers import open_data, read_source
from anygan.errors import DataError

ROWS = [{"age": 31, "note": 'tall, and "thin"\nin two lines'}, {"age": 4, "note": "short and wide"}]


def folder_of(path: Path, text: str) -> Path:
    """A folder with three pictures and the metadata."""
    (path / "pictures").mkdir()
    for i in range(3):
        PIL.Image.fromarray(np.full((4, 4), i, np.uint8)).save(path / "pictures" / f"{i}.png")
    (path / "metadata.csv").write_text(text, encoding="utf-8")
    return path


def test_a_folder_has_its_files_and_missing_cells(tmp_path: Path) -> None:
    data = open_data(folder_of(tmp_path, "file_name,n\npictures/0.png,1\n,2\npictures/2.png,\npictures/0.png,4\n"))
    assert data.kinds == {"image": "image", "table": "table"}
    assert data.pairing(0).index["image"].tolist() == [0, -1, 1, 0]
    assert data.columns["image"].cells[1] == tmp_path / "pictures" / "2.png"
    assert data.columns["image"].headers == ("file_name",)
    assert data.source is not None
    assert data.source.path == tmp_path / "metadata.csv"
    assert data.source.headers == ("file_name", "n")
    assert data.source.rows[2] == {"file_name": "pictures/2.png", "n": ""}


def test_files_that_are_missing_or_outside_are_bad_cells(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    PIL.Image.new("L", (2, 2)).save(tmp_path / "secret.png")
    names = ["pictures/0.png", "gone.png", "../secret.png", "link.png", str(tmp_path / "secret.png"), "pictures"]
    folder_of(inside, "\n".join(["x_file_name,n", *(f"{name},1" for name in names), "a\0b.png,1", "pictures/1.png,1"]))
    os.symlink(tmp_path / "secret.png", inside / "link.png")
    data = open_data(inside)
    assert [(b.row, b.file) for b in data.bad] == list(enumerate([*names[1:], "a\0b.png"], 2))
    assert [b.reason.split(";")[0].split(" (")[0] for b in data.bad] == [
        "there is no such file",
        "the file lies outside the data folder",
        "the file lies outside the data folder",
        "the file lies outside the data folder",
        "expected a file, found a folder",
        "no file can have this name",
    ]
    assert data.pairing(0).index["x"].tolist() == [0, -1, -1, -1, -1, -1, -1, 1]


def test_a_folder_whose_name_begins_alike_is_outside(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside-2").mkdir()
    PIL.Image.new("L", (2, 2)).save(tmp_path / "inside-2" / "secret.png")
    folder_of(tmp_path / "inside", "file_name\npictures/0.png\n../inside-2/secret.png\n")
    (bad,) = open_data(tmp_path / "inside").bad
    assert (bad.row, bad.reason) == (2, "the file lies outside the data folder; copy it in")


def test_a_folder_reached_by_a_link_is_no_trespass(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    folder_of(tmp_path / "real", "file_name\npictures/0.png\n")
    os.symlink(tmp_path / "real", tmp_path / "link")
    assert open_data(tmp_path / "link").bad == ()


def test_all_formats_read_the_same(tmp_path: Path) -> None:
    quoted = [r["note"].replace('"', '""') for r in ROWS]
    (tmp_path / "a.csv").write_text(f'age,note\n31,"{quoted[0]}"\n4,{quoted[1]}\n')
    (tmp_path / "a.tsv").write_text(f'age\tnote\n31\t"{quoted[0]}"\n4\t{quoted[1]}\n')
    (tmp_path / "a.jsonl").write_text("\n\n".join(json.dumps(r) for r in ROWS))
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    (tmp_path / "b.csv").write_bytes(b"\xef\xbb\xbf" + (tmp_path / "a.csv").read_bytes().replace(b"\n4", b"\r\n\r\n4"))
    for name in ("a.csv", "a.tsv", "a.jsonl", "a.parquet", "b.csv"):
        data = open_data(tmp_path / name)
        assert list(data.rows()) == [{"table": {"age": r["age"]}, "note": r["note"]} for r in ROWS], name
        assert data.source is not None
        assert data.source.headers == ("age", "note")


def test_json_lines_may_leave_columns_out_and_hold_lists(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('\ufeff{"v": [1, 2]}\n{"flag": true}\n', encoding="utf-8")
    data = open_data(tmp_path / "a.jsonl")
    assert data.kinds == {"v": "vector", "table": "table"}
    assert list(data.rows())[1] == {"v": None, "table": {"flag": True}}


def test_long_cells_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("v,w\n" + '"[' + ", ".join(["0.125"] * 40_000) + ']",1\n')
    assert open_data(tmp_path / "a.csv").columns["v"].cells[0].shape == (40_000,)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"a,b\n", "holds no rows"),
        ("a.csv", b"a,b\n1,2\n1,2,3\n", r"row 2: 3 cells, but the header names 2 columns"),
        ("a.csv", b"a,b\n1,2\n1\n", r"row 2: 1 cells"),
        ("a.csv", b'a,b\n1,2\n"x"y,2\n', r"row 2, about line 3: .*[Qq]uotes"),
        ("a.csv", b'a,b\n1,2\n1,"no end\n', r"row 2, .*Quotes must enclose"),
        ("a.csv", b"a,a\n1,2\n", "two columns are called 'a'"),
        ("a.csv", b"a,\n1,2\n", "column 2 has no name"),
        ("a.csv", b"a;b\n1;2\n", r"parts its columns by ';'"),
        ("a.csv", "a,b\né,2\n".encode("latin-1"), r"line 2: the byte 0xE9 is not UTF-8 \(1 of 2 lines"),
        ("a.jsonl", b'{"a": 1}\n{"a": \n', "line 2: not JSON"),
        ("a.jsonl", b"[1]\n", "line 1: expected an object"),
        ("a.jsonl", b"", "holds no rows"),
        ("a.parquet", b"no parquet", "cannot be read"),
        ("a.xlsx", b"PK", r"ends in \.csv, \.tsv, \.jsonl, \.parquet"),
    ],
)
def test_broken_files_get_a_sentence(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=sentence):
        open_data(tmp_path / name)


def test_a_folder_without_metadata_says_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(DataError, match=r"metadata\.csv.*notes\.txt"):
        read_source(tmp_path)
