"""Sounds as their files and samples have them: of any rate, length and number of channels.

A sound is told (:func:`seconds_and_rate`) without being decoded, and read (:func:`beginning`) no further than it is
asked for, a block at a time: a long file takes no more memory than what is asked of it.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from ..errors import CellError
from ..rows import Cell, Packed
from .files import source_of

__all__ = ["beginning", "mono", "seconds_and_rate"]

LOUDEST = 1e15
"""Samples beyond are no sound, and their squares no float."""
CHANNELS = 64
"""Most channels of a file; a small one may claim a thousand."""
BLOCK = 2**22
"""Samples of all channels that are decoded at a time."""


def seconds_and_rate(cell: Cell) -> tuple[float, int]:
    """Length in seconds and rate in Hz, without decoding a file.

    Raises:
        CellError: when it is no sound.
    """
    if isinstance(cell, Path | Packed):
        with _file(cell) as file:
            return file.frames / file.samplerate, file.samplerate
    samples, rate = _pair(cell)
    return len(samples) / rate, rate


def mono(cell: Cell, rate: int, count: int) -> NDArray[np.float32]:
    """The first ``count`` samples at ``rate``, or all where there are fewer; no more of a file is decoded.

    Raises:
        CellError: when it is no sound, or holds none.
    """
    samples, old = beginning(cell, count / rate, rate)
    if old != rate:
        samples = soxr.resample(samples, old, rate)
    return np.array(samples[:count], np.float32)


def beginning(cell: Cell, seconds: float, wanted: int | None = None) -> tuple[NDArray[np.float32], int]:
    """The first ``seconds`` of one channel, (n,), and their rate in Hz.

    Where they are ``wanted`` at another rate, 50 ms more, for resampling looks ahead.

    Raises:
        CellError: when it is no sound, or holds none.
    """
    if isinstance(cell, Path | Packed):
        with _file(cell) as file:
            rate = file.samplerate
            samples = _decoded(file, _enough(seconds, rate, wanted))
    else:
        samples, rate = _pair(cell)
        samples = samples[: _enough(seconds, rate, wanted)]
    if samples.size == 0:
        raise CellError("the sound has no samples")
    if samples.ndim == 2:
        samples = _mixed(samples)
    if not (np.abs(samples) <= LOUDEST).all():
        raise CellError("the sound holds numbers that are not finite, or beyond any loudness")
    return samples, rate


def _enough(seconds: float, rate: int, wanted: int | None) -> int:
    count = math.ceil(round(seconds * rate, 6))  # a sum of floats is not quite the number it stands for
    return count if wanted in (None, rate) else count + rate // 20


def _file(path: Path | Packed) -> soundfile.SoundFile:
    source = source_of(path)
    try:
        file = soundfile.SoundFile(source)
    except (soundfile.SoundFileError, TypeError) as error:
        raise CellError(f"the file is not a sound of a known format, or it is damaged: {_plain(error)}") from None
    _check_rate(file.samplerate)
    if file.channels > CHANNELS:
        raise CellError(f"the sound has {file.channels} channels; expected at most {CHANNELS}")
    return file


def _decoded(file: soundfile.SoundFile, count: int) -> NDArray[np.float32]:
    """The first ``count`` samples or all where there are fewer, the mean of all channels, in bounded memory."""
    parts, most = [np.zeros(0, np.float32)], BLOCK // file.channels
    try:
        while count > 0:
            part = file.read(min(count, most), dtype="float32", always_2d=True)
            parts.append(_mixed(part))
            count = count - len(part) if len(part) else 0
    except (soundfile.SoundFileError, RuntimeError, ValueError) as error:
        raise CellError(f"the sound is damaged: {_plain(error)}") from None
    return np.concatenate(parts)


def _mixed(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of the channels; not finite where they are too loud."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(samples.mean(1, dtype=np.float32))


def _plain(error: Exception) -> str:
    return str(getattr(error, "error_string", error)).rstrip(".")


def _pair(cell: Any) -> tuple[NDArray[np.float32], int]:
    """Samples (samples,) or (samples, channels), integers brought to [-1, 1], and their rate."""
    if not isinstance(cell, (tuple, list)) or len(cell) != 2 or not np.isscalar(cell[1]):
        raise CellError(f"expected a sound (a file, or a pair of samples and rate), got {type(cell).__name__}")
    try:
        samples, rate = np.asarray(cell[0]), int(np.asarray(cell[1]))
    except (TypeError, ValueError, OverflowError):
        raise CellError("expected samples as numbers, and a rate in Hz") from None
    _check_rate(rate)
    if samples.ndim not in (1, 2) or samples.dtype.kind not in "fiu":
        raise CellError(f"expected samples (samples,) as numbers, got {samples.dtype} {samples.shape}")
    if samples.dtype.kind == "i":
        samples = samples / -float(np.iinfo(samples.dtype).min)
    with np.errstate(over="ignore"):
        return samples.astype(np.float32), rate


def _check_rate(rate: int) -> None:
    if not 100 <= rate <= 1_000_000:
        raise CellError(f"the sound has a rate of {rate} Hz; expected 100 to 1000000")
