"""The measures against shapes whose thickness and slant are known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from anygan.data.hand import CHUNK, slant, thickness


def stroke(width: int, shear: float) -> NDArray[np.uint8]:
    """A vertical bar 20 high, each line moved by its share of the shear."""
    picture = np.zeros((1, 28, 28), np.uint8)
    for y in range(4, 24):
        x = round(12 + shear * (13.5 - y))
        picture[0, y, x : x + width] = 255
    return picture


def as_written(picture: NDArray[np.uint8]) -> tuple[float, float]:
    """The two formulas, term by term."""
    ink = picture / 255
    across = sum(abs(ink[y, x + 1] - ink[y, x]) for y in range(28) for x in range(27))
    down = sum(abs(ink[y + 1, x] - ink[y, x]) for y in range(27) for x in range(28))
    total = ink.sum()
    mx = sum(x * ink[y, x] for y in range(28) for x in range(28)) / total
    my = sum(y * ink[y, x] for y in range(28) for x in range(28)) / total
    mu11 = sum((x - mx) * (y - my) * ink[y, x] for y in range(28) for x in range(28))
    mu02 = sum((y - my) ** 2 * ink[y, x] for y in range(28) for x in range(28))
    return 2 * total / np.hypot(across, down), -mu11 / mu02


def test_both_are_the_formulas() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (3, 28, 28), dtype=np.uint8)
    expected = np.array([as_written(p) for p in pictures])
    np.testing.assert_allclose(thickness(pictures), expected[:, 0])
    np.testing.assert_allclose(slant(pictures), expected[:, 1])


@pytest.mark.parametrize("width", [1, 2, 4])
def test_thickness_is_the_width_of_a_long_stroke(width: int) -> None:
    assert thickness(stroke(width, 0))[0] == pytest.approx(width, rel=0.03)


@pytest.mark.parametrize("shear", [-0.5, 0.0, 0.5])
def test_slant_is_the_shear_and_positive_leans_right(shear: float) -> None:
    assert slant(stroke(2, shear))[0] == pytest.approx(shear, abs=0.03)


def test_no_ink_measures_zero_and_chunks_join() -> None:
    pictures = np.concatenate([np.zeros((CHUNK, 28, 28), np.uint8), stroke(3, 0.25)])
    assert thickness(pictures).shape == slant(pictures).shape == (CHUNK + 1,)
    assert thickness(pictures)[0] == slant(pictures)[0] == 0
    assert thickness(pictures)[-1] == thickness(stroke(3, 0.25))[0]
    assert thickness(pictures[:0]).shape == (0,)
