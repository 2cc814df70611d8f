"""Vectors: a fixed count of numbers, played on themselves, standardised entry by entry.

    canvas = (x - mean) / scale          scale = 2 standard deviations          finish = identity

Most of a canvas lies in [-1, 1] and nothing ends there: the tails of the data stay within the generator's reach. An
entry that never changes in training has scale 0 and is written as its mean.
"""

import json
import reprlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import PIL.Image
import PIL.ImageDraw
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import CellError, DataError
from ..rows import Cell
from .base import Canvas, Modality, Scale

__all__ = ["Vector"]

SAMPLE = 65_536
"""Cells that :meth:`Vector.fit` looks at, spread evenly over the data."""
DEVIATIONS = 2.0
SIDE = 480
"""Side of the preview, pixels."""


class Standardised(Canvas):
    """Standardised numbers, (size,)."""

    mean: Tensor
    scale: Tensor

    def __init__(self, mean: Sequence[float], scale: Sequence[float]) -> None:
        super().__init__()
        self.shape = (len(mean),)
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32), persistent=False)
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float32), persistent=False)

    def forward(self, stored: Tensor) -> Tensor:
        return ((stored - self.mean) / torch.where(self.scale > 0, self.scale, 1)).float()

    def inverse(self, canvas: Tensor) -> Tensor:
        return (canvas * self.scale + self.mean).float()


@dataclass(frozen=True)
class Vector(Modality):
    """Vectors of one size.

    Attributes:
        size: entries.
        mean, scale: of each entry: its mean, and two of its standard deviations.
    """

    kind: ClassVar[str] = "vector"

    size: int
    mean: tuple[float, ...]
    scale: tuple[float, ...]

    @classmethod
    def fit(cls, name: str, cells: Sequence[Cell], scale: Scale) -> Self:
        """The size that most vectors have, and the mean and deviation of each entry."""
        found: dict[int, list[NDArray[np.float32]]] = {}
        reason = "there is none"
        for i in range(0, len(cells), -(-len(cells) // SAMPLE) or 1):
            try:
                vector = _numbers(cells[i])
            except CellError as error:
                reason = str(error)
                continue
            found.setdefault(len(vector), []).append(vector)
        if not found:
            raise DataError(
                f"No vector of '{name}' can be read: {reason}. If these are no vectors, say --kind {name}=KIND."
            )
        values = np.stack(max(found.values(), key=len)).astype(np.float64)
        deviation = np.where(np.ptp(values, 0) > 0, values.std(0), 0.0)
        return cls(name, values.shape[1], tuple(values.mean(0).tolist()), tuple((DEVIATIONS * deviation).tolist()))

    def read(self, cell: Cell) -> Tensor:
        """Numbers, or the text of a JSON list of numbers, as float32 (size,)."""
        vector = _numbers(cell)
        if len(vector) != self.size:
            raise CellError(f"expected {self.size} numbers, got {len(vector)}")
        return torch.from_numpy(vector)

    def blank(self) -> Tensor:
        return torch.zeros(self.size)

    def write(self, stored: Tensor) -> NDArray[np.float32]:
        """The numbers, float32 (size,). In a table they stand as a JSON list."""
        return np.array(stored.cpu().numpy(), np.float32)

    def canvas(self) -> Standardised:
        return Standardised(self.mean, self.scale)

    def preview(self, cells: Sequence[Cell], path: Path) -> Path | None:
        """A scatter of the points, where vectors are points of the plane; the axes span four deviations."""
        if self.size != 2 or not cells:
            return None
        places = self.canvas()(torch.stack([self.read(cell) for cell in cells])).clamp(-2, 2)
        picture = PIL.Image.new("RGB", (SIDE, SIDE), "white")
        draw = PIL.ImageDraw.Draw(picture, "RGBA")
        for x, y in ((places * torch.tensor([1, -1]) + 2) / 4 * (SIDE - 1)).tolist():
            draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=(58, 22, 96, 110))
        picture.save(path, "PNG")
        return path


def _numbers(cell: Cell) -> NDArray[np.float32]:
    """A cell as float32 (size,): an array, a list, or the text of a JSON list."""
    if isinstance(cell, str):
        try:
            cell = json.loads(cell)
        except (ValueError, RecursionError):
            raise CellError(f"expected a list of numbers like [1.0, 2.5], got {_short(cell)}") from None
    try:
        vector = np.array(cell, np.float64)
    except (TypeError, ValueError, OverflowError):
        raise CellError(f"expected a list of numbers, got {_short(cell)}") from None
    if vector.ndim != 1 or vector.size == 0:
        raise CellError(f"expected a list of numbers, got an array of shape {vector.shape}")
    if not (np.abs(vector) <= np.finfo(np.float32).max).all():
        raise CellError("it holds numbers that are not finite")
    return vector.astype(np.float32)


def _short(cell: Cell) -> str:
    try:
        text = reprlib.repr(cell)
    except ValueError:  # an integer of some thousand digits
        return f"a vast {type(cell).__name__}"
    return text if len(text) <= 40 else text[:37] + "..."
