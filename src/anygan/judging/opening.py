"""Opening a cell as a judge meets it: a picture of pixels, a sound of samples, whatever form the cell has."""

import io
import math
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageOps
import soundfile
from numpy.typing import NDArray

from ..errors import CellError
from ..rows import Cell, Packed

__all__ = ["HEARD", "open_picture", "open_sound"]

HEARD = 4
"""Seconds of a sound that a judge hears at most, from its beginning."""


def _source(cell: Path | Packed) -> Path | io.BytesIO:
    return cell.open() if isinstance(cell, Packed) else cell


def open_picture(cell: Cell) -> PIL.Image.Image:
    """An image cell as an upright picture of 8 bits a channel, grey or colour, what is transparent in it white.

    Raises:
        CellError: when it is none.
    """
    try:
        if isinstance(cell, Path | Packed):
            with PIL.Image.open(_source(cell)) as opened:
                if opened.format == "EPS":
                    raise CellError("PostScript is a program")
                cell = opened.copy()
        picture = cell if isinstance(cell, PIL.Image.Image) else PIL.Image.fromarray(np.squeeze(np.asarray(cell)))
    except Exception as error:  # decoders raise whatever a damaged file leads them into
        raise CellError(f"not a picture ({error})") from error
    if picture.mode.startswith("I"):
        return PIL.Image.fromarray((np.asarray(picture).clip(0, 65_535) // 257).astype(np.uint8))
    mode = "L" if picture.mode in ("1", "L", "LA") else "RGB"
    picture = PIL.ImageOps.exif_transpose(picture)
    if picture.has_transparency_data:
        # What lies under the transparent is nobody's colour, and generated pictures have none of it.
        layer = picture.convert("RGBA")
        picture = PIL.Image.alpha_composite(PIL.Image.new("RGBA", layer.size, "white"), layer)
    return picture if picture.mode == mode else picture.convert(mode)


def open_sound(cell: Cell) -> tuple[NDArray[np.float32], int]:
    """An audio cell as mono samples (n,), n >= 1, of a file no more than a judge hears, and their rate in Hz.

    Raises:
        CellError: when it is none, or silent by being empty.
    """
    try:
        samples, rate = _beginning(cell) if isinstance(cell, Path | Packed) else cell
    except (OSError, TypeError, ValueError, soundfile.LibsndfileError) as error:
        raise CellError(f"not a sound ({error})") from error
    samples = np.asarray(samples, np.float32)
    if samples.size == 0:
        raise CellError("the clip is empty")
    if not np.isfinite(samples).all():
        raise CellError("the clip holds numbers that are not finite")
    return (samples.mean(1) if samples.ndim > 1 else samples), int(rate)


def _beginning(cell: Path | Packed) -> tuple[NDArray[np.float32], int]:
    """As much of a sound as any judge hears, and half a second more for resampling."""
    with soundfile.SoundFile(_source(cell)) as file:
        return file.read(math.ceil((HEARD + 0.5) * file.samplerate), dtype="float32"), file.samplerate
