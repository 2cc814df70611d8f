"""Partial cells: pictures, sounds and sentences of which a part is missing.

| kind  | what is missing                                                                                        |
|-------|--------------------------------------------------------------------------------------------------------|
| image | pixels less than half opaque; and where ``NAME.mask.png`` lies beside ``NAME.png``, what is white there |
| audio | samples that are not a number; and runs of exact zeros of 50 ms or more with sound on both sides        |
| text  | every run of three or more underscores: one or more words                                               |

What is known comes back as it was: pixel by pixel, sample by sample, character by character.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageOps
import soundfile
import soxr
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import CellError
from ..media.files import source_of
from ..rows import Cell, Packed
from .audio import Audio
from .base import Modality
from .image import Image
from .text import Text

__all__ = ["Partial", "PartialAudio", "PartialImage", "PartialText", "partial"]

SHORTEST = 0.05
"""Seconds of exact silence that count as a hole."""

GAP = re.compile(r"(\s?)_{3,}")

Mask = NDArray[np.bool_]


class Partial(ABC):
    """A cell of which a part is missing."""

    @abstractmethod
    def shown(self) -> Cell | None:
        """What is left of the cell, in the form that its modality reads; ``None`` where nothing is."""

    @abstractmethod
    def known(self) -> Tensor:
        """Where the canvas shows what is known: bool, of a shape that broadcasts to the canvas."""

    @abstractmethod
    def pasted(self, made: Cell) -> Cell:
        """A made cell with all that is known put back into it."""

    @abstractmethod
    def save(self, cell: Cell, path: Path) -> None:
        """Write a pasted cell as a file, without loss."""


@dataclass(frozen=True)
class PartialImage(Partial):
    """A picture (height, width[, 3]) of bytes and which of its pixels are missing (height, width)."""

    modality: Image
    pixels: NDArray[np.uint8]
    hidden: Mask

    def shown(self) -> Cell | None:
        if self.hidden.all():
            return None
        seen = self.pixels[~self.hidden].mean(0).round().astype(np.uint8)
        return np.where(self.hidden if self.pixels.ndim == 2 else self.hidden[..., None], seen, self.pixels)

    def known(self) -> Tensor:
        size = (self.modality.canvas_width, self.modality.canvas_height)
        share = PIL.Image.fromarray(self.hidden.astype(np.uint8) * np.uint8(255)).resize(size, PIL.Image.Resampling.BOX)
        return torch.from_numpy(np.asarray(share) == 0)[None]

    def pasted(self, made: Cell) -> Cell:
        height, width = self.hidden.shape
        picture = made.convert("L" if self.pixels.ndim == 2 else "RGB")
        if picture.size != (width, height):
            picture = picture.resize((width, height), PIL.Image.Resampling.LANCZOS)
        hidden = self.hidden if self.pixels.ndim == 2 else self.hidden[..., None]
        return PIL.Image.fromarray(np.where(hidden, np.asarray(picture), self.pixels))

    def save(self, cell: Cell, path: Path) -> None:
        cell.save(path, "PNG")


@dataclass(frozen=True)
class PartialAudio(Partial):
    """A sound (samples, channels), which of its samples are missing (samples,), and how its file held them."""

    modality: Audio
    samples: NDArray[np.float64]
    rate: int
    hidden: Mask
    subtype: str

    def shown(self) -> Cell | None:
        return None if self.hidden.all() else (self.samples.mean(1).astype(np.float32), self.rate)

    def known(self) -> Tensor:
        audio, scale = self.modality, self.rate / self.modality.rate
        starts = np.arange(audio.frames) * audio.hop
        before = np.concatenate([[0], np.cumsum(self.hidden)])
        first, last = (
            np.clip(np.round(s * scale).astype(int), 0, len(self.hidden)) for s in (starts, starts + audio.n_fft)
        )
        return torch.from_numpy(before[last] == before[first])[None, None]

    def pasted(self, made: Cell) -> Cell:
        drawn = np.zeros(len(self.samples))
        sound = np.asarray(made[0], np.float64)
        sound = soxr.resample(sound, made[1], self.rate) if made[1] != self.rate else sound
        count = min(len(drawn), len(sound))
        drawn[:count] = sound[:count]
        there = ~self.hidden & (np.arange(len(drawn)) < count)
        level = np.sqrt(np.square(self.samples[there]).mean() / max(1e-12, np.square(drawn[there]).mean()))
        drawn = np.clip(drawn * level, -1, 1)
        whole = np.where(self.hidden[:, None], drawn[:, None], self.samples)
        return (whole[:, 0] if whole.shape[1] == 1 else whole), self.rate

    def save(self, cell: Cell, path: Path) -> None:
        samples, rate = cell
        bits = {"PCM_U8": 8, "PCM_S8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}.get(self.subtype)
        if bits is None:
            kind = "DOUBLE" if self.subtype == "DOUBLE" else "FLOAT"
            soundfile.write(path, samples, rate, subtype=kind, format="WAV")
            return
        # As whole numbers: from floats a loud sample would come back one step lower.
        steps = np.clip(np.rint(samples * 2.0 ** (bits - 1)), -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1)
        whole = (steps.astype(np.int64) << (32 - bits)).astype(np.int32)
        subtype = "PCM_U8" if bits == 8 else self.subtype
        soundfile.write(path, whole, rate, subtype=subtype, format="WAV")


@dataclass(frozen=True)
class PartialText(Partial):
    """A sentence in parts, a gap between each and the next, and for each gap whether white space leads into it."""

    modality: Text
    parts: tuple[str, ...]
    spaces: tuple[str, ...]

    def shown(self) -> Cell | None:
        return "".join(self.parts).strip() or None

    def known(self) -> Tensor:
        return torch.ones(1, dtype=torch.bool)

    def pasted(self, made: Cell) -> Cell:
        """``made`` is what stands in each gap, white space included."""
        return "".join(part + gap for part, gap in zip(self.parts, [*made, ""], strict=True))

    def save(self, cell: Cell, path: Path) -> None:
        raise NotImplementedError("sentences stand in the table itself")


def partial(modality: Modality, cell: Cell) -> Partial | None:
    """A cell as a partial one; ``None`` where nothing of it is missing, or its kind knows no holes.

    Raises:
        CellError: when it cannot be read.
    """
    if isinstance(modality, Image):
        return _image(modality, cell)
    if isinstance(modality, Audio):
        return _audio(modality, cell)
    return _text(modality, cell) if isinstance(modality, Text) else None


def _image(modality: Image, cell: Cell) -> PartialImage | None:
    modality.read(cell)  # whatever cannot be read is told in its words
    if isinstance(cell, np.ndarray):
        cell = PIL.Image.fromarray(cell.squeeze())
    mask = cell.with_name(f"{cell.stem}.mask.png") if isinstance(cell, Path) else None
    if isinstance(cell, Path | Packed):
        with PIL.Image.open(source_of(cell)) as file:
            file.load()
            cell = file.copy()
    picture = PIL.ImageOps.exif_transpose(cell)
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return None
    hidden = np.zeros((picture.height, picture.width), bool)
    if picture.has_transparency_data:
        hidden |= np.asarray(picture.convert("RGBA").getchannel("A")) < 128
    if mask is not None and mask.is_file():
        with PIL.Image.open(mask) as file:
            if file.size != picture.size:
                raise CellError(f"its mask {mask.name} has another size: {file.size}, not {picture.size}")
            hidden |= np.asarray(file.convert("L")) >= 128
    grey = picture.mode in ("1", "L", "LA", "La")
    return PartialImage(modality, np.asarray(picture.convert("L" if grey else "RGB")), hidden) if hidden.any() else None


def _audio(modality: Audio, cell: Cell) -> PartialAudio | None:
    subtype = "FLOAT"
    if isinstance(cell, Path | Packed):
        try:
            with soundfile.SoundFile(source_of(cell)) as file:
                subtype, rate = file.subtype, file.samplerate
                samples = file.read(dtype="float64", always_2d=True)
        except (OSError, soundfile.LibsndfileError, RuntimeError):
            return None  # whoever reads it next says what is wrong
    else:
        samples, rate = np.asarray(cell[0], np.float64), int(cell[1])
        samples = samples[:, None] if samples.ndim == 1 else samples
    hidden = np.isnan(samples).any(1)
    samples = np.where(hidden[:, None], 0.0, samples)
    hidden |= _silence(np.abs(samples).max(1, initial=0) == 0, max(1, round(SHORTEST * rate)))
    return PartialAudio(modality, samples, rate, hidden, subtype) if hidden.any() else None


def _silence(zero: Mask, least: int) -> Mask:
    """Runs of at least so many zeros that neither begin nor end the sound."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], zero, [False]]).astype(np.int8)))
    found = np.zeros(len(zero), bool)
    for start, end in edges.reshape(-1, 2):
        if end - start >= least and start > 0 and end < len(zero):
            found[start:end] = True
    return found


def _text(modality: Text, cell: Any) -> PartialText | None:
    if not isinstance(cell, str) or not GAP.search(cell):
        return None
    pieces: Sequence[str] = GAP.split(cell)
    return PartialText(modality, tuple(pieces[::2]), tuple(pieces[1::2]))
