"""Reliability against the truth, in worlds where what is to be believed is known."""

import pytest
import torch
from oracles import NAMES, Deaf, Oracle, noised, rows

from anygan.corruption import power
from anygan.evaluation.fusion.trusting import STEADY, trusting


def measured(fusion: Oracle, honest: bool = True, given: torch.Tensor | None = None, labelled: bool = True) -> dict:
    looked = rows(fusion, 200, 0, given)
    return trusting(looked, NAMES, noised(looked, list(STEADY), honest), "digit" if labelled else None)


def test_an_oracle_finds_what_was_touched() -> None:
    told = measured(Oracle())
    assert len(told["noised"]) == 3 * 6
    for each in told["noised"]:
        assert each["lowest"] > 0.95 or not each["level"] > 0.5
        assert each["auc_itself"] > 0.95
        assert each["believed"] < each["believed_before"]
    for each in told["swapped"]:
        assert each["lowest"] == 1
        assert each["auc"] > 0.99
        assert each["chance"] == pytest.approx(1 / 3)
    for each in told["conflict"]:
        assert each["auc"] == 1
        assert each["precision"] == pytest.approx(1)
    assert told["means"]["conflict"]["auc"] == 1


def test_one_that_believes_everything_alike_scores_chance() -> None:
    told = measured(Deaf())
    for each in told["noised"] + told["swapped"]:
        assert each["auc"] == each["auc_itself"] == 0.5
        assert each["lowest"] == each["lowest_before"] == pytest.approx(each["chance"])
    assert all(each["auc"] == each["precision"] == each["auc_noised"] == 0.5 for each in told["conflict"])
    # All cells lie in the bin of one half, so that the error is the distance to the mean of what is left.
    calibrated = told["calibration"]
    assert calibrated["error"] == pytest.approx(abs(0.5 - calibrated["believing"]), abs=1e-6)


def test_a_fixed_dislike_scores_chance_in_the_mean() -> None:
    class Biased(Oracle):
        def reliability(self, evidence: torch.Tensor, given: torch.Tensor) -> torch.Tensor:
            return torch.tensor([0.9, 0.8, 0.7]) * given

    told = measured(Biased())
    assert {each["lowest"] for each in told["noised"]} == {0.0, 1.0}
    assert all(each["lowest"] == each["lowest_before"] for each in told["noised"])
    assert all(mean["lowest"] == 0.5 for mean in told["means"]["noised"])
    assert told["means"]["swapped"]["lowest"] == pytest.approx(1 / 3)


def test_the_truth_is_what_is_left() -> None:
    told = measured(Deaf())["calibration"]
    # Three cells a row: once clean, and for each modality at three levels of noise and once swapped.
    assert told["cells"] == 200 * 3 * (1 + 3 * 4)
    touched = 3 * (float(power(torch.tensor(STEADY)).sum()) + 0)
    mean = (3 + 3 * 4 * 2 + touched) / (3 * 13)
    assert 1 - told["believing"] == pytest.approx(mean, abs=1e-6)
    assert sum(each["cells"] for each in told["bins"]) == told["cells"]


def test_cells_that_are_missing_are_not_compared() -> None:
    given = torch.ones(200, 3, dtype=torch.bool)
    given[:150, 0] = False
    told = measured(Oracle(), given=given)
    assert {each["rows"] for each in told["noised"] if "a" in each["given"]} == {50}
    assert {each["rows"] for each in told["noised"] if "a" not in each["given"]} == {200}
    nobody = measured(Oracle(), given=torch.tensor([[True, False, False]] * 200))
    assert nobody["noised"] == nobody["swapped"] == nobody["conflict"] == []
    assert nobody["calibration"]["cells"] == 0


def test_without_labels_every_swap_counts() -> None:
    with_labels, without = measured(Oracle()), measured(Oracle(), labelled=False)
    assert all(each["rows"] == 200 for each in without["swapped"])
    assert all(100 < each["rows"] < 200 for each in with_labels["swapped"])
