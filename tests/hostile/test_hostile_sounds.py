"""Sounds that are cut off, last for hours, claim a thousand channels, or hold no numbers."""

import io
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hostile_files import RNG, column, folder_of, inspected, listed, peak, wav

from anygan.errors import CellError
from anygan.judging.views import HEARD
from anygan.media.sounds import beginning
from anygan.modalities import Audio, Scale

HOURS = 7200


def tone(form: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, 0.1 * RNG.normal(size=8000), 8000, format=form)
    return file.getvalue()


def test_two_hours_of_sound_are_not_decoded(tmp_path: Path) -> None:
    data = folder_of(tmp_path / "data", {}, "audio_file_name")
    long = wav(data / "long.wav", 48_000, 2, HOURS * 48_000)
    assert long.stat().st_size > 1_300_000_000
    listed(data, ["whole0.wav", "whole1.wav", "whole2.wav", "long.wav"], "audio_file_name")
    assert peak(inspected, data) < 200
    began = time.process_time()
    found, _ = inspected(data)
    assert time.process_time() - began < 20
    assert (found["rows"], column(found, "audio")["given"], found["bad"]) == (4, 4, [])


def test_judges_hear_but_the_beginning(tmp_path: Path) -> None:
    long = wav(tmp_path / "long.wav", 48_000, 2, HOURS * 48_000)
    assert peak(beginning, long, HEARD) < 50
    samples, rate = beginning(long, HEARD)
    assert 4 <= len(samples) / rate <= 5


def test_channels_are_mixed_a_block_at_a_time(tmp_path: Path) -> None:
    many = wav(tmp_path / "many.wav", 1_000_000, 64, 5_000_000)
    audio = Audio.fit("a", [(RNG.normal(size=200_000).astype(np.float32), 16_000)], Scale())
    assert peak(audio.read, many) < 200
    sound = RNG.normal(size=(3000, 3)) / 10
    soundfile.write(tmp_path / "three.wav", sound, 16_000, subtype="DOUBLE")
    stored = audio.read((sound.astype(np.float32), 16_000))
    assert (audio.read(tmp_path / "three.wav").float() - stored.float()).abs().max() < 0.1


def test_a_thousand_channels_are_refused(tmp_path: Path) -> None:
    data = folder_of(tmp_path / "data", {}, "audio_file_name")
    wav(data / "choir.wav", 48_000, 1000, 1_000_000)
    listed(data, ["whole0.wav", "choir.wav"], "audio_file_name")
    found, _ = inspected(data)
    assert found["rows"] == 2
    assert found["bad"] == [
        f"row 2, column 'audio_file_name', file {data}/choir.wav: the sound has 1000 channels; expected at most 64"
    ]


def test_sounds_that_are_cut_off_are_bad_cells_and_their_rows_stay(tmp_path: Path) -> None:
    cells = {f"{form}{cut}.wav": tone(form)[:cut] for form in ("WAV", "FLAC", "OGG") for cut in (3, 20, 40)}
    cells["middle.wav"] = tone("FLAC")[:5000]
    found, _ = inspected(folder_of(tmp_path / "data", cells, "audio_file_name"))
    assert (found["rows"], len(found["bad"])) == (3 + len(cells), len(cells))
    for line, name in zip(found["bad"], cells, strict=True):
        assert name in line
        assert "damaged" in line


@pytest.mark.parametrize(
    "samples", [[0.1, np.nan], [np.inf, 0.1], [-np.inf, 0.1], [3e38, -3e38]], ids=["nan", "inf", "-inf", "vast"]
)
def test_numbers_that_are_no_sound(tmp_path: Path, samples: list[float]) -> None:
    data = folder_of(tmp_path / "data", {"bad.wav": b""}, "audio_file_name")
    soundfile.write(data / "bad.wav", np.array(samples * 1000, np.float32), 8000, subtype="FLOAT")
    found, _ = inspected(data)
    assert found["rows"] == 4
    assert ["not finite" in line for line in found["bad"]] == [True]
    if not np.isfinite(samples).all():
        with pytest.raises(CellError, match="not finite"):
            beginning(data / "bad.wav", HEARD)
