"""Diversity and copying: closed forms, and by property."""

import math

import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from anygan.errors import DataError
from anygan.metrics import authenticity, copied, vendi


def normal(n: int, d: int, seed: int) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("clusters", [1, 2, 7])
def test_vendi_counts_equal_clusters(clusters: int) -> None:
    assert vendi(torch.eye(9)[:clusters].repeat(4, 1)) == pytest.approx(clusters)


def test_vendi_of_identical_samples_is_one() -> None:
    assert vendi(normal(1, 5, 0).repeat(30, 1)) == pytest.approx(1)


def test_vendi_of_two_clusters_is_in_closed_form() -> None:
    # Three of one and one of another: the entropy of (3/4, 1/4).
    expected = math.exp(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))
    assert vendi(torch.eye(2)[[0, 0, 0, 1]]) == pytest.approx(expected)


def test_vendi_is_that_of_the_kernel_matrix_either_way() -> None:
    for x in (normal(30, 6, 1), normal(6, 30, 2)):
        unit = x / x.norm(dim=1, keepdim=True)
        values = torch.linalg.eigvalsh(unit @ unit.T / len(x)).clamp_min(1e-15)
        assert vendi(x) == pytest.approx(math.exp(-float((values * values.log()).sum())), rel=1e-6)
        assert vendi(x) == pytest.approx(vendi(3 * x.flip(0)))


def test_vendi_falls_when_samples_come_together() -> None:
    x = normal(200, 8, 3)
    scores = [vendi(x + pull) for pull in (0.0, 1.0, 5.0)]
    assert sorted(scores, reverse=True) == scores
    with pytest.raises(DataError, match="needs a sample"):
        vendi(x[:0])


def test_copies_are_not_authentic() -> None:
    train = normal(300, 4, 0)
    assert authenticity(train, train[:50]) == 0
    assert authenticity(train, train[:50] + 1e-6 * normal(50, 4, 1)) == 0


def test_what_lies_far_from_all_training_samples_is_authentic() -> None:
    train = normal(300, 4, 0)
    assert authenticity(train, train[:50] + 100) == 1


def test_new_samples_of_the_same_law_are_between() -> None:
    train, fresh = normal(1000, 3, 0), normal(1000, 3, 1)
    clean = authenticity(train, fresh)
    assert 0.3 < clean < 0.7
    half = torch.cat([train[:500], fresh[:500]])
    assert authenticity(train, half) == pytest.approx(authenticity(train, fresh[:500]) / 2)
    assert authenticity(train, fresh.flip(0)) == clean


def test_authenticity_is_that_of_plain_neighbour_search() -> None:
    train, fake = normal(1100, 3, 0), normal(90, 3, 1)
    search = NearestNeighbors().fit(train.numpy())
    away, place = search.kneighbors(fake.numpy(), 1)
    own = search.kneighbors(train.numpy()[place[:, 0]], 2)[0][:, 1]
    assert authenticity(train, fake) == pytest.approx((away[:, 0] > own).mean())


def test_copies_need_a_crowd() -> None:
    with pytest.raises(DataError, match="two training samples"):
        authenticity(normal(1, 3, 0), normal(4, 3, 1))
    with pytest.raises(DataError, match="two training samples"):
        copied(normal(1, 3, 0), normal(4, 3, 1))


def test_copies_and_near_copies_are_found_and_averages_are_not() -> None:
    train = normal(300, 16, 0)
    assert copied(train, train[:50]) == 1
    assert copied(train, train[:50] + 0.01 * normal(50, 16, 1)) == 1
    mean = train.mean(0).repeat(50, 1)
    assert copied(train, mean) == 0
    assert copied(train, (train[:50] + train[50:100]) / 2) == 0
    # The other rule takes nearly every average for a copy: its distance is less than that of two samples.
    assert authenticity(train, mean) == 0
    half = torch.cat([train[:50], normal(50, 16, 2)])
    assert copied(train, half) == copied(train, half.flip(0)) == 0.5


def test_what_is_nearest_to_a_sample_that_lies_alone_is_no_copy() -> None:
    # A model that knows a few wrong sentences: far from all, yet nearer to the loner than its neighbours are.
    train = torch.cat([normal(300, 8, 0), torch.full((1, 8), 20.0, dtype=torch.float64)])
    fake = 12 + 0.1 * normal(20, 8, 1)
    assert authenticity(train, fake) == 0
    assert copied(train, fake) == 0
    assert copied(train, train[-1:]) == 1


@pytest.mark.parametrize("d", [1, 2, 3])
def test_chance_makes_copies_in_few_dimensions(d: int) -> None:
    train, fresh = (torch.rand(4000, d, generator=torch.Generator().manual_seed(i)) for i in (0, 1))
    # Within a ball about a sample, places are even: the ratio of the two radii is below r in r^d of cases.
    assert copied(train, fresh) == pytest.approx(3.0**-d, abs=0.03)


def test_copied_is_that_of_plain_neighbour_search() -> None:
    train, fake = normal(1100, 3, 0), normal(90, 3, 1)
    away = NearestNeighbors().fit(train.numpy()).kneighbors(fake.numpy(), 2)[0]
    assert copied(train, fake, 1.5) == pytest.approx((1.5 * away[:, 0] <= away[:, 1]).mean())
