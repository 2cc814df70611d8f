"""Retrieval by class and by partner, against scikit-learn, closed forms and by property."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score
from torch import Tensor

from anygan import metrics
from anygan.errors import DataError


def normal(n: int, d: int, seed: int) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def classes(n: int, k: int, seed: int) -> Tensor:
    return torch.randint(k, (n,), generator=torch.Generator().manual_seed(seed))


def test_average_precision_is_that_of_scikit_learn() -> None:
    queries, keys, of, among = normal(1050, 3, 0), normal(80, 3, 1), classes(1050, 4, 2), classes(80, 4, 3)
    similar = torch.cosine_similarity(queries[:, None], keys[None], dim=2).numpy()
    right = (of[:, None] == among[None]).numpy()
    expected = [average_precision_score(hits, scores) for hits, scores in zip(right, similar, strict=True)]
    assert metrics.mean_average_precision(queries, keys, of, among) == pytest.approx(np.mean(expected), abs=1e-12)


def test_ties_are_found_together_as_scikit_learn_has_it() -> None:
    keys = torch.eye(3, dtype=torch.float64)[[0, 0, 0, 1, 1, 2]]
    queries, of, among = keys[:1], torch.tensor([1]), torch.tensor([1, 0, 0, 1, 0, 1])
    expected = average_precision_score([1, 0, 0, 1, 0, 1], [1, 1, 1, 0, 0, 0])
    assert metrics.mean_average_precision(queries, keys, of, among) == pytest.approx(expected)


def test_precision_counts_the_right_class() -> None:
    keys = torch.tensor([[1.0, 0.0], [1.0, 0.1], [1.0, 0.2], [0.0, 1.0]])
    among = torch.tensor([5, 6, 5, 5])
    assert metrics.precision_at(1, keys[:1], keys, torch.tensor([5]), among) == 1
    assert metrics.precision_at(2, keys[:1], keys, torch.tensor([5]), among) == 0.5
    assert metrics.precision_at(3, keys[:1], keys, torch.tensor([5]), among) == pytest.approx(2 / 3)
    assert metrics.precision_at(3, keys[:1], keys, torch.tensor([9]), among) == 0


def test_precision_is_that_of_plain_sorting() -> None:
    queries, keys, of, among = normal(30, 4, 0), normal(50, 4, 1), classes(30, 3, 2), classes(50, 3, 3)
    nearest = torch.cosine_similarity(queries[:, None], keys[None], dim=2).argsort(1, descending=True)[:, :7]
    expected = float((among[nearest] == of[:, None]).double().mean())
    assert metrics.precision_at(7, queries, keys, of, among) == pytest.approx(expected)


def test_collapsed_codes_find_each_class_by_its_share() -> None:
    codes, among = torch.ones(10, 3), torch.tensor([0] * 4 + [1] * 6)
    for k in (1, 3, 10):
        assert metrics.precision_at(k, codes[:1], codes, torch.tensor([0]), among) == pytest.approx(0.4)
    assert metrics.mean_average_precision(codes[:1], codes, torch.tensor([0]), among) == pytest.approx(0.4)


def test_classes_apart_are_found_whole() -> None:
    labels = classes(60, 3, 0)
    codes = torch.eye(3, dtype=torch.float64)[labels] + 0.05 * normal(60, 3, 1)
    assert metrics.precision_at(10, codes, codes, labels, labels) == 1
    assert metrics.mean_average_precision(codes, codes, labels, labels) == pytest.approx(1)


def test_noise_makes_it_worse_down_to_chance() -> None:
    labels = torch.arange(600) % 5
    clean = torch.eye(5, dtype=torch.float64)[labels]
    noisy = [clean + level * normal(600, 5, 1) for level in (0.3, 1.0, 4.0, 100.0)]
    for metric in (metrics.mean_average_precision, lambda *codes: metrics.precision_at(10, *codes)):
        found = [metric(codes, codes.flip(0), labels, labels.flip(0)) for codes in noisy]
        found.append(metric(noisy[-1], normal(600, 5, 2), labels, labels))
        assert sorted(found, reverse=True) == found
        assert found[0] > 0.7
        assert found[-1] == pytest.approx(0.2, abs=0.03)


def test_chance_finds_classes_that_cluster_more_often_than_their_share() -> None:
    labels = torch.arange(600) % 5
    found = metrics.mean_average_precision(normal(600, 5, 0), torch.eye(5)[labels], labels, labels)
    assert found == pytest.approx(sum(1 / place for place in range(1, 6)) / 5, abs=0.03)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 20), m=st.integers(5, 30))
def test_the_order_does_not_matter(seed: int, n: int, m: int) -> None:
    # Few whole numbers: there are ties, which is where an order would show.
    queries, keys = (normal(size, 2, seed + i).round() for i, size in enumerate((n, m)))
    of, among = classes(n, 2, seed), classes(m, 2, seed + 1)
    among[0] = of[0]
    shuffle = torch.randperm(m, generator=torch.Generator().manual_seed(seed))
    other = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    before, after = (queries, keys, of, among), (queries[other], keys[shuffle], of[other], among[shuffle])
    assert metrics.precision_at(3, *after) == pytest.approx(metrics.precision_at(3, *before))
    assert metrics.mean_average_precision(*after) == pytest.approx(metrics.mean_average_precision(*before))


def test_what_means_nothing_is_refused() -> None:
    x, labels = normal(4, 2, 0), torch.zeros(4, dtype=torch.int64)
    with pytest.raises(DataError, match="at 5 needs as many keys: got 4"):
        metrics.precision_at(5, x, x, labels, labels)
    with pytest.raises(DataError, match="as many labels: got 4 and 3"):
        metrics.precision_at(1, x, x, labels, labels[:3])
    with pytest.raises(DataError, match="there is none"):
        metrics.mean_average_precision(x, x, labels, labels + 1)
    with pytest.raises(DataError, match="at least one query"):
        metrics.median_rank(torch.zeros(0))


def test_queries_without_a_key_of_their_class_have_no_precision() -> None:
    x = torch.eye(2, dtype=torch.float64)
    assert metrics.mean_average_precision(x, x, torch.tensor([0, 9]), torch.tensor([0, 1])) == 1


def test_the_median_rank_counts_from_one() -> None:
    x = normal(41, 3, 0)
    assert metrics.median_rank(metrics.partner_rank(x, x)) == 1
    assert metrics.median_rank(torch.arange(100)) == 50.5
    assert metrics.median_rank(metrics.partner_rank(torch.ones(9, 2), torch.ones(9, 2))) == 9
