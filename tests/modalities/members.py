"""One member for every kind of modality: cells to learn from and cells that nobody can read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from anygan.modalities import Scale

SCALE = Scale(side=16, frames=16, tokens=16, latent=8, width=16)


@dataclass(frozen=True)
class Member:
    """A kind under test.

    Attributes:
        make: (count, generator) -> readable cells.
        bad: unreadable cell -> a word of the reason.
        tolerance: mean distance, on the canvas, of a stored cell from what is read after it was written; 0 is equality.
    """

    kind: str
    make: Callable[[int, np.random.Generator], list[Any]]
    bad: tuple[tuple[Any, str], ...]
    tolerance: float = 0.0

    def cells(self, count: int = 24) -> list[Any]:
        return self.make(count, np.random.default_rng(0))


def pictures(count: int, rng: np.random.Generator) -> list[Any]:
    return list(rng.integers(0, 256, (count, 14, 10, 3), dtype=np.uint8))


def sounds(count: int, rng: np.random.Generator) -> list[Any]:
    """Falling tones of a third to a half of a second, with a little hiss."""
    cells = []
    for length in rng.integers(2600, 4000, count):
        t = np.arange(length) / 8000
        tone = np.sin(2 * np.pi * rng.uniform(300, 900) * (t - t * t / 2)) * np.exp(-3 * t)
        cells.append(((0.4 * tone + 0.002 * rng.standard_normal(length)).astype(np.float32), 8000))
    return cells


def sentences(count: int, rng: np.random.Generator) -> list[Any]:
    return [f"the {rng.choice(['thin', 'thick'])} {rng.choice(['one', 'two', 'six'])}, said." for _ in range(count)]


def records(count: int, rng: np.random.Generator) -> list[Any]:
    return [
        {
            "age": str(rng.integers(0, 90)) if rng.random() < 0.8 else "",
            "price": round(float(rng.lognormal(2)), 2),
            "colour": str(rng.choice(["red", "green", "deep blue"])),
            "sold": bool(rng.random() < 0.5),
            "day": f"2024-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}",
        }
        for _ in range(count)
    ]


def vectors(count: int, rng: np.random.Generator) -> list[Any]:
    return list((rng.standard_normal((count, 2)) * [3, 0.1] + [10, -2]).astype(np.float32))


MEMBERS = (
    Member(
        "image", pictures, ((np.zeros((4, 4, 7), np.uint8), "array"), (np.zeros((0, 4), np.uint8), "array"), (3, "int"))
    ),
    Member(
        "audio",
        sounds,
        (
            ((np.zeros(0, np.float32), 8000), "no samples"),
            ((np.full(99, np.nan, np.float32), 8000), "finite"),
            ((np.zeros(99, np.float32), 0), "rate"),
            ("a.wav", "str"),
        ),
        tolerance=0.05,
    ),
    Member("text", sentences, (("", "empty"), (7, "int"))),
    Member("table", records, (("a row", "str"), ({}, "age"), ({"age": "old", "colour": "pink"}, "age"))),
    Member(
        "vector",
        vectors,
        (
            (np.zeros(3), "3"),
            (np.array([0, np.inf]), "finite"),
            ("[1, 2", "list"),
            (None, "shape"),
            (np.zeros((2, 2)), "shape"),
        ),
    ),
)


def equal(a: Tensor, b: Tensor) -> bool:
    """Equality in which NaN, a missing value, equals NaN."""
    return a.dtype == b.dtype and torch.equal(a.double().nan_to_num(-1e9), b.double().nan_to_num(-1e9))
