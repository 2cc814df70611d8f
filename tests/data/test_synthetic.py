"""Rings and grids have the modes that they say."""

import numpy as np
import pytest

from anygan.data.synthetic import GRID_STD, RING_STD, grid, grid_centres, ring, ring_centres
from anygan.rows import DataSet


@pytest.mark.parametrize(
    ("data", "centres", "std"),
    [(ring("train"), ring_centres(), RING_STD), (grid("train"), grid_centres(), GRID_STD)],
    ids=["ring", "grid"],
)
def test_points_scatter_about_their_mode(data: DataSet, centres: np.ndarray, std: float) -> None:
    points, modes = np.asarray(data.columns["point"].cells), data.pairing(0).labels["mode"]
    assert data.kinds == {"point": "vector"}
    assert points.shape == (len(data), 2)
    assert points.dtype == np.float32
    assert np.std(points - centres[modes]) == pytest.approx(std, rel=0.02)
    assert np.bincount(modes).min() > 0.9 * len(data) / len(centres)


def test_splits_differ_and_repeat() -> None:
    first, again = ring("train").columns["point"].cells[0], ring("train").columns["point"].cells[0]
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, ring("test").columns["point"].cells[0])
