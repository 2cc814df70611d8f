"""Points on a plane, drawn as a small picture: each in the colour of its class, the class's name in their midst."""

from collections.abc import Sequence

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
from numpy.typing import NDArray

__all__ = ["COLOURS", "draw_points"]

COLOURS = (
    (47, 111, 171),
    (209, 98, 43),
    (60, 141, 90),
    (166, 61, 115),
    (178, 148, 30),
    (100, 86, 183),
    (29, 140, 147),
    (125, 122, 116),
    (196, 40, 40),
    (124, 84, 52),
)
"""Colours of classes in their order, and then again from the first."""

SIDE, FINER, MARGIN = 320, 3, 16
"""Pixels of a picture's side and its margin, and how much finer it is drawn before it is reduced."""

NAMED = 12
"""Classes up to which names are written: more would hide the points."""


def draw_points(
    points: NDArray[np.float64],
    classes: Sequence[str],
    order: Sequence[str],
    bounds: tuple[NDArray[np.float64], NDArray[np.float64]],
    legend: bool = False,
) -> PIL.Image.Image:
    """Points as a square picture on white.

    Args:
        points: (n, 2), x to the right and y up.
        classes: (n,) the class of each.
        order: all classes; a class's place gives its colour, so that pictures side by side agree.
        bounds: lowest and highest corner shown, (2,) each.
        legend: whether names stand in a corner, not amid their points: for classes that lie one over the other.
    """
    low, high = bounds
    scale = (SIDE - 2 * MARGIN) / max(float((high - low).max()), 1e-9)
    # What is narrower than it is high, or the other way round, lies in the middle.
    at = (points - (low + high) / 2) * scale * np.array([1, -1]) + SIDE / 2
    picture = PIL.Image.new("RGB", (SIDE * FINER, SIDE * FINER), "white")
    pen = PIL.ImageDraw.Draw(picture, "RGBA")
    for (x, y), name in zip(at * FINER, classes, strict=True):
        colour = COLOURS[order.index(name) % len(COLOURS)]
        pen.ellipse((x - 3 * FINER, y - 3 * FINER, x + 3 * FINER, y + 3 * FINER), fill=(*colour, 150))
    picture = picture.resize((SIDE, SIDE), PIL.Image.Resampling.LANCZOS)
    if 1 < len(order) <= NAMED:
        of = np.array(classes)
        for number, name in enumerate(order):
            if name and (of == name).any():
                x, y = (6, 20 + 24 * number) if legend else np.median(at[of == name], 0)
                _write(picture, name[:10], (x, y), COLOURS[number % len(COLOURS)], "lm" if legend else "mm")
    return picture


def _write(
    picture: PIL.Image.Image, name: str, at: tuple[float, float], colour: tuple[int, int, int], anchor: str
) -> None:
    font, (red, green, blue) = PIL.ImageFont.load_default(22), colour
    darker = (red * 2 // 3, green * 2 // 3, blue * 2 // 3)
    PIL.ImageDraw.Draw(picture).text(at, name, darker, font, anchor, stroke_width=3, stroke_fill="white")
