"""Clusters and what they share with classes, against scikit-learn and by property."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.metrics import normalized_mutual_info_score
from torch import Tensor

from anygan import metrics
from anygan.errors import DataError


def chance(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def blobs(n: int, k: int, noise: float, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Samples about the corners of a simplex, and which corner is theirs."""
    labels = torch.arange(n) % k
    return torch.eye(k)[labels] + noise * torch.randn(n, k, generator=chance(seed)), labels


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 60), a=st.integers(1, 6), b=st.integers(1, 6))
def test_it_is_the_score_of_scikit_learn(seed: int, n: int, a: int, b: int) -> None:
    x, y = torch.randint(a, (n,), generator=chance(seed)), torch.randint(b, (n,), generator=chance(seed + 1))
    expected = normalized_mutual_info_score(x.numpy(), y.numpy())
    assert metrics.mutual_information(x, y) == pytest.approx(expected, abs=1e-9)
    assert metrics.mutual_information(y, x) == pytest.approx(expected, abs=1e-9)
    shuffle = torch.randperm(n, generator=chance(seed))
    assert metrics.mutual_information(x[shuffle], y[shuffle]) == pytest.approx(expected, abs=1e-9)
    assert metrics.mutual_information(x, x) == pytest.approx(1)


def test_names_of_classes_do_not_matter() -> None:
    x = torch.arange(30) % 4
    assert metrics.mutual_information(x, torch.tensor([9, -3, 70, 2])[x]) == pytest.approx(1)


def test_clusters_are_the_blobs() -> None:
    x, labels = blobs(300, 6, 0.05)
    assert metrics.mutual_information(metrics.k_means(x, 6, chance(0)), labels) == pytest.approx(1)
    assert torch.equal(metrics.k_means(x, 6, chance(3)), metrics.k_means(x, 6, chance(3)))


def test_clusters_are_as_tight_as_those_of_scikit_learn() -> None:
    x = torch.randn(400, 3, generator=chance(0), dtype=torch.float64)
    found = metrics.k_means(x, 7, chance(0))
    centres = torch.stack([x[found == i].mean(0) for i in range(7)])
    inertia = float((x - centres[found]).square().sum())
    assert inertia <= 1.02 * KMeans(7, n_init=10, random_state=0).fit(x.numpy()).inertia_


def test_noise_blurs_clusters() -> None:
    found = []
    for noise in (0.05, 0.5, 3.0):
        x, labels = blobs(300, 5, noise)
        found.append(metrics.mutual_information(metrics.k_means(x, 5, chance(0)), labels))
    assert sorted(found, reverse=True) == found
    assert found[-1] < 0.1


def test_equal_samples_are_clustered_all_the_same() -> None:
    assert metrics.k_means(torch.ones(5, 2), 3, chance(0)).shape == (5,)
    assert sorted(metrics.k_means(torch.eye(4), 4, chance(0)).tolist()) == [0, 1, 2, 3]


def test_what_means_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="3 clusters need as many samples: got 2"):
        metrics.k_means(torch.eye(2), 3, chance(0))
    with pytest.raises(DataError, match="got 2 and 3"):
        metrics.mutual_information(torch.zeros(2), torch.zeros(3))
