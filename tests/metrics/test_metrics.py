"""Metrics against closed forms and references, and by property."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from scipy.spatial.distance import pdist
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from anygan import metrics
from anygan.errors import DataError


def normal(n: int, d: int, seed: int, scale: float = 1.0, shift: float = 0.0) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * scale + shift


def test_frechet_of_a_shift_is_its_square() -> None:
    x = normal(300, 5, 0)
    shift = torch.tensor([1.0, -2.0, 0.5, 0.0, 3.0], dtype=torch.float64)
    assert metrics.frechet(x, x + shift) == pytest.approx(float(shift.square().sum()), abs=1e-9)


def test_frechet_of_a_scale_is_in_closed_form() -> None:
    x = normal(400, 3, 1)
    x = x - x.mean(0)
    trace = float(x.T.cov().trace())
    assert metrics.frechet(x, 3 * x) == pytest.approx(4 * trace, rel=1e-9)


def test_frechet_is_that_of_the_matrix_root() -> None:
    mix = normal(6, 6, 2)
    x, y = normal(200, 6, 3), normal(150, 6, 4, 1.5, 0.3) @ mix
    a, b = np.cov(x.numpy().T), np.cov(y.numpy().T)
    expected = ((x.mean(0) - y.mean(0)) ** 2).sum().item() + np.trace(a + b - 2 * sqrtm(a @ b).real)
    assert metrics.frechet(x, y) == pytest.approx(expected, rel=1e-8)
    assert metrics.frechet(y, x) == pytest.approx(expected, rel=1e-8)


def test_frechet_stands_flat_covariances() -> None:
    x = torch.cat([normal(100, 3, 0), torch.zeros(100, 2, dtype=torch.float64)], 1)
    assert metrics.frechet(x, x) == pytest.approx(0, abs=1e-9)


def test_frechet_refuses_fewer_samples_than_dimensions() -> None:
    with pytest.raises(DataError, match="7 samples of 8 dimensions"):
        metrics.frechet(normal(50, 8, 0), normal(7, 8, 1))


def test_features_of_different_judges_are_refused() -> None:
    with pytest.raises(DataError, match="3 and 4 dimensions"):
        metrics.kernel_distance(normal(5, 3, 0), normal(5, 4, 0))


def test_kernel_distance_is_the_unbiased_estimate() -> None:
    x, y = normal(1500, 4, 0).numpy(), normal(40, 4, 1, shift=0.5).numpy()
    xx, yy, xy = (polynomial_kernel(a, b, 3, 1 / 4, 1) for a, b in [(x, x), (y, y), (x, y)])
    expected = (xx.sum() - xx.trace()) / (1500 * 1499) + (yy.sum() - yy.trace()) / (40 * 39) - 2 * xy.mean()
    assert metrics.kernel_distance(torch.from_numpy(x), torch.from_numpy(y)) == pytest.approx(expected, rel=1e-9)


def test_kernel_distance_is_unbiased_at_zero() -> None:
    values = [metrics.kernel_distance(normal(30, 2, 2 * i), normal(30, 2, 2 * i + 1)) for i in range(200)]
    assert abs(np.mean(values)) < 3 * np.std(values) / math.sqrt(200)
    assert min(values) < 0 < max(values)


def test_neighbourhood_metrics_are_those_of_plain_neighbour_search() -> None:
    x, y = normal(1100, 3, 0), normal(90, 3, 1, 0.5, 1.0)
    search = NearestNeighbors().fit(x.numpy())
    balls = search.kneighbors(x.numpy(), 4)[0][:, -1]
    inside = np.linalg.norm(y.numpy()[:, None] - x.numpy()[None], axis=2) <= balls
    assert metrics.precision_recall(x, y, 3)[0] == pytest.approx(inside.any(1).mean())
    density, coverage = metrics.density_coverage(x, y, 3)
    assert density == pytest.approx(inside.sum() / (3 * 90))
    assert coverage == pytest.approx(inside.any(0).mean())
    assert metrics.precision_recall(x, y) == metrics.precision_recall(y, x)[::-1]


def test_disjoint_sets_share_nothing() -> None:
    x, y = normal(50, 4, 0), normal(50, 4, 1, shift=100.0)
    assert metrics.precision_recall(x, y) == (0, 0)
    assert metrics.density_coverage(x, y) == (0, 0)


def test_a_collapsed_set_is_precise_and_covers_nothing() -> None:
    x = normal(400, 2, 0)
    y = x[:1] + 1e-6 * normal(400, 2, 1)
    precision, recall = metrics.precision_recall(x, y)
    assert precision == 1
    assert recall < 0.02
    assert metrics.density_coverage(x, y)[1] < 0.05


def test_neighbours_need_company() -> None:
    with pytest.raises(DataError, match="more than 3 samples: got 3"):
        metrics.precision_recall(normal(3, 2, 0), normal(9, 2, 0))


def test_a_set_is_best_on_itself() -> None:
    x = normal(200, 6, 0)
    assert metrics.frechet(x, x) == pytest.approx(0, abs=1e-9)
    assert metrics.precision_recall(x, x) == (1, 1)
    assert metrics.density_coverage(x, x)[1] == 1
    assert metrics.recall_at(1, x, x) == 1


def test_noise_makes_everything_worse() -> None:
    x, clean = normal(600, 4, 0), normal(600, 4, 1)
    worse = [clean + level * normal(600, 4, 2) for level in (0.0, 1.0, 3.0)]
    assert sorted(d := [metrics.frechet(x, y) for y in worse]) == d
    assert sorted(d := [metrics.kernel_distance(x, y) for y in worse]) == d
    assert sorted(d := [metrics.precision_recall(x, y)[0] for y in worse], reverse=True) == d
    assert sorted(d := [metrics.recall_at(5, clean, y) for y in worse], reverse=True) == d


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(12, 40), m=st.integers(12, 40))
def test_the_order_of_rows_does_not_matter(seed: int, n: int, m: int) -> None:
    x, y = normal(n, 3, seed), normal(m, 3, seed + 1, 2.0)
    shuffle = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    for name in ("frechet", "kernel_distance", "precision_recall", "density_coverage"):
        metric = getattr(metrics, name)
        assert metric(x[shuffle], y) == pytest.approx(metric(x, y), rel=1e-9, abs=1e-9), name
    for metric in (metrics.spread, metrics.effective_rank):
        assert metric(x[shuffle]) == pytest.approx(metric(x), rel=1e-9)


def test_effective_rank_counts_the_dimensions_in_use() -> None:
    assert metrics.effective_rank(normal(20_000, 4, 0)) == pytest.approx(4, abs=0.01)
    assert metrics.effective_rank(normal(500, 2, 0) @ normal(2, 9, 1)) < 2.001
    assert metrics.effective_rank(torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 1.0], [2.0, 1.0]])) == pytest.approx(
        math.exp(-(2 / 3 * math.log(2 / 3) + 1 / 3 * math.log(1 / 3)))
    )
    assert metrics.effective_rank(torch.full((10, 3), 0.1)) == 1


def test_spread_is_the_mean_distance_of_pairs() -> None:
    x = normal(1200, 3, 0)
    assert metrics.spread(x) == pytest.approx(pdist(x.numpy()).mean(), rel=1e-9)
    assert metrics.spread(torch.ones(4, 2)) == 0
    with pytest.raises(DataError):
        metrics.spread(torch.ones(1, 2))


def test_spread_takes_pictures() -> None:
    pictures = normal(6, 12, 0).reshape(6, 1, 3, 4)
    assert metrics.spread(pictures) == pytest.approx(metrics.spread(pictures.flatten(1)))


def test_recall_counts_true_partners() -> None:
    keys = torch.eye(4)
    queries = keys[[0, 1, 3, 2]] + 0.1 * keys
    assert metrics.partner_rank(queries, keys).tolist() == [0, 0, 1, 1]
    assert metrics.recall_at(1, queries, keys) == 0.5
    assert metrics.recall_at(4, queries, keys) == 1


def test_collapsed_codes_recall_nothing() -> None:
    assert metrics.recall_at(9, torch.ones(10, 3), torch.ones(10, 3)) == 0
    assert metrics.recall_at(10, torch.ones(10, 3), torch.ones(10, 3)) == 1


def test_recall_of_many_rows_is_that_of_few() -> None:
    codes, noisy = normal(1500, 3, 0), normal(1500, 3, 0) + 0.3 * normal(1500, 3, 1)
    ranks = metrics.partner_rank(noisy, codes)
    assert torch.equal(ranks, torch.cat([_rank(noisy[i], codes, i) for i in range(1500)]))


def _rank(query: Tensor, keys: Tensor, own: int) -> Tensor:
    similar = torch.cosine_similarity(query[None], keys)
    return (similar > similar[own] + 1e-12).sum()[None]


def test_entropy_of_even_classes_is_their_logarithm() -> None:
    nats, shares = metrics.entropy(torch.arange(40) % 8, 8)
    assert nats == pytest.approx(math.log(8))
    assert torch.equal(shares, torch.full((8,), 0.125, dtype=torch.float64))


def test_entropy_of_one_class_is_zero() -> None:
    nats, shares = metrics.entropy(torch.full((5,), 2), 4)
    assert nats == 0
    assert shares.tolist() == [0, 0, 1, 0]


def test_agreement_needs_all() -> None:
    votes = [torch.tensor([1, 2, 3, 4]), torch.tensor([1, 2, 3, 0]), torch.tensor([1, 2, 0, 0])]
    assert metrics.agreement(votes) == 0.5
    assert metrics.agreement(votes[:1]) == 1
