"""Probes against another library, and by property."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from anygan.errors import DataError
from anygan.evaluation.probes import LinearProbe, cross_validated, nearest


def blobs(rows: int, seed: int, spread: float = 1.0) -> tuple[Tensor, np.ndarray]:
    """Three classes about three directions, on very different scales."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, rows)
    x = np.eye(3, 5)[y] + spread * rng.normal(size=(rows, 5))
    return torch.from_numpy(x * np.array([1, 100, 0.01, 1, 1])).float(), np.array(["a", "b", "c"])[y]


def test_the_linear_probe_is_penalised_logistic_regression() -> None:
    (x, y), (z, _) = blobs(300, 0), blobs(50, 1)
    scaler = StandardScaler().fit(x.double().numpy())
    known = LogisticRegression(C=1.0, tol=1e-8, max_iter=1000).fit(scaler.transform(x.double().numpy()), y)
    probe = LinearProbe.fit(x, y)
    expected = known.predict_proba(scaler.transform(z.double().numpy()))
    assert probe.probabilities(z).numpy() == pytest.approx(expected, abs=1e-4)
    assert probe.classes.tolist() == ["a", "b", "c"]


def test_it_reads_what_is_there_and_no_more() -> None:
    (x, y), (z, truth) = blobs(400, 0, 0.3), blobs(400, 1, 0.3)
    assert (LinearProbe.fit(x, y).predict(z) == truth).mean() > 0.9
    shuffled = np.random.default_rng(0).permutation(y)
    assert (LinearProbe.fit(x, shuffled).predict(z) == truth).mean() < 0.5


def test_many_rows_are_drawn_by_the_seed() -> None:
    x, y = blobs(5_000, 0)
    first, again, other = (LinearProbe.fit(x, y, seed) for seed in (0, 0, 1))
    assert torch.equal(first.weight, again.weight)
    assert not torch.equal(first.weight, other.weight)


def test_it_learns_where_nothing_else_may_and_stands_flat_features() -> None:
    x, y = blobs(60, 0, 0.1)
    x[:, 4] = 7.0
    for context in (torch.no_grad, torch.inference_mode):
        with context():
            assert (LinearProbe.fit(x * 1, y).predict(x) == y).mean() > 0.9


def test_classes_that_no_row_has_keep_their_place() -> None:
    x, y = blobs(60, 0, 0.1)
    classes = np.array(["a", "aa", "b", "c"])
    chances = LinearProbe.fit(x, y, classes=classes).probabilities(x)
    assert chances.shape == (60, 4)
    assert chances[:, 1].max() < 0.2
    assert (classes[chances.argmax(1).numpy()] == y).mean() > 0.9


def noise(rows: int, width: int, seed: int = 0) -> Tensor:
    """Features (rows, width) that tell nothing."""
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(seed))


FOUR = np.array(["a", "b", "c", "d"])[np.arange(400) % 4]


def test_folds_read_what_is_linear_and_nothing_of_noise() -> None:
    hidden = torch.eye(4).repeat(100, 1) + 0.1 * noise(400, 4)
    assert cross_validated(hidden @ noise(4, 6, 1), FOUR) == 1.0
    assert cross_validated(noise(400, 8), FOUR) == pytest.approx(0.25, abs=0.07)


def test_rows_do_not_vote_on_themselves() -> None:
    # As many features as rows: a fit on all of them would know every class by heart.
    assert (LinearProbe.fit(noise(200, 200), FOUR[:200]).predict(noise(200, 200)) == FOUR[:200]).all()
    assert cross_validated(noise(200, 200), FOUR[:200]) < 0.4


def test_every_class_is_spread_over_the_folds() -> None:
    # Whether classes come in turn or one after the other: a fold of one class alone would be told wrong throughout.
    x = torch.eye(5).repeat(20, 1) + 0.01 * noise(100, 5)
    y = np.arange(100) % 5
    order = np.argsort(y, kind="stable")
    assert cross_validated(x, y) == cross_validated(x[torch.from_numpy(order)], y[order]) == 1.0
    assert cross_validated(torch.ones(100, 3), y) == pytest.approx(0.2)


def test_few_rows_make_few_folds() -> None:
    assert cross_validated(torch.tensor([[0.0], [1.0], [0.1]]), np.array(["a", "b", "a"])) == pytest.approx(2 / 3)
    assert cross_validated(noise(10, 3), np.arange(10)) == 0.0
    for rows, classes in ((1, 1), (0, 0), (6, 5)):
        with pytest.raises(DataError, match="needs two of them"):
            cross_validated(noise(rows, 2), np.zeros(classes))


def test_neighbours_are_those_of_another_library() -> None:
    (x, y), (z, _) = blobs(300, 0), blobs(1100, 1)
    for k in (1, 7):
        known = KNeighborsClassifier(k, metric="cosine").fit(x.double().numpy(), y)
        # Equal counts are parted by nearness here and by name there.
        votes = known.predict_proba(z.double().numpy())
        clear = np.sort(votes, 1)[:, -1] > np.sort(votes, 1)[:, -2] + 1e-9
        assert clear.mean() > 0.7
        assert (nearest(x, y, z, k)[clear] == known.predict(z.double().numpy())[clear]).all()


def test_of_equal_votes_the_nearer_wins() -> None:
    keys = torch.tensor([[1.0, 0.0], [1.0, 1.0], [-1.0, 0.0]])
    assert nearest(keys, np.array(["far", "near", "other"]), torch.tensor([[0.9, 1.0]]), k=2).tolist() == ["near"]
    assert nearest(keys, np.array([1, 2, 2]), torch.tensor([[1.0, 0.0]]), k=99).tolist() == [2]


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(DataError, match="one row at least"):
        LinearProbe.fit(torch.zeros(0, 3), np.zeros(0))
    with pytest.raises(DataError, match="one row at least"):
        nearest(torch.zeros(2, 3), np.zeros(1), torch.zeros(1, 3))
