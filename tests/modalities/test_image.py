import io
import logging
import warnings

import numpy as np
import PIL.Image
import pytest
import torch

from anygan.errors import CellError
from anygan.modalities.base import Scale
from anygan.modalities.image import Image, contact_sheet, playable, quietly

RNG = np.random.default_rng(0)


def smooth(height, width, *channels):
    """A picture that resizing does little to."""
    y, x = np.mgrid[0:height, 0:width]
    grey = 127 + 60 * np.sin(3 * x / width) + 60 * np.cos(2 * y / height)
    return np.broadcast_to(grey[(..., *[None] * len(channels))], (height, width, *channels)).astype(np.uint8).copy()


def test_playable_can_be_halved_until_4_to_8():
    for size in range(1, 300):
        n = playable(size)
        assert abs(n - size) <= max(4 - size, size / 8)
        while n > 8:
            assert n % 2 == 0
            n //= 2
        assert 4 <= n <= 8


def test_playable_keeps_what_is_playable_and_its_limit():
    assert [playable(n) for n in (28, 32, 48, 56, 64)] == [28, 32, 48, 56, 64]
    assert all(playable(size, limit) <= limit for size in range(1, 200) for limit in (4, 7, 60, 100))


@pytest.mark.parametrize(
    ("size", "canvas"),
    [((28, 28), (28, 28)), ((100, 100), (64, 64)), ((100, 50), (64, 32)), ((3, 200), (4, 64)), ((48, 20), (48, 20))],
)
def test_canvas_size(size, canvas):
    image = Image.fit("i", [RNG.integers(0, 256, size, np.uint8)], Scale(side=64))
    assert (image.height, image.width) == size
    assert (image.canvas_height, image.canvas_width) == canvas
    assert image.write(image.read(RNG.integers(0, 256, size, np.uint8))).size == size[::-1]


def test_grey_pictures_come_back_to_the_bit(tmp_path):
    cells = [RNG.integers(0, 256, (28, 28), np.uint8) for _ in range(3)]
    image = Image.fit("i", cells, Scale())
    canvas = image.canvas()
    picture = image.write(canvas.inverse(canvas(image.read(cells[0])[None]))[0])
    image.save(picture, tmp_path / "a.png")
    with PIL.Image.open(tmp_path / "a.png") as saved:
        assert saved.mode == "L"
        assert (np.asarray(saved) == cells[0]).all()
    assert torch.equal(image.read(tmp_path / "a.png"), image.read(cells[0]))


def test_the_commonest_size_wins_or_else_the_median():
    def fit(*sides):
        return Image.fit("i", [np.zeros((s, s), np.uint8) for s in sides], Scale())

    assert fit(10, 20, 20, 20, 40).height == 20
    assert fit(10, 20, 22, 30, 40).height == 22


def test_one_coloured_picture_makes_all_coloured():
    cells = [smooth(8, 8), smooth(8, 8, 3)]
    image = Image.fit("i", cells, Scale())
    assert image.mode == "RGB"
    assert image.read(cells[0]).shape == (3, 8, 8)
    assert Image.fit("i", cells[:1], Scale()).read(cells[1]).shape == (1, 8, 8)


def test_fit_looks_at_a_bounded_sample():
    seen = []

    class Watched(list):
        def __getitem__(self, i):
            seen.append(i)
            return super().__getitem__(i)

    Image.fit("i", Watched([np.zeros((8, 8), np.uint8)] * 5000), Scale())
    assert 256 <= len(seen) <= 512
    assert seen[-1] > 4900


def test_sixteen_bits_keep_their_upper_eight(tmp_path):
    deep = (np.arange(64, dtype=np.uint16).reshape(8, 8) * 1024).astype(np.uint16)
    PIL.Image.fromarray(deep).save(tmp_path / "deep.png")
    image = Image.fit("i", [tmp_path / "deep.png"], Scale())
    assert image.mode == "L"
    for cell in (tmp_path / "deep.png", deep):
        assert (image.read(cell)[0].numpy() == deep // 256).all()


def test_floats_and_booleans_are_brightness():
    image = Image.fit("i", [smooth(4, 4)], Scale())
    half = np.full((4, 4), 0.5, np.float32)
    assert image.read(half).unique().tolist() == [128]
    assert image.read(PIL.Image.fromarray(half)).unique().tolist() == [128]
    assert image.read(np.ones((4, 4), bool)).unique().tolist() == [255]
    with pytest.raises(CellError, match="finite"):
        image.read(half * np.nan)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_is_white(mode):
    picture = PIL.Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), (0, 0, 4, 8))
    image = Image.fit("i", [smooth(8, 8, 3)], Scale())
    stored = image.read(picture.convert(mode))
    assert stored[:, :, :4].unique().tolist() == [0]
    assert stored[:, :, 4:].unique().tolist() == [255]


def test_exif_turns_the_picture(tmp_path):
    picture = PIL.Image.fromarray(smooth(16, 32, 3))
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    image = Image.fit("i", [tmp_path / "turned.jpg"], Scale())
    assert (image.height, image.width) == (32, 16)
    upright = torch.from_numpy(np.asarray(picture.rotate(-90, expand=True)).copy()).permute(2, 0, 1)
    assert (image.read(tmp_path / "turned.jpg").float() - upright.float()).abs().mean() < 4


def test_a_large_jpeg_is_read_like_a_small_one(tmp_path):
    PIL.Image.fromarray(smooth(800, 600, 3)).save(tmp_path / "large.jpg", quality=95)
    image = Image.fit("i", [tmp_path / "large.jpg"], Scale(side=32))
    assert (image.height, image.width) == (800, 600)
    wanted = torch.from_numpy(smooth(32, 24, 3)).permute(2, 0, 1)
    assert (image.read(tmp_path / "large.jpg").float() - wanted.float()).abs().mean() < 6


def test_all_modes_and_formats_are_read(tmp_path):
    image = Image.fit("i", [smooth(8, 8, 3)], Scale())
    grey = PIL.Image.fromarray(smooth(8, 8))
    for mode in ("1", "L", "P", "CMYK", "YCbCr", "HSV", "I", "F", "RGBA", "LA", "I;16"):
        assert image.read(grey.convert(mode) if mode != "I;16" else grey.convert("I").convert(mode)).shape == (3, 8, 8)
    for name in ("a.bmp", "a.gif", "a.webp", "a.tiff", "a.ppm"):
        grey.save(tmp_path / name)
        assert image.read(tmp_path / name).shape == (3, 8, 8)


def broken_files(folder):
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


def test_broken_files_are_named_in_plain_words(tmp_path):
    image = Image.fit("i", [smooth(8, 8)], Scale())
    for name, words in broken_files(tmp_path):
        with pytest.raises(CellError, match=words):
            image.read(tmp_path / name)


def test_pillow_is_unheard_while_a_cell_is_read_and_heard_again_after(caplog, capsys):
    log = logging.getLogger("PIL.TiffImagePlugin")
    with quietly():
        log.error("unheard")
        warnings.warn("unheard", stacklevel=1)
    log.error("heard")
    assert caplog.messages == ["heard"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("limit", [40, 70, 1000])
def test_a_bomb_is_not_opened(tmp_path, monkeypatch, limit):
    PIL.Image.new("L", (10, 10)).save(tmp_path / "a.png")
    image = Image.fit("i", [smooth(8, 8)], Scale())
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", limit)
    if limit > 100:
        assert image.read(tmp_path / "a.png").shape == (1, 8, 8)
        return
    with pytest.raises(CellError, match="too many pixels"):
        image.read(tmp_path / "a.png")


def test_contact_sheet_enlarges_by_whole_pixels():
    sheet = contact_sheet([PIL.Image.fromarray(np.full((28, 28), value, np.uint8)) for value in (0, 255, 50)])
    assert sheet.size == (2 + 2 * 58, 2 + 2 * 58)
    assert sheet.getpixel((3, 3)) == (0, 0, 0)
    assert sheet.getpixel((100, 3)) == (255, 255, 255)
    assert contact_sheet([PIL.Image.new("RGB", (4000, 1000))]).size == (260, 68)
