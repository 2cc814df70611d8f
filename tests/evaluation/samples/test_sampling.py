"""Joint samples, measured: real cells are varied and new, copies are caught, and the page shows them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_worlds import digits, facts, untrained

from anygan.evaluation.document import to_json
from anygan.evaluation.measure import Measure
from anygan.evaluation.samples.page import add_sampling
from anygan.evaluation.samples.sampling import SHOWN, sampling
from anygan.evaluation.translation.likeness import Likeness
from anygan.judging.panel import Seen
from anygan.report.report import Report

ROWS = 100


@pytest.fixture(scope="module")
def measure(tmp_path_factory: pytest.TempPathFactory) -> Measure:
    train, test = digits("train", "image", labels=()), digits("test", "image", labels=())
    return Measure(test, train, rows=ROWS, cache=tmp_path_factory.mktemp("judges"))


def told(measure: Measure, seen: Seen) -> dict[str, Any]:
    train = digits("train", "image", labels=())
    found: dict[str, Any] = sampling(untrained(train), measure, Likeness(measure), train, {"image": seen})["image"]
    return found


def test_real_cells_are_as_varied_and_as_new_as_real_ones(measure: Measure) -> None:
    found = told(measure, measure.real["image"].seen)
    assert found["variety"]["value"] == pytest.approx(1)
    assert found["variety"]["floor"] == pytest.approx(1, abs=0.25)
    assert found["authentic"]["value"] == found["authentic"]["real"] > 0.2
    assert found["copied"]["value"] == found["copied"]["real"] < 0.1
    assert found["likeness"]["precision"]["value"] == 1
    assert found["trained_on"] == 1437


def test_training_cells_are_copies(measure: Measure) -> None:
    found = told(measure, measure.other["image"].seen)
    assert found["authentic"]["value"] == 0
    report = Report("x")
    add_sampling(report, {"sampling": {"image": found}})
    assert found["copied"]["value"] > 0.9
    assert "image looks copied" in report.html()


def verdict(value: float, real: float, different: list[int], **other: Any) -> str:
    """The sentence about copies, of cells of which that much is known."""
    one: dict[str, Any] = {"variety": None, "authentic": {"value": 0.2, "real": 0.9}, "likeness": None, "nearest": []}
    one["copied"] = {"value": value, "real": real, "different": different}
    add_sampling(report := Report("x"), {"sampling": {"text": one}} | other)
    return report.html()


def test_averages_and_luck_are_not_called_copies() -> None:
    assert "nothing looks copied" in verdict(0.0, 0.0, [200, 200])
    assert "text looks copied" in verdict(0.2, 0.1, [500, 500])
    assert "nothing looks copied" in verdict(0.2, 0.1, [50, 50])
    assert "nothing looks copied" in verdict(0.015, 0.0, [5000, 5000])
    assert "nothing looks copied" in verdict(0.05, 0.2, [500, 500])
    repeated = verdict(1.0, 0.98, [40, 40])
    assert "nothing looks copied" in repeated
    assert "copies cannot be told" in repeated


def test_of_rows_that_were_learned_from_copies_are_not_told() -> None:
    shown = verdict(0.9, 1.0, [200, 200], data={"test": "mine", "train": "mine"})
    assert "looks copied" not in shown
    assert "has not learned from" in shown
    assert "copied (real training)" in shown


def test_blurred_cells_are_not_called_copies(measure: Measure) -> None:
    seen = measure.real["image"].seen
    mean = seen.features.mean(0)
    found = told(measure, Seen(mean + 0.3 * (seen.features - mean), seen.classes))
    assert found["copied"]["value"] < 0.1
    add_sampling(report := Report("x"), {"sampling": {"image": found}})
    assert "nothing looks copied" in report.html()


def test_one_cell_lacks_variety(measure: Measure) -> None:
    found = told(measure, measure.real["image"].seen.take(np.zeros(ROWS, np.int64)))
    assert found["variety"]["effective"] == pytest.approx(1)
    assert found["variety"]["value"] < 0.3
    assert found["likeness"] is None


def test_samples_are_shown_beside_their_nearest_training_cell(measure: Measure) -> None:
    found = told(measure, measure.real["image"].seen)
    distances = [pair["distance"] for pair in found["nearest"]]
    assert len(distances) == SHOWN
    assert distances == sorted(distances)
    report = Report("x")
    add_sampling(report, {"sampling": {"image": found}})
    page = report.html()
    assert page.count("data:image/png") == SHOWN
    assert "Joint samples" in page
    assert json.loads(to_json(found)) == found
    add_sampling(bare := Report("x"), {})
    assert "Joint samples" not in bare.html()


def test_sounds_sentences_tables_and_points_are_shown(tmp_path: Path) -> None:
    for train, test, count in (
        (digits("train", "audio", "text", labels=()), digits("test", "audio", "text", labels=()), SHOWN),
        (facts(60, 0, holes=0.2), facts(40, 1, holes=0.2), 0),
    ):
        measure = Measure(test, train, rows=30, cache=tmp_path)
        drawn = {name: real.seen for name, real in measure.real.items()}
        found = sampling(untrained(train), measure, Likeness(measure), train, drawn)
        assert set(found) == set(train.columns)
        assert json.loads(to_json(found)) == found
        report = Report("x")
        add_sampling(report, {"sampling": found})
        assert report.html().count("data:image/png") == count
        assert "nearest training cell" in report.html()


def test_few_cells_tell_little(tmp_path: Path) -> None:
    train = digits("train", "image", labels=())
    measure = Measure(digits("test", "image", labels=()), train, rows=2, cache=tmp_path)
    found = sampling(untrained(train), measure, Likeness(measure), train, {"image": measure.real["image"].seen})
    assert found["image"]["likeness"] is None
    add_sampling(Report("x"), {"sampling": found})
