"""Accuracy against damage, in worlds where it is known who must win."""

import numpy as np
import pytest
import torch
from oracles import NAMES, Deaf, Oracle, noised, rows

from anygan.evaluation.fusion.damaged import LEVELS, chance_of, damaged
from anygan.evaluation.fusion.rivals import WAYS, Rivals

TELLING = NAMES


def measured(fusion: Oracle, honest: bool = True, given: torch.Tensor | None = None) -> dict:
    looked, train = rows(fusion, 200, 1, given), rows(fusion, 400, 0)
    return damaged(looked, train, "digit", TELLING, NAMES, noised(looked, list(LEVELS), honest))


def test_a_fusion_that_fuses_stands_and_a_deaf_one_falls() -> None:
    good, bad = measured(Oracle()), measured(Deaf())
    assert all(min(curve["accuracy"]["fused"]) > 0.9 for curve in good["noise"])
    assert good["below"] == {"points": 11 * (3 + 6) + 11, "found": []}
    found = bad["below"]["found"]
    assert {gap["touched"] for gap in found} == {"a"}
    assert all(gap["fused"] < gap["rival"] - gap["error"] and gap["at"] > 0 for gap in found)
    assert len({tuple(gap["given"]) for gap in found}) == 3


def test_without_noise_everybody_tells_and_alone_falls_to_chance() -> None:
    told = measured(Oracle())
    for curve in told["noise"]:
        assert all(curve["accuracy"][way][0] == 1 for way in (*WAYS, "alone"))
        assert curve["accuracy"]["alone"][-1] < 0.7
        own = curve["best"] == curve["touched"]
        assert (curve["accuracy"]["best"] == curve["accuracy"]["alone"]) == own
        assert curve["area"]["alone"] == pytest.approx(
            sum(np.convolve(curve["accuracy"]["alone"], [0.5, 0.5], "valid")) / 10, abs=1e-6
        )


def test_missing_cells_leave_one_and_grow_with_the_share() -> None:
    told = measured(Oracle())["missing"]
    assert told["taken"] == sorted(told["taken"])
    assert told["taken"][0] == 0
    assert told["taken"][-1] <= 2 / 3
    # Every cell tells, so that one is enough.
    assert min(told["accuracy"]["fused"]) > 0.98
    assert min(told["accuracy"]["late"]) > 0.98


def test_swapped_cells_are_outvoted_or_followed() -> None:
    for fusion, deaf in ((Oracle(), False), (Deaf(), True)):
        told = measured(fusion)
        for curve in told["swapped"]:
            follows = curve["follows"]
            followed = deaf and curve["touched"] == "a"
            assert follows["fused"]["others"] == pytest.approx(0 if followed else 1, abs=0.02)
            assert follows["fused"]["swapped"] == pytest.approx(1 if followed else 0, abs=0.02)
            own = curve["best"] == curve["touched"]
            assert follows["best"]["swapped"] == pytest.approx(1 if own else 0, abs=0.02)
            share = curve["conflicting"] / curve["rows"]
            assert curve["accuracy"]["fused"][0] == 1
            assert curve["accuracy"]["fused"][-1] == pytest.approx(1 - share * followed, abs=0.02)
            assert 0.6 < share < 0.9


def test_rows_that_lack_what_is_compared_are_left_out() -> None:
    given = torch.ones(200, 3, dtype=torch.bool)
    given[:80, 0] = False
    given[100:120, 1:] = False
    told = measured(Oracle(), given=given)
    counts = {(tuple(curve["given"]), curve["touched"]): curve["rows"] for curve in told["noise"]}
    assert counts[tuple(NAMES), "a"] == 100
    assert counts[("b", "c"), "b"] == 180
    assert counts[("a", "b"), "a"] == 100
    assert told["missing"]["rows"] == 200


def test_nothing_that_tells_is_answered_by_the_commonest_class() -> None:
    train = rows(Oracle(), 100, 0)
    rivals = Rivals.fit(train, "digit", NAMES, ["a", "b"])
    only = torch.zeros(100, 3, dtype=torch.bool)
    only[:, 2] = True
    said = rivals.say(train, train.evidence, only)
    values, counts = np.unique(train.labels["digit"], return_counts=True)
    assert all((said[way] == values[counts.argmax()]).all() for way in ("best", "late", "early"))
    assert (said["fused"] == train.labels["digit"]).mean() > 0.9
    assert chance_of(train.labels["digit"]) == counts.max() / 100
