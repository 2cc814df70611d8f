"""The collapse benchmark: what it counts, what it trains, and what it writes."""

import json
import math
from pathlib import Path
from typing import Any

import collapse
import numpy as np
import pytest
from lines import finished

from anygan.config import LOSSES, PENALTIES
from anygan.data.synthetic import RING_STD, ring, ring_centres


class Oracle:
    """Reads the digit that a channel is filled with."""

    def predict(self, channels: list[Any]) -> Any:
        return np.array([int(channel[0, 0]) for channel in channels])


def real_points() -> Any:
    return np.stack(list(ring("test").columns["point"].cells))


def test_real_points_find_all_modes() -> None:
    scores = collapse.scattered(real_points(), ring_centres(), RING_STD)
    assert scores["modes"] == 8
    # The share of a Gaussian of the plane within three standard deviations.
    assert scores["high quality"] == pytest.approx(1 - math.exp(-4.5), abs=0.005)
    assert 0 < scores["reverse KL"] < 0.002
    # That of a Gaussian of the plane cut off at three.
    assert scores["deviation"] == pytest.approx(math.sqrt(1 - 4.5 / (math.exp(4.5) - 1)), abs=0.005)


def test_a_collapsed_set_has_one_mode_and_all_the_divergence() -> None:
    points = np.tile(np.array([[1, 0]], np.float32), (100, 1))
    scores = collapse.scattered(points, ring_centres(), RING_STD)
    assert scores == {"modes": 1, "high quality": 1.0, "deviation": 0.0, "reverse KL": pytest.approx(math.log(8))}


def test_points_between_modes_find_none() -> None:
    scores = collapse.scattered(np.zeros((10, 2), np.float32), ring_centres(), RING_STD)
    assert scores["modes"] == 0
    assert scores["high quality"] == 0
    assert scores["deviation"] == 0


def test_channels_are_read_as_the_digits_of_a_mode() -> None:
    picture = np.zeros((28, 28, 3), np.uint8) + np.array([4, 0, 7], np.uint8)
    assert collapse.triples(Oracle(), [picture, picture // 2]).tolist() == [407, 203]


def test_every_loss_and_penalty_has_a_cell() -> None:
    cells = collapse.cells(["ring"], LOSSES, PENALTIES, 2, None)
    assert len({tuple(cell.key().values()) for cell in cells}) == len(cells)
    assert {cell.loss for cell in cells} == set(LOSSES)
    assert {cell.penalty for cell in cells} == set(PENALTIES)
    assert [cell.seed for cell in cells] == sorted(cell.seed for cell in cells)
    gammas = {cell.penalty: cell.config(1, "fp32").gamma for cell in cells}
    assert gammas["one-centred"] == 20
    hard, plain = (
        collapse.Cell(name, "hinge", "r1", 0, "5 steps").config(1, "fp32") for name in ("stacked-hard", "mnist")
    )
    assert (hard.critic, plain.critic, hard.steps) == (0.25, 1.0, 5)


def test_a_table_tells_medians_and_extremes() -> None:
    line = {"set": "ring", "budget": "9 steps", "loss": "hinge", "penalty": "r1", "gamma": 0.1, "hardware": "an abacus"}
    line |= {"threads": 1, "precision": "fp32"}
    real = {"real modes": 8, "real high quality": 0.989, "real deviation": 0.96, "real reverse KL": 0.0004}
    scores = real | {"high quality": 0.5, "deviation": 0.75, "reverse KL": 0.25}
    lines = [line | {"seconds": 1.0, "scores": scores | {"modes": modes}} for modes in (5, 8, 6)]
    page = collapse.page(lines)
    assert "## ring, 9 steps" in page
    assert "high quality 0.989" in page
    assert "an abacus" in page
    told = "6 (5 to 8) | 0.500 (0.500 to 0.500) | 0.75 (0.75 to 0.75) | 0.2500 (0.2500 to 0.2500)"
    assert f"| hinge | r1 | 0.1 | 3 | {told} | 1 |" in page


def test_a_cell_is_trained_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collapse, "POINTS", 64)
    monkeypatch.chdir(tmp_path)
    words = "collapse --sets ring --losses hinge --seeds 1 --steps 2 --results lines.jsonl --page page.md"
    monkeypatch.setattr("sys.argv", words.split())
    for _ in range(2):
        collapse.main()
    (line,) = finished(tmp_path / "lines.jsonl")
    assert (line["loss"], line["steps"], line["budget"]) == ("hinge", 2, "2 steps")
    assert 0 <= line["scores"]["high quality"] <= 1
    assert json.dumps(line["scores"]["modes"]) in (tmp_path / "page.md").read_text()
