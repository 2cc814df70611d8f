"""What lies packed in shards goes through every verb, and comes out byte for byte."""

import csv
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import soundfile
from click.testing import Result

from anygan import Config, load_data, train

TINY = Config(size="tiny", steps=5, threads=1, precision="fp32")
ROWS = 12


def members(i: int) -> dict[str, bytes]:
    """The files of a row: a JPEG, a FLAC, a label and words, of which one is now and then missing."""
    picture, sound = io.BytesIO(), io.BytesIO()
    PIL.Image.new("RGB", (16, 16), (20 * i, 0, 0)).save(picture, "JPEG")
    soundfile.write(sound, 0.5 * np.sin(np.arange(1600) * (1 + i) / 20), 8000, format="FLAC")
    found = {
        "jpg": picture.getvalue(),
        "flac": sound.getvalue(),
        "json": json.dumps({"age": 20 + i, "colour": ("red", "blue")[i % 2]}).encode(),
        "txt": f"a tone of {i % 3} and a picture".encode(),
    }
    return {ending: content for ending, content in found.items() if i % 4 or ending != list(found)[i // 4 % 3]}


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shards")
    for number in range(2):
        with tarfile.open(folder / f"s-{number}.tar", "w") as archive:
            for i in range(number * ROWS // 2, (number + 1) * ROWS // 2):
                for ending, content in members(i).items():
                    info = tarfile.TarInfo(f"{i:03}.{ending}")
                    info.size = len(content)
                    archive.addfile(info, io.BytesIO(content))
    return folder


@pytest.fixture(scope="module")
def model(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "run"
    for _ in train(load_data(str(shards / "s-{0..1}.tar")), out, TINY):
        pass
    return out


def rows_of(folder: str) -> list[dict[str, str]]:
    with Path(folder, "metadata.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_complete_keeps_what_is_packed(anygan: Callable[..., Result], shards: Path, model: Path) -> None:
    result = anygan("complete", model, shards / "s-*.tar", "--out", "whole", "--json")
    assert result.exit_code == 0, result.output
    rows = rows_of("whole")
    assert len(rows) == ROWS
    for i, row in enumerate(rows):
        given = members(i)
        for column, ending in (("image_file_name", "jpg"), ("audio_file_name", "flac")):
            if ending in given:
                assert row[column].startswith("given/")
                assert row[column].endswith(f".{ending}")
                assert Path("whole", row[column]).read_bytes() == given[ending]
            else:
                assert row[column].startswith("filled/")
        assert ("json" not in given) or (row["age"], row["colour"]) == (str(20 + i), ("red", "blue")[i % 2])
        assert row["text"] == given["txt"].decode()
        assert all(row.values())
    assert json.loads(result.stdout)["filled"] == {
        "image_file_name": 1, "audio_file_name": 1, "age": 1, "colour": 1, "text": 0,
    }  # fmt: skip


def test_the_other_verbs_open_shards_too(anygan: Callable[..., Result], shards: Path, model: Path) -> None:
    found = anygan("search", model, shards, "--given", "text=a tone of 1", "-k", 3, "--out", "found", "--json")
    assert found.exit_code == 0, found.output
    first = json.loads(found.stdout)["found"][0]["id"]
    if "jpg" in members(first):
        assert Path("found", rows_of("found")[0]["image_file_name"]).read_bytes() == members(first)["jpg"]
    made = anygan("translate", model, shards, "--given", "image", "--to", "text", "--out", "said", "--json")
    assert made.exit_code == 0, made.output
    told = [row["image_file_name"] for row in rows_of("said")]
    assert Path("said", told[1]).read_bytes() == members(1)["jpg"]
    assert told[1].endswith(".jpg")
    assert anygan("embed", model, shards, "--out", "codes.parquet").exit_code == 0
    assert anygan("inspect", shards, "--model", model).exit_code == 0


def test_folders_that_the_model_knows_need_no_kind(
    anygan: Callable[..., Result], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for side in ("left", "right"):
        for i in range(8):
            place = tmp_path / "eyes" / side / f"{i}.jpg"
            place.parent.mkdir(parents=True, exist_ok=True)
            if i or side == "left":
                place.write_bytes(members(i + 1)["jpg"])
    run = tmp_path_factory.mktemp("eyes") / "run"
    for _ in train(load_data(tmp_path / "eyes", kinds={"left": "image"}), run, TINY):
        pass
    result = anygan("complete", run, tmp_path / "eyes", "--out", "whole", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["filled"] == {"left_file_name": 0, "right_file_name": 1}
    assert Path("whole/left/0.jpg").read_bytes() == members(1)["jpg"]
