"""WebDataset's tar shards, through the one door."""

import io
import tarfile
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from files_of_rows import picture, sound

from anygan import load_data
from anygan.data.shards import expand
from anygan.data.store import Store
from anygan.errors import CellError, DataError
from anygan.modalities import KINDS, Image, Scale
from anygan.rows import DataSet


def shard(path: Path, members: Mapping[str, bytes | str], mode: Any = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            body = content.encode() if isinstance(content, str) else content
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return path


def rows_of(first: int, count: int) -> dict[str, bytes | str]:
    """Members of rows whose picture has the value of their number; every third lacks its sound."""
    members: dict[str, bytes | str] = {}
    for i in range(first, first + count):
        members |= {f"{i:04}.png": picture(i), f"{i:04}.txt": f"row number {i}", f"{i:04}.cls": str(i % 2)}
        if i % 3:
            members[f"{i:04}.wav"] = sound()
    return members


def stored(data: DataSet) -> Store:
    return Store.read(data, {n: KINDS[c.kind].fit(n, c.cells, Scale()) for n, c in data.columns.items()})


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    for number in range(3):
        shard(tmp_path / f"s-{number:03}.tar", rows_of(4 * number, 4))
    return tmp_path


@pytest.mark.parametrize("source", ["", "s-*.tar", "s-{000..002}.tar", "s-{000,001,002}.tar", "s-00[0-2].tar"])
def test_a_folder_and_patterns_name_all_shards(shards: Path, source: str) -> None:
    data = load_data(str(shards / source))
    assert data.kinds == {"image": "image", "text": "text", "table": "table", "audio": "audio"}
    assert len(data) == 12
    assert [row["text"] for row in data.rows()] == [f"row number {i}" for i in range(12)]
    assert data.pairing(0).index["audio"].tolist() == [-1, 0, 1, -1, 2, 3, -1, 4, 5, -1, 6, 7]
    assert list(data.rows())[3]["table"] == {"cls": "1"}
    store = stored(data)
    assert store.bad == ()
    assert store.cells["image"][:, 0, 0, 0].tolist() == list(range(12))


def test_one_shard_and_part_of_them(shards: Path) -> None:
    assert len(load_data(shards / "s-001.tar")) == 4
    assert next(load_data(str(shards / "s-{001..002}.tar")).rows())["text"] == "row number 4"


def test_media_stay_in_the_shard(tmp_path: Path) -> None:
    noise = {f"{i:04}.png": picture(i) + bytes(1_000_000) for i in range(30)}
    path = shard(tmp_path / "a.tar", noise)
    tracemalloc.start()
    data = load_data(path)
    sizes = [len(cell.fetch()) for cell in data.columns["image"].cells]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert min(sizes) > 1_000_000
    assert most < 4_000_000
    assert [p.name for p in tmp_path.iterdir()] == ["a.tar"]


@pytest.mark.parametrize(("ending", "mode"), [("tar.gz", "w:gz"), ("tgz", "w:gz"), ("tar.xz", "w:xz")])
def test_compressed_shards_read_the_same(tmp_path: Path, ending: str, mode: str) -> None:
    data = load_data(shard(tmp_path / f"a.{ending}", rows_of(0, 4), mode))
    assert stored(data).cells["image"][:, 0, 0, 0].tolist() == [0, 1, 2, 3]


def test_keys_have_folders_and_endings_have_names(tmp_path: Path) -> None:
    members = {
        "a/1.left.png": picture(1),
        "a/1.right.jpg": picture(2, form="JPEG"),
        "b/1.left.png": picture(3),
        "b/1.json": '{"age": 4}',
        "./c/1.json": '{"age": 5}',
        "../../climbs.left.png": picture(6),
        "README": "no ending",
        "a/.hidden.png": b"?",
    }
    data = load_data(shard(tmp_path / "a.tar", members))
    assert data.kinds == {"left": "image", "right": "image", "table": "table"}
    assert data.pairing(0).index["left"].tolist() == [0, 1, -1, 2]
    assert [(row["table"] or {}).get("age") for row in data.rows()] == [None, 4, 5, None]
    assert any("no ending (1)" in note for note in data.notes)
    assert [p.name for p in tmp_path.iterdir()] == ["a.tar"]


def test_the_same_key_in_two_shards_is_two_rows(tmp_path: Path) -> None:
    for name in ("a.tar", "b.tar"):
        shard(tmp_path / name, {"1.txt": f"words of {name} here"})
    assert [row["text"] for row in load_data(tmp_path).rows()] == ["words of a.tar here", "words of b.tar here"]


def test_a_broken_member_is_a_bad_cell(tmp_path: Path) -> None:
    members = {"1.png": picture(1), "2.png": b"no picture", "3.png": picture(3), "3.json": "{", "4.txt": b"\xff"}
    data = load_data(shard(tmp_path / "a.tar", members | {"4.png": picture(4)}))
    assert len(data) == 4
    assert [(b.row, b.column, b.file) for b in data.bad] == [(3, "json", "3.json"), (4, "text", "4.txt")]
    store = stored(data)
    assert len(store.bad) == 3
    assert "row 2, column 'image_file_name', file a.tar/2.png: the file is not a picture" in str(store.bad[2])
    assert store.good["image"].tolist() == [True, False, True, True]


@pytest.mark.parametrize("ending", ["tar", "tar.gz"])
def test_a_shard_that_breaks_off_keeps_what_came_before(tmp_path: Path, ending: str) -> None:
    members = {f"{i}.png": picture(i) + np.random.default_rng(i).bytes(20_000) for i in range(4)}
    path = shard(tmp_path / f"a.{ending}", members, "w:gz" if ending.endswith("gz") else "w")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * 0.6)])
    data = load_data(path)
    assert len(data) in (2, 3)
    assert [b.reason.split(":")[0] for b in data.bad] == ["the shard breaks off"]
    assert stored(data).good["image"].all()


def test_rubbish_between_members_is_not_taken_for_the_end(tmp_path: Path) -> None:
    path = shard(tmp_path / "a.tar", {"1.txt": "words that come first", "2.txt": "words that are lost"})
    content = bytearray(path.read_bytes())
    content[1024:1536] = b"\x07" * 512
    path.write_bytes(content)
    data = load_data(path)
    assert [row["text"] for row in data.rows()] == ["words that come first"]
    assert "breaks off" in data.bad[0].reason


def test_links_in_shards_are_not_followed(tmp_path: Path) -> None:
    path = shard(tmp_path / "a.tar", {"1.txt": "words that are here"})
    with tarfile.open(path, "a") as archive:
        link = tarfile.TarInfo("2.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    data = load_data(path)
    assert [row["text"] for row in data.rows()] == ["words that are here", None]
    assert "found a link" in data.bad[0].reason


def test_a_shard_that_went_away_is_a_bad_cell(tmp_path: Path) -> None:
    path = shard(tmp_path / "a.tar", {"1.png": picture(1)})
    cell = load_data(path).columns["image"].cells[0]
    image = Image.fit("image", [cell], Scale())
    content = path.read_bytes()
    path.write_bytes(content[:550])
    with pytest.raises(CellError, match="breaks off in the middle"):
        image.read(cell)
    path.unlink()
    with pytest.raises(CellError, match="No such file"):
        image.read(cell)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("b-*.tar", r"no file .*b-\*\.tar"),
        ("s-{000..005}.tar", r"no file .*s-003\.tar, which"),
        ("s-{5..1}.tar", "Expected a range such as"),
        ("*.csv", r"Expected shards that end in \.tar"),
    ],
)
def test_patterns_that_name_nothing_get_a_sentence(shards: Path, source: str, sentence: str) -> None:
    (shards / "x.csv").write_text("a\n1\n")
    with pytest.raises(DataError, match=sentence):
        load_data(str(shards / source))


def test_what_is_no_tar_file_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"no tar file at all" * 100)
    with pytest.raises(DataError, match="cannot be read as a tar file"):
        load_data(tmp_path / "a.tar")
    with pytest.raises(DataError, match="names make 1,100 columns"):
        load_data(shard(tmp_path / "b.tar", {f"0.{i}.txt": "x" for i in range(1100)}))


def test_braces_stand_for_names() -> None:
    assert expand("{a,b}/{8..10}.tar") == [f"{x}/{i}.tar" for x in "ab" for i in (8, 9, 10)]
    assert expand("plain.tar") == ["plain.tar"]


def test_webdataset_writes_what_is_read(tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    with webdataset.TarWriter(str(tmp_path / "a.tar")) as writer:
        for i in range(3):
            writer.write({"__key__": f"x/{i}", "png": picture(i), "txt": f"row number {i}", "cls": i})
    data = load_data(tmp_path)
    assert [row["text"] for row in data.rows()] == ["row number 0", "row number 1", "row number 2"]
    assert stored(data).cells["image"][:, 0, 0, 0].tolist() == [0, 1, 2]
