"""Losses, penalties and contrast against closed forms."""

import math

import pytest
import torch

from anygan import losses
from anygan.alignment import info_nce
from anygan.penalties import gradient_norm

PAIRS = [name.removesuffix("_d") for name in losses.__all__ if name.endswith("_d")]


@pytest.mark.parametrize("name", PAIRS)
def test_gradients_have_the_signs_of_the_game(name: str) -> None:
    """D raises real scores and lowers generated ones; G raises its own."""
    real, fake = torch.zeros(4, requires_grad=True), torch.zeros(4, requires_grad=True)
    loss = getattr(losses, f"{name}_d")(real, fake)
    assert loss.shape == (4,)
    loss.sum().backward()
    assert (real.grad < 0).all()
    assert (fake.grad > 0).all()
    fake.grad = None
    getattr(losses, f"{name}_g")(real.detach(), fake).sum().backward()
    assert (fake.grad < 0).all()


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
def test_losses_are_finite_far_out(name: str, scale: float) -> None:
    for side in "dg":
        assert torch.isfinite(getattr(losses, f"{name}_{side}")(torch.tensor([scale]), torch.tensor([-scale]))).all()


def test_closed_forms() -> None:
    zero, one = torch.zeros(1), torch.ones(1)
    sigmoid = 1 / (1 + math.exp(-1))
    assert losses.minimax_d(zero, zero).item() == pytest.approx(2 * math.log(2))
    assert losses.minimax_d(one, -one).item() == pytest.approx(-2 * math.log(sigmoid))
    assert losses.minimax_g(zero, one).item() == pytest.approx(math.log(1 - sigmoid))
    assert losses.non_saturating_g(zero, one).item() == pytest.approx(-math.log(sigmoid))
    assert losses.relativistic_d(one, zero).item() == pytest.approx(-math.log(sigmoid))
    assert losses.relativistic_g(one, zero).item() == pytest.approx(math.log(1 + math.e))


def test_gradient_norm_of_a_linear_score() -> None:
    weight, canvas = torch.tensor([3.0, 4.0]), torch.randn(5, 2, requires_grad=True)
    assert gradient_norm(canvas @ weight, canvas).allclose(torch.full((5,), 25.0))


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
