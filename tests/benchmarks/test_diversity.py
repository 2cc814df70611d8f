"""Diversity within a condition: 1 where draws are real cells, less where they are alike."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from diversity import LEAST, asked, compared, sentences

from anygan.data.captions import parse

KEYS = tuple("abcdef")


def cells(count: int, scale: float, seed: int) -> dict[Any, Sequence[Any]]:
    """Points about a place of each caption's own, which is far from the others'."""
    chance = torch.Generator().manual_seed(seed)
    return {k: list(100 * i + scale * torch.randn(count, 4, generator=chance)) for i, k in enumerate(KEYS)}


def test_ratio_and_floor_whatever_the_sizes_of_groups() -> None:
    told = compared(cells(400, 0.5, 0), cells(300, 1.0, 1), cells(200, 1.0, 2), {"judge": torch.stack})
    assert told["captions"] == 6
    assert told["judge"] == pytest.approx(0.5, abs=0.03)
    assert told["judge, floor"] == pytest.approx(1, abs=0.06)
    assert told["judge, least"] <= told["judge"] <= told["judge, most"]


def test_draws_that_are_one_cell_have_no_spread() -> None:
    told = compared(cells(20, 0.0, 0), cells(20, 1.0, 1), cells(20, 1.0, 2), {"judge": torch.stack})
    assert told["judge"] == 0


def test_captions_with_too_few_real_cells_are_left_out() -> None:
    test = cells(20, 1.0, 1)
    test["b"] = test["b"][: LEAST - 1]
    assert compared(cells(20, 1.0, 0), test, cells(20, 1.0, 2), {"judge": torch.stack})["captions"] == 5


def test_every_digit_and_hand_is_asked_for_and_every_speaker_says_every_digit() -> None:
    speakers = ("ann", "bob", "cy", "dee", "eve", "fay")
    parts = asked(speakers)
    assert len({part[:3] for part in parts}) == len(parts) == 90
    assert len({(part[0], part[3]) for part in parts}) == 60
    assert [parse(text, speakers) is not None for text in sentences(speakers)] == [True] * 90
