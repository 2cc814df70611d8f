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
from functools import cached_property

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
    return _Frames(signal, signal.shape[-1] // hop, n_fft, hop).of(signal).transpose(-1, -2)


def istft(spectrogram: Tensor, n_fft: int, hop: int) -> Tensor:
    """The signal whose spectrogram is nearest: complex (..., n_fft // 2 + 1, T) -> (..., hop * T).

    ``hop`` divides ``n_fft``.
    """
    return _Frames(spectrogram.real, spectrogram.shape[-1], n_fft, hop).undone(spectrogram.transpose(-1, -2))


class _Frames:
    """Signals (..., hop * T) to the bins of their frames (..., T, n_fft // 2 + 1), which lie side by side, and back."""

    def __init__(self, like: Tensor, count: int, n_fft: int, hop: int) -> None:
        self.count, self.n_fft, self.hop, self.margin = count, n_fft, hop, (n_fft - hop) // 2
        self.window = torch.hann_window(n_fft, dtype=like.dtype, device=like.device)

    def of(self, signal: Tensor) -> Tensor:
        frames = torch.nn.functional.pad(signal, (self.margin, self.margin)).unfold(-1, self.n_fft, self.hop)
        bins: Tensor = torch.fft.rfft(frames * self.window)
        return bins

    def undone(self, bins: Tensor) -> Tensor:
        whole = self._added(torch.fft.irfft(bins, n=self.n_fft).mul_(self.window)).div_(self.weight)
        return whole[..., self.margin : self.margin + self.hop * self.count]

    @cached_property
    def weight(self) -> Tensor:
        """By how much each sample of a signal is in its frames, twice windowed."""
        return self._added((self.window * self.window).expand(self.count, self.n_fft)).clamp_min(1e-8)

    def _added(self, frames: Tensor) -> Tensor:
        """(..., T, n_fft) -> (..., n_fft + hop * (T - 1))."""
        batch, times = frames.shape[:-2], self.n_fft // self.hop
        pieces = frames.reshape(*batch, self.count, times, self.hop)
        total = frames.new_zeros(*batch, self.count + times - 1, self.hop)
        for i in range(times):
            total[..., i : i + self.count, :] += pieces[..., i, :]
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
    count = magnitude.shape[-1]
    frames, wanted = _Frames(magnitude, count, n_fft, hop), magnitude.transpose(-1, -2).contiguous()
    generator = torch.Generator().manual_seed(0)
    phase = torch.rand(magnitude.shape[-2:], generator=generator).to(magnitude) * (2 * math.pi)
    guess = torch.polar(wanted, phase.T.expand_as(wanted))
    last = magnitude.new_zeros(*magnitude.shape[:-2], hop * count)
    for _ in range(rounds):
        signal = frames.undone(guess)
        # A spectrogram is linear in its signal: the momentum may be that of the signal, which is smaller.
        guess = frames.of(last.lerp(signal, 1 + momentum))
        real, imaginary = torch.view_as_real(guess).unbind(-1)
        scale = real.square().addcmul_(imaginary, imaginary).clamp_min_(1e-24).rsqrt_().mul_(wanted)
        real.mul_(scale)
        imaginary.mul_(scale)
        last = signal
    return frames.undone(guess)
