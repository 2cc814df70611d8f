"""Contests and records: who wins, by how much, and what a guess is."""

import math
from typing import Any

import pytest
import torch
from small_worlds import facts

from anygan.evaluation.translation.contest import contests, won
from anygan.evaluation.translation.partners import unlabelled
from anygan.evaluation.translation.records import guessed, read_all, record_scores
from anygan.modalities import Table
from anygan.modalities.base import Scale


def direction(value: float, neighbour: float | None, least: float = 0.1, count: int = 1000) -> dict[str, Any]:
    score = {"value": value, "neighbour": neighbour, "least": least, "count": count}
    return {"against": {"digit": score}, "partners": None, "records": None}


def test_a_win_is_beyond_the_error_of_counting() -> None:
    for value, neighbour, better in ((0.9, 0.8, "yes"), (0.8, 0.9, "no"), (0.90, 0.89, "level"), (0.9, None, "yes")):
        assert won(contests([direction(value, neighbour)], "digit")) == better, (value, neighbour)
    # The same difference is one among many rows.
    assert won(contests([direction(0.90, 0.89, count=100_000)], "digit")) == "yes"
    assert won([]) is None


def test_directions_are_averaged_and_the_fewest_rows_count() -> None:
    (found,) = contests([direction(0.9, 0.5), direction(0.7, 0.7, count=10)], "digit")
    assert found["value"] == pytest.approx(0.8)
    assert found["neighbour"] == pytest.approx(0.6)
    assert (found["count"], found["directions"]) == (10, 2)


def test_of_errors_less_is_better() -> None:
    record = {"numbers": {"value": 0.5, "neighbour": 0.7, "mean or mode": 1.0}, "count": 50}
    (found,) = contests([{"against": {}, "partners": None, "records": record}], None)
    assert (found["neighbour_is"], found["least_is"]) == ("better", "better")


def test_where_real_pairs_are_not_found_nothing_is_fought_out() -> None:
    chance = {"recall": 0.1, "rank": 50.5}
    for real, answer in ((0.12, None), (0.5, "level")):
        partners = {"value": {"recall": 0.4}, "neighbour": {"recall": 0.4}, "real": {"recall": real}} | {
            "chance": chance
        }
        told = [{"against": {}, "partners": partners | {"count": 100}, "records": None}]
        assert won(contests(told, None)) == answer


def test_directions_that_share_a_label_need_no_partners() -> None:
    wanted = [(("a",), "b"), (("c",), "b"), (("a", "c"), "b"), (("b",), "c")]
    assert unlabelled(wanted, {"digit": ["a", "b"], "voice": ["c"]}) == [(("c",), "b"), (("b",), "c")]
    assert unlabelled(wanted, {}) == wanted


@pytest.fixture(scope="module")
def table() -> Table:
    return Table.fit("facts", facts(200, 0).columns["facts"].cells, Scale())


def test_guesses_are_means_and_modes(table: Table) -> None:
    sides = ("north", "south", "south")
    rows = read_all(table, [{"east": east, "side": side} for east, side in zip((1.0, 2.0, None), sides, strict=True)])
    east, side, dice = guessed(table, rows).tolist()
    assert east == pytest.approx(1.5)
    assert table.write(torch.tensor([east, side, dice]))["side"] == "south"
    assert math.isnan(dice)
    assert read_all(table, [None]).isnan().all()


def test_the_mean_errs_by_one_deviation_and_the_truth_by_none(table: Table) -> None:
    train, truth = (read_all(table, facts(count, seed).columns["facts"].cells) for count, seed in ((2000, 0), (500, 1)))
    told = record_scores(table, truth, train, {"value": truth, "neighbour": truth.flip(0)})
    assert told["numbers"]["value"] == 0
    assert told["categories"]["value"] == 1
    assert told["numbers"]["mean or mode"] == pytest.approx(1, abs=0.07)
    # Another row's numbers are a draw: as far off as the mean, times the root of two.
    assert told["numbers"]["neighbour"] == pytest.approx(math.sqrt(2), abs=0.1)
    assert told["categories"]["neighbour"] == pytest.approx(0.5, abs=0.1)
    assert set(told["columns"]) == {"east", "side", "dice"}
