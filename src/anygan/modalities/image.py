"""Pictures: files, Pillow images or arrays, played on a canvas of pixels in [-1, 1].

    stored = uint8 pixels (C, H, W)          canvas = stored / 127.5 - 1          finish = reach

The canvas has a size that networks can halve evenly (:func:`playable`); pictures are read to it and written back at the
size and mode that the training pictures have. A picture of another shape is squeezed to the canvas whole, not cropped.
What is transparent shows white, the paper that such pictures are drawn for. Of an animation the first frame counts.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import PIL.Image
import torch
from torch import Tensor
from torch.nn.functional import pad

from ..media.pictures import contact_sheet, opened
from ..nn.blocks import reach
from ..rows import Cell
from .base import Canvas, Modality, Scale, tried
from .moving import moved

__all__ = ["Image", "playable"]

SAMPLE = 512
"""Pictures that :meth:`Image.fit` looks at, spread evenly over the data."""

VARIED, STRETCHED = 0.05, 0.1
"""How far a picture may be moved along each axis, as a share of its side, and stretched, and say the same."""


def playable(size: float, limit: int = 4096) -> int:
    """The nearest even length up to ``limit`` that can be halved until it lies in 4..8: 4, 6, 8, 10, 12, 14, 16, ...

    Example:
        >>> [playable(n) for n in (1, 7, 28, 30, 48, 50, 100)]
        [4, 8, 28, 32, 48, 48, 96]
        >>> playable(60, limit=60)
        56
    """
    lengths = {base << doublings for base in range(4, 9) for doublings in range(11)}
    return min((n for n in lengths if n % 2 == 0 and n <= max(limit, 4)), key=lambda n: (abs(n - size), -n))


NEIGHBOURS = 1e-5
"""Weight of the mean around a pixel beside the pixel where levels are handed out.

Two that differ by less than twice as much may change places.
"""

NEVER = 2.0
"""Beyond all that a canvas can hold."""


class Pixels(Canvas):
    """Pixels in [-1, 1], (C, H, W), written in levels that are as frequent as among real pixels.

    A generator's blacks are not quite black, and of a hundred greys that the eye takes for one it has its own. So each
    channel has 255 steps, and a pixel's level is the number of them that it lies above. Of pixels that are the same, as
    all are that a generator puts to its brightest, the one in brighter company is the brighter (Coltuc, Bolon,
    Chassery, *Exact histogram specification*, 2006).

    Attributes:
        steps: (C, 255), rising; before :meth:`tone` those half-way between levels.
    """

    styled = True
    wide = 1.25
    steps: Tensor

    def __init__(self, channels: int, height: int, width: int) -> None:
        super().__init__()
        self.shape, self.toned = (channels, height, width), height * width
        self.register_buffer("steps", ((torch.arange(255) + 0.5) / 127.5 - 1).repeat(channels, 1))

    def forward(self, stored: Tensor) -> Tensor:
        return stored.float() / 127.5 - 1

    def inverse(self, canvas: Tensor) -> Tensor:
        levels = torch.searchsorted(self.steps, _values(canvas)).to(torch.uint8)
        return levels.view(canvas.transpose(0, 1).shape).transpose(0, 1).contiguous()

    def tone(self, made: Tensor, stored: Tensor) -> None:
        values = _values(made).sort(1).values
        for channel, drawn in enumerate(values):
            # A part at a time: counted are 64-bit numbers.
            parts = (part[:, channel].flatten().long() for part in stored.split(256))
            below = torch.stack([part.bincount(minlength=256) for part in parts]).sum(0).cumsum(0)
            share = below[:-1].double() / below[-1]
            place = (share * len(drawn)).round().long() - 1
            steps = drawn[place.clamp(min=0)].masked_fill(place < 0, -NEVER)
            self.steps[channel] = steps.masked_fill(share == 1, NEVER)

    def vary(self, canvas: Tensor, drawn: Tensor) -> Tensor:
        """Moved a little, and a little larger or smaller along each axis: the same thing, seen from elsewhere."""
        return moved(canvas, 2 * VARIED * drawn[:, 0], 1 + STRETCHED * drawn[:, 1], "border")

    def finish(self, raw: Tensor) -> Tensor:
        return reach(raw)


def _values(canvas: Tensor) -> Tensor:
    """What the levels of pixels (B, C, H, W) go by, (C, B * H * W): the pixels, and a little of what is around them."""
    x = canvas.float()
    around = pad(x, (1, 1, 1, 1), mode="replicate")
    for axis in (2, 3):
        before, here, after = (around.narrow(axis, start, x.shape[axis]) for start in range(3))
        around = before + here + after
    return (x + NEIGHBOURS / 9 * around).transpose(0, 1).flatten(1).contiguous()


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
        seen = tried(name, "picture", _size_and_mode, cells, SAMPLE)
        sizes = [size for size, _ in seen]
        (height, width), count = Counter(sizes).most_common(1)[0]
        if 2 * count <= len(sizes):
            height, width = (round(float(side)) for side in np.median(np.array(sizes), 0))
        shrink = min(1.0, scale.side / max(height, width))
        mode = "L" if {mode for _, mode in seen} == {"L"} else "RGB"
        canvas_height, canvas_width = (playable(side * shrink, scale.side) for side in (height, width))
        return cls(name, height, width, mode, canvas_height, canvas_width)

    def read(self, cell: Cell) -> Tensor:
        """One picture as uint8 (C, canvas_height, canvas_width), turned as its EXIF data says.

        16-bit pictures keep their upper eight bits; pictures of floats are taken to lie in [0, 1], or in [0, 255] when
        one exceeds 1.
        """
        size = (self.canvas_width, self.canvas_height)
        picture = opened(cell, size)
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
        opened(cell, None).save(path, "PNG")

    def canvas(self) -> Pixels:
        return Pixels(1 if self.mode == "L" else 3, self.canvas_height, self.canvas_width)

    def preview(self, cells: Sequence[Cell], path: Path) -> Path | None:
        """A contact sheet."""
        if not cells:
            return None
        contact_sheet([opened(cell, None) for cell in cells]).save(path, "PNG")
        return path


def _size_and_mode(cell: Cell) -> tuple[tuple[int, int], str]:
    """Height and width of a picture, and its mode."""
    picture = opened(cell, None)
    return (picture.height, picture.width), picture.mode
