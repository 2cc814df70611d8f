"""Codes as a space: closed forms, and by property."""

import math

import pytest
import torch
from scipy.special import hyp0f1
from torch import Tensor
from torch.nn.functional import normalize

from anygan import metrics
from anygan.errors import DataError


def normal(n: int, d: int, seed: int) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_alignment_is_two_less_twice_the_cosine() -> None:
    a, b = normal(200, 5, 0), normal(200, 5, 1)
    assert metrics.alignment(a, b) == pytest.approx(2 - 2 * float(torch.cosine_similarity(a, b).mean()))
    assert metrics.alignment(a, 3 * a) == pytest.approx(0, abs=1e-12)
    assert metrics.alignment(a, -a) == pytest.approx(4)


def test_noise_parts_partners() -> None:
    a = normal(300, 4, 0)
    found = [metrics.alignment(a, a + level * normal(300, 4, 1)) for level in (0.0, 0.3, 1.0, 9.0)]
    assert sorted(found) == found
    assert found[-1] == pytest.approx(2, abs=0.25)


def test_uniformity_of_opposite_points_is_in_closed_form() -> None:
    poles = torch.tensor([[0.0, 2.0], [0.0, -1.0]])
    assert metrics.uniformity(poles) == pytest.approx(-8)
    crossed = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    assert metrics.uniformity(crossed) == pytest.approx(math.log((math.exp(-8) + 2 * math.exp(-4)) / 3))
    assert metrics.uniformity(torch.ones(7, 3)) == pytest.approx(0, abs=1e-9)


def test_even_codes_reach_the_uniform_and_uneven_ones_do_not() -> None:
    even = normal(1500, 6, 0)
    assert metrics.uniformity(even) == pytest.approx(metrics.uniform(6), abs=0.02)
    uneven = [metrics.uniformity(even + shift) for shift in (0.5, 1.0, 5.0)]
    assert metrics.uniform(6) < uneven[0] < uneven[1] < uneven[2] < 0


def test_the_uniform_is_the_bessel_function_of_the_sphere() -> None:
    for size in (1, 2, 3, 64, 512):
        assert metrics.uniform(size) == pytest.approx(math.log(hyp0f1(size / 2, 4.0)) - 4, rel=1e-12)
    # On a circle the mean of exp(4 cos) is I_0(4).
    assert metrics.uniform(2) == pytest.approx(math.log(float(torch.special.i0(torch.tensor(4.0)))) - 4, rel=1e-6)


def test_uniformity_of_many_is_that_of_plain_pairs() -> None:
    x = normal(1100, 3, 0)
    away = torch.pdist(normalize(x, dim=1)).square()
    assert metrics.uniformity(x) == pytest.approx(math.log(float((-2 * away).exp().mean())), rel=1e-9)


def test_a_gap_is_the_distance_of_means() -> None:
    up, down = torch.tensor([[0.0, 3.0]]), torch.tensor([[0.0, -1.0], [0.0, -2.0]])
    assert metrics.modality_gap(up, down) == 2
    assert metrics.modality_gap(up, up) == 0
    x = normal(400, 8, 0)
    gaps = [metrics.modality_gap(x, x + shift) for shift in (0.0, 0.2, 1.0)]
    assert gaps[0] == 0
    assert sorted(gaps) == gaps


def test_the_order_of_codes_does_not_matter() -> None:
    a, b = normal(60, 4, 0), normal(60, 4, 1)
    shuffle = torch.randperm(60, generator=torch.Generator().manual_seed(0))
    assert metrics.uniformity(a[shuffle]) == pytest.approx(metrics.uniformity(a))
    assert metrics.modality_gap(a[shuffle], b) == pytest.approx(metrics.modality_gap(a, b))
    assert metrics.alignment(a[shuffle], b[shuffle]) == pytest.approx(metrics.alignment(a, b))


def test_what_means_nothing_is_refused() -> None:
    x = normal(3, 2, 0)
    with pytest.raises(DataError, match="got 3 and 2"):
        metrics.alignment(x, x[:2])
    with pytest.raises(DataError, match="two samples: got 1"):
        metrics.uniformity(x[:1])
    with pytest.raises(DataError, match="got 3 and 0"):
        metrics.modality_gap(x, x[:0])
    with pytest.raises(DataError, match="one dimension"):
        metrics.uniform(0)
