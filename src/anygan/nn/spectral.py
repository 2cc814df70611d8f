"""Sound as a spectrogram of mel bands, and back: pure functions of tensors, any leading axes.

A signal of ``hop * T`` samples gives exactly T frames: (window - hop) / 2 zeros are put before and after it, so that
frame t is centred on sample ``hop * (t + 1/2)``. The mel scale is Slaney's (*Auditory Toolbox*, 1998): linear below
1 kHz, logarithmic above; each band is a triangle, its value the weighted mean of the magnitudes under it.

Two steps lead back. Magnitudes solve F m = y, m >= 0, by a pseudo-inverse that is then mended by the multiplicative
updates of Lee & Seung (*Algorithms for Non-negative Matrix Factorization*, 2001, https://proceedings.neurips.cc/paper/
2000/hash/f9d1152547c0bde01830b7e8bd60024c-Abstract.html),

    m <- m * (F' y) / (F' F m)

Phases come from the fast Griffin-Lim algorithm (Perraudin, Balazs & Søndergaard, *A fast Griffin-Lim algorithm*, 2013,
https://doi.org/10.1109/WASPAA.2013.6701851), which goes to and fro between the spectrograms of that magnitude (P2) and
those that some signal has (P1), with momentum a:

    t[n] = P1(P2(c[n-1]))          c[n] = t[n] + a (t[n] - t[n-1])
"""

import math

import torch
from torch import Tensor

__all__ = ["denser", "griffin_lim", "istft", "mel_filterbank", "mel_to_magnitude", "stft"]


def mel_filterbank(rate: int, n_fft: int, mels: int) -> Tensor:
    """Triangular bands from 0 Hz to half the rate, equally spaced in mel: (mels, n_fft // 2 + 1), rows of sum one.

    A band so narrow that it holds no bin is a row of zeros: take fewer ``mels`` then.
    """
    bins = torch.linspace(0, rate / 2, n_fft // 2 + 1, dtype=torch.float64)
    edges = _hertz(torch.linspace(0, _mel(rate / 2), mels + 2, dtype=torch.float64))
    rise = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    weights = torch.minimum(rise, fall).clamp_min(0)
    bands: Tensor = weights / weights.sum(1, keepdim=True).clamp_min(1e-9)
    return bands.float()


def _mel(hertz: float) -> float:
    return hertz * 3 / 200 if hertz < 1000 else 15 + 27 * math.log(hertz / 1000) / math.log(6.4)


def _hertz(mel: Tensor) -> Tensor:
    hertz: Tensor = torch.where(mel < 15, mel * 200 / 3, 1000 * torch.exp((mel - 15) * math.log(6.4) / 27))
    return hertz


def stft(signal: Tensor, n_fft: int, hop: int) -> Tensor:
    """The spectrogram, with a Hann window: (..., hop * T) -> complex (..., n_fft // 2 + 1, T)."""
    margin = (n_fft - hop) // 2
    frames = torch.nn.functional.pad(signal, (margin, margin)).unfold(-1, n_fft, hop)
    bins: Tensor = torch.fft.rfft(frames * _window(n_fft, signal))
    return bins.transpose(-1, -2)


def istft(spectrogram: Tensor, n_fft: int, hop: int) -> Tensor:
    """The signal whose spectrogram is nearest: complex (..., n_fft // 2 + 1, T) -> (..., hop * T).

    ``hop`` divides ``n_fft``.
    """
    window = _window(n_fft, spectrogram.real)
    frames = torch.fft.irfft(spectrogram.transpose(-1, -2), n=n_fft) * window
    weight = _overlap_add((window * window).expand(frames.shape[-2], n_fft), hop)
    margin = (n_fft - hop) // 2
    return (_overlap_add(frames, hop) / weight.clamp_min(1e-8))[..., margin : margin + hop * frames.shape[-2]]


def _window(n_fft: int, like: Tensor) -> Tensor:
    return torch.hann_window(n_fft, dtype=like.dtype, device=like.device)


def _overlap_add(frames: Tensor, hop: int) -> Tensor:
    """(..., T, n_fft) -> (..., n_fft + hop * (T - 1))."""
    *batch, count, n_fft = frames.shape
    pieces = frames.reshape(*batch, count, n_fft // hop, hop)
    total = frames.new_zeros(*batch, count + n_fft // hop - 1, hop)
    for i in range(n_fft // hop):
        total[..., i : i + count, :] += pieces[..., i, :]
    return total.flatten(-2)


def denser(frames: Tensor, times: int) -> Tensor:
    """So many ``times`` the frames, each where it lies in its step, (B, mels, T) -> (B, mels, times * T).

    Cubic interpolation (Keys, *Cubic convolution interpolation for digital image processing*, 1981).
    """
    if times == 1:
        return frames
    size = [frames.shape[1], times * frames.shape[2]]
    return torch.nn.functional.interpolate(frames[None], size, mode="bicubic", align_corners=False)[0]


def mel_to_magnitude(mel: Tensor, filters: Tensor, rounds: int = 15) -> Tensor:
    """Non-negative magnitudes whose mel bands are the given ones: (..., mels, T), (mels, bins) -> (..., bins, T)."""
    magnitude: Tensor = (torch.linalg.pinv(filters) @ mel).clamp_min(1e-8)
    target, gram = filters.T @ mel, filters.T @ filters
    for _ in range(rounds):
        magnitude = magnitude * target / (gram @ magnitude).clamp_min(1e-12)
    return magnitude


def griffin_lim(magnitude: Tensor, n_fft: int, hop: int, rounds: int = 32, momentum: float = 0.99) -> Tensor:
    """A signal with the given magnitudes: (..., n_fft // 2 + 1, T) -> (..., hop * T).

    The first phases are drawn from a fixed seed, the same for every signal: the answer depends on the magnitudes alone.
    """
    generator = torch.Generator().manual_seed(0)
    phase = torch.rand(magnitude.shape[-2:], generator=generator).to(magnitude) * (2 * math.pi)
    guess = torch.polar(magnitude, phase.expand_as(magnitude))
    last = torch.zeros_like(guess)
    for _ in range(rounds):
        possible = stft(istft(guess, n_fft, hop), n_fft, hop)
        guess = _with_magnitude(possible + momentum * (possible - last), magnitude)
        last = possible
    return istft(guess, n_fft, hop)


def _with_magnitude(spectrogram: Tensor, magnitude: Tensor) -> Tensor:
    return spectrogram * (magnitude / spectrogram.abs().clamp_min(1e-12))
