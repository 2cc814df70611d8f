"""Partial cells: what is known of them comes back as it was, and steers the rest."""

from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import soundfile
import torch

from anygan.config import Config
from anygan.data.load import load_data
from anygan.errors import CellError
from anygan.modalities import Audio, Image, Scale, Text
from anygan.modalities.gaps import between
from anygan.modalities.holes import PartialAudio, PartialImage, PartialText, partial
from anygan.modalities.text import TextCanvas
from anygan.model.gan import AnyGAN
from anygan.rows import Packed
from anygan.tasks.complete import complete
from anygan.tasks.sureness import Sureness
from anygan.training.describe import describe

CONFIG = Config(size="tiny", width=2, features=16, code=8, style=4)
CHANCE = np.random.default_rng(0)
PICTURE = Image("image", 24, 20, "RGB", 24, 20)


def sound(rate: int = 8000, seconds: float = 0.5) -> np.ndarray:
    return (CHANCE.normal(size=int(rate * seconds)) * 0.4).clip(-0.99, 0.99)


def test_transparent_pixels_are_filled_and_others_stay(tmp_path: Path) -> None:
    pixels = CHANCE.integers(0, 256, (31, 27, 4), dtype=np.uint8)
    pixels[..., 3] = 255
    pixels[5:20, 3:11, 3] = 0
    PIL.Image.fromarray(pixels).save(tmp_path / "a.png")
    cell = partial(PICTURE, tmp_path / "a.png")
    assert isinstance(cell, PartialImage)
    whole = np.asarray(cell.pasted(PIL.Image.new("RGB", (20, 24), (1, 2, 3))))
    hidden = pixels[..., 3] == 0
    assert (whole[~hidden] == pixels[~hidden][:, :3]).all()
    assert (whole[hidden] == (1, 2, 3)).all()
    known = cell.known()[0]
    assert known.shape == (24, 20)
    assert not known[6:14, 3:7].any()
    assert known[17:, 10:].all()


def test_a_mask_beside_says_what_is_missing(tmp_path: Path) -> None:
    pixels = CHANCE.integers(0, 256, (24, 20, 3), dtype=np.uint8)
    PIL.Image.fromarray(pixels).save(tmp_path / "a.png")
    assert partial(PICTURE, tmp_path / "a.png") is None
    mask = np.zeros((24, 20), np.uint8)
    mask[:7] = 255
    PIL.Image.fromarray(mask).save(tmp_path / "a.mask.png")
    cell = partial(PICTURE, tmp_path / "a.png")
    assert isinstance(cell, PartialImage)
    assert (cell.hidden == (mask > 0)).all()
    PIL.Image.fromarray(mask[:5]).save(tmp_path / "a.mask.png")
    with pytest.raises(CellError, match="size"):
        partial(PICTURE, tmp_path / "a.png")


def test_files_that_lie_packed_have_holes_too(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    samples = chance.uniform(-0.5, 0.5, 4000).astype(np.float32)
    samples[800:2000] = 0
    PIL.Image.fromarray(chance.integers(0, 256, (24, 20, 4), dtype=np.uint8)).save(tmp_path / "a.png")
    soundfile.write(tmp_path / "a.wav", samples, 8000)
    kinds = {"a.png": PICTURE, "a.wav": Audio.fit("audio", [(samples, 8000)], Scale())}
    for name, modality in kinds.items():
        there = partial(modality, tmp_path / name)
        packed = partial(modality, Packed(name, (tmp_path / name).read_bytes))
        assert isinstance(there, PartialImage | PartialAudio)
        assert isinstance(packed, PartialImage | PartialAudio)
        assert (packed.hidden == there.hidden).all()
        with pytest.raises(CellError, match="is empty"):
            partial(modality, Packed(name, bytes))


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT", "DOUBLE"])
def test_samples_that_are_known_come_back_as_they_were(tmp_path: Path, subtype: str) -> None:
    samples = np.stack([sound(), sound()], 1)
    samples[0] = 0.999
    samples[800:2000] = 0
    soundfile.write(tmp_path / "a.wav", samples, 8000, subtype=subtype)
    before, _ = soundfile.read(tmp_path / "a.wav", dtype="float64")
    modality = Audio.fit("audio", [(before[:, 0].astype(np.float32), 8000)], Scale())
    cell = partial(modality, tmp_path / "a.wav")
    assert isinstance(cell, PartialAudio)
    assert np.flatnonzero(cell.hidden).tolist() == list(range(800, 2000))
    cell.save(cell.pasted((sound().astype(np.float32), 8000)), tmp_path / "b.wav")
    after, rate = soundfile.read(tmp_path / "b.wav", dtype="float64")
    assert rate == 8000
    assert (after[~cell.hidden] == before[~cell.hidden]).all()
    assert after[cell.hidden].any(0).all()
    loud = np.square(after[cell.hidden]).mean() / np.square(before[~cell.hidden]).mean()
    assert 0.5 < loud < 2


def test_silence_at_the_ends_is_no_hole(tmp_path: Path) -> None:
    samples = sound()
    samples[:1000] = samples[-1000:] = 0
    samples[2000:2300] = 0
    modality = Audio.fit("audio", [(samples.astype(np.float32), 8000)], Scale())
    assert partial(modality, (samples, 8000)) is None
    samples[1500] = np.nan
    cell = partial(modality, (samples, 8000))
    assert isinstance(cell, PartialAudio)
    assert np.flatnonzero(cell.hidden).tolist() == [1500]
    assert not cell.known().all()


WORDS = [
    f"the {size} {word}, said by {who}"
    for size in ("thin", "thick")
    for word in ("one", "two")
    for who in ("ann", "bo")
]


@pytest.fixture(scope="module")
def writer() -> tuple[Text, TextCanvas]:
    """A sentence autoencoder that has learned eight sentences by heart."""
    text = Text.fit("text", WORDS, Scale(tokens=16, latent=16, width=32))
    torch.manual_seed(0)
    canvas = text.canvas()
    stored = torch.stack([text.read(words) for words in WORDS])
    optimiser = torch.optim.Adam(canvas.parameters(), 3e-3)
    chance = torch.Generator().manual_seed(0)
    for _ in range(300):
        optimiser.zero_grad()
        canvas.loss(stored, chance).backward()
        optimiser.step()
    canvas.settle(stored)
    return text, canvas.requires_grad_(False)


@pytest.mark.parametrize("given", ["the ___ two, said by bo", "___ thin one, said by ____", "the thick one, said ___"])
def test_known_words_stay_and_choose(writer: tuple[Text, TextCanvas], given: str) -> None:
    text, canvas = writer
    cell = partial(text, given)
    assert isinstance(cell, PartialText)
    latents = canvas(torch.stack([text.read(words) for words in WORDS]))
    gaps, sure = between(canvas, latents, cell)
    assert 0 < sure <= 1 + 1e-5
    assert cell.pasted(gaps) in WORDS
    assert cell.pasted(["_"] * len(gaps)).replace("_", "") == "".join(cell.parts)


def test_a_whole_sentence_has_no_gap(writer: tuple[Text, TextCanvas]) -> None:
    assert partial(writer[0], "a snake_case word") is None


def test_a_picture_is_moved_towards_what_is_known() -> None:
    torch.manual_seed(0)
    pixels = [CHANCE.integers(0, 256, (8, 8), dtype=np.uint8) for _ in range(20)]
    data = load_data([{"image": p, "text": f"a {i}"} for i, p in enumerate(pixels)], kinds={"text": "text"})
    net = AnyGAN(describe(data, CONFIG), CONFIG).eval().requires_grad_(False)
    holed = np.dstack([np.full((8, 8, 3), 30, np.uint8), np.full((8, 8), 255, np.uint8)])
    holed[:3, :, 3] = 0
    given = load_data(
        [
            {"image": PIL.Image.fromarray(holed), "text": "a 1"},
            {"image": pixels[0], "text": "a ___"},
            {"image": pixels[0], "text": "___"},
        ],
        kinds={"text": "text", "image": "image"},
    )
    first, second, third = complete(net, given, sure=Sureness({}), partial=True)
    made = np.asarray(first.cells["image"].convert("L"))
    assert (made[3:] == 30).all()
    assert "text" not in first.filled
    assert second.cells["text"].startswith("a")
    assert second.cells["image"] is pixels[0]
    assert set(second.filled) == {"text"}
    assert third.filled.keys() == {"text"}
    assert not third.partials
    untouched, *_ = complete(net, given, sure=Sureness({}))
    assert not untouched.filled
