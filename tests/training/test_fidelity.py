"""Fidelity: whether what is rendered says what it was rendered from."""

from pathlib import Path

import pytest
import torch

from anygan import Config, DataSet, load, load_data, train
from anygan.data.store import Store
from anygan.training import checkpoint
from anygan.training.describe import describe
from anygan.training.fidelity import fidelity

CPU = torch.device("cpu")


def pairs() -> DataSet:
    """Two vectors that say the same three numbers, in ways of their own."""
    chance = torch.Generator().manual_seed(0)
    said = torch.randn(500, 3, generator=chance)
    cells = [said @ torch.randn(3, 12, generator=chance) for _ in range(2)]
    return load_data([{"a": a.numpy(), "b": b.numpy()} for a, b in zip(*cells, strict=True)])


@pytest.mark.parametrize("data", [pairs(), load_data("ring").take(slice(0, 2000))], ids=["two", "alone"])
def test_fidelity_rises_while_a_model_learns_and_falls_when_it_is_spoilt(data: DataSet, tmp_path: Path) -> None:
    """Of one modality too, or its best checkpoint would be its first."""
    config = Config(size="tiny", threads=1, precision="fp32")
    reached = []
    for steps in (5, 200):
        for _ in train(data, tmp_path / str(steps), config.but(steps=steps)):
            pass
        reached.append(checkpoint.newest(tmp_path / str(steps))[1]["fidelity"])
    assert reached[1] > 2 * reached[0]
    net = load(tmp_path / "200").net
    store = Store.read(data, describe(data, config))
    assert fidelity(net, store, CPU, 0) == pytest.approx(reached[1], abs=0.02)
    with torch.no_grad():
        for weights in net.generators.parameters():
            weights.copy_(0.1 * torch.randn_like(weights))
    assert fidelity(net, store, CPU, 0) < reached[1] / 2


def test_of_the_same_seed_it_is_the_same(tmp_path: Path) -> None:
    data = pairs()
    config = Config(size="tiny", threads=1, precision="fp32", steps=3)
    for _ in train(data, tmp_path / "run", config):
        pass
    net, store = load(tmp_path / "run").net, Store.read(data, describe(data, config))
    assert fidelity(net, store, CPU, 7) == fidelity(net, store, CPU, 7)
    assert 0 <= fidelity(net, store, CPU, 8) <= 1


def test_where_nothing_tells_checkpoints_apart_the_newest_is_the_best(tmp_path: Path) -> None:
    """Of pictures that are alone there is no fidelity, and their first checkpoint is not their best."""
    data = load_data("mnist").take(slice(0, 200))
    config = Config(size="tiny", threads=1, precision="fp32", steps=2)
    for _ in train(data, tmp_path / "run", config):
        pass
    for _ in train(data, tmp_path / "run", config.but(steps=4), resume=True, change=True):
        pass
    assert load(tmp_path / "run", checkpoint="best").story["clock"]["step"] == 4
