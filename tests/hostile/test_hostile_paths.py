"""Names of files that lead out of the folder, or to what is no file."""

import os
import time
from pathlib import Path

import PIL.Image
import pytest
from hostile_files import column, folder_of, inspected, linked, listed

OUTSIDE = "the file lies outside the data folder; copy it in"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of three pictures, with secrets beside it and ways to them within it."""
    (tmp_path / "vault").mkdir()
    for secret in (tmp_path / "secret.png", tmp_path / "vault" / "secret.png"):
        PIL.Image.new("L", (8, 8)).save(secret)
    data = folder_of(tmp_path / "data", {})
    linked(data / "link.png", tmp_path / "secret.png")
    linked(data / "vault", tmp_path / "vault")
    linked(data / "chain.png", data / "link.png")
    linked(data / "zero.png", Path("/dev/zero"))
    linked(data / "lost.png", data / "nowhere.png")
    linked(data / "round.png", data / "round.png")
    os.mkfifo(data / "pipe.png")
    (data / "folder.png").mkdir()
    (data / "sub").mkdir()
    return data


def test_no_name_leads_out_and_none_is_waited_for(data: Path) -> None:
    wrong = {
        "../secret.png": OUTSIDE,
        "../../../../../../../../etc/passwd.png": OUTSIDE,
        "sub/../../secret.png": OUTSIDE,
        str(data.parent / "secret.png"): OUTSIDE,
        "/dev/zero.png": OUTSIDE,
        "link.png": OUTSIDE,
        "chain.png": OUTSIDE,
        "vault/secret.png": OUTSIDE,
        "zero.png": OUTSIDE,
        "lost.png": "there is no such file",
        "round.png": "",
        "pipe.png": "expected a file, found a pipe or a device",
        "folder.png": "expected a file, found a folder",
        "whole0.png/whole1.png": "there is no such file",
        "nul\0.png": "no file can have this name (embedded null byte)",
        "n" * 5000 + ".png": "no file can have this name (File name too long)",
        "..\\secret.png": "there is no such file",
        "~/secret.png": "there is no such file",
    }
    began = time.monotonic()
    found, _ = inspected(listed(data, ["whole0.png", *wrong, "./sub/../whole1.png", "whole2.png"]))
    assert time.monotonic() - began < 60
    assert found["rows"] == len(wrong) + 3
    assert column(found, "image")["given"] == 3
    assert column(found, "table")["given"] == found["rows"]
    assert len(found["bad"]) == len(wrong)
    for number, (line, (name, reason)) in enumerate(zip(found["bad"], wrong.items(), strict=True), 2):
        assert line.startswith(f"row {number}, column 'image_file_name', file {name[:40].replace(chr(0), chr(0xFFFD))}")
        assert line.endswith(reason), line


def test_where_every_name_leads_out_the_sentence_says_so(data: Path) -> None:
    found, _ = inspected(listed(data, ["../secret.png", "link.png"]))
    told = "\n".join(found["notes"])
    assert "No cell of column 'image_file_name' can be read. The first: row 1, " in told
    assert OUTSIDE in told


def test_a_pipe_in_place_of_the_table(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    os.mkfifo(tmp_path / "data" / "metadata.csv")
    for where in (tmp_path / "data", tmp_path / "data" / "metadata.csv"):
        _, told = inspected(where)
        assert told == f"error: {tmp_path}/data/metadata.csv is a folder, pipe or device, and no file. Name a file.\n"
    assert "is a folder, pipe or device" in inspected(Path("/dev/zero"))[1]
