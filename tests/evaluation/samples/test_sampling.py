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
    return sampling(untrained(train), measure, Likeness(measure), train, {"image": seen})["image"]


def test_real_cells_are_as_varied_and_as_new_as_real_ones(measure: Measure) -> None:
    found = told(measure, measure.real["image"].seen)
    assert found["variety"]["value"] == pytest.approx(1)
    assert found["variety"]["floor"] == pytest.approx(1, abs=0.25)
    assert found["authentic"]["value"] == found["authentic"]["real"] > 0.2
    assert found["likeness"]["precision"]["value"] == 1
    assert found["trained_on"] == 1437


def test_training_cells_are_copies(measure: Measure) -> None:
    found = told(measure, measure.other["image"].seen)
    assert found["authentic"]["value"] == 0
    report = Report("x")
    add_sampling(report, {"sampling": {"image": found}})
    assert "image looks copied" in report.html()


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
