"""Beam search against looking at every sequence."""

from itertools import product

import pytest
import torch
from torch import Tensor

from anygan.nn.beam import beam_search

PAD, END, WORDS, LENGTH = 0, 1, 4, 4


def language(seed: int, rows: int = 5) -> tuple[Tensor, Tensor]:
    """Logits of a token after another, (rows, WORDS, WORDS), and each row's number as its state."""
    return 2 * torch.randn(rows, WORDS, WORDS, generator=torch.Generator().manual_seed(seed)), torch.arange(rows)


def every(table: Tensor, row: int) -> dict[tuple[int, ...], float]:
    """All sequences and their log probabilities."""
    found = {}
    for words in product(range(1, WORDS), repeat=LENGTH):
        said = words[: words.index(END) + 1] if END in words else words
        before, total = END, 0.0
        for place, word in enumerate(said):
            logits = table[row, before].clone()
            logits[PAD] = -torch.inf
            logits[END] = -torch.inf if place == 0 else logits[END]
            total += float(logits.log_softmax(0)[word])
            before = word
        if said[0] != END:
            found[said + (PAD,) * (LENGTH - len(said))] = total
    return found


@pytest.mark.parametrize("seed", range(5))
def test_enough_beams_find_the_likeliest_sequences_of_all(seed: int) -> None:
    table, state = language(seed)
    said, score = beam_search(lambda token, row: (table[row, token], row), state, 40, LENGTH, END, PAD)
    for row in range(len(state)):
        totals = every(table, row)
        assert score[row, :5].tolist() == pytest.approx(sorted(totals.values(), reverse=True)[:5], abs=1e-4)
        found = [tuple(words) for words in said[row, :5].tolist()]
        assert len(set(found)) == 5
        assert [totals[words] for words in found] == pytest.approx(score[row, :5].tolist(), abs=1e-4)


def test_one_beam_is_greedy() -> None:
    table, state = language(9)
    said, _ = beam_search(lambda token, row: (table[row, token], row), state, 1, LENGTH, END, PAD)
    for row in range(len(state)):
        token = END
        for place in range(LENGTH):
            allowed = table[row, token].clone()
            allowed[[PAD, END] if place == 0 else [PAD]] = -torch.inf
            token = int(allowed.argmax())
            assert said[row, 0, place] == token
            if token == END:
                assert (said[row, 0, place + 1 :] == PAD).all()
                break


def test_more_beams_find_no_less_likely_sequence() -> None:
    table, state = language(3, rows=50)
    best = [beam_search(lambda t, row: (table[row, t], row), state, k, LENGTH, END, PAD)[1][:, 0] for k in (1, 40)]
    assert (best[1] >= best[0] - 1e-5).all()
    assert (best[1] > best[0] + 1e-3).any()
