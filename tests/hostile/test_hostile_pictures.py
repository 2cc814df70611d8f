"""Pictures that are cut off, lie about their size, or blow up when they are opened."""

import io
import struct
import subprocess
import time
import zlib
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hostile_files import chunk, column, encoded, folder_of, inspected, peak, png

from anygan import Config, load_data
from anygan.data.store import Store
from anygan.training.describe import describe

CUT = [(name, cut) for name in ("PNG", "JPEG", "TIFF", "GIF", "WEBP", "BMP") for cut in (3, 20, 60, 0.5)]


def test_pictures_that_are_cut_off_are_bad_cells_and_their_rows_stay(tmp_path: Path) -> None:
    cells = {}
    for name, cut in CUT:
        content = encoded(name)
        cells[f"{name}-{cut}.png"] = content[: cut if isinstance(cut, int) else int(cut * len(content))]
    found, _ = inspected(folder_of(tmp_path / "data", cells))
    assert found["rows"] == 3 + len(cells)
    assert (column(found, "image")["given"], column(found, "image")["bad"]) == (3, len(cells))
    assert column(found, "table")["given"] == found["rows"]
    for number, (line, name) in enumerate(zip(found["bad"], cells, strict=True), 4):
        assert line.startswith(f"row {number}, column 'image_file_name', file {tmp_path / 'data' / name}: the ")


def tiff(width: int, height: int, samples: int) -> bytes:
    """The head of a TIFF, which claims whatever is asked of it."""
    size = width * height * samples
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: samples, 278: height, 279: size}
    entries = [struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items()]
    return struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + b"".join(entries) + bytes(4)


ZEROS = zlib.compress(bytes(1000))
BOMBS = {
    "claims": (png(100_000, 100_000, ZEROS), "too many pixels"),
    # Between one and two times Pillow's limit it only warns.
    "warns": (png(12_000, 12_000, ZEROS), "too many pixels to be opened safely: 12000 x 12000"),
    "lies": (png(9_000, 9_000, ZEROS), "damaged"),
    "text": (png(8, 8, zlib.compress(bytes(72)), chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(2**26)))), "damaged"),
    "colours": (png(8, 8, zlib.compress(bytes(72)), chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(2**26)))), "damaged"),
    "gif": (
        b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\x80\0\0" + bytes(6) + b","
        + struct.pack("<HHHH", 0, 0, 65535, 65535) + b"\0\x02\x02\x4c\x01\0;",
        "too many pixels",
    ),
    "bmp": (
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 100, 0, 0, 54, 40, 90_000, 90_000, 1, 24, 0, 0, 0, 0, 0, 0),
        "too many pixels",
    ),
    "ppm": (b"P6 9000 9000 255\n" + bytes(100), "damaged"),
    "tiff": (tiff(60_000, 60_000, 1), "too many pixels"),
}  # fmt: skip


def test_bombs_are_bad_cells_and_cost_next_to_nothing(tmp_path: Path) -> None:
    data = folder_of(tmp_path / "data", {f"{name}.png": content for name, (content, _) in BOMBS.items()})
    assert peak(inspected, data) < 50
    began = time.process_time()
    found, _ = inspected(data)
    assert time.process_time() - began < 10
    assert (found["rows"], len(found["bad"])) == (3 + len(BOMBS), len(BOMBS))
    for line, (name, (_, words)) in zip(found["bad"], BOMBS.items(), strict=True):
        assert f"{name}.png: " in line
        assert words in line, line


def test_the_largest_picture_that_is_opened_fits_in_memory(tmp_path: Path) -> None:
    side = 9_000
    content = png(side, side, zlib.compress(bytes((side + 1) * side), 1))
    data = folder_of(tmp_path / "data", {"large.png": content})
    grown = peak(inspected, data)
    assert 60 < grown < 700
    assert inspected(data)[0]["bad"] == []


def test_postscript_under_another_name_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr(subprocess, "Popen", started)
    content = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"
    found, _ = inspected(folder_of(tmp_path / "data", {"program.png": content}))
    assert found["rows"] == 4
    assert "PostScript" in found["bad"][0]


def test_bombs_packed_in_parquet_are_bad_cells(tmp_path: Path) -> None:
    contents = [encoded("PNG"), *(content for content, _ in BOMBS.values()), encoded("PNG")[:900], b""]
    rows = [{"image": {"bytes": content, "path": "a.png"}, "n": i} for i, content in enumerate(contents)]
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), file)
    (tmp_path / "metadata.parquet").write_bytes(file.getvalue())
    data = load_data(tmp_path)
    store = Store.read(data, describe(data, Config(size="tiny")))
    assert len(data) == len(contents)
    assert sorted(cell.row for cell in store.bad) == list(range(2, len(contents) + 1))
    assert (store.pairing(0).index["image"] >= 0).tolist() == [True, *[False] * (len(contents) - 1)]


def test_pillow_says_nothing_beside_the_reason(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Found by the fuzz: of a TIFF of 259 samples a pixel Pillow tells its log, which goes to the terminal."""
    found, _ = inspected(folder_of(tmp_path / "data", {"odd.png": tiff(8, 8, 259)}))
    assert len(found["bad"]) == 1
    assert caplog.records == []
