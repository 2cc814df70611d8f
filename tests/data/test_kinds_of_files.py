"""Pictures, sounds, sentences and scalars as people have them, from files through the one door to what is learned."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import soundfile
import torch
from files_of_rows import lay

from anygan import load_data
from anygan.data.store import Store
from anygan.modalities import KINDS, Scale, Table, Text
from anygan.rows import DataSet

LANGUAGES = {
    "arabic": "قطة سوداء على السطح",
    "chinese": "屋顶上有一只黑猫。",
    "emoji": "a 🐈‍⬛ on the 🏠 roof",
    "greek": "Μια μαύρη γάτα στη στέγη;",  # noqa: RUF001
    "hebrew": "חתול שחור על הגג",
    "hindi": "छत पर काली बिल्ली",
    "korean": "지붕 위의 검은 고양이",
    "combining": "un cafe\u0301 nai\u0308f",
    "thai": "แมวดำบนหลังคา",
}


def save(picture: PIL.Image.Image, form: str, **options: Any) -> bytes:
    content = io.BytesIO()
    picture.save(content, form, **options)
    return content.getvalue()


def stored(data: DataSet) -> Store:
    store = Store.read(data, {n: KINDS[c.kind].fit(n, c.cells, Scale()) for n, c in data.columns.items()})
    assert store.bad == ()
    return store


def learned(folder: Path, files: dict[str, bytes]) -> torch.Tensor:
    """The only modality of a folder of files, as tensors."""
    (cells,) = stored(load_data(lay(folder, dict(files)))).cells.values()
    return cells


@pytest.mark.parametrize(
    ("ending", "form"),
    [("png", "PNG"), ("jpg", "JPEG"), ("webp", "WEBP"), ("bmp", "BMP"), ("tif", "TIFF"), ("gif", "GIF")],
)
@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_pictures_of_every_format(tmp_path: Path, ending: str, form: str, mode: str) -> None:
    mode = "L" if (form, mode) == ("JPEG", "P") else mode  # JPEG has no palettes
    grey = PIL.Image.new("L", (8, 6), 40)
    grey.paste(200, (4, 0, 8, 6))
    cells = learned(tmp_path, {f"a.{ending}": save(grey.convert(mode), form)}).float()
    assert cells.shape[2:] == (6, 8)
    assert (cells[..., :3].mean() - 40).abs() < 6
    assert (cells[..., 5:].mean() - 200).abs() < 6


def test_the_first_frame_of_an_animation_counts(tmp_path: Path) -> None:
    frames = [PIL.Image.new("L", (8, 8), value) for value in (10, 200)]
    cells = learned(tmp_path, {"a.gif": save(frames[0], "GIF", save_all=True, append_images=frames[1:])})
    assert cells.unique().tolist() == [10]


@pytest.mark.parametrize("turn", range(1, 9))
def test_pictures_are_turned_as_exif_says(tmp_path: Path, turn: int) -> None:
    upright = PIL.Image.new("L", (16, 8), 0)
    upright.paste(255, (0, 0, 4, 4))
    how = {2: (0,), 3: (3,), 4: (1,), 5: (5,), 6: (2,), 7: (6,), 8: (4,)}.get(turn, ())
    stored_as = upright
    for step in how:
        stored_as = stored_as.transpose(PIL.Image.Transpose(step))
    exif = PIL.Image.Exif()
    exif[0x0112] = turn
    cells = learned(tmp_path, {"a.png": save(stored_as, "PNG", exif=exif)})
    assert tuple(cells.shape) == (1, 1, 8, 16)
    assert cells[0, 0, :4, :4].min() == 255
    assert cells[0, 0].float().mean() == 255 * 16 / 128


@pytest.mark.parametrize(("form", "ending"), [("PNG", "png"), ("WEBP", "webp"), ("TIFF", "tif")])
def test_what_is_transparent_lies_on_white(tmp_path: Path, form: str, ending: str) -> None:
    options = {"lossless": True, "exact": True} if form == "WEBP" else {}
    half, none = (PIL.Image.new("RGBA", (8, 8), (0, 0, 0, alpha)) for alpha in (128, 0))
    pictures = {f"half.{ending}": save(half, form, **options), f"none.{ending}": save(none, form, **options)}
    cells = learned(tmp_path, pictures)
    assert [cell.unique().tolist() for cell in cells] == [[127], [255]]


def test_transparent_colours_of_a_palette_lie_on_white(tmp_path: Path) -> None:
    picture = PIL.Image.new("P", (8, 8), 0)
    picture.putpalette([0, 0, 0, 9, 9, 9])
    for ending, form in (("gif", "GIF"), ("png", "PNG")):
        cells = learned(tmp_path / form, {f"a.{ending}": save(picture, form, transparency=0)})
        assert cells.unique().tolist() == [255]


@pytest.mark.parametrize(("form", "ending"), [("PNG", "png"), ("TIFF", "tif")])
def test_sixteen_bits_keep_their_upper_eight(tmp_path: Path, form: str, ending: str) -> None:
    deep = PIL.Image.fromarray(np.full((8, 8), 0x8123, np.uint16))
    assert learned(tmp_path, {f"a.{ending}": save(deep, form)}).unique().tolist() == [0x81]


@pytest.mark.parametrize(
    ("ending", "form", "subtype"),
    [
        ("wav", "WAV", "PCM_16"),
        ("wav", "WAV", "PCM_24"),
        ("wav", "WAV", "FLOAT"),
        ("flac", "FLAC", None),
        ("ogg", "OGG", "VORBIS"),
        ("opus", "OGG", "OPUS"),
        ("mp3", "MP3", None),
    ],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_sounds_of_every_format(tmp_path: Path, ending: str, form: str, subtype: str | None, channels: int) -> None:
    rate = 48_000
    wave = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(rate) / rate)
    content = io.BytesIO()
    soundfile.write(content, np.stack([wave] * channels, 1), rate, format=form, subtype=subtype)
    data = load_data(lay(tmp_path, {f"a.{ending}": content.getvalue()}))
    assert data.kinds == {"audio": "audio"}
    loudest = stored(data).cells["audio"][0].float().mean(1).argmax()
    # Of 64 bands up to 8 kHz, equally spaced in mel, 1,000 Hz lies in the 22nd or 23rd.
    assert 20 <= int(loudest) <= 24


def test_sounds_of_many_rates_and_lengths_become_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for i, (rate, seconds) in enumerate([(8000, 0.2), (11_025, 0.5), (44_100, 1.0), (96_000, 0.1)] * 2):
        content = io.BytesIO()
        soundfile.write(content, 0.1 * rng.normal(size=int(rate * seconds)), rate, format="WAV")
        lay(tmp_path, {f"{i}.wav": content.getvalue()})
    assert stored(load_data(tmp_path)).cells["audio"].shape[0] == 8


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_of_any_script_comes_back_as_it_was(tmp_path: Path, language: str) -> None:
    said = LANGUAGES[language]
    data = load_data(lay(tmp_path, {f"{i}.txt": f"{said} {i}" for i in range(4)}))
    assert data.kinds == {"text": "text"}
    text = Text.fit("text", data.columns["text"].cells, Scale())
    assert [text.write(text.read(cell)) for cell in data.columns["text"].cells] == [f"{said} {i}" for i in range(4)]
    # And one whose words were never seen.
    unseen = Text.fit("text", ["only these"] * 3 + ["w " * 60], Scale())
    assert unseen.write(unseen.read(said)) == unseen.decode(unseen.encode(said)[: unseen.length - 1])


def test_numbers_dates_booleans_and_categories_have_holes(tmp_path: Path) -> None:
    lines = ["n,whole,day,moment,flag,class"]
    for i in range(40):
        line = [f"{i / 4}", f"{i}", f"2024-05-{1 + i % 28:02}", f"2024-05-31 10:{i:02}", "true", "b" if i % 2 else "a"]
        hole = i % 8
        lines.append(",".join("" if k == hole else value for k, value in enumerate(line)))
    lines.append("NA,nan,N/A,null,none,rare")
    (tmp_path / "a.csv").write_text("\n".join(lines))
    data = load_data(tmp_path / "a.csv")
    cells = data.columns["table"].cells
    table = Table.fit("table", cells, Scale())
    assert {c.name: c.type for c in table.columns} == {
        "n": "number",
        "whole": "integer",
        "day": "date",
        "moment": "time",
        "flag": "boolean",
        "class": "category",
    }
    assert data.bad == ()
    last = cells[data.pairing(0).index["table"][-1]]
    assert [name for name, value in last.items() if value is not None] == ["class"]
    assert table.write(table.read(last))["class"] == "rare"
    assert table.write(table.read(cells[0])) == {
        "n": None,
        "whole": 0,
        "day": "2024-05-01",
        "moment": "2024-05-31T10:00:00",
        "flag": True,
        "class": "a",
    }
    unseen = {**cells[0], "class": "never seen"}
    assert table.write(table.read(unseen))["class"] is None
    assert "not among the 3 categories" in table.faults(unseen)["class"]
