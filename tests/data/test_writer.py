"""What is written is read again, exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import PIL.Image
import pytest
import soundfile
from torch import Tensor

from anygan.data.readers import open_data
from anygan.data.writer import RowWriter, TableWriter, csv_line, folder_names
from anygan.errors import DataError
from anygan.modalities.base import Canvas, Modality, Scale
from anygan.rows import Cell


@dataclass(frozen=True)
class StandIn(Modality):
    """A modality that can save and nothing else."""

    kind: ClassVar[str] = "text"

    @classmethod
    def fit(cls, name: str, cells: Sequence[Cell], scale: Scale) -> Self:
        return cls(name)

    def read(self, cell: Cell) -> Tensor:
        raise NotImplementedError

    def blank(self) -> Tensor:
        raise NotImplementedError

    def write(self, stored: Tensor) -> Cell:
        raise NotImplementedError

    def canvas(self) -> Canvas:
        raise NotImplementedError

    def preview(self, cells: Sequence[Cell], path: Path) -> Path | None:
        return None


@dataclass(frozen=True)
class Picture(StandIn):
    kind: ClassVar[str] = "image"
    suffix: ClassVar[str] = ".png"

    def save(self, cell: Cell, path: Path) -> None:
        PIL.Image.fromarray(cell).save(path)


@dataclass(frozen=True)
class Sound(StandIn):
    kind: ClassVar[str] = "audio"
    suffix: ClassVar[str] = ".wav"

    def save(self, cell: Cell, path: Path) -> None:
        soundfile.write(path, *cell, subtype="FLOAT")


MODALITIES: dict[str, Modality] = {
    "image": Picture("image"),
    "odd/name": Sound("odd/name"),
    "text": StandIn("text"),
    "table": StandIn("table"),
    "vector": StandIn("vector"),
}
KINDS = {"image": "image", "odd/name": "audio", "text": "text", "table": "table", "vector": "vector"}
TEXTS = [
    "plain words here",
    'commas, "quotes" and\nlines',
    " spaces ",
    "a lone \r return",
    "\r\n",
    "",
    "é 漢字 🙂",
    "NA",
    "7",
    "'",
]
ROWS = [
    {
        "image": np.full((3, 4), i, np.uint8) if i != 2 else None,
        "odd/name": (np.linspace(-1, 1, 50, dtype=np.float32) * i / 10, 8000),
        "text": text or None,
        "table": {"n": i, "x": 0.1 * i, "who": "ann" if i % 2 else None, "yes": i > 3} if i != 4 else None,
        "vector": np.array([0.1, -1e-30, i / 3], np.float32),
    }
    for i, text in enumerate(TEXTS)
]
HEADERS = {"table": ("n", "x", "who", "yes")}


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    with RowWriter(tmp_path / "out", MODALITIES, HEADERS) as writer:
        for row in ROWS:
            writer.write(row)
    data = open_data(tmp_path / "out", {**KINDS, "who": "category"})
    assert data.kinds == KINDS
    assert data.bad == ()
    for wanted, row in zip(ROWS, data.rows(), strict=True):
        assert row["text"] == wanted["text"]
        assert row["table"] == wanted["table"]
        np.testing.assert_array_equal(row["vector"], wanted["vector"])  # type: ignore[arg-type]
        sound, rate = soundfile.read(row["odd/name"], dtype="float32")
        np.testing.assert_array_equal(sound, wanted["odd/name"][0])
        assert rate == 8000
        if wanted["image"] is None:
            assert row["image"] is None
        else:
            np.testing.assert_array_equal(np.asarray(PIL.Image.open(row["image"])), wanted["image"])  # type: ignore[arg-type]


def test_names_follow_the_convention(tmp_path: Path) -> None:
    with RowWriter(tmp_path, {n: MODALITIES[n] for n in ("image", "text")}) as writer:
        writer.write({"image": np.zeros((2, 2), np.uint8), "text": "a"})
        writer.write({"text": "b"})
    assert (tmp_path / "metadata.csv").read_bytes() == b"image_file_name,text\nimage/000000.png,a\n,b\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["image", "metadata.csv"]


def test_given_files_are_copied_byte_for_byte(tmp_path: Path) -> None:
    PIL.Image.new("RGB", (5, 5), "red").save(tmp_path / "a.jpg")
    with RowWriter(tmp_path / "out", {"image": Picture("image")}, {"image": ("file_name",)}) as writer:
        writer.write({"image": tmp_path / "a.jpg"})
    assert (tmp_path / "out" / "image" / "000000.jpg").read_bytes() == (tmp_path / "a.jpg").read_bytes()
    assert (tmp_path / "out" / "metadata.csv").read_text() == "file_name\nimage/000000.jpg\n"


def test_a_broken_writing_leaves_no_table_and_may_be_repeated(tmp_path: Path) -> None:
    def broken() -> None:
        with RowWriter(tmp_path / "out", {"text": StandIn("text")}) as writer:
            writer.write({"text": "a"})
            raise KeyError("x")

    with pytest.raises(KeyError):
        broken()
    assert not (tmp_path / "out" / "metadata.csv").exists()
    with RowWriter(tmp_path / "out", {"text": StandIn("text")}) as writer:
        writer.write({"text": "b"})
    assert (tmp_path / "out" / "metadata.csv").read_text() == "text\nb\n"
    assert not (tmp_path / "out" / "metadata.csv.part").exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "metadata.jsonl").write_text("{}")
    with pytest.raises(DataError, match=r"has metadata\.jsonl already.*--out"):
        RowWriter(tmp_path, {})
    (tmp_path / "metadata.jsonl").rename(tmp_path / "other.txt")
    with pytest.raises(DataError, match="is not empty"):
        RowWriter(tmp_path, {})
    with pytest.raises(DataError, match="is a file"):
        RowWriter(tmp_path / "other.txt", {})
    with pytest.raises(DataError, match="cannot be written"), RowWriter(tmp_path / "other.txt" / "x", {}):
        pass


def test_modalities_never_share_a_folder_or_a_column(tmp_path: Path) -> None:
    with RowWriter(tmp_path / "a", {n: Picture(n) for n in ("a/b", "a_b", "A.b", "..")}) as writer:
        writer.write({n: np.zeros((2, 2), np.uint8) for n in ("a/b", "a_b", "A.b", "..")})
    assert sorted(p.name for p in (tmp_path / "a").iterdir() if p.is_dir()) == ["A_b_3", "a_b", "a_b_2", "modality"]
    with pytest.raises(DataError, match="Two columns would be called 'n'"):
        RowWriter(tmp_path / "b", {"n": StandIn("n"), "table": StandIn("table")}, {"table": ("n",)})


def test_a_lone_empty_field_is_no_blank_line() -> None:
    assert csv_line([""]) == '""\n'
    assert csv_line(["", ""]) == ",\n"
    assert csv_line(['say "four"']) == '"say ""four"""\n'


def test_what_is_no_utf_8_goes_back_as_it_came_and_half_a_character_as_its_sign(tmp_path: Path) -> None:
    with TableWriter(tmp_path / "out", ["a", "b"]) as table:
        table.line(["caf\udce9", "half \ud83d"])
    assert (tmp_path / "out" / "metadata.csv").read_bytes() == b"a,b\ncaf\xe9,half \xef\xbf\xbd\n"


def test_folders_of_long_names_are_made(tmp_path: Path) -> None:
    folders = folder_names(["\N{MATHEMATICAL BOLD SMALL A}" * 900, "\N{MATHEMATICAL BOLD SMALL A}" * 901])
    assert len(set(folders.values())) == 2
    for folder in folders.values():
        (tmp_path / folder).mkdir()
