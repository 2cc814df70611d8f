"""The whole way with a folder of hostile files: train, complete, embed, search. No row is lost on it."""

import csv
from pathlib import Path

import numpy as np
import PIL.Image
import pyarrow.parquet
import pytest
import soundfile
from click.testing import CliRunner, Result
from hostile_files import RNG, encoded, linked, wav
from test_hostile_pictures import BOMBS

from anygan.cli.app import app

HEADERS = ("image_file_name", "audio_file_name", "note", "n")


def run(*words: object) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words], prog_name="anygan")
    assert result.exit_code == 0, (result.output, result.exc_info)
    return result


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Twenty whole rows, and one for every way in which a cell may be hostile."""
    data = tmp_path / "data"
    data.mkdir()
    rows = []
    for i in range(20):
        PIL.Image.fromarray(RNG.integers(0, 256, (16, 16, 3), np.uint8)).save(data / f"{i}.png")
        soundfile.write(data / f"{i}.wav", 0.1 * RNG.normal(size=4000), 8000)
        rows.append([f"{i}.png", f"{i}.wav", f"a note with the number {i % 4}", str(i)])
    (tmp_path / "secret.png").write_bytes(encoded("PNG"))
    linked(data / "link.png", tmp_path / "secret.png")
    contents = {f"{name}.png": content for name, (content, _) in BOMBS.items()} | {"cut.png": encoded("PNG")[:900]}
    for name, content in contents.items():
        (data / name).write_bytes(content)
    rows += [[name, "0.wav", "", "1"] for name in (*contents, "link.png", "../secret.png", "nul\0.png", "gone.png")]
    wav(data / "long.wav", 48_000, 2, 7200 * 48_000)
    soundfile.write(data / "nan.wav", np.full(500, np.nan), 8000, subtype="FLOAT")
    (data / "empty.wav").write_bytes(b"")
    rows += [["0.png", name, "", "inf"] for name in ("nan.wav", "empty.wav", "long.wav")]
    rows += [["", "", "word " * 20_000, "NaN"], ["", "", "caf\udce9", "1"], ["", "", "", ""]]
    with (data / "metadata.csv").open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        csv.writer(file).writerows([HEADERS, *rows])
    return data


def test_no_row_is_lost_on_the_whole_way(data: Path, tmp_path: Path) -> None:
    given = read(data)
    trained = run(
        "train", data, "--out", tmp_path / "run", "--size", "tiny", "--steps", 4, "--threads", 1, "--precision", "fp32"
    )
    assert "bad cell" in trained.output
    # Copying the two hours of silence would be right, and slow.
    (data / "long.wav").write_bytes((data / "0.wav").read_bytes())
    run("complete", tmp_path / "run", data, "--out", tmp_path / "whole")
    whole = read(tmp_path / "whole")
    assert len(whole) == len(given)
    for before, after in zip(given, whole, strict=True):
        assert all(after[header] for header in HEADERS)
        assert before["image_file_name"] in ("", after["image_file_name"]) or "filled" in after["image_file_name"]
    pictures = [PIL.Image.open(tmp_path / "whole" / row["image_file_name"]) for row in whole]
    for picture in pictures:
        picture.load()
        picture.close()
    with (tmp_path / "whole" / "filled.csv").open(encoding="utf-8") as file:
        notes = [line for line in csv.DictReader(file) if line["note"]]
    # Of each cell that was given and is bad: all bombs, five more pictures, two sounds, three numbers, one note.
    assert len(notes) == len(BOMBS) + 5 + 2 + 3 + 1
    run("embed", tmp_path / "run", data, "--out", tmp_path / "codes.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "codes.parquet").num_rows == len(given)
    found = run("search", tmp_path / "run", data, "--given", "note=a note with the number 2", "-k", 3)
    assert found.output


def read(folder: Path) -> list[dict[str, str]]:
    with (folder / "metadata.csv").open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        return list(csv.DictReader(file))
