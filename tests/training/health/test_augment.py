"""Augmentation: one change for both of a pair, differentiable, the same on many ranks as on one."""

from pathlib import Path

import pytest
import torch

from anygan import Config, load_data, train
from anygan.data.store import Store
from anygan.training.describe import describe
from anygan.training.game.scene import PRIOR, Stage
from anygan.training.health import augment
from anygan.training.health.augment import augmented, few, moved
from anygan.training.parallel import World

ROWS = 12


def stage(shape: tuple[int, ...], rows: torch.Tensor | None = None, total: int = ROWS) -> Stage:
    """A stage of canvases that count up, of which augmentation reads ``rows``, ``real`` and ``codes`` alone."""
    rows = torch.arange(total) if rows is None else rows
    blank = torch.zeros(len(rows), 1)
    real = torch.arange(total * int(torch.tensor(shape).prod()), dtype=torch.float32).view(total, *shape)[rows]
    codes = torch.zeros(total, 1)
    return Stage(rows, 0, total, 0, real, blank, blank, blank, blank, None, codes, codes, rows, real, ())


def test_a_canvas_is_moved_by_whole_steps_and_its_edge_repeated() -> None:
    canvas = torch.arange(4.0).view(1, 1, 4).expand(3, 1, 4)
    steps = torch.tensor([[0], [1], [-1]])
    assert moved(canvas, steps)[:, 0].tolist() == [[0, 1, 2, 3], [0, 0, 1, 2], [1, 2, 3, 3]]


@pytest.mark.parametrize("shape", [(3,), (2, 8), (1, 8, 8)])
def test_both_of_a_pair_are_changed_alike_and_gradients_flow(shape: tuple[int, ...]) -> None:
    it = stage(shape)
    fake = it.real.clone().requires_grad_()
    shown, made = augmented({"a": it}, {"a": fake}, {"a": 1.0}, torch.Generator().manual_seed(0), World())
    assert torch.equal(shown["a"].real, made["a"])
    assert not torch.equal(shown["a"].real, it.real)
    (gradient,) = torch.autograd.grad(made["a"].sum(), fake)
    assert float(gradient.abs().sum()) > 0


def test_only_a_share_of_the_pairs_is_touched_and_codes_never() -> None:
    it = stage((1, 4, 4), total=1000)
    fakes = {"a": it.real, PRIOR: it.real}
    shown, made = augmented(
        {"a": it, PRIOR: it}, fakes, {"a": 0.2, PRIOR: 0.2}, torch.Generator().manual_seed(0), World()
    )
    touched = (made["a"] != it.real).flatten(1).any(1).float().mean()
    assert 0.15 < float(touched) < 0.25
    assert made[PRIOR] is it.real
    assert shown[PRIOR] is it


def test_pictures_and_sounds_of_few_cells_are_augmented_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    data = load_data("digits")
    modalities = describe(data, Config(size="tiny"))
    store = Store.read(data, modalities)
    assert few(store, modalities) == {"image": 0.2, "audio": 0.2}, "captions have no axis to be moved along"
    monkeypatch.setattr(augment, "MANY", 1000)
    assert list(few(store, modalities)) == ["audio"]


def test_ranks_draw_what_one_process_draws() -> None:
    whole = stage((1, 4, 4))
    _, alone = augmented({"a": whole}, {"a": whole.real}, {"a": 0.5}, torch.Generator().manual_seed(0), World())
    half = ROWS // 2
    for rank in (0, 1):
        mine = whole.real.chunk(2)[rank]
        part = Stage(**{**vars(whole), "rows": torch.arange(half), "real": mine})
        _, made = augmented({"a": part}, {"a": mine}, {"a": 0.5}, torch.Generator().manual_seed(0), World(rank, 2))
        assert torch.equal(made["a"], alone["a"].chunk(2)[rank])


def test_few_cells_change_what_a_run_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(size="tiny", steps=3, canvas=0.01, threads=1, precision="fp32", batch=16)
    data = load_data("digits")
    shown = [record.losses for record in train(data, tmp_path / "few", config)]
    monkeypatch.setattr(augment, "MANY", 0)
    plain = [record.losses for record in train(data, tmp_path / "many", config)]
    assert shown != plain
