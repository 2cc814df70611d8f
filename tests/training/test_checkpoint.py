"""Checkpoints are whole or refused, and never pickle."""

import pickle
from pathlib import Path

import pytest
import torch

from anygan.errors import RunError
from anygan.training.checkpoint import load, pack_optimizer, save, unpack_optimizer


def test_round_trip(tmp_path: Path) -> None:
    tensors = {"a": torch.arange(3.0), "b.c": torch.tensor(2, dtype=torch.int16)}
    save(tmp_path / "run" / "last.safetensors", tensors, {"step": 3})
    got, told = load(tmp_path / "run" / "last.safetensors")
    assert told == {"step": 3}
    assert all(torch.equal(got[name], tensor) for name, tensor in tensors.items())
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["last.safetensors"]


def test_what_a_killed_process_left_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / ".last.safetensors.123").write_bytes(b"half")
    save(tmp_path / "last.safetensors", {"a": torch.zeros(1)}, {})
    assert [p.name for p in tmp_path.iterdir()] == ["last.safetensors"]


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", pickle.dumps({"a": 1}), b"\xff" * 100])
def test_foreign_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "last.safetensors"
    path.write_bytes(content)
    with pytest.raises(RunError, match="not a whole checkpoint"):
        load(path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    save(path, {"a": torch.zeros(1000)}, {})
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(RunError, match="not a whole checkpoint"):
        load(path)


def test_none_is_refused_with_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="anygan train DATA --out"):
        load(tmp_path / "last.safetensors")


def test_a_failed_write_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    save(path, {"a": torch.zeros(1)}, {"step": 1})
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        save(blocked / "last.safetensors", {"a": torch.zeros(1)}, {})
    assert load(path)[1] == {"step": 1}


def test_optimisers_go_on_as_if_never_packed() -> None:
    def fresh() -> tuple[torch.nn.Linear, torch.optim.Optimizer]:
        torch.manual_seed(0)
        net = torch.nn.Linear(2, 1)
        return net, torch.optim.Adam(net.parameters(), 0.1)

    def descend(net: torch.nn.Linear, optimizer: torch.optim.Optimizer) -> None:
        optimizer.zero_grad()
        net(torch.ones(1, 2)).square().sum().backward()
        optimizer.step()

    net, optimizer = fresh()
    descend(net, optimizer)
    other, second = fresh()
    other.load_state_dict(net.state_dict())
    unpack_optimizer(second, {k: v.clone() for k, v in pack_optimizer(optimizer).items()})
    descend(net, optimizer)
    descend(other, second)
    assert torch.equal(net.weight, other.weight)
