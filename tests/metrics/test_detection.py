"""Detection against closed forms and another library, and by property."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, roc_auc_score

from anygan.errors import DataError
from anygan.metrics import auc, average_precision, calibration


def drawn(seed: int, levels: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores with many ties, and a truth that they tell a little of."""
    rng = np.random.default_rng(seed)
    truth = rng.random(80) < 0.4
    truth[:2] = True, False
    return torch.from_numpy(np.round(rng.random(80) * levels + truth)), torch.from_numpy(truth)


@given(st.integers(0, 10_000), st.sampled_from([1, 4, 1000]))
@settings(max_examples=30, deadline=None)
def test_they_are_those_of_another_library(seed: int, levels: int) -> None:
    scores, truth = drawn(seed, levels)
    assert auc(scores[truth], scores[~truth]) == pytest.approx(roc_auc_score(truth, scores))
    assert average_precision(scores, truth) == pytest.approx(average_precision_score(truth, scores))


def test_auc_of_two_gaussians_is_in_closed_form() -> None:
    chance = torch.Generator().manual_seed(0)
    high, low = torch.randn(20_000, generator=chance) + 1, torch.randn(20_000, generator=chance)
    assert auc(high, low) == pytest.approx(0.5 * (1 + float(torch.erf(torch.tensor(0.5)))), abs=0.01)


def test_ties_count_half_and_scales_do_not_matter() -> None:
    assert auc(torch.ones(5), torch.ones(3)) == 0.5
    assert auc(torch.tensor([2.0]), torch.tensor([1.0])) == 1.0
    scores, truth = drawn(0, 4)
    first, second = scores[truth], scores[~truth]
    assert auc(first, second) == pytest.approx(auc(first.exp(), second.exp())) == pytest.approx(1 - auc(second, first))


def test_average_precision_of_scores_that_say_nothing_is_the_share() -> None:
    truth = torch.tensor([True, False, False, True, False])
    assert average_precision(torch.zeros(5), truth) == pytest.approx(0.4)
    assert average_precision(truth.float(), truth) == 1.0


def test_calibration_of_shares_that_come_true() -> None:
    chance = torch.Generator().manual_seed(0)
    shares = torch.rand(50_000, generator=chance)
    came = (torch.rand(50_000, generator=chance) < shares).float()
    assert calibration(shares, came)[0] < 0.01
    # An odds too sure of itself: mean |p - p^2| over the unit interval is 1/6.
    assert calibration(shares, shares.square())[0] == pytest.approx(1 / 6, abs=0.005)


def test_bins_are_those_of_another_library() -> None:
    rng = np.random.default_rng(0)
    shares = rng.random(500) ** 2
    truth = rng.random(500) < shares
    error, table = calibration(torch.from_numpy(shares), torch.from_numpy(truth), bins=5)
    true, predicted = calibration_curve(truth, shares, n_bins=5)
    assert table[:, 0].numpy() == pytest.approx(predicted)
    assert table[:, 1].numpy() == pytest.approx(true)
    assert table[:, 2].sum() == 500
    assert error == pytest.approx(float((table[:, 2] / 500 * (table[:, 0] - table[:, 1]).abs()).sum()))


def test_empty_bins_are_not_counted() -> None:
    error, table = calibration(torch.tensor([0.0, 1.0]), torch.tensor([0.5, 1.0]), bins=4)
    assert error == pytest.approx(0.25)
    assert table[:, 2].tolist() == [1, 0, 0, 1]
    assert table[1:3, :2].isnan().all()


def test_what_means_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="both kinds"):
        auc(torch.ones(2), torch.ones(0))
    with pytest.raises(DataError, match="needs a positive"):
        average_precision(torch.ones(2), torch.zeros(2))
    with pytest.raises(DataError, match="a truth for each"):
        calibration(torch.ones(2), torch.ones(3))
