"""What is left out of training is left out of every pass, and is what is asked for."""

import numpy as np
from robustness import FIFTH, rare, unshown

from anygan.rows import Column, DataSet, Pairing


def combinations(epoch: int) -> Pairing:
    """Every combination of digit, hand and speaker twice, in another order in every pass."""
    drawn = np.random.default_rng(epoch).permutation(np.tile(np.arange(10 * 9 * 6), 2))
    names = np.array(["thin", "", "thick"]), np.array(["left", "", "right"])
    labels = {"digit": drawn // 54, "thickness": names[0][drawn // 18 % 3], "slant": names[1][drawn // 6 % 3]}
    return Pairing({"text": drawn}, labels | {"speaker": np.array(list("abcdef"))[drawn % 6]})


def test_a_fifth_of_all_combinations_never_occurs_and_the_others_all_do() -> None:
    every = DataSet("every", {"text": Column("text", "text", list(map(str, range(540))), ("text",))}, combinations)
    left = [set(p.index["text"][rare(p)].tolist()) for p in map(combinations, (0, 1))]
    assert left[0] == left[1]
    assert 0.7 < len(left[0]) * FIFTH / 540 < 1.3
    for epoch in (0, 1):
        kept = unshown(every).pairing(epoch)
        assert set(kept.index["text"].tolist()) == set(range(540)) - left[0]
        assert not rare(kept).any()
