"""Pictures: files, Pillow images or arrays, played on a canvas of pixels in [-1, 1].

    stored = uint8 pixels (C, H, W)          canvas = stored / 127.5 - 1          finish = reach

The canvas has a size that networks can halve evenly (:func:`playable`); pictures are read to it and written back at the
size and mode that the training pictures have. A picture of another shape is squeezed to the canvas whole, not cropped.
What is transparent shows white, the paper that such pictures are drawn for. Of an animation the first frame counts.
"""

import contextlib
import logging
import math
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import PIL
import PIL.Image
import PIL.ImageOps
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import CellError, DataError
from ..nn.blocks import reach
from ..rows import Cell, Packed
from .base import Canvas, Modality, Scale, source_of

__all__ = ["Image", "contact_sheet", "playable", "quietly"]

SAMPLE = 512
"""Pictures that :meth:`Image.fit` looks at, spread evenly over the data."""

GREY = ("1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N")
"""Pillow's modes without colour."""


def playable(size: float, limit: int = 4096) -> int:
    """The nearest length up to ``limit`` that can be halved until it lies in 4..8: 4, 5, 6, 7, 8, 10, 12, ...

    Example:
        >>> [playable(n) for n in (1, 28, 30, 48, 50, 100)]
        [4, 28, 32, 48, 48, 96]
        >>> playable(60, limit=60)
        56
    """
    lengths = {base << doublings for base in range(4, 9) for doublings in range(11)}
    return min((n for n in lengths if n <= max(limit, 4)), key=lambda n: (abs(n - size), -n))


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


class Pixels(Canvas):
    """Pixels in [-1, 1], (C, H, W)."""

    def __init__(self, channels: int, height: int, width: int) -> None:
        super().__init__()
        self.shape = (channels, height, width)

    def forward(self, stored: Tensor) -> Tensor:
        return stored.float() / 127.5 - 1

    def inverse(self, canvas: Tensor) -> Tensor:
        return ((canvas.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)

    def finish(self, raw: Tensor) -> Tensor:
        return reach(raw)


@dataclass(frozen=True)
class Image(Modality):
    """Pictures of one output size and mode.

    Attributes:
        height, width: size of the pictures that are written, pixels.
        mode: ``L`` (grey) or ``RGB``.
        canvas_height, canvas_width: size of the canvas, pixels.
    """

    kind: ClassVar[str] = "image"
    suffix: ClassVar[str] = ".png"

    height: int
    width: int
    mode: str
    canvas_height: int
    canvas_width: int

    @classmethod
    def fit(cls, name: str, cells: Sequence[Cell], scale: Scale) -> Self:
        """The size that more than half of the pictures have, else their median; grey when all are grey."""
        sizes: list[tuple[int, int]] = []
        modes: set[str] = set()
        reason = "there is none"
        for i in range(0, len(cells), -(-len(cells) // SAMPLE) or 1):
            try:
                picture = _opened(cells[i], None)
            except CellError as error:
                reason = str(error)
                continue
            sizes.append((picture.height, picture.width))
            modes.add(picture.mode)
        if not sizes:
            raise DataError(
                f"No picture of '{name}' can be read ({reason}). If these are no pictures: --kind {name}=KIND."
            )
        (height, width), count = Counter(sizes).most_common(1)[0]
        if 2 * count <= len(sizes):
            height, width = (round(float(side)) for side in np.median(np.array(sizes), 0))
        shrink = min(1.0, scale.side / max(height, width))
        mode = "L" if modes == {"L"} else "RGB"
        canvas_height, canvas_width = (playable(side * shrink, scale.side) for side in (height, width))
        return cls(name, height, width, mode, canvas_height, canvas_width)

    def read(self, cell: Cell) -> Tensor:
        """One picture as uint8 (C, canvas_height, canvas_width), turned as its EXIF data says.

        16-bit pictures keep their upper eight bits; pictures of floats are taken to lie in [0, 1], or in [0, 255] when
        one exceeds 1.
        """
        size = (self.canvas_width, self.canvas_height)
        picture = _opened(cell, size)
        if picture.mode != self.mode:
            picture = picture.convert(self.mode)
        if picture.size != size:
            picture = picture.resize(size, PIL.Image.Resampling.LANCZOS, reducing_gap=3.0)
        pixels = torch.from_numpy(np.array(picture))
        return pixels[None] if pixels.ndim == 2 else pixels.permute(2, 0, 1).contiguous()

    def blank(self) -> Tensor:
        return torch.zeros(len(self.mode), self.canvas_height, self.canvas_width, dtype=torch.uint8)

    def write(self, stored: Tensor) -> PIL.Image.Image:
        """uint8 (C, canvas_height, canvas_width) as a picture of the output size and mode."""
        pixels = stored[0] if self.mode == "L" else stored.permute(1, 2, 0)
        picture = PIL.Image.fromarray(pixels.contiguous().cpu().numpy())
        size = (self.width, self.height)
        return picture if picture.size == size else picture.resize(size, PIL.Image.Resampling.LANCZOS)

    def save(self, cell: Cell, path: Path) -> None:
        """Write a picture as PNG."""
        _opened(cell, None).save(path, "PNG")

    def canvas(self) -> Pixels:
        return Pixels(1 if self.mode == "L" else 3, self.canvas_height, self.canvas_width)

    def preview(self, cells: Sequence[Cell], path: Path) -> Path | None:
        """A contact sheet."""
        if not cells:
            return None
        contact_sheet([_opened(cell, None) for cell in cells]).save(path, "PNG")
        return path


def _opened(cell: Cell, size: tuple[int, int] | None) -> PIL.Image.Image:
    """The cell as an upright picture of mode L or RGB; a JPEG is decoded no larger than ``size`` (w, h) asks for."""
    if isinstance(cell, np.ndarray):
        return _from_array(cell)
    if isinstance(cell, PIL.Image.Image):
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
    if 0 in picture.size:
        raise CellError("the picture has no pixels")
    if PIL.Image.MAX_IMAGE_PIXELS and picture.width * picture.height > PIL.Image.MAX_IMAGE_PIXELS:
        raise CellError(f"the picture has too many pixels to be opened safely: {picture.width} x {picture.height}")
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
