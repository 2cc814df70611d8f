"""Sounds: files or samples, played on a canvas of log-mel frames in [-1, 1].

    stored = 20 log10 (F |STFT(x / r)|), clamped to [low, high] dB, float16 (mels, frames)
    canvas = 2 (stored - low) / (high - low) - 1                                                finish = reach

F are mel bands (:mod:`anygan.nn.spectral`) and r is the root mean square of the clip's loudest window, so that
recordings of different levels look alike and a spectrogram does not depend on the level at all. ``high`` is what the
training clips reach and ``low`` lies 70 dB below it: silence is exactly -1, which generators reach.

Every clip begins where its recording begins; a longer one is cut at the end, a shorter one is followed by silence.
Spectrograms become sound again by the fast Griffin-Lim algorithm, with the peak at .95. What stands at ``low`` is that
or anything less, so the power of ``low`` is taken from every band first: a silence hisses otherwise (Boll, *Suppression
of acoustic noise in speech using spectral subtraction*, 1979). Where frames step by more than a quarter of a window,
others are put between them: with fewer phases are anybody's guess, and voices rough.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import PIL.Image
import soundfile
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..media.pictures import contact_sheet
from ..media.sounds import mono, seconds_and_rate
from ..nn.blocks import reach
from ..nn.spectral import denser, griffin_lim, mel_filterbank, mel_to_magnitude, stft
from ..rows import Cell
from .base import Canvas, Modality, Scale, tried
from .moving import moved

__all__ = ["Audio"]

HIGHEST_RATE = 16_000
RANGE = 70.0
"""From the floor to the loudest of all bands, decibels."""
QUIETEST = 1e-4
"""A clip below this level counts as silence and is not amplified further."""
PEAK = 0.95
MEASURED, HEARD = 512, 128
"""Clips that :meth:`Audio.fit` takes lengths and levels of, spread evenly over the data."""
OVERLAP = 4
"""Windows that cover a moment while phases are sought."""
TOGETHER = 8
"""Clips that are turned into sound at a time: what they take should fit a cache."""

VARIED = (0.05, 0.1)
"""How far up and along a sound may be moved and say the same, as a share of its bands and frames."""
STRETCHED = 0.2
"""How much faster or slower a sound may be said and say the same."""

COLOURS = np.array(
    [(8, 6, 20), (58, 22, 96), (134, 38, 108), (206, 70, 76), (243, 140, 56), (248, 212, 110), (253, 250, 220)]
)


FINE = 32
"""Steps of a stored decibel: near zero those of float16 are finer than the canvas can give back."""


def _stored(decibels: Tensor) -> Tensor:
    return ((decibels * FINE).round() / FINE).half()


class LogMel(Canvas):
    """Log-mel frames as a picture, (1, mels, frames): a higher voice is the same shape a little further up.

    They are written with loudnesses that are as frequent in each band as among real ones. What is drawn is a little
    louder where real sounds are faint, and hisses.

    Attributes:
        written: (mels, levels) decibels, float16: what each level of a band is written as; before :meth:`tone` itself.
    """

    wide = 1.4
    written: Tensor

    def __init__(self, mels: int, frames: int, low: float, high: float) -> None:
        super().__init__()
        self.shape, self.toned = (1, mels, frames), frames
        self.low, self.middle, self.span = low, (high + low) / 2, (high - low) / 2
        levels = low + torch.arange(round((high - low) * FINE) + 1) / FINE
        self.register_buffer("written", levels.half().repeat(mels, 1))

    def forward(self, stored: Tensor) -> Tensor:
        return ((stored.float() - self.middle) / self.span).unsqueeze(1)

    def inverse(self, canvas: Tensor) -> Tensor:
        level = self._level(self._decibels(canvas))
        return self.written[torch.arange(len(self.written), device=level.device).unsqueeze(1), level]

    def tone(self, made: Tensor, stored: Tensor) -> None:
        drawn = self._shares(self._decibels(made))
        # Half of those at a level lie below its middle: what is silent stays so unless most real cells are louder.
        middle, real = drawn.cumsum(1) - drawn / 2, self._shares(stored.float()).cumsum(1)
        level = torch.searchsorted(real, middle.clamp(max=1 - 1e-9)).clamp(max=real.shape[1] - 1)
        self.written.copy_(self.low + level / FINE)

    def _decibels(self, canvas: Tensor) -> Tensor:
        return canvas.squeeze(1).float().clamp(-1, 1) * self.span + self.middle

    def _level(self, decibels: Tensor) -> Tensor:
        """How many steps above the floor; of what is no number, as a run that broke may draw, none."""
        return ((decibels - self.low) * FINE).round().nan_to_num(0.0).long()

    def _shares(self, decibels: Tensor) -> Tensor:
        """How frequent each level is in each band of (B, mels, frames): (mels, levels), rows of sum one."""
        mels, levels = self.written.shape
        counts = torch.zeros(mels * levels, dtype=torch.long, device=decibels.device)
        band = levels * torch.arange(mels, device=decibels.device).unsqueeze(1)
        for part in decibels.split(256):
            counts += (self._level(part) + band).flatten().bincount(minlength=mels * levels)
        shares = counts.view(mels, levels).double()
        return shares / shares.sum(1, keepdim=True)

    def vary(self, canvas: Tensor, drawn: Tensor) -> Tensor:
        """Begun earlier or later, a little higher or lower, faster or slower: the same words in other voices."""
        along = 2 * torch.tensor(VARIED).to(drawn) * drawn[:, 0]
        wider = 1 + torch.tensor([0.0, STRETCHED]).to(drawn) * drawn[:, 1]
        return moved(canvas + 1, along, wider, "zeros") - 1

    def finish(self, raw: Tensor) -> Tensor:
        return reach(raw)


@dataclass(frozen=True)
class Audio(Modality):
    """Sounds of one rate and length, one channel.

    Attributes:
        rate: samples a second, Hz.
        samples: length of a clip, samples; ``hop`` times the frames of the canvas.
        n_fft, hop: window and step of the spectrogram, samples.
        mels: bands from 0 Hz to half the rate.
        low, high: range of the spectrogram, decibels.
    """

    kind: ClassVar[str] = "audio"
    suffix: ClassVar[str] = ".wav"

    rate: int
    samples: int
    n_fft: int
    hop: int
    mels: int
    low: float
    high: float

    @property
    def frames(self) -> int:
        """Frames of a spectrogram."""
        return self.samples // self.hop

    @cached_property
    def filters(self) -> Tensor:
        """The mel bands, (mels, n_fft // 2 + 1)."""
        return mel_filterbank(self.rate, self.n_fft, self.mels)

    @classmethod
    def fit(cls, name: str, cells: Sequence[Cell], scale: Scale) -> Self:
        """The commonest rate, at most 16 kHz, and a length that holds 98 of 100 clips.

        The length is ``scale.frames`` steps of a power of two samples, at most 64 ms or just above it: longer sounds
        are cut. The window is two steps, and at least 31 ms.
        """
        lengths = tried(name, "sound", seconds_and_rate, cells, MEASURED)
        rate = min(HIGHEST_RATE, Counter(rate for _, rate in lengths).most_common(1)[0][0])
        longest = float(np.percentile([seconds for seconds, _ in lengths], 98)) * rate
        window = _power_of_two(rate / 32)
        hop = min(max(_power_of_two(longest / scale.frames), window // 8), 2 * window)
        n_fft = max(window, 2 * hop)
        blank = cls(name, rate, hop * scale.frames, n_fft, hop, min(64, n_fft // 4), low=-200.0, high=200.0)
        high = float(math.ceil(max(float(s.max()) for s in tried(name, "sound", blank.read, cells, HEARD))))
        return replace(blank, low=high - RANGE, high=high)

    def read(self, cell: Cell) -> Tensor:
        """One sound, of any rate, length and number of channels, as decibels (mels, frames), float16."""
        signal = torch.zeros(self.samples)
        heard = torch.from_numpy(mono(cell, self.rate, self.samples))
        signal[: len(heard)] = heard
        windows = torch.nn.functional.pad(signal, (0, self.n_fft - self.hop)).unfold(0, self.n_fft, self.hop)
        level = windows.square().mean(1).amax().sqrt().clamp_min(QUIETEST)
        mel = self.filters @ stft(signal / level, self.n_fft, self.hop).abs()
        return _stored((20 * mel.clamp_min(1e-10).log10()).clamp(self.low, self.high))

    def blank(self) -> Tensor:
        return torch.zeros(self.mels, self.frames, dtype=torch.float16)

    def write(self, stored: Tensor) -> tuple[NDArray[np.float32], int]:
        """Decibels (mels, frames) as samples (samples,) in [-1, 1], and their rate."""
        return self._sound(stored[None])[0]

    def write_all(self, stored: Tensor) -> list[Cell]:
        """Decibels (B, mels, frames) as sounds, many at a time."""
        return [sound for i in range(0, len(stored), TOGETHER) for sound in self._sound(stored[i : i + TOGETHER])]

    def _sound(self, stored: Tensor) -> list[tuple[NDArray[np.float32], int]]:
        times = max(1, OVERLAP * self.hop // self.n_fft)
        power = torch.pow(10, denser(stored.float().cpu(), times) / 10) - 10 ** (self.low / 10)
        mel = power.clamp_min(0).sqrt()
        signal = griffin_lim(mel_to_magnitude(mel, self.filters), self.n_fft, self.hop // times)
        # The loudest window has level 1, so a peak below 1 is a clip that is meant to be quiet.
        signal = signal * (PEAK / signal.abs().amax(-1, keepdim=True).clamp_min(1))
        return [(samples, self.rate) for samples in signal.numpy()]

    def save(self, cell: Cell, path: Path) -> None:
        """Write a sound as WAV of 16 bits."""
        samples, rate = cell
        soundfile.write(path, samples, rate, subtype="PCM_16", format="WAV")

    def canvas(self) -> LogMel:
        return LogMel(self.mels, self.frames, self.low, self.high)

    def preview(self, cells: Sequence[Cell], path: Path) -> Path | None:
        """A sheet of spectrograms: time to the right, pitch upwards, the loud bright."""
        if not cells:
            return None
        contact_sheet([self._picture(self.read(cell)) for cell in cells], tile=128).save(path, "PNG")
        return path

    def _picture(self, stored: Tensor) -> PIL.Image.Image:
        loudness = (stored.float().flip(0).numpy() - self.low) / (self.high - self.low)
        steps = np.linspace(0, 1, len(COLOURS))
        pixels = np.stack([np.interp(loudness, steps, channel) for channel in COLOURS.T], -1)
        return PIL.Image.fromarray(pixels.round().astype(np.uint8))


def _power_of_two(least: float) -> int:
    """The smallest power of two that is not below ``least``."""
    return int(2 ** math.ceil(math.log2(max(least, 1))))
