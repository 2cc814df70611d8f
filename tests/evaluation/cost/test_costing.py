"""Cost: every direction is timed, sizes are counted right, and the page says so."""

import json
from typing import Any

import pytest
import torch
from points import model_of, rows_of
from small_worlds import only

from anygan.evaluation.cost import costing as module
from anygan.evaluation.cost.costing import costing, processor
from anygan.evaluation.cost.page import add_cost
from anygan.report.report import Report


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUDGET", 0.05)


def page(told: dict[str, Any]) -> str:
    report = Report("points")
    add_cost(report, {"cost": told})
    return report.html()


def test_every_direction_is_timed() -> None:
    model = model_of("a", "b")
    told = costing(model, rows_of(20, 0, holes=True), ["a", "b"])
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    timed = {(one["given"], one["to"], one["rows"]): one for one in told["translations"]}
    assert set(timed) == {(a, b, n) for a, b in (("a", "b"), ("b", "a")) for n in (1, 256)}
    for one in timed.values():
        assert 0 < one["canvas_ms"] < one["cells_ms"]
        assert one["rows_a_second"] == pytest.approx(1000 * one["rows"] / one["cells_ms"])
    # A batch costs less than as many rows one by one.
    assert timed["a", "b", 256]["canvas_ms"] < 256 * timed["a", "b", 1]["canvas_ms"]
    assert "a to b" in page(told)
    assert processor() in page(told)


def test_sizes_are_those_of_the_weights() -> None:
    model = model_of("a", "b")
    told = costing(model, rows_of(20, 0), ["a", "b"])
    assert told["parameters"] == sum(weights.numel() for weights in model.parameters())
    # The scale of the contrast belongs to no part.
    assert sum(told["parts"].values()) == told["parameters"] - 1
    assert told["weights_memory"] == 4 * (told["parameters"] + sum(b.numel() for b in model.buffers()))
    assert told["threads"] == torch.get_num_threads()
    assert told["peak_memory"] is None or told["peak_memory"] > 2**20


def test_one_modality_is_drawn_from_noise() -> None:
    told = costing(model_of("a"), only(rows_of(20, 0), "a"), ["a"])
    assert {(one["given"], one["to"]) for one in told["translations"]} == {(None, "a")}
    assert "noise to a" in page(told)


def test_many_modalities_are_timed_to_and_from_the_first() -> None:
    names = ("a", "b", "c", "d", "e")
    told = costing(model_of(*names), rows_of(20, 0), ["a", "b"])
    pairs = {(one["given"], one["to"]) for one in told["translations"]}
    assert pairs == {("a", "b"), ("a", "c"), ("a", "d"), ("a", "e"), ("b", "a")}


def test_nothing_measured_is_nothing_drawn() -> None:
    report = Report("empty")
    add_cost(report, {})
    assert "<h2>" not in report.html()
