"""Views: how a judge sees a cell, as a small tensor.

A judge brings its own eyes and ears, so that nothing of the model's canvases can flatter the model:

| kind   | view                                                                           |
|--------|--------------------------------------------------------------------------------|
| image  | 28x28 pixels, grey or colour                                                   |
| audio  | log-mel frames of 64 bands, loudest point at 0 dB, floor at -80 dB             |
| text   | which words and pairs of neighbours there are, hashed into 2,048 places        |
| table  | numbers standardised, categories one-hot, and the presence of each             |
| vector | numbers standardised                                                           |
"""

import functools
import itertools
import math
import re
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self, TypeVar

import numpy as np
import PIL.Image
import soxr
import torch
from torch import Tensor, nn

from ..errors import CellError, DataError
from ..media.pictures import opened
from ..media.sounds import beginning
from ..nn.spectral import mel_filterbank, stft
from ..rows import Cell

__all__ = ["HEARD", "VIEWS", "Pictures", "Records", "Sounds", "Vectors", "View", "Words"]

HEARD = 4
"""Seconds of a sound that a judge hears at most, from its beginning."""

T = TypeVar("T")


@dataclass(frozen=True)
class View(ABC):
    """How a judge sees a cell: as a tensor of one shape. Bytes stand for [0, 1]. The fields travel as JSON."""

    STEPS: ClassVar[int] = 500
    """Training steps that suffice on the sets that we know."""

    @classmethod
    @abstractmethod
    def fit(cls, cells: Sequence[Cell]) -> Self:
        """The view that suits the training cells."""

    @abstractmethod
    def __call__(self, cell: Cell) -> Tensor:
        """One cell as a tensor.

        Raises:
            CellError: when it cannot be read.
        """

    def jitter(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """A batch (B, ...) as it might have come as well: what training sees."""
        return x


@dataclass(frozen=True)
class Pictures(View):
    """28x28 pixels, uint8 (1 or 3, 28, 28)."""

    STEPS: ClassVar[int] = 1_000
    SIDE: ClassVar[int] = 28
    colour: bool

    @classmethod
    def fit(cls, cells: Sequence[Cell]) -> Self:
        return cls(any(len(picture.getbands()) > 2 for picture in _read_all(cells[:200], opened)))

    def __call__(self, cell: Cell) -> Tensor:
        picture = opened(cell).convert("RGB" if self.colour else "L")
        if picture.size != (self.SIDE, self.SIDE):
            picture = picture.resize((self.SIDE, self.SIDE), PIL.Image.Resampling.BICUBIC)
        return torch.from_numpy(np.array(picture)).reshape(self.SIDE, self.SIDE, -1).permute(2, 0, 1).contiguous()

    def jitter(self, x: Tensor, generator: torch.Generator) -> Tensor:
        down, right = torch.randint(-2, 3, (2,), generator=generator).tolist()
        return x.roll((down, right), (2, 3))


@dataclass(frozen=True)
class Sounds(View):
    """Log-mel frames of 16 ms, uint8 (1, 64, frames): 0 for -80 dB, 255 for the clip's loudest point."""

    STEPS: ClassVar[int] = 400
    BANDS: ClassVar[int] = 64
    HOP: ClassVar[float] = 0.016
    """Seconds from frame to frame."""
    rate: int
    frames: int

    @classmethod
    def fit(cls, cells: Sequence[Cell]) -> Self:
        heard = _read_all(cells[:500], lambda cell: beginning(cell, HEARD))
        # Below 16 kHz little is missing that tells digits, words or speakers apart.
        rate = min(max(rate for _, rate in heard), 16_000)
        seconds = float(np.quantile([len(samples) / rate for samples, rate in heard], 0.98))
        return cls(rate, max(16, math.ceil(min(seconds, HEARD) / cls.HOP)))

    def __call__(self, cell: Cell) -> Tensor:
        samples, rate = beginning(cell, HEARD, self.rate)
        if rate != self.rate:
            samples = soxr.resample(samples, rate, self.rate)
        hop = 2 * max(1, round(self.HOP * self.rate / 2))
        wave = torch.from_numpy(samples[: self.frames * hop].astype(np.float32))
        wave = nn.functional.pad(wave, (0, self.frames * hop - len(wave)))
        power = _bands(self.rate, 4 * hop, self.BANDS) @ stft(wave, 4 * hop, hop).abs().square()
        decibels = 10 * torch.log10(power / power.max().clamp_min(1e-20) + 1e-20)
        return ((decibels / 80 + 1).clamp(0, 1) * 255).round().to(torch.uint8).unsqueeze(0)

    def jitter(self, x: Tensor, generator: torch.Generator) -> Tensor:
        # Recordings differ in when the voice begins and in how loud the room is.
        later = int(torch.randint(-6, 7, (), generator=generator))
        floor = torch.randint(0, 100, (len(x), 1, 1, 1), generator=generator, dtype=torch.uint8)
        return x.roll(later, 3).maximum(floor)


@dataclass(frozen=True)
class Words(View):
    """Which words, punctuation marks and pairs of neighbours there are: uint8 (2048,), 0 or 255."""

    PLACES: ClassVar[int] = 2_048

    @classmethod
    def fit(cls, cells: Sequence[Cell]) -> Self:
        return cls()

    def __call__(self, cell: Cell) -> Tensor:
        if not isinstance(cell, str):
            raise CellError(f"expected text, got {type(cell).__name__}")
        words = (match[0] for match in re.finditer(r"\w+|[^\w\s]", cell.lower()))
        found = torch.zeros(self.PLACES, dtype=torch.uint8)
        for before, word in itertools.pairwise(itertools.chain([""], words, [""])):
            for term in filter(None, (word, f"{before} {word}")):
                found[zlib.crc32(term.encode()) % self.PLACES] = 255
        return found

    def jitter(self, x: Tensor, generator: torch.Generator) -> Tensor:
        return x * (torch.rand(x.shape, generator=generator) > 0.1)


@dataclass(frozen=True)
class Records(View):
    """The cells of a table's row, float32: a number standardised, a category one-hot, and the presence of each."""

    numbers: dict[str, tuple[float, float]]
    categories: dict[str, list[str]]

    @classmethod
    def fit(cls, cells: Sequence[Cell]) -> Self:
        numbers: dict[str, tuple[float, float]] = {}
        categories: dict[str, list[str]] = {}
        for column in dict.fromkeys(column for cell in cells for column in cell):
            values = [cell[column] for cell in cells if cell.get(column) is not None]
            figures = [_number(value) for value in values]
            if figures and all(map(math.isfinite, figures)):
                numbers[column] = float(np.mean(figures)), float(np.std(figures)) or 1.0
            else:
                names, counts = np.unique([str(value) for value in values] or [""], return_counts=True)
                categories[column] = sorted(names[np.argsort(-counts, kind="stable")][:64].tolist())
        return cls(numbers, categories)

    def __call__(self, cell: Cell) -> Tensor:
        coded: list[float] = []
        for column, (mean, deviation) in self.numbers.items():
            figure = _number(cell.get(column))
            known = math.isfinite(figure)
            coded += [(figure - mean) / deviation if known else 0.0, float(known)]
        for column, names in self.categories.items():
            value = cell.get(column)
            coded += [float(str(value) == name) for name in names] + [float(value is not None)]
        return torch.tensor(coded)


@dataclass(frozen=True)
class Vectors(View):
    """Numbers, each standardised: float32 (size,)."""

    mean: list[float]
    deviation: list[float]

    @classmethod
    def fit(cls, cells: Sequence[Cell]) -> Self:
        values = np.stack([np.asarray(cell, np.float64).reshape(-1) for cell in cells])
        deviation = values.std(0)
        return cls(values.mean(0).tolist(), np.where(deviation > 0, deviation, 1.0).tolist())

    def __call__(self, cell: Cell) -> Tensor:
        values = np.asarray(cell, np.float64).reshape(-1)
        if len(values) != len(self.mean):
            raise CellError(f"expected {len(self.mean)} numbers, got {len(values)}")
        return torch.from_numpy((values - self.mean) / self.deviation).float()


VIEWS: dict[str, type[View]] = {
    "image": Pictures,
    "audio": Sounds,
    "text": Words,
    "table": Records,
    "vector": Vectors,
}


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _read_all(cells: Iterable[Cell], read: Callable[[Cell], T]) -> list[T]:
    """What can be read. The unreadable are passed over: the reader of the data set has listed them."""
    values, reason = [], "there are no cells"
    for cell in cells:
        try:
            values.append(read(cell))
        except CellError as error:
            reason = str(error)
    if not values:
        raise DataError(f"A judge has nothing to look at: {reason}.")
    return values


@functools.cache
def _bands(rate: int, n_fft: int, mels: int) -> Tensor:
    return mel_filterbank(rate, n_fft, mels)
