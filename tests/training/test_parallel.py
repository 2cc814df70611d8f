"""Two ranks take the step of one, whatever modalities a rank sees, whatever the loss and the penalty."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from anygan.config import LOSSES, PENALTIES
from anygan.training import checkpoint
from anygan.training.parallel import World

PLAYED = [f"{name}, r1r2" for name in LOSSES] + [f"relativistic, {name}" for name in PENALTIES[1:]]
READING = {"encoders", "fusion", "log_scale"}
PLAYING = {"generators", "prior", "canvases", "codes", "fillers"}

SCRIPT = Path(__file__).with_name("worlds.py")
KILLED = Path(__file__).with_name("killed_rank.py")
ENV = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
"""Ranks share a machine's cores, whatever its GPUs: two cannot share one of those."""


LIMIT = 240
"""Seconds after which ranks are taken to wait for each other for ever."""


def torchrun(ranks: int, *words: object) -> None:
    """Run a script on so many ranks; where it fails, what it said is what the test says."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={ranks}"]
    done = subprocess.run([*launcher, *map(str, words)], env=ENV, capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("ranks", [2, 4])
def test_ranks_give_the_gradients_of_one_process(tmp_path: Path, ranks: int) -> None:
    alone, together = tmp_path / "alone.safetensors", tmp_path / "together.safetensors"
    subprocess.run([sys.executable, SCRIPT, alone], check=True, env=ENV)
    torchrun(ranks, SCRIPT, together)
    expected, got = load_file(alone), load_file(together)
    # A bias that both scores of a pair share has no gradient but rounding.
    moved = {name for name, gradient in expected.items() if gradient.abs().max() > 1e-9}
    parts = {rules: {name.split(".")[1] for name in moved if name.startswith(f"{rules}: ")} for rules in PLAYED}
    assert parts.pop("relativistic, r1r2") == READING | PLAYING
    assert all(found == PLAYING for found in parts.values())
    for name in moved:
        error = (got[name] - expected[name]).abs().max() / expected[name].abs().max()
        assert error < 1e-9, f"{name}: {error}"


def test_a_rank_that_is_killed_costs_one_interval_and_no_bit(tmp_path: Path) -> None:
    torchrun(2, "--max-restarts=2", KILLED, tmp_path)
    sittings = [json.loads(line) for line in (tmp_path / "sittings.jsonl").read_text("utf-8").splitlines()]
    parts = [sitting for sitting in sittings if sitting["run"] == "parts"]
    # Rank 1 is killed after its step 5, and its step 9: checkpoints are written after every step.
    assert [sitting["restarts"] for sitting in parts] == [0, 1, 2]
    assert parts[0]["first"] == 1
    assert 5 <= parts[1]["first"] <= 6
    assert 9 <= parts[2]["first"] <= 10
    whole, ended = (checkpoint.load(tmp_path / name / "last.safetensors") for name in ("whole", "parts"))
    assert ended[1]["clock"]["step"] == whole[1]["clock"]["step"] == 12
    assert [name for name in whole[0] if not torch.equal(whole[0][name], ended[0][name])] == []
    # A rank other than 0 would have left this, had it written anything.
    assert not (tmp_path / "wrong").exists()


def test_alone_nothing_is_changed() -> None:
    world, rows = World(), torch.arange(4.0)
    assert world.mine(rows) is rows
    assert world.gather(rows) is rows
    assert world.agree(0.5) == 0.5
    assert world.share([1, 0.25]) == [1, 0.25]
