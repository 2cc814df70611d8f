"""A cell in a few words, for a line of a table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from ..rows import Cell, Packed

__all__ = ["short"]

WIDTH = 48
"""Letters of a cell in a line."""
LOOKED = 1000
"""Letters of a text that are looked at to cut it; a sentence may have ten million."""


def short(cell: Cell | None) -> str:
    """A text cut, a file by its name, a picture by its size, a sound by its length.

    Example:
        >>> short("the thick seven"), short(Path("a/seven.png")), short({"age": 31, "height": None}), short(None)
        ('the thick seven', 'seven.png', 'age 31', '')
    """
    if cell is None:
        return ""
    return _cut(_said(cell))


def _said(cell: Any) -> str:
    if isinstance(cell, Path | Packed):
        return Path(cell.name).name
    if isinstance(cell, Mapping):
        return ", ".join(f"{name} {value}" for name, value in cell.items() if value is not None)
    if isinstance(cell, PIL.Image.Image):
        return f"{cell.width}x{cell.height} {cell.mode}"
    if isinstance(cell, tuple) and len(cell) == 2:
        return f"{len(cell[0]) / cell[1]:.2f} s at {cell[1]:,} Hz"
    if isinstance(cell, np.ndarray) and cell.ndim >= 2:
        return f"{cell.shape[1]}x{cell.shape[0]} picture"
    if isinstance(cell, np.ndarray):
        return f"[{', '.join(f'{number:.3g}' for number in cell[:6])}{', ...' if len(cell) > 6 else ''}]"
    return str(cell)


def _cut(text: str) -> str:
    words = " ".join(text[:LOOKED].split())
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in words)
    return line if len(line) <= WIDTH and len(text) <= LOOKED else f"{line[: WIDTH - 3]}..."
