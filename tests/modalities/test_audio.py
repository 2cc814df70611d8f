import numpy as np
import pytest
import soundfile
import torch
from torch.nn.functional import affine_grid, grid_sample

from anygan.modalities.audio import STRETCHED, VARIED, Audio, LogMel
from anygan.modalities.base import Scale

RNG = np.random.default_rng(0)


def tone(hertz=440.0, seconds=0.5, rate=8000, level=0.5):
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def speech(seconds=0.6, rate=8000):
    """Something with harmonics, glides and hiss."""
    t = np.arange(int(seconds * rate)) / rate
    pitch = np.cumsum(120 + 40 * np.sin(5 * t)) / rate
    voice = sum(np.sin(2 * np.pi * k * pitch) / k for k in range(1, 15)) * np.sin(np.pi * t / seconds) ** 2
    return (0.2 * voice + 0.003 * RNG.standard_normal(len(t))).astype(np.float32)


@pytest.fixture(scope="module")
def audio():
    return Audio.fit("a", [(speech(s), 8000) for s in (0.3, 0.4, 0.6, 0.8)], Scale())


@pytest.mark.parametrize(
    ("rate", "seconds", "samples", "n_fft", "hop"),
    [
        (8000, 0.8, 8192, 256, 128),
        (8000, 0.5, 4096, 256, 64),
        (16000, 1.0, 16384, 512, 256),
        (44100, 1.0, 16384, 512, 256),
        (16000, 60.0, 65536, 2048, 1024),
        (4000, 0.9, 4096, 128, 64),
    ],
)
def test_the_shape_follows_from_rate_and_length(rate, seconds, samples, n_fft, hop):
    audio = Audio.fit("a", [(speech(seconds, rate), rate)] * 3, Scale(frames=64))
    assert (audio.rate, audio.samples, audio.n_fft, audio.hop) == (min(rate, 16000), samples, n_fft, hop)
    assert audio.frames == 64
    assert audio.canvas().shape == (1, audio.mels, 64)
    assert (audio.filters.sum(1) > 0).all()


def test_two_clips_of_a_hundred_may_be_cut():
    cells = [(tone(seconds=0.5), 8000)] * 97 + [(tone(seconds=4.0), 8000)]
    assert Audio.fit("a", cells, Scale()).samples == 4096


def test_the_canvas_holds_silence_at_its_floor_and_reaches_up(audio):
    x = audio.canvas()(audio.read((speech(0.3), 8000))[None])[0]
    assert (x[..., 30:] == -1).all()
    assert x.max() > 0.8
    assert audio.high - audio.low == 70


def test_the_level_of_the_recording_does_not_matter(audio):
    sound = speech()
    loud, quiet = audio.read((sound, 8000)), audio.read((sound * 0.02, 8000))
    assert (loud.float() - quiet.float()).abs().max() < 0.1


def test_silence_is_not_amplified(audio):
    stored = audio.read((np.zeros(4000, np.float32), 8000))
    assert (stored == audio.low).all()
    assert np.abs(audio.write(stored)[0]).max() < 1e-4


def test_where_the_canvas_is_silent_so_is_the_sound(audio):
    """Less than one step of the 16 bits that it is saved in, a window after the last frame that is heard."""
    stored = audio.read((tone(seconds=0.3), 8000))
    last = int((stored > audio.low).any(0).nonzero().max())
    after = np.abs(audio.write(stored)[0][(last + 1) * audio.hop + audio.n_fft :])
    assert len(after) > 2000
    assert after.max() < 2**-15


def test_what_is_heard_comes_back(audio):
    stored = torch.stack([audio.read((speech(s), 8000)) for s in (0.4, 0.7)])
    again = torch.stack([audio.read(cell) for cell in audio.write_all(stored)])
    assert (again.float() - stored.float()).abs().mean() < 1.0
    sound, rate = audio.write(stored[0])
    assert rate == 8000
    assert sound.shape == (8192,)
    assert sound.dtype == np.float32
    assert 0.3 < np.abs(sound).max() <= 0.951


def test_a_deep_voice_keeps_its_harmonics(audio):
    pitch, time = 90, np.arange(audio.samples) / audio.rate
    voice = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 12)).astype(np.float32)
    samples, rate = audio.write(audio.read((voice, audio.rate)))
    power = np.abs(np.fft.rfft(samples[1024 : 1024 + 4096] * np.hanning(4096))) ** 2
    hertz = np.arange(len(power)) * rate / 4096
    band = (hertz > pitch / 2) & (hertz < 11 * pitch)
    near = np.abs(hertz / pitch - np.round(hertz / pitch)) * pitch < 12
    assert power[band & near].sum() / power[band].sum() > 0.85


def test_writing_is_deterministic_and_the_same_in_company(audio):
    stored = torch.stack([audio.read((speech(s), 8000)) for s in (0.4, 0.7)])
    assert (audio.write(stored[1])[0] == audio.write(stored[1])[0]).all()
    assert np.abs(audio.write_all(stored)[1][0] - audio.write(stored[1])[0]).max() < 1e-2


def test_longer_is_cut_and_shorter_followed_by_silence(audio):
    long = np.concatenate([tone(seconds=1.024), RNG.standard_normal(8000).astype(np.float32)])
    assert (audio.read((long, 8000)).float() - audio.read((long[:8192], 8000)).float()).abs().max() == 0
    assert (audio.read((tone(seconds=0.2), 8000))[:, 14:] == audio.low).all()


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_files_of_any_rate_and_channels(audio, tmp_path, name):
    rate = 32000
    sound = speech(0.6, rate)
    soundfile.write(tmp_path / name, np.stack([sound, sound * 0.5], 1), rate)
    stored, wanted = audio.read(tmp_path / name).float(), audio.read((sound, rate)).float()
    assert (stored - wanted)[:, :38].abs().mean() < 6
    clear = wanted > audio.high - 30
    assert (stored - wanted)[clear].abs().mean() < 3


def test_resampling_keeps_the_pitch(audio):
    for rate in (8000, 11025, 48000):
        assert audio.read((tone(1000, 1.0, rate), rate)).float().mean(1).argmax() == audio.filters[:, 32].argmax()


def test_a_sound_is_varied_by_moving_and_stretching_it(audio):
    """A lone spot moves up and to the right for negative draws, and a stretched one keeps its place at the middle."""
    x = -torch.ones(1, 1, audio.mels, audio.frames)
    x[..., audio.mels // 2, audio.frames // 2] = 1.0

    def spot(*drawn):
        varied = audio.canvas().vary(x, torch.tensor([drawn]))[0, 0]
        assert varied.max() > -0.6
        return divmod(int(varied.argmax()), audio.frames)

    middle = (audio.mels // 2, audio.frames // 2)
    assert spot((0.0, 0.0), (0.0, 0.0)) == middle
    up, along = spot((-1.0, -1.0), (0.0, 0.0))
    assert up - middle[0] == round(0.05 * audio.mels)
    assert along - middle[1] == round(0.1 * audio.frames)
    assert abs(spot((0.0, 0.0), (0.0, 1.0))[1] - middle[1]) <= 1


def heard(stored, band):
    """How frequent each loudness is in a band, in steps of 1/32 dB above the floor."""
    return ((stored[:, band].flatten().float() + 70) * 32).round().long().bincount(minlength=2241) / stored[
        :, band
    ].numel()


def test_what_is_drawn_is_as_loud_in_each_band_as_what_is_real():
    """Where it hisses it becomes as silent, band by band; the louder of two never becomes the fainter."""
    canvas, chance = LogMel(2, 64, -70.0, 0.0), torch.Generator().manual_seed(0)
    silent = torch.rand(200, 1, 2, 64, generator=chance) < 0.6
    real = torch.where(silent, -1.0, torch.rand(silent.shape, generator=chance) - torch.tensor([0.2, 0.9]).view(2, 1))
    drawn = torch.where(silent, -0.8 + 0.1 * torch.rand(silent.shape, generator=chance), real.sin())
    stored, before = canvas.inverse(real), canvas.inverse(drawn)
    assert (before == -70).float().mean() < 0.1 < 0.5 < (stored == -70).float().mean()
    canvas.tone(drawn, stored)
    after = canvas.inverse(drawn)
    for band in (0, 1):
        assert (heard(after, band).cumsum(0) - heard(stored, band).cumsum(0)).abs().max() < 0.01
        order = before[:, band].flatten().float().sort(stable=True).indices
        assert (after[:, band].flatten().float()[order].diff() >= 0).all()
    beyond = [canvas.inverse(torch.full((1, 1, 2, 64), end)) for end in (-1.0, 1.0)]
    assert beyond[0].unique().tolist() == [-70.0]
    assert [float(beyond[1][:, band].unique()) for band in (0, 1)] == [float(stored[:, band].max()) for band in (0, 1)]


def test_what_is_no_number_is_silence(audio):
    """As a run without rescue may draw it, whose checkpoints are to be written all the same."""
    canvas = audio.canvas()
    broken = torch.full((3, *canvas.shape), torch.nan)
    assert (canvas.inverse(broken) == audio.low).all()
    canvas.tone(broken, audio.read((speech(), 8000))[None])
    assert canvas.inverse(broken).isfinite().all()


def test_sounds_that_are_as_loud_as_real_ones_stay_as_they_are(audio):
    """To a step of 1/32 dB, silence to the letter; and all of them before anything is known of what is drawn."""
    canvas = audio.canvas()
    stored = torch.stack([audio.read((speech(s), 8000)) for s in (0.3, 0.4, 0.5, 0.6)])
    assert torch.equal(canvas.inverse(canvas(stored)), stored)
    canvas.tone(canvas(stored), stored)
    again = canvas.inverse(canvas(stored))
    assert (again.float() - stored.float()).abs().max() <= 1 / 32
    assert torch.equal(again[stored == audio.low], stored[stored == audio.low])


def test_saved_sounds_are_sixteen_bit_files(audio, tmp_path):
    audio.save((speech(), 8000), tmp_path / "a.wav")
    info = soundfile.info(tmp_path / "a.wav")
    assert (info.subtype, info.samplerate, info.channels) == ("PCM_16", 8000, 1)


def test_varied_sounds_are_those_of_affine_grid_whatever_the_precision() -> None:
    """Autocast takes affine_grid for a product of matrices, and rounds it to bf16: a quarter of a frame."""
    chance = torch.Generator().manual_seed(0)
    canvas = LogMel(40, 64, -70.0, 0.0)
    x, drawn = torch.randn(8, 1, 40, 64, generator=chance), 2 * torch.rand(8, 2, 2, generator=chance) - 1
    up, along, faster = VARIED[0] * drawn[:, 0, 0], VARIED[1] * drawn[:, 0, 1], 1 + STRETCHED * drawn[:, 1, 1]
    none = torch.zeros(8)
    where = torch.stack([faster, none, 2 * along, none, none + 1, 2 * up], 1).view(8, 2, 3)
    grid = affine_grid(where, [8, 1, 40, 64], align_corners=False)
    expected = grid_sample(x + 1, grid, align_corners=False) - 1
    torch.testing.assert_close(canvas.vary(x, drawn), expected)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(canvas.vary(x, drawn), expected)
