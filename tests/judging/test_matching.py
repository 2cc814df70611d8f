"""Matching judges: they find partners of pairs they have not seen, and nothing where there is nothing to find."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from anygan.errors import DataError
from anygan.judging.matching import Matcher, train_matcher
from anygan.metrics import recall_at
from anygan.rows import Column

STEPS = 120


def columns(count: int, seed: int, words: Any = None) -> tuple[Column, Column]:
    """Points on a plane, and the sentence that says where each lies, unless other words are given."""
    points = np.random.default_rng(seed).uniform(-3, 3, (count, 2))
    names = [f"east{round(x)} north{round(y)}" for x, y in points] if words is None else words
    return Column("point", "vector", list(points), ("point",)), Column("said", "text", names, ("said",))


def paired(count: int) -> NDArray[np.int64]:
    return np.stack([np.arange(count)] * 2, 1)


@pytest.fixture(scope="module")
def matcher(tmp_path_factory: pytest.TempPathFactory) -> Matcher:
    return train_matcher(columns(2000, 0), paired(2000), steps=STEPS, cache=tmp_path_factory.mktemp("kept"))


def recall(matcher: Matcher, both: tuple[Column, Column], k: int = 10) -> float:
    first, second = (matcher.features(column.name, column.cells) for column in both)
    return recall_at(k, second, first)


def test_partners_are_found_among_unseen_ones(matcher: Matcher) -> None:
    unseen = columns(300, 1)
    assert recall(matcher, unseen) > 0.7
    features = matcher.features("point", unseen[0].cells)
    assert torch.allclose(features.norm(dim=1), torch.ones(300))
    assert matcher.features("said", []).shape == (0, features.shape[1])


def test_of_modalities_that_share_nothing_none_is_found(tmp_path: Path) -> None:
    words = [f"word{i}" for i in np.random.default_rng(5).integers(40, size=2000)]
    matcher = train_matcher(columns(2000, 0, words), paired(2000), steps=STEPS, cache=tmp_path)
    assert recall(matcher, columns(300, 1, words[::-1][:300])) < 0.12


def test_the_cache_gives_the_same_matcher(tmp_path: Path) -> None:
    seen: list[int] = []

    def train(pairs: NDArray[np.int64], seed: int = 0) -> Matcher:
        return train_matcher(
            columns(60, 0),
            pairs,
            steps=3,
            seed=seed,
            cache=tmp_path,
            progress=lambda step, steps: seen.append(step),
        )

    first = train(paired(60))
    again = train(paired(60))
    assert seen == [1, 2, 3]
    points = columns(5, 7)[0].cells
    assert again.name == first.name
    assert torch.equal(again.features("point", points), first.features("point", points))
    assert train(paired(60), seed=1).name != first.name
    # The same cells, paired in another way.
    crossed = np.stack([np.arange(60), np.arange(60)[::-1]], 1)
    assert train(crossed).name != first.name


def test_large_views_are_halved_and_kept(tmp_path: Path) -> None:
    pictures = list(np.random.default_rng(0).integers(0, 255, (40, 28, 28), np.uint8))
    both = (Column("image", "image", pictures, ("image",)), columns(40, 0)[1])
    first = train_matcher(both, paired(40), steps=2, cache=tmp_path)
    again = train_matcher(both, paired(40), steps=2, cache=tmp_path)
    assert torch.equal(first.features("image", pictures), again.features("image", pictures))


def test_training_leaves_the_global_stream_alone(tmp_path: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train_matcher(columns(40, 0), paired(40), steps=2, cache=tmp_path)
    assert torch.equal(torch.rand(3), expected)


def test_pairs_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    broken = [None if i % 2 else f"word{i}" for i in range(60)]
    matcher = train_matcher(columns(60, 0, broken), paired(60), steps=2, cache=tmp_path)
    assert matcher.features("said", ["word0"]).shape == (1, 64)
    with pytest.raises(DataError, match="needs 16 pairs of point and said: got 10"):
        train_matcher(columns(20, 0, broken[:20]), paired(20), steps=2, cache=tmp_path)
