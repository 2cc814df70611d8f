"""Translation, measured: what real cells score in place of generated ones, what collapse scores, and the page."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_worlds import digits, facts, untrained

from anygan.evaluation.document import to_json
from anygan.evaluation.measure import Direction, Measure
from anygan.evaluation.translation.likeness import LIKENESS
from anygan.evaluation.translation.page import add_translating
from anygan.evaluation.translation.translating import Translating
from anygan.report.report import Report

ROWS, STEPS = 100, 60
BOTH: list[Direction] = [(("image",), "text"), (("text",), "image")]


@pytest.fixture(scope="module")
def measure(tmp_path_factory: pytest.TempPathFactory) -> Measure:
    train, test = digits("train", "image", "text"), digits("test", "image", "text")
    return Measure(test, train, rows=ROWS, judge_steps=STEPS, cache=tmp_path_factory.mktemp("judges"))


@pytest.fixture(scope="module")
def real(measure: Measure) -> dict[str, Any]:
    """The figures of a model that gives the true cell of every row."""
    return shown(measure, lambda numbers: numbers)


def shown(measure: Measure, pick: Any) -> dict[str, Any]:
    """The figures of a model that gives test cells of picked numbers."""
    train = digits("train", "image", "text")
    watcher, judged = Translating(untrained(train), measure, train, BOTH), {}
    for direction in BOTH:
        to = direction[1]
        rows = measure.real[to].rows
        cells = [measure.data.columns[to].cells[i] for i in pick(measure.data.pairing(0).index[to][rows])]
        watcher.watch(direction, rows, cells)
        judged[direction] = rows, measure.panel.look(to, cells)
    return watcher.figures(judged)


def of(figures: dict[str, Any], to: str) -> dict[str, Any]:
    return next(one for one in figures["directions"] if one["to"] == to)


def test_true_cells_are_like_real_ones(real: dict[str, Any]) -> None:
    for one in real["directions"]:
        likeness = one["likeness"]
        assert [likeness[what]["value"] for what in ("precision", "recall", "coverage")] == [1, 1, 1]
        assert all(likeness[what]["floor"] <= 1 for what in ("precision", "recall", "coverage"))
        assert likeness["kernel"]["value"] < likeness["kernel"]["floor"] + 0.1
        assert one["spread_within"] == pytest.approx(1)
        assert one["count"] == ROWS


def test_true_cells_keep_label_and_attributes(real: dict[str, Any], measure: Measure) -> None:
    for one in real["directions"]:
        against = one["against"]["digit"]
        assert against["value"] == pytest.approx(measure.panel.mark("digit", one["to"]).ceiling)
        assert 0.05 < against["least"] < 0.25
    assert of(real, "image")["against"]["digit"]["neighbour"] > 0.7
    attributes = of(real, "image")["attributes"]
    assert attributes["thickness"]["value"] == 1
    assert attributes["thickness"]["reader"] > 0.8 > attributes["thickness"]["chance"]
    assert of(real, "text")["attributes"] == {}
    assert real["columns"]["image"]["contests"][0]["least_is"] == "better"


def test_one_cell_for_all_is_collapse(measure: Measure) -> None:
    figures = shown(measure, lambda numbers: np.full_like(numbers, numbers[0]))
    image = of(figures, "image")
    assert image["spread_within"] == 0
    assert image["likeness"] is None
    assert image["attributes"]["thickness"]["value"] == pytest.approx(
        image["attributes"]["thickness"]["chance"], abs=0.4
    )
    assert figures["columns"]["image"]["better"] == "no"
    report = Report("x")
    add_translating(report, {"translating": figures, "modalities": {"image": "image", "text": "text"}})
    assert "varies too little" in report.html()


def test_shuffled_cells_spread_as_real_ones_but_say_nothing(measure: Measure) -> None:
    figures = shown(measure, np.random.default_rng(0).permutation)
    image = of(figures, "image")
    assert image["likeness"]["recall"]["value"] == 1
    assert image["spread_within"] > 1.02
    assert image["against"]["digit"]["value"] < 0.3
    assert figures["columns"]["image"]["contests"][0]["neighbour_is"] == "worse"


def test_the_page_says_who_wins(real: dict[str, Any]) -> None:
    report = Report("x")
    add_translating(report, {"translating": real, "modalities": {"image": "image", "text": "text"}})
    page = report.html()
    for words in ("Translation, measured", "text: yes", "nearest training row", "spread of draws", *LIKENESS):
        assert words in page
    assert json.loads(to_json(real)) == real
    bare = Report("x")
    add_translating(bare, {"modalities": {}})
    add_translating(bare, {"translating": {"directions": []}, "modalities": {}})
    assert "measured" not in bare.html()


def test_of_many_directions_a_part_is_shown(real: dict[str, Any]) -> None:
    one = of(real, "image")
    many = [one | {"given": [f"view{i}"], "spread_of_draws": None if i % 2 else 0.5} for i in range(20)]
    report = Report("x")
    add_translating(report, {"translating": real | {"directions": many}, "modalities": {"image": "image"}})
    assert "<td>view2</td>" in report.html()
    assert "<td>view3</td>" not in report.html()


def test_without_labels_partners_and_records_are_asked_for(tmp_path: Path) -> None:
    train, test = facts(300, 0), facts(80, 1, holes=0.2)
    model = untrained(train)
    measure = Measure(test, train, rows=80, cache=tmp_path)
    wanted: list[Direction] = [(("point",), "facts"), (("facts",), "point")]
    watcher = Translating(model, measure, train, wanted, steps=60, cache=tmp_path)
    figures = watcher.figures(measure.translate(model, wanted, watch=watcher.watch))
    facts_of, point = of(figures, "facts"), of(figures, "point")
    for one in (facts_of, point):
        assert one["against"] == {}
        partners = one["partners"]
        assert partners["real"]["recall"] > 2 * partners["chance"]["recall"]
        assert partners["neighbour"]["recall"] > partners["value"]["recall"]
        assert 10 < partners["count"] < one["count"] < 80
    columns = facts_of["records"]["columns"]
    assert {name: column["kind"] for name, column in columns.items()} == {
        "east": "number",
        "side": "category",
        "dice": "number",
    }
    assert columns["east"]["neighbour"] < 0.5 < columns["east"]["mean or mode"]
    assert columns["side"]["neighbour"] > 0.85
    assert figures["columns"]["facts"]["better"] == "no"
    assert {contest["what"] for contest in figures["columns"]["facts"]["contests"]} == {
        "partners",
        "numbers",
        "categories",
    }
    report = Report("x")
    add_translating(report, {"translating": figures, "modalities": {"point": "vector", "facts": "table"}})
    assert "standard deviations off" in report.html()
    assert json.loads(to_json(figures)) == figures
