"""Losses and contrast against closed forms."""

import math

import pytest
import torch
from torch import Tensor

from anygan import losses
from anygan.alignment import info_nce
from anygan.config import LOSSES

PAIRS = [name.removesuffix("_d") for name in losses.__all__ if name.endswith("_d")]


def test_a_configuration_can_name_every_loss() -> None:
    assert sorted(name.replace("-", "_") for name in LOSSES) == sorted(PAIRS)
    assert sorted(losses.__all__) == sorted(f"{name}_{side}" for name in PAIRS for side in "dg")


def slopes(name: str, side: str, real: float, fake: float) -> tuple[Tensor, Tensor]:
    """Derivatives of a loss by both scores, of three equal pairs."""
    scores = torch.full((3,), float(real), requires_grad=True), torch.full((3,), float(fake), requires_grad=True)
    lost = getattr(losses, f"{name}_{side}")(*scores)
    assert lost.shape == (3,)
    assert torch.isfinite(lost).all()
    by_real, by_fake = torch.autograd.grad(lost.sum(), scores, allow_unused=True, materialize_grads=True)
    return by_real, by_fake


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize(("real", "fake"), [(0.25, 0.5), (0.5, 0.25)])
def test_gradients_have_the_signs_of_the_game(name: str, real: float, fake: float) -> None:
    """D raises real scores and lowers generated ones; G raises its own."""
    by_real, by_fake = slopes(name, "d", real, fake)
    assert (by_real < 0).all()
    assert (by_fake > 0).all()
    assert (slopes(name, "g", real, fake)[1] < 0).all()


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("side", "dg")
@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4, -1e4])
def test_losses_and_their_gradients_are_finite_far_out(name: str, side: str, scale: float) -> None:
    for slope in slopes(name, side, scale, -scale):
        assert torch.isfinite(slope).all()


@pytest.mark.parametrize("name", PAIRS)
def test_a_pair_is_judged_by_itself(name: str) -> None:
    """Unreduced: the loss of a pair does not depend on the batch that it is in."""
    real, fake = torch.randn(2, 7, generator=torch.Generator().manual_seed(0))
    for side in "dg":
        loss = getattr(losses, f"{name}_{side}")
        alone = torch.cat([loss(real[i : i + 1], fake[i : i + 1]) for i in range(7)])
        assert alone.allclose(loss(real, fake))


S = 1 / (1 + math.exp(-1))
"""sigmoid(1)."""

CLOSED = [
    ("minimax_d", 0, 0, 2 * math.log(2)),
    ("minimax_d", 1, -1, -2 * math.log(S)),
    ("minimax_g", 0, 1, math.log(1 - S)),
    ("non_saturating_d", 1, -1, -2 * math.log(S)),
    ("non_saturating_g", 0, 1, -math.log(S)),
    ("least_squares_d", 1, 0, 0),
    ("least_squares_d", 3, -2, 4),
    ("least_squares_g", 9, -1, 2),
    ("hinge_d", 1, -1, 0),
    ("hinge_d", -2, 3, 7),
    ("hinge_d", 5, -5, 0),
    ("hinge_g", 9, 3, -3),
    ("wasserstein_d", 2, 5, 3),
    ("wasserstein_g", 9, 5, -5),
    ("relativistic_d", 1, 0, -math.log(S)),
    ("relativistic_g", 1, 0, math.log(1 + math.e)),
]


@pytest.mark.parametrize(("name", "real", "fake", "lost"), CLOSED)
def test_closed_forms(name: str, real: float, fake: float, lost: float) -> None:
    assert getattr(losses, name)(torch.tensor([float(real)]), torch.tensor([float(fake)])).item() == pytest.approx(lost)


def test_every_loss_has_a_closed_form() -> None:
    assert {name for name, *_ in CLOSED} == set(losses.__all__)


def test_where_d_is_sure_minimax_teaches_nothing_and_its_other_form_does() -> None:
    assert slopes("minimax", "g", 0, -20)[1].abs().max() < 1e-8
    assert slopes("non_saturating", "g", 0, -20)[1].allclose(torch.tensor(-1.0))


def test_contrast_of_alike_and_of_perfect_pairs() -> None:
    same = torch.ones(4, 2) / math.sqrt(2)
    assert info_nce(same, same, torch.tensor(5.0)).allclose(torch.full((4,), math.log(4)))
    apart = torch.eye(4)
    assert info_nce(apart, apart, torch.tensor(100.0)).max() < 1e-6
    assert info_nce(apart, apart.roll(1, 0), torch.tensor(10.0)).min() > 9


def test_rows_that_take_no_part_in_the_contrast_change_nothing() -> None:
    chance = torch.Generator().manual_seed(0)
    a, b = torch.nn.functional.normalize(torch.randn(2, 6, 3, generator=chance), dim=2)
    there = torch.tensor([True, False, True, True, False, True])
    lost = info_nce(a, b, torch.tensor(5.0), there)
    assert not lost[~there].any()
    assert lost[there].allclose(info_nce(a[there], b[there], torch.tensor(5.0)))
