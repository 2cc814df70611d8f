"""Memory: codes that are imagined come back to where rows are."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from anygan.config import Config
from anygan.modalities import Vector
from anygan.model.gan import AnyGAN
from anygan.model.memory import Memory
from anygan.training import checkpoint

SCALE = torch.tensor(12.0)


def clumps(count: int = 6, each: int = 40, code: int = 32) -> tuple[Tensor, Tensor]:
    """Codes (count * each, code) in clumps, and the middles (count, code)."""
    chance = torch.Generator().manual_seed(0)
    middles = normalize(torch.randn(count, code, generator=chance), dim=1)
    codes = middles.repeat_interleave(each, 0) + 0.04 * torch.randn(count * each, code, generator=chance)
    return normalize(codes, dim=1), middles


def remembering(codes: Tensor) -> Memory:
    memory = Memory(codes.shape[1])
    memory.keep(codes)
    return memory


def test_while_nothing_is_kept_a_draw_stays_as_it_is() -> None:
    drawn = normalize(torch.randn(5, 8), dim=1)
    assert Memory(8)(torch.zeros(5, 8), drawn, SCALE) is drawn


def test_a_draw_between_rows_goes_to_where_rows_are() -> None:
    codes, middles = clumps()
    stray = normalize(middles + 0.16 * torch.randn(middles.shape, generator=torch.Generator().manual_seed(1)), dim=1)
    back = remembering(codes)(torch.zeros_like(stray), stray, SCALE)
    assert back.norm(dim=1).allclose(torch.ones(len(back)))
    assert (stray * middles).sum(1).max() < 0.9
    assert (back * middles).sum(1).min() > 0.97


def test_draws_that_differ_within_a_clump_go_on_differing() -> None:
    codes, _ = clumps(each=400)
    some = codes[:400:40]
    back = remembering(codes)(torch.zeros_like(some), some, SCALE)
    assert torch.pdist(back).min() > 0


def test_what_is_given_speaks_beside_what_is_imagined() -> None:
    codes, middles = clumps()
    between = normalize(middles[:1] + middles[1:2], dim=1)
    memory = remembering(codes)
    for own in (0, 1):
        said = memory(middles[own : own + 1], between, SCALE)
        assert (said * middles).sum(1).argmax() == (said @ middles.T).argmax() == own


def test_as_many_as_were_kept_are_read_again(tmp_path: Path) -> None:
    config = Config(size="tiny")
    modalities = {name: Vector(name, 2, (0.0,) * 2, (1.0,) * 2) for name in "ab"}
    model, other = AnyGAN(modalities, config), AnyGAN(modalities, config)
    assert model.memory is not None
    assert other.memory is not None
    model.memory.keep(normalize(torch.randn(7, config.code), dim=1))
    checkpoint.save(tmp_path / "whole", model.state_dict(), {})
    for _ in range(2):
        other.load_state_dict(checkpoint.load(tmp_path / "whole")[0])
        assert torch.equal(other.memory.codes, model.memory.codes)
    assert AnyGAN({"a": modalities["a"]}, config).memory is None


@pytest.mark.parametrize("given", [False, True])
def test_a_model_draws_from_where_its_rows_are(given: bool) -> None:
    config = Config(size="tiny")
    model = AnyGAN({name: Vector(name, 2, (0.0,) * 2, (1.0,) * 2) for name in "ab"}, config)
    codes, middles = clumps(code=config.code)
    assert model.memory is not None
    model.memory.keep(codes)
    with torch.no_grad():
        model.log_scale.fill_(2.5)
        known = middles.repeat(10, 1) * given
        drawn = model.sample(known, torch.Generator().manual_seed(0))
    near = drawn @ middles.T
    assert near.max(1).values.min() > 0.9
    if given:
        assert near.argmax(1).tolist() == [*range(len(middles))] * 10
