"""Sounds as their files and samples have them."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from anygan.errors import CellError
from anygan.media.sounds import mono, seconds_and_rate

RNG = np.random.default_rng(0)
LEVELS = RNG.uniform(-0.9, 0.9, 4000).astype(np.float32)


def test_only_the_beginning_of_a_long_file_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile.write(tmp_path / "long.wav", np.tile(LEVELS, 60), 8000, subtype="FLOAT")
    asked = []
    read = soundfile.SoundFile.read
    monkeypatch.setattr(soundfile.SoundFile, "read", lambda self, n, **kw: asked.append(n) or read(self, n, **kw))
    assert (mono(tmp_path / "long.wav", 8000, 3000) == LEVELS[:3000]).all()
    assert asked == [3000]


def test_a_sound_is_told_without_being_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile.write(tmp_path / "a.flac", np.stack([LEVELS, LEVELS], 1), 16_000)
    monkeypatch.delattr(soundfile.SoundFile, "read")
    assert seconds_and_rate(tmp_path / "a.flac") == (0.25, 16_000)
    assert seconds_and_rate((np.stack([LEVELS, LEVELS], 1), 8000)) == (0.5, 8000)


def test_resampled_sounds_keep_their_length_and_level() -> None:
    slow = np.sin(2 * np.pi * 100 * np.arange(8000) / 8000)
    heard = mono((slow, 8000), 16_000, 99_999)
    assert heard.shape == (16_000,)
    assert np.abs(heard - np.sin(2 * np.pi * 100 * np.arange(16_000) / 16_000))[500:-500].max() < 1e-3
    assert (mono((slow, 8000), 16_000, 400) == mono((slow[:600], 8000), 16_000, 400)).all()


def test_integers_and_channels_in_memory() -> None:
    whole = (LEVELS * 32767).astype(np.int16)
    heard = mono((np.stack([whole, whole // 2], 1), 8000), 8000, 4000)
    assert np.abs(heard - 0.75 * LEVELS).max() < 1e-4


def test_broken_files_are_named_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "words.wav").write_text("this is no sound")
    (tmp_path / "head.wav").write_bytes(b"RIFF\x00\x00\x00\x00WAVE")
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 8000)
    soundfile.write(tmp_path / "nan.wav", np.full(50, np.nan), 8000, subtype="FLOAT")
    reasons = {
        "empty": "is empty",
        "words": "not a sound",
        "head": "not a sound",
        "none": "no samples",
        "nan": "finite",
        "gone": "no such",
    }
    for name, words in reasons.items():
        with pytest.raises(CellError, match=words):
            mono(tmp_path / f"{name}.wav", 8000, 100)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("a sound", "expected a sound .*got str"),
        ((LEVELS, "fast"), "a rate in Hz"),
        ((LEVELS, 1), "rate of 1 Hz"),
        ((["loud"], 8000), "expected samples .* got <U4"),
        ((LEVELS.reshape(2, 2, -1), 8000), "got float32 .2, 2, 1000."),
    ],
)
def test_what_is_no_sound_in_memory_is_told(cell: object, words: str) -> None:
    for look in (seconds_and_rate, lambda cell: mono(cell, 8000, 100)):
        with pytest.raises(CellError, match=words):
            look(cell)
