"""Blocks on no, one and two axes."""

import pytest
import torch

from anygan.nn.blocks import Family, Trunk, depth_to_space, hold, pixel_norm, reach, space_to_depth


@pytest.mark.parametrize("shape", [(2, 3, 8), (2, 3, 8, 6), (2, 1, 4, 4)])
def test_space_to_depth_is_undone(shape: tuple[int, ...]) -> None:
    x = torch.randn(shape)
    folded = space_to_depth(x)
    assert folded.shape == (shape[0], shape[1] * 2 ** (len(shape) - 2), *(size // 2 for size in shape[2:]))
    assert torch.equal(depth_to_space(folded), x)


def test_depth_to_space_is_the_pixel_shuffle() -> None:
    x = torch.randn(2, 12, 3, 5)
    assert torch.equal(depth_to_space(x), torch.nn.functional.pixel_shuffle(x, 2))


@pytest.mark.parametrize("axes", [(6,), (4, 6), (4, 2, 6)])
def test_a_hold_takes_what_alternates_and_keeps_what_is_the_same(axes: tuple[int, ...]) -> None:
    constant = torch.randn(2, 3, *(1 for _ in axes)).expand(2, 3, *axes)
    assert torch.allclose(hold(constant), constant)
    for axis, size in enumerate(axes, 2):
        signs = torch.tensor([1.0, -1.0]).repeat(size // 2).view(size, *[1] * (len(axes) + 1 - axis))
        held = hold(constant + signs)
        assert torch.allclose(held.narrow(axis, 1, size - 1), constant.narrow(axis, 1, size - 1), atol=1e-6)
        assert torch.allclose(held.narrow(axis, 0, 1), (constant + signs).narrow(axis, 0, 1), atol=1e-6)


def test_the_gradient_of_a_hold_is_that_of_its_formula() -> None:
    for shape in ((2, 3, 5), (2, 3, 4, 5)):
        assert torch.autograd.gradcheck(hold, torch.randn(shape, dtype=torch.float64, requires_grad=True))


def test_pixel_norm_has_unit_mean_square() -> None:
    assert pixel_norm(torch.randn(2, 16, 3)).square().mean(1).allclose(torch.ones(2, 3), atol=1e-4)


def test_trunk_is_twice_differentiable() -> None:
    x = torch.randn(2, 1, 8, 8, requires_grad=True)
    trunk = Trunk((1, 8, 8), 2, 4)
    (gradient,) = torch.autograd.grad(trunk(x).sum(), x, create_graph=True)
    gradient.square().sum().backward()
    assert trunk.layers[0].weight.grad.abs().sum() > 0


def test_a_family_takes_any_name() -> None:
    family = Family(["a.b", "keys"], lambda name: torch.nn.Linear(len(name), 1))
    assert family["a.b"].in_features == 3
    assert family["keys"].in_features == 4


def test_reach_reaches_its_ends_and_learns_on_there() -> None:
    raw = torch.tensor([-4.0, -0.5, 0.0, 0.5, 4.0], requires_grad=True)
    reached = reach(raw)
    assert reached[[0, 2, 4]].tolist() == [-1.0, 0.0, 1.0]
    assert (reached.diff() > 0).all()
    (gradient,) = torch.autograd.grad(reached.sum(), raw)
    assert (gradient > 0).all()
