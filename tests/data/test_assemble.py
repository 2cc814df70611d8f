"""Rows in memory become data sets."""

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from anygan.data.sheet import from_rows
from anygan.errors import CellError, ConfigError, DataError
from anygan.modalities import Image, Scale, Table


def test_scalars_go_together_and_the_rest_alone() -> None:
    rows = [
        {"age": 31, "note": "tall and thin", "colour": "red", "v": [1, 2]},
        {"age": None, "note": None, "colour": "red", "v": None},
        {"age": None, "note": "tall and thin", "colour": None, "v": [3, 4]},
        {"note": "short and wide", "colour": "blue"},
    ]
    data = from_rows(rows, kinds={"colour": "category"})
    assert data.kinds == {"table": "table", "note": "text", "v": "vector"}
    assert data.columns["table"].headers == ("age", "colour")
    read = list(data.rows())
    assert [row["table"] for row in read] == [
        {"age": 31, "colour": "red"},
        {"age": None, "colour": "red"},
        None,
        {"age": None, "colour": "blue"},
    ]
    assert data.columns["note"].cells == ["tall and thin", "short and wide"]
    assert data.pairing(0).index["note"].tolist() == [0, -1, 0, 1]
    vector = read[2]["v"]
    assert vector is not None
    assert (vector.dtype, vector.tolist()) == (np.float32, [3, 4])
    assert data.bad == ()


def test_said_kinds_move_columns_in_and_out_of_the_table() -> None:
    rows = [{"code": str(i), "word": w, "n": i} for i, w in enumerate(["a", "b", "c"], 1)]
    assert from_rows(rows).kinds == {"table": "table", "word": "text"}
    data = from_rows(rows, kinds={"code": "text", "word": "table", "n": "vector"})
    assert data.kinds == {"code": "text", "table": "table", "n": "vector"}
    assert data.columns["table"].headers == ("word",)
    assert from_rows(rows, kinds={"n": "category"}).columns["table"].cells[0] == {"code": 1, "n": "1"}


def test_a_kind_may_be_said_by_modality() -> None:
    rows = [{"eye_file_name": "a", "file_name": "b.png", "n": 1}]
    data = from_rows(rows, kinds={"eye": "image", "image": "image", "table": "table"})
    assert data.kinds == {"eye": "image", "image": "image", "table": "table"}
    with pytest.raises(ConfigError, match=r"'eyes' in --kind eyes=image\. Did you mean 'eye'"):
        from_rows(rows, kinds={"eyes": "image"})
    with pytest.raises(ConfigError, match=r"Unknown kind 'imag' of 'eye'\. Did you mean 'image'"):
        from_rows(rows, kinds={"eye": "imag"})


def test_bad_cells_are_listed_by_row_and_their_rows_stay() -> None:
    rows = [{"n": str(i), "x_file_name": "nowhere.png", "v": "[1, 2]"} for i in range(1, 11)]
    rows[2] |= {"n": "three", "x_file_name": ""}
    rows[9]["v"] = "[1, 2"
    data = from_rows(rows)
    assert len(data) == 10
    assert [(b.row, b.column) for b in data.bad if b.column != "x_file_name"] == [(3, "n"), (10, "v")]
    assert str(data.bad[2]) == "row 3, column 'n': expected a finite number, got 'three'"
    assert str(data.bad[0]) == "row 1, column 'x_file_name', file nowhere.png: there is no such file"
    assert [b.row for b in data.bad] == sorted(b.row for b in data.bad)
    assert list(data.rows())[2] == {"table": None, "x": None, "v": list(data.rows())[2]["v"]}


def test_words_for_missing_are_missing_among_numbers() -> None:
    data = from_rows([{"n": n} for n in ("1", "NA", "null", "2")])
    assert data.pairing(0).index["table"].tolist() == [0, -1, -1, 1]
    assert data.bad == ()


def test_media_in_memory_stay_what_they_are(tmp_path: Path) -> None:
    picture, sound = PIL.Image.new("L", (3, 2), 7), np.linspace(-1, 1, 9)
    picture.save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    rows = [
        {"p": picture, "s": {"array": sound, "sampling_rate": 16000}, "q": {"bytes": content, "path": "a.png"}},
        {"p": np.zeros((2, 3), np.uint8), "s": (sound.astype(np.float32), 8000), "q": {"bytes": b"?", "path": "b.png"}},
    ]
    data = from_rows(rows)
    assert data.kinds == {"p": "image", "s": "audio", "q": "image"}
    first, second = data.rows()
    assert first["p"] is picture
    assert first["s"] is not None
    assert second["s"] is not None
    assert (first["s"][0].dtype, first["s"][1], second["s"][1]) == (np.float32, 16000, 8000)
    assert first["q"] is not None
    assert first["q"].fetch() == content
    # A file packed in a cell is decoded when it is read.
    assert data.bad == ()
    with pytest.raises(CellError, match="not a picture of a known format"):
        Image.fit("q", [first["q"]], Scale()).read(second["q"])


def test_equal_values_of_different_types_are_different_cells() -> None:
    cells = from_rows([{"x": v, "y": "a"} for v in (1, 1.0, 1)], kinds={"y": "category"}).columns["table"].cells
    assert [type(cell["x"]) for cell in cells] == [int, float]


def test_two_columns_may_not_be_one_modality() -> None:
    with pytest.raises(DataError, match=r"'photo' and 'photo_file_name' would both be the modality 'photo'"):
        from_rows([{"photo": "a few words here", "photo_file_name": "a.png"}])
    with pytest.raises(DataError, match="modality 'table'"):
        from_rows([{"n": 1, "table": "a few words here"}])


def test_no_rows_or_no_dicts_are_refused() -> None:
    with pytest.raises(DataError, match="at least one row"):
        from_rows([])
    with pytest.raises(DataError, match="row 2: expected a dict"):
        from_rows([{"a": 1}, "b"])  # type: ignore[list-item]


def test_categories_in_digits_stay_categories() -> None:
    rows = [{"ward": str(i % 3), "n": str(i)} for i in range(9)]
    column = from_rows(rows, kinds={"ward": "category"}).columns["table"]
    table = Table.fit("table", column.cells, Scale())
    assert {c.name: c.type for c in table.columns} == {"ward": "category", "n": "integer"}
    assert table.write(table.read(column.cells[4])) == {"ward": "1", "n": 4}
    assert column.cells[0]["ward"] == "0"
