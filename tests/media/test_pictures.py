"""Pictures as Pillow has them, whatever a cell is."""

import io
import logging
import warnings
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from anygan.errors import CellError
from anygan.media.pictures import contact_sheet, opened, quietly

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (16, 32, 3), np.uint8)
SMOOTH = np.add.outer(np.arange(16), np.arange(32)).astype(np.uint8)
"""What compression does little to."""


def seen(cell: object) -> np.ndarray:
    return np.asarray(opened(cell, None))


def test_sixteen_bits_keep_their_upper_eight(tmp_path: Path) -> None:
    deep = (np.arange(64, dtype=np.uint16).reshape(8, 8) * 1024).astype(np.uint16)
    PIL.Image.fromarray(deep).save(tmp_path / "deep.png")
    for cell in (tmp_path / "deep.png", deep, deep.astype(np.int64)):
        assert opened(cell, None).mode == "L"
        assert (seen(cell) == deep // 256).all()


def test_floats_and_booleans_are_brightness() -> None:
    half = np.full((4, 4), 0.5, np.float32)
    assert np.unique(seen(half)).tolist() == [128]
    assert np.unique(seen(PIL.Image.fromarray(half))).tolist() == [128]
    assert np.unique(seen(half * 200)).tolist() == [100]
    assert np.unique(seen(np.ones((4, 4), bool))).tolist() == [255]
    with pytest.raises(CellError, match="finite"):
        opened(half * np.nan, None)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_is_white(mode: str) -> None:
    picture = PIL.Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), (0, 0, 4, 8))
    pixels = seen(picture.convert(mode))
    assert np.unique(pixels[:, :4]).tolist() == [0]
    assert np.unique(pixels[:, 4:]).tolist() == [255]


def test_exif_turns_the_picture(tmp_path: Path) -> None:
    picture = PIL.Image.fromarray(SMOOTH)
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    assert opened(tmp_path / "turned.jpg", None).size == (16, 32)
    upright = np.asarray(picture.rotate(-90, expand=True)).astype(float)
    assert np.abs(seen(tmp_path / "turned.jpg") - upright).mean() < 2


def test_no_more_of_a_jpeg_is_decoded_than_is_asked_for(tmp_path: Path) -> None:
    PIL.Image.fromarray(SMOOTH).resize((600, 800)).save(tmp_path / "large.jpg")
    assert opened(tmp_path / "large.jpg", None).size == (600, 800)
    width, height = opened(tmp_path / "large.jpg", (24, 32)).size
    assert 64 <= height <= 128
    assert width == height * 3 // 4


def test_all_modes_and_formats_are_read(tmp_path: Path) -> None:
    grey = PIL.Image.fromarray(SMOOTH)
    colours = {"P": "RGB", "CMYK": "RGB", "YCbCr": "RGB", "HSV": "RGB", "RGBA": "RGB"}
    for mode in ("1", "L", "P", "CMYK", "YCbCr", "HSV", "I", "F", "RGBA", "LA", "I;16"):
        picture = opened(grey.convert("I").convert(mode) if mode == "I;16" else grey.convert(mode), None)
        assert (picture.mode, picture.size) == (colours.get(mode, "L"), (32, 16))
    for name in ("a.bmp", "a.gif", "a.webp", "a.tiff", "a.ppm"):
        grey.save(tmp_path / name)
        assert seen(tmp_path / name).shape[:2] == (16, 32)


def test_arrays_of_one_to_four_channels_are_pictures() -> None:
    assert (seen(NOISE) == NOISE).all()
    assert (seen(NOISE[..., :1]) == NOISE[..., 0]).all()
    assert (seen(np.dstack([NOISE, np.full((16, 32), 255, np.uint8)])) == NOISE).all()
    for wrong in (NOISE[0, 0], np.zeros((4, 4, 5), np.uint8), np.zeros((0, 4), np.uint8)):
        with pytest.raises(CellError, match="expected an array"):
            opened(wrong, None)


def broken_files(folder: Path) -> list[tuple[str, str]]:
    whole = io.BytesIO()
    PIL.Image.fromarray(RNG.integers(0, 256, (64, 64, 3), np.uint8)).save(whole, "PNG")
    (folder / "cut.png").write_bytes(whole.getvalue()[:3000])
    (folder / "empty.png").write_bytes(b"")
    (folder / "words.png").write_text("this is no picture")
    (folder / "head.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(40))
    (folder / "folder.png").mkdir()
    return [
        ("cut.png", "damaged"),
        ("empty.png", "empty"),
        ("words.png", "not a picture"),
        ("head.jpg", "damaged"),
        ("folder.png", "no such file"),
    ]


def test_broken_files_are_named_in_plain_words(tmp_path: Path) -> None:
    for name, words in broken_files(tmp_path):
        with pytest.raises(CellError, match=words):
            opened(tmp_path / name, None)


def test_pillow_is_unheard_while_a_cell_is_read_and_heard_again_after(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    log = logging.getLogger("PIL.TiffImagePlugin")
    with quietly():
        log.error("unheard")
        warnings.warn("unheard", stacklevel=1)
    log.error("heard")
    assert caplog.messages == ["heard"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("limit", [40, 70, 1000])
def test_a_bomb_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    PIL.Image.new("L", (10, 10)).save(tmp_path / "a.png")
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", limit)
    if limit > 100:
        assert opened(tmp_path / "a.png", None).size == (10, 10)
        return
    with pytest.raises(CellError, match="too many pixels"):
        opened(tmp_path / "a.png", None)


def test_contact_sheet_enlarges_by_whole_pixels() -> None:
    sheet = contact_sheet([PIL.Image.fromarray(np.full((28, 28), value, np.uint8)) for value in (0, 255, 50)])
    assert sheet.size == (2 + 2 * 58, 2 + 2 * 58)
    assert sheet.getpixel((3, 3)) == (0, 0, 0)
    assert sheet.getpixel((100, 3)) == (255, 255, 255)
    assert contact_sheet([PIL.Image.new("RGB", (4000, 1000))]).size == (260, 68)


def test_a_blank_picture_packed_as_tight_as_can_be_is_opened(tmp_path: Path) -> None:
    PIL.Image.new("1", (4000, 3000)).save(tmp_path / "blank.png", compress_level=9)
    PIL.Image.new("1", (400, 300)).save(tmp_path / "blank.pbm")
    assert (tmp_path / "blank.png").stat().st_size < 4000 * 3000 / 7000
    assert opened(tmp_path / "blank.png").size == (4000, 3000)
    assert opened(tmp_path / "blank.pbm").size == (400, 300)


@pytest.mark.parametrize("name", ["short.png", "short.ppm"])
def test_pixels_that_the_file_cannot_hold_are_refused_unseen(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    PIL.Image.new("L", (900, 900)).save(tmp_path / name)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:60])
    monkeypatch.setattr(PIL.Image.Image, "load", lambda _: pytest.fail("there was to be no memory for it"))
    with pytest.raises(CellError, match="damaged: no file so short holds 900 x 900 pixels"):
        opened(tmp_path / name)
