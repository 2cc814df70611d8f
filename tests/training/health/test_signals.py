"""Signals of generated rows tell what they are named after."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from anygan import Config, DataSet, load_data
from anygan.training.health.signals import Probe, distances, effective, newness, open_to, told_apart
from anygan.training.opening import open_run


def drawn(rows: int = 64, size: int = 8, seed: int = 0) -> Tensor:
    return torch.randn(rows, size, generator=torch.Generator().manual_seed(seed))


def test_the_effective_rank_counts_the_directions_in_use() -> None:
    assert effective(torch.cat([torch.eye(5), -torch.eye(5)])) == pytest.approx(5.0)
    line = torch.linspace(-1, 1, 20).unsqueeze(1) * torch.ones(1, 5)
    assert effective(line) == pytest.approx(1.0, abs=1e-3)
    assert effective(torch.full((4, 3), math.nan)) == 0.0


def test_spread_falls_when_all_is_alike() -> None:
    real = drawn()
    assert distances(real, drawn(seed=1))["spread"] == pytest.approx(1.0, abs=0.1)
    assert distances(real, 0.01 * drawn(seed=1))["spread"] < 0.02
    assert distances(torch.ones(8, 3), drawn(8, 3)) == {}


def test_noise_is_what_two_draws_differ_by() -> None:
    code = torch.nn.functional.normalize(drawn(), dim=1)
    real, made = drawn(seed=1), drawn(seed=2)
    assert open_to(real, made, made, code)["noise"] == 0.0
    assert open_to(real, made, drawn(seed=3), code)["noise"] == pytest.approx(1.0, abs=0.2)
    assert open_to(real, made, made, code)["varied"] == pytest.approx(1.0, abs=0.2)


def test_condition_is_whether_evidence_finds_its_code() -> None:
    code = torch.nn.functional.normalize(drawn(size=16), dim=1)
    told = told_apart(drawn(size=16, seed=1), code, code)
    assert told["informed"] == 1.0
    assert abs(told["condition"]) < 0.2


def test_copies_are_not_new() -> None:
    cells = drawn(200)
    assert newness(cells, cells[:50] + 1e-3)["novelty"] < 0.01
    assert newness(cells, drawn(50, seed=1))["novelty"] == pytest.approx(1.0, abs=0.2)
    assert newness(torch.ones(5, 2), torch.ones(3, 2)) == {}


def rows() -> DataSet:
    chance = np.random.default_rng(0)
    listed = [
        {"a": [float(x), float(y)] if i % 3 else None, "b": [float(i % 2)] * 3}
        for i, (x, y) in enumerate(chance.normal(size=(90, 2)))
    ]
    return load_data(listed, kinds={"a": "vector", "b": "vector"})


def test_a_look_changes_nothing_and_gives_the_same_again(tmp_path: Path) -> None:
    run = open_run(rows(), tmp_path, Config(size="tiny", steps=4, batch=16, threads=1, precision="fp32"))
    players = run.players
    before = {name: t.clone() for name, t in players.state().items()}
    probe = Probe.of(players.model, run.store, run.device)
    first, second = (probe.look(players.model, players.mean, torch.Generator().manual_seed(1)) for _ in range(2))
    assert first == second
    assert {name for name in first if name.startswith("a/")} >= {"a/spread", "a/noise", "a/condition", "a/novelty"}
    assert "b/novelty" not in first, "of two cells that all rows share, a copy is no sin"
    assert all(torch.equal(before[name], t) for name, t in players.state().items())
