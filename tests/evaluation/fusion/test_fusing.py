"""The section on fusion, whole: whatever the data lack it is measured or says why not, and the page tells it."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
import torch

from anygan.config import Config
from anygan.data.load import load_data
from anygan.evaluation.document import to_json
from anygan.evaluation.fusion.fusing import fusing
from anygan.evaluation.fusion.page import add_fusing
from anygan.model.gan import AnyGAN
from anygan.report.report import Report
from anygan.rows import DataSet
from anygan.training.describe import describe

CONFIG = Config(size="tiny", width=2, features=16, code=8, style=4)
NAMES = ["image", "size", "point"]


def world(seed: int, *, holes: bool = False, names: tuple[str, ...] = ("image", "size", "point")) -> DataSet:
    """Rows whose picture and point show which of three colours they are, and whose number does not."""
    rng = np.random.default_rng(seed)
    colour = rng.integers(0, 3, 120)
    rows = [
        {
            "image": (rng.integers(0, 60, (8, 8)) + 90 * k).astype(np.uint8),
            "size": float(rng.normal()),
            "point": np.eye(3)[k] + 0.1 * rng.normal(size=3),
        }
        for k in colour
    ]
    for i, row in enumerate(rows):
        for place, name in enumerate(row):
            if name not in names or (holes and (i + place) % 4 == 0):
                row[name] = None
    rows = [{name: row[name] for name in names} for row in rows]
    data = load_data(rows, kinds={n: k for n, k in {"image": "image", "point": "vector"}.items() if n in names})
    labels = {"colour": np.array(["blue", "green", "red"])[colour]}
    return dataclasses.replace(data, pairing=lambda epoch: dataclasses.replace(data.pairing(epoch), labels=labels))


def model_of(data: DataSet) -> AnyGAN:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return AnyGAN(describe(data, CONFIG), CONFIG).eval().requires_grad_(False)


def measured(labels: dict[str, list[str]], seed: int = 0, **how: Any) -> dict[str, Any]:
    train, test = world(0, **how), world(1, **how)
    return fusing(model_of(train), test, train, labels, seed=seed)


def page(told: dict[str, Any]) -> str:
    report = Report("a card")
    add_fusing(report, {"fusion": told})
    return report.html()


TELLING = {"colour": ["image", "point"]}


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return measured(TELLING)


def test_every_subset_is_probed_in_which_the_label_can_be_told(told: dict[str, Any]) -> None:
    given = [tuple(probe["given"]) for probe in told["probes"]]
    table = next(name for name in told["modalities"] if name not in TELLING["colour"])
    assert len(given) == 6
    assert (table,) not in given
    for probe in told["probes"]:
        assert probe["rows"] == 120
        assert 1 / 3 < probe["chance"] < 0.5
        # Even untrained encoders keep what is that plain.
        assert probe["linear"] > 0.8


def test_every_kind_of_damage_is_done(told: dict[str, Any]) -> None:
    assert told["label"] == "colour"
    assert len(told["noise"]) == 3 + 6
    assert all(len(line) == 11 for curve in told["noise"] for line in curve["accuracy"].values())
    assert [curve["touched"] for curve in told["swapped"]] == told["modalities"]
    assert told["below"]["points"] == 11 * 10
    assert told["reliability"]["calibration"]["cells"] == 120 * 3 * 13
    assert told["rows"] == {"test": 120, "touched": 120, "train": 120}


def test_the_same_seed_gives_the_same_figures(told: dict[str, Any]) -> None:
    assert measured(TELLING) == told
    assert measured(TELLING, seed=1)["missing"] != told["missing"]


def test_without_labels_reliability_is_left() -> None:
    told = measured({})
    assert told["label"] is None
    assert "noise" not in told
    assert told["probes"] == []
    assert all(each["rows"] == 120 for each in told["reliability"]["swapped"])
    assert "No label can be read" in page(told)
    assert "whom to believe" in page(told)


def test_one_modality_has_nothing_to_fuse() -> None:
    told = measured(TELLING, names=("image",))
    assert [probe["given"] for probe in told["probes"]] == [["image"]]
    assert "noise" not in told
    assert "reliability" not in told
    assert "nothing to fuse" in page(told)


def test_holes_leave_the_rows_that_are_whole() -> None:
    told = measured(TELLING, holes=True)
    counts = {tuple(probe["given"]): probe["rows"] for probe in told["probes"]}
    assert set(counts.values()) == {90, 60, 30}
    assert all(0 < curve["rows"] < 120 for curve in told["noise"])
    assert "Does it fuse?" in page(told)


def test_two_modalities_have_no_majority() -> None:
    told = measured(TELLING, names=("image", "point"))
    assert len(told["noise"]) == 2
    assert told["reliability"]["swapped"] == []
    assert "goes with the others in" not in page(told)
    assert "contradict each other" in page(told)


def test_a_modality_without_cells_is_passed_over(told: dict[str, Any]) -> None:
    train, test = world(0), world(1)
    bare = test.pairing(0)
    gone = dataclasses.replace(bare, index=bare.index | {"point": np.full(120, -1)})
    found = fusing(model_of(train), dataclasses.replace(test, pairing=lambda epoch: gone), train, TELLING)
    assert "point" not in found["modalities"]
    assert len(found["noise"]) == 2
    assert any("Only image tells" in note for note in found["notes"])
    page(found)


def test_the_page_says_it_in_words_first(told: dict[str, Any]) -> None:
    assert json.loads(to_json(told))["best"] == told["best"]
    text = page(told)
    places = [text.index(words) for words in ("Does it fuse?", "whom to believe?", "<svg", "<table>")]
    assert places == sorted(places)
    assert text.count('<figure class="curves"') == 3 + 1 + 1 + 1
    empty = Report("a card")
    add_fusing(empty, {})
    assert "Fusion" not in empty.html()


@pytest.mark.parametrize(
    ("late", "early", "lapses", "answer"),
    [
        (0.8, 0.8, 0, "Yes."),
        (0.8, 0.9, 0, "Yes, and early fusion as well."),
        (0.95, 0.9, 0, "Mostly, but better is late fusion."),
        (0.8, 0.8, 1, "Mostly, but not everywhere."),
        (0.8, 0.8, 40, "Not yet."),
    ],
)
def test_the_verdict_follows_the_figures(
    told: dict[str, Any], late: float, early: float, lapses: int, answer: str
) -> None:
    gap = {"damage": "noise", "given": ["image", "point"], "touched": "image", "at": 1.0, "fused": 0.6, "rival": 0.9}
    areas = {"fused": 0.9, "best": 0.85, "late": late, "early": early}
    noise = [curve | {"area": areas} for curve in told["noise"]]
    found = [gap | {"difference": -0.3, "error": 0.01}] * lapses
    text = page(told | {"noise": noise, "below": {"points": 110, "found": found}})
    assert f"<strong>Does it fuse?</strong> {answer} When" in text
    assert ("60.0% against 90.0%" in text) == bool(lapses)
