"""Sureness: what was right as often as was said."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from anygan.config import Config
from anygan.data.load import load_data
from anygan.model.gan import AnyGAN
from anygan.rows import Batch, DataSet
from anygan.tasks.complete import complete
from anygan.tasks.fill import Filling, lacks, tolerances
from anygan.tasks.sureness import ENOUGH, Curve, Sureness, claim, right
from anygan.training.describe import describe

CONFIG = Config(size="tiny", width=2, features=16, code=8, style=4)


def rows(count: int, share: float) -> DataSet:
    chance = np.random.default_rng(0)

    def maybe(value: object) -> object:
        return value if chance.random() > share else None

    return load_data(
        [
            {"size": maybe(float(i % 7)), "age": maybe(i % 40), "colour": maybe("red"), "note": maybe("a word")}
            for i in range(count)
        ],
        kinds={"note": "text"},
    )


@pytest.fixture(scope="module")
def net() -> AnyGAN:
    torch.manual_seed(0)
    return AnyGAN(describe(rows(200, 0.1), CONFIG), CONFIG).eval()


def test_a_curve_says_how_often_it_was_right() -> None:
    chance = np.random.default_rng(0)
    score = chance.random(4000)
    curve = Curve.fit(score, chance.random(4000) < score**2)
    assert np.abs(curve(np.linspace(0.05, 0.95, 10)) - np.linspace(0.05, 0.95, 10) ** 2).max() < 0.08


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_a_curve_rises_and_keeps_to_probabilities(pairs: list[tuple[float, bool]]) -> None:
    score, good = (np.array(side) for side in zip(*pairs, strict=True))
    told = Curve.fit(score, good)(np.linspace(0, 1, 50))
    assert (np.diff(told) >= -1e-12).all()
    assert told.min() >= 0
    assert told.max() <= 1


def test_sureness_is_that_of_hidden_cells(net: AnyGAN) -> None:
    data = rows(300, 0.3)
    sure = Sureness.tried(net, data)
    assert set(sure.curves) == {("table", "size"), ("table", "age"), ("table", "colour"), ("note", "")}
    # There is one colour, and even a net that knows nothing must say it.
    told = [row.holes["colour"] for row in complete(net, data, sure=sure) if "colour" in row.holes]
    assert min(told) > 0.95
    # It cannot say numbers or words, and knows that it cannot.
    wrong = [row.filled["note"] for row in complete(net, data, sure=sure) if "note" in row.filled]
    assert max(wrong) < 0.2


def test_too_few_cells_are_not_tried(net: AnyGAN) -> None:
    sure = Sureness.tried(net, rows(ENOUGH - 1, 0.0))
    assert not sure.curves
    assert sure("table", "size", 0.4) == 0.4


def test_whole_rows_are_tried_cell_by_cell(net: AnyGAN) -> None:
    assert Sureness.tried(net, rows(300, 0.0)).knows("note")


def test_right_is_what_is_claimed(net: AnyGAN) -> None:
    table = net.modalities["table"]
    size, age, _ = tolerances(table).tolist()
    assert claim(table, "size") == f"within {size:.3g}"
    assert age == int(age) > 1
    assert claim(table, "colour") == "the same"
    truth = torch.tensor([[3.0, 10.0, 0.0]], dtype=torch.float64)
    shift = torch.tensor([[size, age + 1, 0.0]], dtype=torch.float64)
    assert right(net, "table", truth + shift, truth).tolist() == [[True, False, True]]
    words = torch.tensor([[1, 2], [3, 4]])
    assert right(net, "note", words, torch.tensor([[1, 2], [3, 5]])).tolist() == [True, False]


def test_parts_are_filled_as_the_whole(net: AnyGAN) -> None:
    data = rows(600, 0.3)
    sure = Sureness({})
    whole = [(row.row, row.cells, row.filled) for row in complete(net, data, sure=sure)]
    part = [(r.row, r.cells, r.filled) for r in complete(net, data.take(slice(256, None)), first=256, sure=sure)]
    assert part == whole[256:]


def test_holes_of_a_missing_table_are_all_its_columns(net: AnyGAN) -> None:
    blank = {name: m.blank()[None] for name, m in net.modalities.items()}
    batch = Batch(blank, {name: torch.tensor([False]) for name in blank})
    assert lacks(net.modalities["table"], batch).tolist() == [[True] * 3]
    assert Filling({}, {}).stored == {}
