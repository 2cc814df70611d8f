"""Memory: codes that are imagined come back to where rows are."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from anygan.config import Config
from anygan.modalities import Vector
from anygan.model.gan import AnyGAN
from anygan.model.memory import NEAR, Memory
from anygan.training import checkpoint

SCALE = torch.tensor(12.0)


def clumps(count: int = 6, each: int = 40, code: int = 32) -> tuple[Tensor, Tensor]:
    """Codes (count * each, code) in clumps, and the middles (count, code)."""
    chance = torch.Generator().manual_seed(0)
    middles = normalize(torch.randn(count, code, generator=chance), dim=1)
    codes = middles.repeat_interleave(each, 0) + 0.04 * torch.randn(count * each, code, generator=chance)
    return normalize(codes, dim=1), middles


def remembering(codes: Tensor) -> Memory:
    memory = Memory(1, codes.shape[1], {})
    memory.keep(codes, codes.unsqueeze(1), torch.ones(len(codes), 1, dtype=torch.bool), {})
    return memory


def first(evidence: Tensor, given: Tensor) -> Tensor:
    """What the first modality says, where it is given."""
    return normalize(evidence[:, 0], dim=1) * given[:, :1]


def combined() -> tuple[Memory, Tensor, Tensor]:
    """A memory of all nine combinations of two things but one, of which a cell says both; the things' directions."""
    things = torch.eye(32)[:6]
    pairs = [(a, b) for a in range(3) for b in range(3, 6) if (a, b) != (0, 3)]
    codes = normalize(torch.stack([things[a] + things[b] for a, b in pairs]), dim=1).repeat_interleave(20, 0)
    codes = normalize(codes + 0.02 * torch.randn(codes.shape, generator=torch.Generator().manual_seed(0)), dim=1)
    memory = Memory(2, 32, {})
    memory.keep(codes, torch.stack([codes, torch.zeros_like(codes)], 1), torch.tensor([[True, False]] * len(codes)), {})
    return memory, things, codes


def test_a_combination_that_no_row_has_shown_is_said_as_it_is_given() -> None:
    memory, things, codes = combined()
    heard, unheard = codes[:1], normalize(things[:1] + things[3:4], dim=1)
    shown = torch.tensor([[True, False]])
    for given in (unheard, heard):
        answer, near = memory(given, normalize(given + 0.3 * things[4], dim=1), SCALE)
        assert bool((answer @ given.T).item() < 0.9) == (given is unheard), "a mean of rows says what they say"
        whole = memory.beyond(given, answer, near, SCALE, shown, first)
        assert (whole * given).sum() > 0.95
        assert torch.allclose(whole, answer, atol=1e-3) == (given is heard), "what is no news is left out"


def test_rows_that_lack_what_is_shown_are_not_asked() -> None:
    memory, things, _ = combined()
    given = normalize(things[:1] + things[3:4], dim=1)
    answer, near = memory(given, given, SCALE)
    for shown in ((True, True), (False, True), (False, False)):
        assert torch.allclose(memory.beyond(given, answer, near, SCALE, torch.tensor([shown]), first), answer)


def test_while_nothing_is_kept_a_draw_stays_as_it_is() -> None:
    drawn = normalize(torch.randn(5, 8), dim=1)
    empty, given = Memory(2, 8, {}), torch.zeros(5, 8)
    answer, near = empty(given, drawn, SCALE)
    assert answer is drawn
    assert empty.beyond(given, drawn, near, SCALE, torch.ones(5, 2, dtype=torch.bool), first) is drawn


def test_a_draw_between_rows_goes_to_where_rows_are() -> None:
    codes, middles = clumps()
    stray = normalize(middles + 0.16 * torch.randn(middles.shape, generator=torch.Generator().manual_seed(1)), dim=1)
    back = remembering(codes)(torch.zeros_like(stray), stray, SCALE)[0]
    assert back.norm(dim=1).allclose(torch.ones(len(back)))
    assert (stray * middles).sum(1).max() < 0.9
    assert (back * middles).sum(1).min() > 0.97


def test_draws_that_differ_within_a_clump_go_on_differing() -> None:
    codes, _ = clumps(each=400)
    some = codes[:400:40]
    back = remembering(codes)(torch.zeros_like(some), some, SCALE)[0]
    assert torch.pdist(back).min() > 0.1 * torch.pdist(some).min()


def test_the_nearest_rows_say_what_all_of_them_would(monkeypatch: pytest.MonkeyPatch) -> None:
    codes, middles = clumps()
    none, answer = torch.zeros_like(middles), {}
    for near in (4, NEAR, len(codes)):
        monkeypatch.setattr("anygan.model.memory.NEAR", near)
        answer[near], rows = remembering(codes)(none, middles, SCALE)
        assert rows.shape[1] == near
    assert torch.allclose(answer[NEAR], answer[len(codes)], atol=1e-3)
    assert not torch.allclose(answer[4], answer[len(codes)], atol=1e-2), "four rows do not"


def test_what_is_given_speaks_beside_what_is_imagined() -> None:
    codes, middles = clumps()
    between = normalize(middles[:1] + middles[1:2], dim=1)
    memory = remembering(codes)
    for own in (0, 1):
        said = memory(middles[own : own + 1], between, SCALE)[0]
        assert (said * middles).sum(1).argmax() == (said @ middles.T).argmax() == own


def test_latents_are_what_rows_like_them_have_beyond_what_is_made_of_their_codes() -> None:
    codes, middles = clumps()
    own = torch.arange(6.0).repeat_interleave(40).unsqueeze(1) * torch.ones(1, 3)
    memory, nobody = Memory(2, 32, {1: 3}), Memory(2, 32, {1: 3})
    cells = torch.ones(len(codes), 2, dtype=torch.bool)
    assert not nobody.rest(1, middles, SCALE).any(), "while nothing is kept nothing is added"
    memory.keep(codes, codes.unsqueeze(1).repeat(1, 2, 1), cells, {1: own})
    assert torch.allclose(memory.rest(1, middles, SCALE), own[::40], atol=0.01)
    cells[40:, 1] = False
    memory.keep(codes, codes.unsqueeze(1).repeat(1, 2, 1), cells, {1: own})
    assert torch.allclose(memory.rest(1, middles, SCALE), own[:1], atol=0.01), "rows that have no such cell say nothing"
    cells[:, 1] = False
    nobody.keep(codes, codes.unsqueeze(1).repeat(1, 2, 1), cells, {1: own})
    assert not nobody.rest(1, middles, SCALE).any()
    memory.forget()
    assert len(memory.codes) == len(memory.cells) == 0


def test_as_many_as_were_kept_are_read_again(tmp_path: Path) -> None:
    config = Config(size="tiny")
    modalities = {name: Vector(name, 2, (0.0,) * 2, (1.0,) * 2) for name in "ab"}
    model, other = AnyGAN(modalities, config), AnyGAN(modalities, config)
    assert model.memory is not None
    assert other.memory is not None
    codes, cells = normalize(torch.randn(7, config.code), dim=1), torch.rand(7, 2) < 0.5
    model.memory.keep(codes, torch.rand(7, 2, config.code), cells, {})
    checkpoint.save(tmp_path / "whole", model.state_dict(), {})
    for _ in range(2):
        other.load_state_dict(checkpoint.load(tmp_path / "whole")[0])
        for name in ("codes", "evidence", "cells"):
            assert torch.equal(getattr(other.memory, name), getattr(model.memory, name))
    assert AnyGAN({"a": modalities["a"]}, config).memory is None


@pytest.mark.parametrize("given", [False, True])
def test_a_model_draws_from_where_its_rows_are(given: bool) -> None:
    config = Config(size="tiny")
    torch.manual_seed(0)  # of forty fresh priors two draw a code half-way between two clumps, which stays there
    model = AnyGAN({name: Vector(name, 2, (0.0,) * 2, (1.0,) * 2) for name in "ab"}, config)
    codes, middles = clumps(code=config.code)
    assert model.memory is not None
    model.memory.keep(codes, codes.unsqueeze(1).repeat(1, 2, 1), torch.ones(len(codes), 2, dtype=torch.bool), {})
    with torch.no_grad():
        model.log_scale.fill_(2.5)
        known = middles.repeat(10, 1) * given
        drawn = model.sample(known, torch.Generator().manual_seed(0))
    near = drawn @ middles.T
    assert near.max(1).values.min() > 0.9
    if given:
        assert near.argmax(1).tolist() == [*range(len(middles))] * 10
