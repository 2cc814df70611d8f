"""A linear probe: what it can read, what it cannot, and that it is not worse than chance."""

import pytest
import torch

from anygan.errors import DataError
from anygan.metrics import linear_accuracy

CHANCE = torch.Generator().manual_seed(0)
CLASSES = torch.arange(400) % 4


def test_what_is_linear_is_read() -> None:
    hidden = torch.nn.functional.one_hot(CLASSES).float() + 0.1 * torch.randn(400, 4, generator=CHANCE)
    assert linear_accuracy(hidden @ torch.randn(4, 6, generator=CHANCE), CLASSES) == 1.0


def test_noise_tells_nothing() -> None:
    assert linear_accuracy(torch.randn(400, 8, generator=CHANCE), CLASSES) == pytest.approx(0.25, abs=0.07)


def test_samples_do_not_vote_on_themselves() -> None:
    # As many features as samples: a fit on all of them would know every class by heart.
    assert linear_accuracy(torch.randn(400, 400, generator=CHANCE), CLASSES) < 0.4


def test_classes_in_turn_do_not_fall_into_one_fold() -> None:
    classes = torch.arange(500) % 10
    assert linear_accuracy(torch.randn(500, 3, generator=CHANCE), classes, folds=5) > 0.05
    assert linear_accuracy(torch.ones(500, 3), classes, folds=5) == pytest.approx(0.1)


def test_fewer_samples_than_folds_are_refused() -> None:
    with pytest.raises(DataError, match="got 3"):
        linear_accuracy(torch.ones(3, 2), torch.tensor([0, 1, 0]))
