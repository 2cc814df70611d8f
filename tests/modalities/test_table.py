import datetime
import json
from decimal import Decimal

import numpy as np
import pytest
import torch
from members import equal

from anygan.errors import CellError, DataError
from anygan.modalities import from_spec
from anygan.modalities.base import Scale
from anygan.modalities.table import Table

RNG = np.random.default_rng(0)


def fit(**columns):
    """A table of columns of equal length."""
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return Table.fit("t", rows, Scale()), rows


def there_and_back(table, rows):
    stored = torch.stack([table.read(row) for row in rows])
    canvas = table.canvas()
    return stored, canvas.inverse(canvas(stored)), canvas(stored)


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        (["1", "2", "30"], "integer"),
        ([1, np.int64(2), 3], "integer"),
        (["-1", "+2", ""], "integer"),
        (["1", "2.5", "3"], "number"),
        (["1.0", "2.0", "3.0"], "number"),
        ([1.0, float("nan"), 3.0], "number"),
        (["1e-3", "NA", "nan"], "number"),
        ([Decimal("1.5"), Decimal("2"), None], "number"),
        ([True, False, None], "boolean"),
        (["true", "false", "true"], "category"),
        (["2024-02-29", "1999-12-31", ""], "date"),
        ([datetime.date(2024, 1, 2), None, datetime.date(2024, 1, 3)], "date"),
        (["2024-02-29T12:00:00", "2024-02-29 13:30:00", "2024-02-29"], "time"),
        (["007", "12", "3"], "category"),
        (["12345678901234567890", "2", "3"], "category"),
        (["1,5", "2", "3"], "category"),
        (["NA", "red", "blue"], "category"),
        (["2024-02-31", "2024-02-30", "x"], "category"),
    ],
)
def test_types_are_told_from_the_values(values, type_):
    table, _ = fit(x=values)
    assert table.columns[0].type == type_


def test_a_few_bad_values_do_not_change_the_type():
    table, rows = fit(x=[*map(str, range(99)), "broken"], y=["a"] * 100)
    assert table.columns[0].type == "integer"
    assert table.read(rows[-1])[0].isnan()
    assert table.faults(rows[-1]) == {"x": "expected a number, got 'broken'"}
    assert table.faults(rows[0]) == {}


@pytest.mark.parametrize(
    "values",
    [
        RNG.integers(-50, 5000, 3000),
        np.where(RNG.random(3000) < 0.9, 0, RNG.integers(0, 100, 3000)),
        RNG.integers(0, 2, 3000),
        RNG.integers(0, 1_000_000, 3000),
        np.full(3000, 7),
        np.array([5]),
        (RNG.pareto(1.0, 3000) * 10).astype(int).clip(0, 50_000),
    ],
    ids=["uniform", "tied", "binary", "wide", "constant", "single", "heavy"],
)
def test_integers_come_back_exactly(values):
    table, rows = fit(x=values.tolist())
    stored, again, canvas = there_and_back(table, rows)
    assert torch.equal(stored, again)
    assert canvas.abs().max() <= 1
    assert all(table.write(s) == {"x": v} for s, v in zip(again, values.tolist(), strict=True))
    assert all(type(table.write(s)["x"]) is int for s in again[:5])


def test_floats_come_back_to_float_precision():
    values = RNG.normal(size=3000)
    stored, again, _ = there_and_back(*fit(x=values.tolist()))
    assert (stored - again).abs().max() < 1e-5
    assert not torch.equal(stored, again)


def test_decimals_are_those_of_the_training_values():
    prices = [f"{p:.2f}" for p in RNG.lognormal(3, 1, 3000)]
    table, rows = fit(price=prices)
    stored, again, _ = there_and_back(table, rows)
    assert torch.equal(stored, again)
    drawn = table.canvas().inverse(torch.cat([torch.rand(50, 1) * 2 - 1, torch.ones(50, 1)], 1))
    assert all(len(str(table.write(s)["price"]).split(".")[1]) <= 2 for s in drawn)


def test_the_canvas_of_a_number_is_uniform():
    stored, _, canvas = there_and_back(*fit(x=RNG.lognormal(0, 3, 4000).tolist()))
    places = canvas[:, 0].sort().values
    assert (places - torch.linspace(-1, 1, 4000)).abs().max() < 0.01
    assert torch.equal(canvas[:, 0].argsort(), stored[:, 0].argsort())


def test_a_value_that_many_share_owns_its_stretch():
    table, _ = fit(x=[0.0] * 500 + RNG.random(500).tolist())
    ranks = torch.linspace(-1, -0.05, 20)
    drawn = table.canvas().inverse(torch.stack([ranks, torch.ones(20)], 1))
    assert (drawn == 0).all()
    assert (table.canvas().inverse(torch.tensor([[0.05, 1.0]])) > 0).all()


def test_beyond_the_training_range_counts_as_its_end():
    table, _ = fit(x=list(range(10)))
    canvas = table.canvas()(torch.tensor([[-100.0], [1e9]], dtype=torch.float64))
    assert canvas[:, 0].tolist() == [-1, 1]


def test_dates_and_times_are_written_as_iso():
    days = [str(datetime.date(1960, 1, 1) + datetime.timedelta(int(d))) for d in RNG.integers(0, 40000, 400)]
    times = [f"2024-01-{i % 28 + 1:02d} {i % 24:02d}:{i % 60:02d}:00" for i in range(400)]
    table, rows = fit(day=days, time=times)
    stored, again, _ = there_and_back(table, rows)
    assert torch.equal(stored, again)
    assert [table.write(s)["day"] for s in again] == days
    assert [table.write(s)["time"] for s in again] == [t.replace(" ", "T") for t in times]
    zoned = table.read({"day": "1960-01-02", "time": "2024-01-01T02:00:00+02:00"})
    assert table.write(zoned)["time"] == "2024-01-01T00:00:00"


def test_categories_are_one_hot_and_the_frequent_are_kept():
    words = [f"word {i}" for i in range(100) for _ in range(100 - i)]
    table, _ = fit(x=words, y=[1] * len(words))
    assert table.columns[0].categories[0] == "word 0"
    assert len(table.columns[0].categories) == 64
    assert table.read({"x": "word 63", "y": 1})[0] == 63
    for unknown in ("word 64", "never seen"):
        assert table.read({"x": unknown, "y": 1})[0].isnan()
        assert "categories" in table.faults({"x": unknown})["x"]
    row = table.canvas()(table.read({"x": "word 3", "y": 1})[None])[0]
    assert row[1:65].tolist() == [float(i == 3) for i in range(64)]


def test_spaces_around_a_category_do_not_make_another():
    table, _ = fit(x=["a", "b"])
    assert table.read({"x": " b "}).tolist() == table.read({"x": "b"}).tolist()


def test_missing_values_are_zero_behind_a_zero_mask():
    table, rows = fit(n=["1", "2", "", "4"], c=["a", None, "b", "b"])
    stored, again, canvas = there_and_back(table, rows)
    assert stored.isnan().tolist() == [[False, False], [False, True], [True, False], [False, False]]
    assert canvas[1].tolist()[1:] == [0, 0, 1, 0]
    assert canvas[2].tolist() == [0, 1, 0, 0, 1]
    assert not again.isnan().any()
    assert table.write(stored[2]) == {"n": None, "c": "b"}


def test_the_value_behind_a_weak_mask_is_read():
    table, _ = fit(n=list(range(101)), c=["a", "b"] * 50 + ["a"])
    canvas = table.canvas()
    strong = canvas.finish(torch.tensor([[0.5, -1.0, 2.0, 9.0, 9.0]]))
    weak = canvas.finish(torch.tensor([[0.5, -1.0, 2.0, -3.0, -3.0]]))
    assert weak[:, :3].abs().max() < 0.06
    assert torch.equal(canvas.inverse(strong), canvas.inverse(weak))


def test_finish_is_a_row_that_could_be_real():
    table, _ = fit(n=list(range(60)), c=["a", "b", "c"] * 20, b=[True, False] * 30)
    drawn = table.canvas().finish(torch.randn(8, *table.canvas().shape))
    mask = drawn[:, -3:]
    assert torch.allclose(drawn[:, 1:4].sum(1), mask[:, 1], atol=1e-6)
    assert torch.allclose(drawn[:, 4:6].sum(1), mask[:, 2], atol=1e-6)
    assert (drawn[:, 0].abs() <= mask[:, 0]).all()


def test_written_rows_read_the_same():
    table, rows = fit(
        i=[str(i) if i % 5 else "" for i in range(200)],
        f=RNG.normal(size=200).tolist(),
        b=[bool(i % 3) for i in range(200)],
        c=[f"a, {i % 4}" for i in range(200)],
        d=[f"20{i % 100:02d}-03-04" for i in range(200)],
    )
    again = from_spec(json.loads(json.dumps(table.spec())))
    for row in rows:
        stored = table.read(row)
        assert equal(stored, again.read(json.loads(json.dumps(again.write(stored)))))
        assert equal(stored, table.read({k: str(v) for k, v in row.items()}))


def test_columns_without_values_are_left_out():
    table, _ = fit(x=[1, 2], empty=["", None])
    assert [c.name for c in table.columns] == ["x"]
    with pytest.raises(DataError, match="t"):
        fit(empty=["", None])


def test_a_row_without_any_value_is_no_row():
    table, _ = fit(x=[1, 2], y=["a", "b"])
    for row in ({}, {"x": "", "y": None}, {"x": "old", "y": "c"}, {"z": 1}):
        with pytest.raises(CellError, match="x, y"):
            table.read(row)
