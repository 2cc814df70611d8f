"""anygan inspect DATA: every shape of data, and what is told of its columns."""

import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import soundfile
from click.testing import Result

Command = Callable[..., Result]


def picture(i: int, form: str = "PNG", size: tuple[int, int] = (12, 8)) -> bytes:
    content = io.BytesIO()
    PIL.Image.new("RGB", size, (i * 20 % 256, 0, 0)).save(content, form)
    return content.getvalue()


def sound(seconds: float) -> bytes:
    content = io.BytesIO()
    soundfile.write(content, 0.3 * np.sin(np.arange(int(8000 * seconds))), 8000, format="WAV")
    return content.getvalue()


def lay(files: dict[str, bytes | str]) -> None:
    for name, content in files.items():
        place = Path("data", name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def together(document: Any) -> dict[str, int]:
    return {" ".join(sorted(p["modalities"])): p["rows"] for p in document["together"]}


def test_paired_folders(anygan: Command) -> None:
    lay({f"image/{i}.png": picture(i, size=(12, 8 + i)) for i in range(6)})
    lay({f"audio/{i}.wav": sound(0.1 + i / 100) for i in range(2, 9)})
    lay({f"text/{i}.txt": f"this is row number {i}" for i in range(0, 9, 2)} | {"image/7.png": b"no picture"})
    found = told(anygan("inspect", "data", "--json"))
    assert (found["rows"], found["bad"]) == (
        9,
        ["row 8, column 'image_file_name', file data/image/7.png: the file is not a picture of a known format, "
         "or it is damaged"],
    )  # fmt: skip
    assert together(found) == {
        "image text": 1, "image": 1, "audio image text": 2, "audio image": 2, "audio text": 2, "audio": 1,
    }  # fmt: skip
    columns = {column["modality"]: column for column in found["columns"]}
    assert columns["image"]["share_missing"] == round(3 / 9, 4)
    assert columns["image"]["measured"]["height"] == {"least": 8, "median": 10.5, "most": 13}
    assert columns["image"]["measured"]["modes"] == ["RGB (6)"]
    assert columns["image"]["why"]["image_file_name"].startswith("all of its files end as pictures do")
    assert columns["audio"]["measured"]["rates"] == ["8,000 Hz (7)"]
    assert columns["audio"]["measured"]["seconds"]["most"] == 0.18
    assert columns["text"]["measured"]["words"] == {"least": 5, "median": 5, "most": 5}
    assert found["train"]["steps_a_pass"] == 1
    assert found["train"]["parameters_in_all"] == sum(found["train"]["parameters"].values()) > 100_000
    assert found["train"]["canvases"]["image"][0] == 3
    shown = anygan("inspect", "data").stdout
    for words in ("are modalities", "1 bad cell", "because", "files end as pictures do", "% missing", "anygan train"):
        assert words in shown


def test_classes(anygan: Command) -> None:
    lay({f"{pet}/{i}.jpg": picture(i, "JPEG") for pet in ("cat", "dog") for i in range(4)})
    found = told(anygan("inspect", "data", "--json"))
    assert found["columns"][1]["scalars"][0]["commonest"] == ["cat (4)", "dog (4)"]
    assert "classes" in found["notes"][0]


@pytest.mark.parametrize("source", ["data", "data/s-*.tar", "data/s-{00..01}.tar"])
def test_shards(anygan: Command, source: str) -> None:
    Path("data").mkdir()
    for number in range(2):
        with tarfile.open(f"data/s-{number:02}.tar", "w") as archive:
            for i in range(4):
                for name, content in ((f"{i}.png", picture(i)), (f"{i}.txt", f"row {i} of the shard".encode())):
                    info = tarfile.TarInfo(name)
                    info.size = len(content)
                    if i or name != "0.png":
                        archive.addfile(info, io.BytesIO(content))
    found = told(anygan("inspect", source, "--json"))
    assert found["rows"] == 8
    assert together(found) == {"text": 2, "image text": 6}


def test_what_is_odd_is_told(anygan: Command) -> None:
    rows = ["id,place,same,twin,photo,empty,city"]
    rows += [f"{i},{i % 7},yes,{i % 7},p{i % 50}.png,,{'Rome' if i % 3 else 'Oslo'}" for i in range(100)]
    Path("odd.csv").write_text("\n".join(rows))
    found = told(anygan("inspect", "odd.csv", "--json"))
    said = "\n".join(found["notes"])
    assert "Column 'empty' is left out" in said
    assert "Column 'same' is nearly constant: each of its 100 cells is 'yes'" in said
    assert "Column 'twin' holds in every row what 'place' holds" in said
    assert "Column 'id' counts the rows" in said
    assert "city" not in said
    why = {s["name"]: s["why"] for s in found["columns"][0]["scalars"]}
    assert "--kind photo=image reads the files" in why["photo"]
    assert why["city"] == "2 different values in 100 cells, of few words"


def test_what_is_cut_is_told(anygan: Command) -> None:
    lay({f"text/{i}.txt": f"{i} word " * 200 for i in range(3)} | {"text/3.txt": "short words here"})
    lay({f"audio/{i}.wav": sound(20 if i == 1 else 1) for i in range(3)})
    said = "\n".join(told(anygan("inspect", "data", "--json"))["notes"])
    assert "Cut at their end: 3 of 4 cells of 'text' looked at." in said
    assert ": 1 of 3 cells of 'audio' looked at." in said


def test_a_modality_that_cannot_be_read_does_not_hide_the_rest(anygan: Command) -> None:
    lay({f"image/{i}.png": b"no picture" for i in range(3)} | {f"text/{i}.txt": f"the row {i}" for i in range(3)})
    found = told(anygan("inspect", "data", "--json"))
    assert found["train"] is None
    assert "No picture of 'image' can be read" in "\n".join(found["notes"])
    assert "nothing of it can be read" in anygan("inspect", "data").stdout
    assert anygan("train", "data", "--out", "run").exit_code == 2


def test_numbers_are_counted_by_rows_and_not_by_distinct_cells(anygan: Command) -> None:
    Path("a.csv").write_text("n,c\n" + "1,x\n" * 9 + "2,y\n,x\n")
    scalars = told(anygan("inspect", "a.csv", "--json"))["columns"][0]["scalars"]
    assert (scalars[0]["given"], scalars[0]["missing"], scalars[0]["median"]) == (10, 1, 1)
    assert scalars[1]["commonest"] == ["x (10)", "y (1)"]
    assert scalars[1]["once"] == 1


def test_a_bad_file_is_listed_in_every_row_that_names_it(anygan: Command) -> None:
    lay({"a.png": picture(1), "cut.png": picture(2)[:40], "none.png": b"none"})
    names = ["a", "cut", "none", "cut", "a", "", "cut"]
    Path("data/metadata.csv").write_text("file_name,n\n" + "".join(f"{n and n + '.png'},1\n" for n in names))
    found = told(anygan("inspect", "data", "--json"))
    assert [bad.split(",")[0] for bad in found["bad"]] == ["row 2", "row 4", "row 7", "row 3"]
    assert "damaged" in found["bad"][0]
    assert together(found) == {"image table": 2, "table": 5}


def test_no_library_of_frames_is_loaded(anygan: Command) -> None:
    """In a process of its own: other tests load them all."""
    lay({"a.txt": "the first of them", "b.txt": "the second one"})
    code = (
        "import sys; from anygan.cli.app import app; app(['inspect', 'data'], standalone_mode=False); "
        "print(*{'pandas', 'polars', 'datasets'} & {*sys.modules})"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "2 rows of data" in told
    assert told.splitlines()[-1] == ""
