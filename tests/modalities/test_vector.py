import json

import numpy as np
import PIL.Image
import pytest
import torch

from anygan.errors import CellError
from anygan.modalities.base import Scale
from anygan.modalities.vector import Vector


def test_an_entry_that_never_changes_is_written_as_it_is():
    vector = Vector.fit("v", [np.array([1.0, 7.5]), np.array([3.0, 7.5])], Scale())
    canvas = vector.canvas()
    assert vector.scale == (2.0, 0.0)
    assert canvas.inverse(torch.randn(5, 2))[:, 1].tolist() == [7.5] * 5


def test_two_deviations_are_one():
    cells = list(np.random.default_rng(0).normal(5, 3, (4000, 9)).astype(np.float32))
    vector = Vector.fit("v", cells, Scale())
    x = vector.canvas()(torch.stack([vector.read(c) for c in cells]))
    assert torch.allclose(x.std(0), torch.full((9,), 0.5), atol=1e-3)
    assert torch.allclose(x.mean(0), torch.zeros(9), atol=1e-5)


def test_narrow_clumps_of_few_entries_fill_the_canvas_and_stay_apart():
    """Three clumps, each a hundredth as wide as they are apart: on the canvas the gaps are narrower than the clumps."""
    chance = np.random.default_rng(0)
    clump = chance.integers(3, size=(9000, 1))
    cells = list((clump + 0.01 * chance.standard_normal((9000, 2))).astype(np.float32))
    vector = Vector.fit("v", cells, Scale())
    stored = torch.stack([vector.read(c) for c in cells])
    x = vector.canvas()(stored)
    ends = [(x[clump[:, 0] == i].min(0).values, x[clump[:, 0] == i].max(0).values) for i in range(3)]
    widths, gaps = [high - low for low, high in ends], [ends[i + 1][0] - ends[i][1] for i in range(2)]
    assert torch.stack(widths).min() > 0.5
    assert torch.stack(gaps).min() > 0.01
    assert torch.stack(gaps).max() < 0.2
    assert vector.canvas().inverse(x).allclose(stored, atol=1e-4)
    # What lies beyond the training range counts as its end.
    assert torch.equal(vector.canvas().inverse(torch.full((1, 2), 9.0))[0], stored.max(0).values)
    # And a clump keeps its tails: more of it lies near its middle than by rank.
    middle = (x[clump[:, 0] == 1] - (ends[1][0] + ends[1][1]) / 2).abs() / widths[1]
    assert (middle < 0.25).float().mean() > 0.55


@pytest.mark.parametrize("values", [[3.0] * 40, [0.0] * 30 + [1.0] * 10, [-1.0, 2.0]])
def test_values_that_many_rows_share_come_back(values):
    vector = Vector.fit("v", [np.array([v, 2 * v]) for v in values], Scale())
    stored = torch.stack([vector.read(np.array([v, 2 * v])) for v in values])
    canvas = vector.canvas()(stored)
    assert ((canvas >= -1) & (canvas <= 1)).all()
    assert torch.equal(vector.canvas().inverse(canvas), stored)


def test_many_entries_are_not_companded():
    assert Vector.fit("v", [np.zeros(9), np.ones(9)], Scale()).knots == ()
    assert len(Vector.fit("v", [np.zeros(8), np.ones(8)], Scale()).knots) == 8


def test_a_json_list_is_a_vector():
    vector = Vector.fit("v", ["[1, 2.5]", "[2, 3.5]"], Scale())
    stored = vector.read("[1, 2.5]")
    assert stored.tolist() == [1, 2.5]
    assert torch.equal(vector.read(json.dumps(vector.write(stored).tolist())), stored)


def test_the_commonest_size_counts():
    vector = Vector.fit("v", [np.ones(2), np.ones(3), np.zeros(3)], Scale())
    assert vector.size == 3
    with pytest.raises(CellError, match="expected 3 numbers, got 2"):
        vector.read(np.ones(2))


def test_written_vectors_do_not_share_memory():
    vector = Vector.fit("v", [np.zeros(2), np.ones(2)], Scale())
    stored = torch.zeros(2)
    written = vector.write(stored)
    stored += 1
    assert written.tolist() == [0, 0]


def test_points_of_the_plane_are_drawn_where_they_lie(tmp_path):
    ring = [np.array([np.cos(t), np.sin(t)]) for t in np.linspace(0, 6, 40)]
    with PIL.Image.open(Vector.fit("v", ring, Scale()).preview([np.array([1.0, 1.0])], tmp_path / "a.png")) as picture:
        dark = np.argwhere(np.asarray(picture.convert("L")) < 250)
    row, column = dark.mean(0)
    assert row < picture.height / 2 < column
    assert Vector.fit("v", [np.ones(3)], Scale()).preview([np.ones(3)], tmp_path / "b.png") is None
