"""Cells as HTML: kept exactly, whatever their kind and length."""

import base64
import io
import math
import re

import numpy as np
import PIL.Image
import pytest
import soundfile

from anygan.errors import ConfigError
from anygan.report.cells import render_cell

SOUND = (np.sin(np.arange(4000) / 5).astype(np.float32) * 0.5, 8000)
PICTURE = np.arange(784, dtype=np.uint8).reshape(28, 28)


def test_pictures_and_sounds_are_kept_exactly() -> None:
    embedded = re.findall(r'src="data:(.+?);base64,(.+?)"', render_cell("image", PICTURE) + render_cell("audio", SOUND))
    assert [kind for kind, _ in embedded] == ["image/png", "image/png", "audio/wav"]
    files = [io.BytesIO(base64.b64decode(content)) for _, content in embedded]
    assert np.array_equal(np.asarray(PIL.Image.open(files[0])), PICTURE)
    samples, rate = soundfile.read(files[2], dtype="float32")
    assert rate == 8000
    assert np.abs(samples - SOUND[0]).max() < 1e-4


def test_a_spectrogram_has_its_tone_where_it_sounds() -> None:
    time = np.arange(8000) / 8000
    chirp = np.sin(2 * np.pi * np.where(time < 0.5, 200, 3000) * time).astype(np.float32)
    content = re.findall(r"image/png;base64,(.+?)\"", render_cell("audio", (chirp, 8000)))[0]
    light = np.asarray(PIL.Image.open(io.BytesIO(base64.b64decode(content))).convert("L"))
    loudest = light.argmax(0)
    early, late = loudest[: len(loudest) // 2 - 2], loudest[len(loudest) // 2 + 2 :]
    assert early.min() > 45
    assert late.max() < 15


@pytest.mark.parametrize("samples", [1, 3, 100, 200_000])
def test_sounds_of_any_length_are_shown(samples: int) -> None:
    assert "audio/wav" in render_cell("audio", (np.ones(samples, np.float32) / 2, 44_100))


def test_every_kind_of_cell_is_shown() -> None:
    assert "a &lt; b" in render_cell("text", "a < b")
    assert "<dd>1.78</dd>" in render_cell("table", {"height": 1.783, "known": True, "gap": None})
    assert render_cell("vector", np.array([1.0, -2.0, math.nan])).count("<rect") == 3
    assert "missing" in render_cell("image", None)
    with pytest.raises(ConfigError, match="Did you mean 'image'"):
        render_cell("imag", PICTURE)
