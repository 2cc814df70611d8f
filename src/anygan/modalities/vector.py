"""Vectors: a fixed count of numbers. Many are played on themselves, standardised entry by entry; a few companded.

    canvas = (x - mean) / scale          scale = 2 standard deviations          finish = identity

Most of such a canvas lies in [-1, 1] and nothing ends there: the tails of the data stay within the generator's reach.
An entry that never changes in training has scale 0 and is written as its mean.

    canvas = integral of f ** (3/4) up to x, -1 to 1      f = density of training values      finish = identity

Points of the plane or of space often lie in clumps that are far narrower than the distances between them, and networks
learn what is so fine in a standardised canvas very slowly. A compander (Panter, Dite, *Quantization distortion in
pulse-count modulation with nonuniform spacing of levels*, 1951) gives values room by a power of how common they are:
clumps fill the range, as by rank, but keep tails and gaps between them, so that what is drawn a little beyond an edge
is not another clump's.
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

from ..errors import CellError
from ..rows import Cell
from .base import Canvas, Modality, Scale, tried
from .ranks import rank, value

__all__ = ["Vector"]

SAMPLE = 65_536
"""Cells that :meth:`Vector.fit` looks at, spread evenly over the data."""
DEVIATIONS = 2.0
FEW = 8
"""Vectors of up to so many entries are companded."""
KNOTS = 1024
POWER = 0.75
"""Of the density: with 0 all would lie as it does in the data, with 1 by rank."""
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


class Companded(Canvas):
    """Numbers where a compander puts them, (size,)."""

    clumped = True
    knots: Tensor
    places: Tensor

    def __init__(self, knots: Sequence[Sequence[float]]) -> None:
        super().__init__()
        self.shape = (len(knots),)
        values = torch.tensor(knots, dtype=torch.float64)
        # As many training values lie between two knots as between any: a density is the inverse of their distance.
        rises = torch.nn.functional.pad(values.diff(dim=1).pow(1 - POWER).cumsum(1), (1, 0))
        self.register_buffer("knots", values, persistent=False)
        self.register_buffer("places", rises / rises[:, -1:].clamp_min(1e-300) * 2 - 1, persistent=False)

    def forward(self, stored: Tensor) -> Tensor:
        return value(rank(stored.T, self.knots), self.places).T.float()

    def inverse(self, canvas: Tensor) -> Tensor:
        return value(rank(canvas.T, self.places), self.knots).T.float()


@dataclass(frozen=True)
class Vector(Modality):
    """Vectors of one size.

    Attributes:
        size: entries.
        mean, scale: of each entry: its mean, and two of its standard deviations.
        knots: of each entry, where they are few: training values equally spaced in rank; else empty.
    """

    kind: ClassVar[str] = "vector"

    size: int
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    knots: tuple[tuple[float, ...], ...] = ()

    @classmethod
    def fit(cls, name: str, cells: Sequence[Cell], scale: Scale) -> Self:
        """The size that most vectors have, the mean and deviation of each entry, and its quantiles if there are few."""
        found: dict[int, list[NDArray[np.float32]]] = {}
        for vector in tried(name, "vector", _numbers, cells, SAMPLE):
            found.setdefault(len(vector), []).append(vector)
        values = np.stack(max(found.values(), key=len)).astype(np.float64)
        deviation = np.where(np.ptp(values, 0) > 0, values.std(0), 0.0)
        places = np.linspace(0, len(values) - 1, min(KNOTS, max(2, len(values)))).round().astype(int)
        knots = tuple(map(tuple, np.sort(values, 0)[places].T.tolist())) if values.shape[1] <= FEW else ()
        return cls(
            name, values.shape[1], tuple(values.mean(0).tolist()), tuple((DEVIATIONS * deviation).tolist()), knots
        )

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

    def canvas(self) -> Canvas:
        return Companded(self.knots) if self.knots else Standardised(self.mean, self.scale)

    def preview(self, cells: Sequence[Cell], path: Path) -> Path | None:
        """A scatter of the points, where vectors are points of the plane; the axes span four deviations."""
        if self.size != 2 or not cells:
            return None
        places = Standardised(self.mean, self.scale)(torch.stack([self.read(cell) for cell in cells])).clamp(-2, 2)
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
