"""Words: rows of one modality sorted by their codes."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from anygan.model.words import HEAPS, Words

CODE = 16


def clumps(counts: list[int], chance: torch.Generator) -> tuple[Tensor, Tensor]:
    """Unit codes of clumps that are apart, shuffled, and which clump each is of."""
    middles = torch.eye(CODE)[: len(counts)]
    number = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    number = number[torch.randperm(len(number), generator=chance)]
    near = middles[number] + 0.05 * torch.randn(len(number), CODE, generator=chance)
    return normalize(near, dim=1), number


def sorted_by(counts: list[int], steps: int, seed: int = 0) -> tuple[Words, torch.Generator]:
    """Words that have seen so many steps of such clumps."""
    chance, words = torch.Generator().manual_seed(seed), Words(CODE)
    for _ in range(steps):
        words.sort(clumps(counts, chance)[0])
    return words, chance


def test_a_heap_holds_rows_of_one_clump() -> None:
    words, chance = sorted_by([16, 16, 16, 16], 300)
    codes, clump = clumps([200] * 4, chance)
    _, heap = words.nearest(codes)
    table = torch.zeros(HEAPS, 4).index_put_((heap, clump), torch.ones(len(heap)), accumulate=True)
    assert table.max(1).values.sum() == len(codes)
    assert (table.sum(1) > 0).sum() > HEAPS / 2


def test_words_are_drawn_as_often_as_rows_have_them() -> None:
    words, chance = sorted_by([48, 12, 4], 2000)
    codes, clump = clumps([2000, 2000, 2000], chance)
    _, heap = words.nearest(codes)
    of = torch.full((HEAPS,), -1)
    of[heap] = clump
    drawn = words.draw(20_000, chance)
    number = (drawn @ words.words.T).argmax(1)
    assert torch.equal(drawn, words.words[number])
    shares = torch.stack([(of[number] == k).float().mean() for k in range(3)])
    assert torch.allclose(shares, torch.tensor([0.75, 0.1875, 0.0625]), atol=0.03)


def test_heaps_follow_codes_that_move() -> None:
    words, chance = sorted_by([32, 32], 200)
    moved = normalize(torch.randn(CODE, CODE, generator=chance), dim=1)
    for _ in range(2000):
        words.sort(clumps([32, 32], chance)[0] @ moved)
    codes, clump = clumps([200, 200], chance)
    near, heap = words.nearest(codes @ moved)
    assert near.mean() > 0.98
    assert not set(heap[clump == 0].tolist()) & set(heap[clump == 1].tolist())
    assert words.shares[heap.unique()].sum() > 0.9, "words of heaps that nobody has are hardly ever drawn"


def test_a_heap_that_begins_anew_is_given_time() -> None:
    words, chance = sorted_by([63, 1], 300)
    jumps = 0
    for _ in range(100):
        before = normalize(words.middles, dim=1)
        words.sort(clumps([63, 1], chance)[0])
        jumps += int(((normalize(words.middles, dim=1) * before).sum(1) < 0.98).sum())
    assert jumps < 20


def test_half_precision_does_not_move_a_row_to_another_heap() -> None:
    words, chance = sorted_by([16, 16, 16, 16], 300)
    codes, _ = clumps([200] * 4, chance)
    with torch.autocast("cpu", torch.bfloat16):
        told = words(codes)
    assert torch.equal(told, words(codes))


def test_a_word_is_a_direction_of_its_own_and_the_same_in_every_model() -> None:
    words = Words(64)
    assert torch.equal(words.words, Words(64).words)
    assert torch.allclose(words.words.norm(dim=1), torch.ones(HEAPS))
    alike = words.words @ words.words.T - torch.eye(HEAPS)
    assert alike.abs().max() < 0.6


def test_what_is_not_there_or_no_number_has_no_word_and_teaches_nothing() -> None:
    words, chance = sorted_by([32, 32], 50)
    before = {name: value.clone() for name, value in words.state_dict().items()}
    codes, _ = clumps([32, 32], chance)
    words.sort(torch.zeros(5, CODE))
    words.sort(torch.full((5, CODE), torch.nan))
    assert all(torch.equal(before[name], value) for name, value in words.state_dict().items())
    assert not words(torch.zeros(5, CODE)).any()
    other = Words(CODE)
    other.load_state_dict(before)
    words.sort(torch.cat([codes, torch.zeros(3, CODE), torch.full((3, CODE), torch.nan)]))
    other.sort(codes)
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(words.buffers(), other.buffers(), strict=True))
