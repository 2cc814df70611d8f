"""What a checkpoint keeps of its rows."""

from pathlib import Path

import numpy as np
import pytest
import torch

from anygan import Config, load, load_data, train
from anygan.data.store import Store
from anygan.rows import DataSet
from anygan.training import keep as keeping
from anygan.training import run as running
from anygan.training.describe import describe
from anygan.training.keep import chosen, keep

CPU = torch.device("cpu")
TINY = Config(size="tiny", threads=1, precision="fp32", steps=3)


def pairs(rows: int = 60) -> DataSet:
    """Two vectors a row; every third row lacks one, and the last both."""
    chance = np.random.default_rng(0)
    cells = chance.normal(size=(rows, 2, 6))
    lines = [{"a": a, "b": None if i % 3 == 2 else b} for i, (a, b) in enumerate(cells)]
    return load_data([*lines[:-1], {"a": None, "b": None}])


def test_the_fullest_rows_come_first_and_those_of_one_cell_never() -> None:
    cells = np.array([1, 3, 2, 0, 2, 3, 2, 1])
    assert chosen(cells).tolist() == [1, 5, 2, 4, 6]
    assert chosen(cells, most=4).tolist() == [1, 5, 2, 6]
    assert chosen(cells, most=2).tolist() == [1, 5]
    assert chosen(np.full(1000, 2), most=3).tolist() == [0, 499, 999]
    assert chosen(np.array([1, 1, 0])).tolist() == []
    assert chosen(np.zeros(0, np.int64)).tolist() == []


def test_a_trained_model_keeps_the_whole_codes_of_its_rows(tmp_path: Path) -> None:
    data = pairs()
    for _ in train(data, tmp_path / "run", TINY):
        pass
    for which in ("last", "best"):
        net = load(tmp_path / "run", which).net
        store = Store.read(data, describe(data, TINY))
        batch = store.batch(store.pairing(0), np.flatnonzero(np.arange(60) % 3 != 2))
        assert net.memory is not None
        with torch.no_grad():
            whole = net.known(net.look(batch), batch.observed())
            again = net.known(net.memory.evidence.float(), net.memory.cells)
        assert torch.allclose(net.memory.codes, whole, atol=1e-5)
        assert torch.allclose(again, whole, atol=1e-2), "evidence is kept in half precision"


def test_many_rows_are_looked_at_a_part_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = pairs()
    for _ in train(data, tmp_path / "run", TINY):
        pass
    net, store = load(tmp_path / "run").net, Store.read(data, describe(data, TINY))
    assert net.memory is not None
    kept = net.memory.codes.clone()
    monkeypatch.setattr(keeping, "TOGETHER", 7)
    keep(net, store, CPU)
    assert torch.allclose(net.memory.codes, kept, atol=1e-5)


def test_what_generators_leave_out_of_sentences_is_kept(tmp_path: Path) -> None:
    """A sentence is then made of its own row's code as it stands there, however little was learned."""
    things = ["cat", "boat", "leaf", "drum", "kite", "moon"]
    cells = np.eye(6)[np.arange(60) % 6] + 0.01 * np.random.default_rng(0).normal(size=(60, 6))
    data = load_data([{"a": a, "b": f"the {things[i % 6]} of house {i}"} for i, a in enumerate(cells)])
    for _ in train(data, tmp_path / "run", Config(size="tiny", threads=1, precision="fp32", steps=60)):
        pass
    net = load(tmp_path / "run").net
    store = Store.read(data, describe(data, TINY))
    batch = store.batch(store.pairing(0), np.arange(60))
    assert net.memory is not None
    with torch.no_grad():
        code, style = net.memory.codes, torch.zeros(60, net.style)
        wanted = net.canvases["b"](batch.values["b"])
        near = (net.paint("b", code, style) - wanted).square().mean()
        net.memory.forget()
        assert near < 0.25 * (net.paint("b", code, style) - wanted).square().mean()


def test_a_checkpoint_on_the_way_keeps_fewer_rows_and_the_last_one_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(running.INTERVAL, "tiny", 0.0)
    data, kept = pairs(3 * keeping.KEPT // running.BRIEF), []
    records = train(data, tmp_path / "run", TINY)
    for record in records:
        if "fidelity" in record.health and record.phase == "game":
            kept.append(len(load(tmp_path / "run").net.memory.codes))
    kept.append(len(load(tmp_path / "run").net.memory.codes))
    assert kept == [keeping.KEPT // running.BRIEF] * 2 + [len(data) * 2 // 3]


def test_a_run_that_is_stopped_keeps_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = pairs(2 * keeping.KEPT // running.BRIEF)
    records = train(data, tmp_path / "run", TINY)
    next(records)
    records.close()  # type: ignore[attr-defined]
    assert len(load(tmp_path / "run").net.memory.codes) == len(data) * 2 // 3
