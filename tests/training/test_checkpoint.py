"""Checkpoints are whole or refused, and never pickle."""

import ast
import errno
import inspect
import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

import anygan.errors
from anygan.errors import AnyGANWarning, RunError
from anygan.training import checkpoint
from anygan.training.checkpoint import exists, load, newest, pack_optimizer, save, unpack_optimizer

TENSORS = {"a": torch.arange(5.0), "b.c": torch.tensor([1, -2], dtype=torch.int16), "d": torch.tensor(0.5).bfloat16()}


class Malicious:
    """What pickle would call, once it reads it: it makes a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.trace,)


def run_of_two(run: Path) -> Path:
    """A run folder that has been saved twice, at steps 1 and 2."""
    for step in (1, 2):
        save(run / "last.safetensors", TENSORS, {"clock": {"step": step}}, run / "previous.safetensors")
    return run


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


def test_a_malicious_pickle_is_refused_and_nothing_of_it_runs(tmp_path: Path) -> None:
    path, trace = tmp_path / "last.safetensors", tmp_path / "trace"
    torch.save({"a": Malicious(trace)}, path)
    with pytest.raises(RunError, match="not a whole checkpoint"):
        load(path)
    path.write_bytes(pickle.dumps(Malicious(trace)))
    with pytest.raises(RunError, match="not a whole checkpoint"):
        load(path)
    assert not trace.exists()
    pickle.loads(path.read_bytes())
    assert trace.exists(), "the file was not malicious, so nothing was shown"


def test_the_source_never_unpickles() -> None:
    found = []
    for path in Path(inspect.getfile(anygan.errors)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
            elif isinstance(node, ast.Attribute):
                names = [ast.unparse(node)]
            else:
                continue
            roots = {name.split(".")[0] for name in names}
            if roots & {"pickle", "dill", "joblib", "shelve", "marshal"} or {"torch.load", "torch.save"} & set(names):
                found.append(f"{path.name}:{node.lineno}")
    assert not found


def test_whatever_bit_flips_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    save(path, TENSORS, {"step": 3})
    whole = path.read_bytes()
    refused = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :])
        try:
            tensors, told = load(path)
        except RunError:
            refused += 1
            continue
        # What can flip unseen is of no weight: white space, or the name of the digest itself.
        assert told == {"step": 3}
        assert tensors.keys() == TENSORS.keys()
        assert all(torch.equal(tensors[name], tensor) for name, tensor in TENSORS.items())
    assert refused > 0.9 * len(whole)


def test_the_file_describes_itself(tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    save(path, TENSORS, {"config": {"size": "tiny"}})
    with safe_open(path, "pt") as file:
        told = file.metadata()
    assert json.loads(told["description"]) == {"config": {"size": "tiny"}}
    assert told["anygan"] == "15"
    assert len(told["digest"]) == 64


def test_the_one_before_is_kept_and_used(tmp_path: Path) -> None:
    run = run_of_two(tmp_path)
    assert sorted(p.name for p in run.iterdir()) == ["last.safetensors", "previous.safetensors"]
    assert newest(run)[1]["clock"]["step"] == 2
    (run / "last.safetensors").write_bytes(b"half")
    with pytest.warns(AnyGANWarning, match="not a whole checkpoint.*one before it is used, of step 1"):
        assert newest(run)[1]["clock"]["step"] == 1
    (run / "last.safetensors").unlink()
    assert exists(run)
    with pytest.warns(AnyGANWarning, match="no checkpoint.*of step 1"):
        newest(run)
    (run / "previous.safetensors").write_bytes(b"half")
    with pytest.raises(RunError, match="previous"):
        newest(run)


def test_a_foreign_file_gives_way_and_is_put_aside(tmp_path: Path) -> None:
    run = run_of_two(tmp_path)
    save_file({"theirs": torch.ones(2)}, run / "last.safetensors")
    with pytest.warns(AnyGANWarning, match="not a checkpoint of this version"):
        newest(run, aside=True)
    save(run / "last.safetensors", TENSORS, {"clock": {"step": 3}}, run / "previous.safetensors")
    with safe_open(run / "last.safetensors.refused", "pt") as file:
        assert list(file.keys()) == ["theirs"]
    assert load(run / "previous.safetensors")[1]["clock"]["step"] == 1
    assert load(run / "last.safetensors")[1]["clock"]["step"] == 3


def test_disks_without_second_names_keep_the_one_before_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "no hard links here", str(self))

    monkeypatch.setattr(Path, "hardlink_to", refused)
    run = run_of_two(tmp_path)
    assert load(run / "previous.safetensors")[1]["clock"]["step"] == 1
    assert load(run / "last.safetensors")[1]["clock"]["step"] == 2


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("place", ["save_file", "_flush", "_keep"])
def test_a_write_that_fails_anywhere_leaves_two_whole_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, number: int
) -> None:
    run = run_of_two(tmp_path)

    def failing(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, place, failing)
        with pytest.raises(RunError, match=f"cannot be written.*{os.strerror(number)}.*--resume"):
            save(run / "last.safetensors", TENSORS, {"clock": {"step": 3}}, run / "previous.safetensors")
    assert sorted(p.name for p in run.iterdir()) == ["last.safetensors", "previous.safetensors"]
    assert [load(run / f"{name}.safetensors")[1]["clock"]["step"] for name in ("previous", "last")] == [1, 2]


def test_file_and_folder_are_flushed_before_and_after_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def flushed(handle: int) -> None:
        order.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")
        fsync(handle)

    def renamed(self: Path, target: Path) -> Path:
        order.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "replace", renamed)
    save(tmp_path / "last.safetensors", TENSORS, {})
    assert order == ["file", "rename", "folder"]


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
