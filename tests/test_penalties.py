"""Penalties against closed forms, of a linear and a quadratic discriminator, and finite differences against slopes."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from anygan import penalties
from anygan.config import PENALTIES
from anygan.nn.blocks import MLP, conv, full

APART = {"spectral", "iterate"}
"""Functions over a module, not of pairs."""
NAMES = [name for name in penalties.__all__ if name not in APART]

Score = Callable[[Tensor], Tensor]

WEIGHT = torch.tensor([3.0, 4.0])


def linear(x: Tensor) -> Tensor:
    """Slope (3, 4) everywhere: of squared length 25."""
    return x.flatten(1) @ WEIGHT


def quadratic(x: Tensor) -> Tensor:
    """|x|^2 / 2: its slope is x itself."""
    return x.flatten(1).square().sum(1) / 2


def flat(x: Tensor) -> Tensor:
    """No slope at all."""
    return 0 * x.flatten(1).sum(1)


def pairs(rows: int, *shape: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Canvases of pairs, and noise."""
    drawn = torch.randn(2, 2 * rows, *shape, generator=torch.Generator().manual_seed(seed))
    return drawn[0], drawn[1]


def paid(name: str, score: Score, canvas: Tensor, noise: Tensor) -> Tensor:
    canvas = canvas.clone().requires_grad_(True)
    found: Tensor = getattr(penalties, name)(canvas, score(canvas), score, noise)
    return found


def test_a_configuration_can_name_every_penalty() -> None:
    assert {name.replace("-", "_") for name in PENALTIES} == {*NAMES, "spectral"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(2,), (3, 5), (1, 4, 4)])
def test_every_canvas_pays_something_finite_that_weights_can_lower(name: str, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), MLP(torch.Size(shape).numel(), 8, 1))
    canvas, noise = pairs(6, *shape)
    found = paid(name, lambda x: net(x).squeeze(1), canvas, noise)
    assert found.shape == (12,)
    assert (found >= 0).all()
    found.sum().backward()
    slopes = [p.grad for p in net.parameters() if p.grad is not None]
    assert any(slope.any() for slope in slopes)
    assert all(torch.isfinite(slope).all() for slope in slopes)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("score", [flat, lambda x: 1e6 * linear(x)], ids=["flat", "steep"])
def test_penalties_and_their_gradients_are_finite_far_out(name: str, score: Score) -> None:
    scale = torch.ones((), requires_grad=True)
    found = paid(name, lambda x: scale * score(x), *pairs(4, 2))
    assert torch.isfinite(found).all()
    (slope,) = torch.autograd.grad(found.sum(), scale, allow_unused=True, materialize_grads=True)
    assert torch.isfinite(slope)


@pytest.mark.parametrize(
    ("name", "real", "fake"), [("r1", 25, 0), ("r2", 0, 25), ("r1r2", 25, 25), ("one_centred", 8, 8)]
)
def test_a_linear_score(name: str, real: float, fake: float) -> None:
    """Its slope is of length 5 wherever one looks, so one-centred is (5 - 1)^2, half for each of a pair."""
    expected = torch.tensor([real] * 3 + [fake] * 3, dtype=torch.float32)
    assert paid(name, linear, *pairs(3, 2)).allclose(expected, rtol=1e-4)


def test_a_quadratic_score() -> None:
    """Its slope is the canvas itself."""
    canvas, noise = pairs(4, 3)
    assert paid("r1r2", quadratic, canvas, noise).allclose(canvas.square().sum(1))


def test_between_two_canvases_lies_every_share_of_both() -> None:
    """Of pairs (0, 8): y is uniform between, so (|y| - 1)^2 is (8^2 / 3 - 8 + 1) on average."""
    rows = 40_000
    canvas = torch.cat([torch.zeros(rows, 1), torch.full((rows, 1), 8.0)])
    found = paid("one_centred", quadratic, canvas, torch.randn(2 * rows, 1, generator=torch.Generator().manual_seed(0)))
    assert (2 * found.mean()).item() == pytest.approx(64 / 3 - 7, rel=0.03)
    assert torch.equal(found[:rows], found[rows:])


@pytest.mark.parametrize("name", ["r1", "r2", "r1r2"])
def test_finite_differences_are_the_exact_slopes_on_average(name: str) -> None:
    torch.manual_seed(0)
    net = MLP(6, 16, 1).double()
    canvas = torch.randn(4, 6).double()
    many = canvas.repeat_interleave(20_000, 0)

    def score(x: Tensor) -> Tensor:
        return net(x).squeeze(1)

    exact = paid(name, score, canvas, canvas)
    found = paid(f"finite_{name}", score, many, torch.randn_like(many)).view(4, -1).mean(1)
    assert found.allclose(exact, rtol=0.05)


def test_a_finite_difference_of_a_linear_score_is_exact_along_its_noise() -> None:
    canvas, noise = pairs(3, 2)
    assert paid("finite_r1r2", linear, canvas, noise).allclose((noise @ WEIGHT).square(), rtol=1e-3)


def test_finite_differences_are_taken_in_full_precision() -> None:
    """In bf16 the rounding of two scores would be taken for a slope, many times the true one."""
    torch.manual_seed(0)
    net = MLP(64, 128, 1)
    with torch.no_grad():
        net[-1].weight *= 0.1
        net[-1].bias += 4
    canvas, noise = pairs(64, 64)

    def score(x: Tensor) -> Tensor:
        return full(net(x).squeeze(1))

    exact = paid("finite_r1r2", score, canvas, noise)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(paid("finite_r1r2", score, canvas, noise), exact)
        rounded = ((score(canvas + penalties.SIGMA * noise) - score(canvas)) / penalties.SIGMA).square()
    assert rounded.mean() > 3 * exact.mean()


def largest(layer: nn.Module) -> float:
    """The largest singular value of a layer's weight."""
    assert isinstance(layer.weight, Tensor)
    return float(torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2))


@pytest.mark.parametrize("axes", [0, 1, 2])
def test_spectral_layers_have_singular_values_up_to_one(axes: int) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(conv(axes, 4, 8), nn.LeakyReLU(0.2), conv(axes, 8, 2))
    with torch.no_grad():
        net[0].weight *= 7
    penalties.spectral(net)
    for _ in range(50):
        penalties.iterate(net)
    assert [largest(layer) for layer in net[::2]] == pytest.approx([1, 1], rel=1e-3)
    net(torch.randn(3, 4, *[6] * axes)).sum().backward()
    assert all(torch.isfinite(p.grad).all() and p.grad.any() for p in net.parameters() if p.dim() > 1)


def test_looking_through_spectral_layers_changes_nothing_and_iterating_does() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(5, 5))
    penalties.spectral(net)
    with torch.no_grad():
        net[0].parametrizations.weight.original += torch.randn(5, 5)
    before, x = {k: v.clone() for k, v in net.state_dict().items()}, torch.randn(2, 5)
    assert torch.equal(net(x), net(x))
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
    penalties.iterate(net)
    assert any(not torch.equal(v, before[k]) for k, v in net.state_dict().items())


def test_iterating_leaves_other_networks_alone() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Dropout())
    penalties.iterate(net)
    assert all(part.training for part in net.modules())
