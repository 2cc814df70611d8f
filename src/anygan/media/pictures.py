"""Pictures as Pillow has them: opened from whatever a cell is, and laid out on a sheet to look at.

An opened picture is upright, of mode L or RGB, and on white where it was transparent. What decoders make of a damaged
file, be it an exception of any kind or words on the screen, becomes the one reason that a :class:`CellError` gives.
"""

import contextlib
import io
import logging
import math
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import PIL.Image
import PIL.ImageOps
from numpy.typing import NDArray

from ..errors import CellError
from ..rows import Cell, Packed
from .files import source_of

__all__ = ["contact_sheet", "opened", "quietly"]

GREY = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N")
"""Pillow's modes without colour."""

ROOM = {"PPM": 8, "PNG": 8 * 1032}
"""Most pixels that a byte of a file may hold, of formats that have a bound: eight of one bit, and of those as many
times more as deflate can make of them at best."""


def opened(cell: Cell, size: tuple[int, int] | None = None) -> PIL.Image.Image:
    """The cell as an upright picture of mode L or RGB; a JPEG is decoded no larger than ``size`` (w, h) asks for.

    Raises:
        CellError: when it is no picture, or cannot be opened safely.
    """
    if isinstance(cell, np.ndarray):
        return _from_array(cell)
    if isinstance(cell, PIL.Image.Image):
        _check_size(cell)
        return _decoded(cell)
    if isinstance(cell, Path | Packed):
        return _from_file(cell, size)
    raise CellError(f"expected a picture (a file, a Pillow image or an array), got {type(cell).__name__}")


def _from_file(file: Path | Packed, size: tuple[int, int] | None) -> PIL.Image.Image:
    source = source_of(file)
    try:
        with quietly(), PIL.Image.open(source) as picture:
            if picture.format == "EPS":
                raise CellError("the file is PostScript, a program that nothing here runs; save it as PNG")
            _check_size(picture)
            _check_room(picture, source)
            if size is not None:
                picture.draft(None, (2 * max(size), 2 * max(size)))
            return _decoded(picture)
    except CellError:
        raise
    except PIL.UnidentifiedImageError:
        raise CellError("the file is not a picture of a known format, or it is damaged") from None
    except PIL.Image.DecompressionBombError:
        raise CellError("the picture has too many pixels to be opened safely") from None
    except OSError as error:
        raise CellError(f"the file cannot be opened: {error.strerror or error}") from None
    except Exception as error:  # as in _decoded
        raise CellError(f"the picture is damaged: {str(error) or type(error).__name__}") from None


def _check_size(picture: PIL.Image.Image) -> None:
    if 0 in picture.size:
        raise CellError("the picture has no pixels")
    if PIL.Image.MAX_IMAGE_PIXELS and picture.width * picture.height > PIL.Image.MAX_IMAGE_PIXELS:
        raise CellError(f"the picture has too many pixels to be opened safely: {picture.width} x {picture.height}")


def _check_room(picture: PIL.Image.Image, source: Path | io.BytesIO) -> None:
    """Refuse, before there is memory for them, pixels that the file is too short to hold."""
    length = source.stat().st_size if isinstance(source, Path) else len(source.getbuffer())
    if picture.width * picture.height > ROOM.get(picture.format or "", math.inf) * length:
        raise CellError(f"the picture is damaged: no file so short holds {picture.width} x {picture.height} pixels")


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Without Pillow's warnings and messages: what is wrong with a cell is told as its reason."""
    logger = logging.getLogger("PIL")
    before = logger.handlers, logger.propagate
    # Its level is left alone: whenever one is set, every logger of the process forgets what it looked up.
    logger.handlers, logger.propagate = [logging.NullHandler()], False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.handlers, logger.propagate = before


def _decoded(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Loaded, upright, without transparency, L or RGB."""
    try:
        picture.load()
        return _flat(PIL.ImageOps.exif_transpose(picture))
    except CellError:
        raise
    except Exception as error:  # decoders raise whatever a damaged file leads them into
        raise CellError(f"the picture is damaged: {str(error) or type(error).__name__}") from None


def _flat(picture: PIL.Image.Image) -> PIL.Image.Image:
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return PIL.Image.fromarray(_to_bytes(np.asarray(picture)))
    grey = picture.mode in GREY
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        picture = PIL.Image.alpha_composite(PIL.Image.new("RGBA", layer.size, "white"), layer)
    mode = "L" if grey else "RGB"
    return picture if picture.mode == mode else picture.convert(mode)


def _to_bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Pixels of any depth as bytes: booleans, 8 bits, 16 bits (also in wider integers), floats."""
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    if np.issubdtype(values.dtype, np.integer):
        return np.asarray(np.clip(values, 0, 65535).astype(np.uint32) >> 8, np.uint8)
    if not np.issubdtype(values.dtype, np.floating):
        raise CellError(f"expected pixels as numbers, got {values.dtype}")
    if not np.isfinite(values).all():
        raise CellError("the picture holds numbers that are not finite")
    return np.asarray(np.clip(np.rint(values * (255 if values.max() <= 1 else 1)), 0, 255), np.uint8)


def _from_array(pixels: NDArray[Any]) -> PIL.Image.Image:
    """(height, width) or (height, width, 1 | 2 | 3 | 4) as a picture."""
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.size == 0 or not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (2, 3, 4))):
        raise CellError(f"expected an array (height, width) or (height, width, 3), got {pixels.shape}")
    return _flat(PIL.Image.fromarray(np.ascontiguousarray(_to_bytes(pixels))))


def contact_sheet(pictures: Sequence[PIL.Image.Image], gap: int = 2, tile: int = 64) -> PIL.Image.Image:
    """Pictures of any sizes in a grid as square as may be, thin grey gaps between them.

    Small pictures are enlarged by a whole factor, pixel by pixel, until their longer side is at least ``tile`` pixels
    or just below it; those beyond four tiles are reduced.
    """
    longest = max(max(p.size) for p in pictures)
    factor = max(1, tile // longest) if longest <= 4 * tile else 4 * tile / longest
    how = PIL.Image.Resampling.NEAREST if factor >= 1 else PIL.Image.Resampling.LANCZOS
    tiles = [p.convert("RGB").resize((_grown(p.width, factor), _grown(p.height, factor)), how) for p in pictures]
    across = math.ceil(math.sqrt(len(tiles)))
    width, height = max(t.width for t in tiles) + gap, max(t.height for t in tiles) + gap
    sheet = PIL.Image.new("RGB", (across * width + gap, -(-len(tiles) // across) * height + gap), (128, 128, 128))
    for i, picture in enumerate(tiles):
        sheet.paste(picture, (gap + i % across * width, gap + i // across * height))
    return sheet


def _grown(length: int, factor: float) -> int:
    return max(1, round(length * factor))
