"""Cells that go wrong on purpose, and the truth about them."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from anygan.training.game.damage import RATE, Damage
from anygan.training.parallel import World


def drawn(rows: int, modalities: int, seed: int, share: float = 0.7) -> tuple[torch.Tensor, Damage]:
    observed = torch.rand(rows, modalities, generator=torch.Generator().manual_seed(seed)) < share
    return observed, Damage.draw(observed, torch.Generator().manual_seed(seed + 1))


@given(st.integers(1, 40), st.integers(1, 5), st.integers(0, 99))
@settings(max_examples=50, deadline=None)
def test_at_most_one_observed_cell_of_a_row_is_touched(rows: int, modalities: int, seed: int) -> None:
    observed, damage = drawn(rows, modalities, seed)
    touched = (damage.level > 0) | (damage.hidden > 0) | damage.swapped
    assert not (touched & ~observed).any()
    assert (touched.sum(1) <= 1).all()
    assert torch.equal(damage.truth()[~touched], torch.ones(int((~touched).sum())))
    assert ((damage.truth() >= 0) & (damage.truth() <= 1)).all()


@given(st.integers(2, 40), st.integers(1, 5), st.integers(0, 99))
@settings(max_examples=50, deadline=None)
def test_swaps_take_a_cell_that_is_there_and_leave_company(rows: int, modalities: int, seed: int) -> None:
    observed, damage = drawn(rows, modalities, seed)
    swapped = damage.swapped
    assert observed.gather(0, damage.partner)[swapped].all()
    assert (observed.sum(1)[swapped.any(1)] > 1).all()
    assert not damage.truth()[swapped].any()


def test_about_the_promised_share_of_rows_is_touched() -> None:
    _, damage = drawn(4000, 3, 0, share=1.0)
    assert abs(float((damage.truth() < 1).any(1).float().mean()) - RATE) < 0.05
    assert abs(float(damage.swapped.any(1).float().mean()) - RATE / 3) < 0.05


def test_touched_canvases_and_swapped_evidence_are_those_drawn() -> None:
    _, damage = drawn(64, 2, 0, share=1.0)
    canvases = {"a": torch.ones(64, 1, 8, 8), "b": torch.ones(64, 5)}
    touched = damage.touch(canvases, torch.Generator().manual_seed(0), World())
    for m, name in enumerate(canvases):
        same = (touched[name] == canvases[name]).flatten(1).all(1)
        assert same[(damage.level[:, m] == 0) & (damage.hidden[:, m] == 0)].all()
        assert not same[damage.level[:, m] > 0].any()
    evidence = torch.randn(64, 2, 3)
    moved = damage.swap(evidence)
    assert torch.equal(moved[~damage.swapped], evidence[~damage.swapped])
    row, place = damage.swapped.nonzero()[0].tolist()
    assert torch.equal(moved[row, place], evidence[damage.partner[row, place], place])
