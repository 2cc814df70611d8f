"""Folders of files without a table, through the one door."""

import os
from pathlib import Path

import pytest
from files_of_rows import lay, picture, sound

from anygan import load_data
from anygan.data.store import Store
from anygan.errors import DataError
from anygan.modalities import KINDS, Scale


def test_paired_folders_join_by_name_and_lack_what_is_missing(tmp_path: Path) -> None:
    lay(
        tmp_path,
        {
            "image/0001.png": picture(1),
            "image/0002.JPG": picture(2, form="JPEG"),
            "audio/0001.wav": sound(),
            "audio/0003.flac": sound(form="FLAC"),
            "text/0001.txt": "the thin seven\n",
            "text/0003.txt": "the thick\ntwo",
            "text/0004.txt": "the nine",
        },
    )
    data = load_data(tmp_path)
    assert data.kinds == {"audio": "audio", "image": "image", "text": "text"}
    rows = [{name: cell for name, cell in row.items() if cell is not None} for row in data.rows()]
    assert rows == [
        {"audio": tmp_path / "audio/0001.wav", "image": tmp_path / "image/0001.png", "text": "the thin seven"},
        {"image": tmp_path / "image/0002.JPG"},
        {"audio": tmp_path / "audio/0003.flac", "text": "the thick\ntwo"},
        {"text": "the nine"},
    ]
    assert data.bad == ()
    assert "are modalities" in data.notes[0]
    assert data.source is not None
    assert data.source.rows[2]["audio_file_name"] == "audio/0003.flac"


def test_paired_folders_may_be_deep_have_tables_and_vectors(tmp_path: Path) -> None:
    npy = bytes.fromhex("934e554d505901007600") + b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }".ljust(
        117
    )
    npy += b"\n" + bytes(8)
    lay(
        tmp_path,
        {
            "photos/a/1.png": picture(),
            "photos/b/1.png": picture(9),
            "facts/a/1.json": '{"age": 31, "tags": ["x", "y"], "where": {"city": "Oslo"}}',
            "facts/b/1.json": '{"age": null, "tags": ["y"], "where": {"city": "Rom\u00e9"}}',
            "code/b/1.npy": npy,
        },
    )
    data = load_data(tmp_path)
    assert data.kinds == {"code": "vector", "table": "table", "tags": "text", "where": "text", "photos": "image"}
    by_photo = {row["photos"].parent.name: row for row in data.rows() if row["photos"]}
    assert by_photo["a"]["table"] == {"age": 31}
    assert by_photo["b"]["where"] == '{"city": "Rom\u00e9"}'
    assert by_photo["b"]["code"].tolist() == [0, 0]
    assert by_photo["a"]["code"] is None


def test_folders_of_one_kind_are_classes(tmp_path: Path) -> None:
    files = {f"{pet}/{i}.png": picture(i) for pet in ("cat", "dog") for i in range(3)}
    lay(tmp_path, files | {"cat/deep/7.bmp": picture(7, form="BMP"), "lost.png": picture(8), ".hidden/x.png": b"?"})
    data = load_data(str(tmp_path))
    assert data.kinds == {"image": "image", "table": "table"}
    labels = [(row["table"] or {}).get("label") for row in data.rows()]
    assert labels == ["cat"] * 4 + ["dog"] * 3 + [None]
    assert "classes" in data.notes[0]


def test_folders_of_one_kind_are_modalities_where_it_is_said(tmp_path: Path) -> None:
    lay(tmp_path, {f"{side}/{i}.png": picture(i) for side in ("left", "right") for i in range(3)})
    data = load_data(tmp_path, kinds={"left": "image"})
    assert data.kinds == {"left": "image", "right": "image"}
    assert len(data) == 3
    # A kind for the label does not make pairs of classes.
    assert len(load_data(tmp_path, kinds={"label": "text"})) == 6


def test_a_flat_folder_joins_by_name(tmp_path: Path) -> None:
    lay(tmp_path, {"a.png": picture(), "a.txt": "one two three", "b.v2.png": picture(2), "c.txt": "four five six"})
    data = load_data(tmp_path)
    assert data.kinds == {"image": "image", "text": "text"}
    assert data.pairing(0).index["image"].tolist() == [0, 1, -1]
    assert data.pairing(0).index["text"].tolist() == [0, -1, 1]


def test_where_there_is_nothing_to_join_every_file_is_a_row(tmp_path: Path) -> None:
    lay(tmp_path, {"a.png": picture(1), "a.jpg": picture(2, form="JPEG"), "a.bmp": picture(3, form="BMP")})
    data = load_data(tmp_path)
    assert (len(data), data.bad) == (3, ())


def test_one_folder_of_pictures_has_no_label(tmp_path: Path) -> None:
    lay(tmp_path, {f"pictures/{i}.png": picture(i) for i in range(3)})
    lay(
        tmp_path,
        {"README.txt": "about these pictures", "pictures/LICENSE.txt": "free", "pictures/readme.png": picture()},
    )
    data = load_data(tmp_path)
    assert data.kinds == {"image": "image"}
    assert len(data) == 4
    assert "README.txt (1)" in data.notes[1]


def test_what_cannot_be_had_is_listed_and_its_row_stays(tmp_path: Path) -> None:
    folder = lay(
        tmp_path / "data",
        {
            "image/1.png": picture(),
            "image/2.png": picture(),
            "image/2.jpg": picture(form="JPEG"),
            "text/1.txt": b"caf\xe9",
            "text/3.txt": "fine words here",
            "facts/1.json": "{no json",
            "more/notes.svg": "<svg/>",
        },
    )
    (tmp_path / "secret.txt").write_text("secret words here")
    (tmp_path / "secret.png").write_bytes(picture())
    os.symlink(tmp_path / "secret.txt", folder / "text" / "2.txt")
    os.symlink(tmp_path / "secret.png", folder / "image" / "3.png")
    os.symlink(tmp_path, folder / "image" / "away")
    data = load_data(folder)
    assert len(data) == 3
    assert "secret" not in " ".join(str(row) for row in data.rows())
    told = sorted((b.column, b.file, b.reason.split(";")[0].split(":")[0].split(" (")[0]) for b in data.bad)
    assert told == [
        ("facts", "facts/1.json", "Expecting property name enclosed in double quotes"),
        ("image_file_name", "image/2.png", "the row has image/2.jpg in this column already"),
        ("image_file_name", "image/3.png", "the file lies outside the data folder"),
        ("text", "text/1.txt", "the file is not UTF-8"),
        ("text", "text/2.txt", "the file lies outside the data folder"),
    ]
    assert any(".svg (1)" in note for note in data.notes)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "holds no picture, sound or text"),
        ({"a.svg": b"", "b.svg": b"", "c": b""}, r"Left out: 3 files .* \.svg \(2\), no ending \(1\)"),
        ({"a.txt": b"\xff"}, r"The first: row 1, column 'text', file a\.txt: the file is not UTF-8"),
        ({"train/a/1.png": b"", "test/a/1.png": b""}, r"holds splits .*Name one of them: .*test, .*train\."),
        ({"images/1.png": b"", "labels.csv": b""}, r"holds labels\.csv\. If it is the table of rows, name it"),
    ],
)
def test_folders_that_are_no_rows_get_a_sentence(tmp_path: Path, files: dict[str, bytes], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        load_data(lay(tmp_path, files))


def test_a_folder_with_one_table_is_that_table(tmp_path: Path) -> None:
    lay(tmp_path, {"patients.csv": "age,name\n1,a\n2,b\n", "README": "about it"})
    assert len(load_data(tmp_path)) == 2


def test_all_of_it_can_be_read(tmp_path: Path) -> None:
    lay(tmp_path, {f"image/{i}.png": picture(i) for i in range(3)} | {"audio/1.ogg": sound(form="OGG")})
    data = load_data(tmp_path)
    modalities = {n: KINDS[c.kind].fit(n, c.cells, Scale()) for n, c in data.columns.items()}
    assert Store.read(data, modalities).bad == ()
