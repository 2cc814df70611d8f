"""The scales of the real sets: what they read, write and measure."""

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from real_sets import closeness, distances, error, number
from strangers import holed, icons, write_csv, write_shards

from anygan import load_data


@pytest.fixture
def theme(tmp_path: Path) -> Path:
    """A package of three icons, one of them in one size only."""
    for side, names in (("16x16", ("go-up", "go-down")), ("48x48", ("go-up", "go-down", "edit_cut"))):
        folder = tmp_path / "usr/share/icons/oxygen/base" / side / "actions"
        folder.mkdir(parents=True)
        for i, name in enumerate(names):
            PIL.Image.new("RGB", (int(side[:2]),) * 2, (80 * i, 0, 0)).save(folder / f"{name}.png")
    return tmp_path


def test_icons_become_shards_that_lack_what_the_package_lacks(theme: Path) -> None:
    rows = icons(theme)
    assert [row["txt"] for row in rows] == ["edit cut", "go down", "go up"]
    data = load_data(str(write_shards(rows, theme / "shards")))
    assert {name: kind for name, kind in data.kinds.items() if kind == "image"}.keys() == {"small", "large"}
    assert [row["small"] is None for row in data.rows()] == [True, False, False]


def test_hidden_cells_are_empty_in_the_file(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    written = write_csv(holed(rows, [{"a"}, set()]), tmp_path / "t.csv").read_text().split()
    assert written == ["a,b", ",x", "2,y"]


def test_the_true_cell_is_nearest_and_chance_is_in_the_middle() -> None:
    truth = np.random.default_rng(0).normal(size=(300, 4))
    assert closeness(truth, truth) == {"rank": 0.0, "distance": pytest.approx(0, abs=1e-6)}
    other = closeness(np.random.default_rng(1).normal(size=(300, 4)), truth)
    assert other["rank"] == pytest.approx(0.5, abs=0.05)
    assert other["distance"] == pytest.approx(1, abs=0.1)


def test_what_is_missing_is_infinitely_far() -> None:
    a = np.array([[np.nan, np.nan], [0.0, 3.0]])
    assert distances(a, np.array([[4.0, 0.0]])).tolist() == [[np.inf], [5.0]]


def test_errors_are_in_units_and_dates_in_days() -> None:
    assert error(["3", 1], [1, "1"], 2.0) == pytest.approx(2**0.5 / 2)
    assert number("1970-01-03") - number("1970-01-02") == pytest.approx(1)
    assert np.isnan(number("USA"))
