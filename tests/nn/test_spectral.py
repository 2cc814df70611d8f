import math

import pytest
import torch

from anygan.nn.spectral import denser, griffin_lim, istft, mel_filterbank, mel_to_magnitude, stft


@pytest.fixture
def chirp():
    t = torch.arange(4096) / 8000
    return torch.stack([torch.sin(2 * math.pi * (300 + k * 200 * t) * t) for k in (1, 2, 3)])


@pytest.mark.parametrize(("n_fft", "hop"), [(256, 128), (256, 64), (512, 64)])
def test_istft_undoes_stft(n_fft, hop):
    signal = torch.randn(2, 3, 2048)
    spectrogram = stft(signal, n_fft, hop)
    assert spectrogram.shape == (2, 3, n_fft // 2 + 1, 2048 // hop)
    assert torch.allclose(istft(spectrogram, n_fft, hop), signal, atol=1e-4)


def test_stft_is_torchs():
    signal = torch.randn(1024)
    theirs = torch.stft(
        torch.nn.functional.pad(signal, (64, 64)),
        256,
        128,
        window=torch.hann_window(256),
        center=False,
        return_complex=True,
    )
    assert torch.allclose(stft(signal, 256, 128), theirs, atol=1e-4)


@pytest.mark.parametrize(("rate", "n_fft", "mels"), [(8000, 256, 64), (16000, 512, 64), (4000, 128, 32)])
def test_bands_are_means_that_rise_in_pitch(rate, n_fft, mels):
    filters = mel_filterbank(rate, n_fft, mels)
    assert filters.shape == (mels, n_fft // 2 + 1)
    assert torch.allclose(filters.sum(1), torch.ones(mels), atol=1e-5)
    assert (filters >= 0).all()
    centres = filters @ torch.linspace(0, rate / 2, n_fft // 2 + 1)
    assert (centres.diff() > 0).all()
    assert abs(float(centres[mels // 2]) - float(centres[mels // 2 - 1])) > 20


def test_a_pure_tone_is_loudest_in_its_band():
    filters = mel_filterbank(8000, 256, 64)
    tone = torch.sin(2 * math.pi * 1000 * torch.arange(2048) / 8000)
    band = (filters @ stft(tone, 256, 128).abs()).mean(1).argmax()
    assert abs(float(filters[band] @ torch.linspace(0, 4000, 129)) - 1000) < 60


def test_magnitudes_explain_their_bands(chirp):
    filters = mel_filterbank(8000, 256, 64)
    mel = filters @ stft(chirp, 256, 128).abs()
    magnitude = mel_to_magnitude(mel, filters)
    assert magnitude.shape == (3, 129, 32)
    assert (magnitude >= 0).all()
    assert (filters @ magnitude - mel).norm() / mel.norm() < 0.02


def test_griffin_lim_finds_a_signal_of_that_magnitude(chirp):
    magnitude = stft(chirp, 256, 128).abs()
    signal = griffin_lim(magnitude, 256, 128)
    assert signal.shape == chirp.shape
    error = [(stft(griffin_lim(magnitude, 256, 128, n), 256, 128).abs() - magnitude).norm() for n in (0, 32)]
    assert error[1] < 0.15 * magnitude.norm()
    assert error[1] < error[0] / 3


def test_griffin_lim_does_not_look_at_the_neighbours(chirp):
    magnitude = stft(chirp, 256, 128).abs()
    state = torch.get_rng_state()
    together, alone = griffin_lim(magnitude, 256, 128), griffin_lim(magnitude[1], 256, 128)
    assert torch.allclose(together[1], alone, atol=1e-4)
    assert torch.equal(torch.get_rng_state(), state)


def test_silence_stays_silent():
    assert griffin_lim(torch.zeros(129, 16), 256, 128).abs().max() == 0


def test_denser_frames_lie_where_they_belong():
    def glide(count):
        return torch.sin((torch.arange(count) + 0.5) / count * 6).expand(1, 3, count)

    assert (denser(glide(32), 2) - glide(64))[..., 2:-2].abs().max() < 0.02
    assert (glide(32).repeat_interleave(2, -1) - glide(64))[..., 2:-2].abs().max() > 0.04
    assert torch.equal(denser(glide(32), 1), glide(32))
