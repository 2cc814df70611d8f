"""Two ranks take the step of one, whatever modalities a rank sees."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from anygan.training.parallel import World

SCRIPT = Path(__file__).with_name("worlds.py")


@pytest.mark.parametrize("ranks", [2, 4])
def test_ranks_give_the_gradients_of_one_process(tmp_path: Path, ranks: int) -> None:
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    alone, together = tmp_path / "alone.safetensors", tmp_path / "together.safetensors"
    subprocess.run([sys.executable, SCRIPT, alone], check=True, env=env)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={ranks}"]
    subprocess.run([*launcher, SCRIPT, together], check=True, env=env)
    expected, got = load_file(alone), load_file(together)
    # A bias that both scores of a pair share has no gradient but rounding.
    moved = {name for name, gradient in expected.items() if gradient.abs().max() > 1e-9}
    assert {name.split(".")[1] for name in moved} >= {
        "encoders",
        "fusion",
        "generators",
        "prior",
        "log_scale",
        "canvases",
        "codes",
    }
    for name in moved:
        error = (got[name] - expected[name]).abs().max() / expected[name].abs().max()
        assert error < 1e-9, f"{name}: {error}"


def test_alone_nothing_is_changed() -> None:
    world, rows = World(), torch.arange(4.0)
    assert world.mine(rows) is rows
    assert world.gather(rows) is rows
    assert world.agree(0.5) == 0.5
    assert world.share([1, 0.25]) == [1, 0.25]
