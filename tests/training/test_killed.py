"""A run that is killed at any moments and gone on with has the bits of the run that was not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from anygan.training import checkpoint

SCRIPT = Path(__file__).with_name("killed.py")
KILLS = 20


def data(folder: Path) -> Path:
    """Sentences, numbers and points that go together, with holes."""
    lines = []
    for i in range(40):
        row = {"words": f"{['up', 'down'][i % 2]} {i % 4}", "size": i % 4 + i / 100, "point": [i % 2, i / 40]}
        del row[["words", "size", "point"][i % 3]]
        lines.append(json.dumps(row))
    path = folder / "rows.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    return path


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder of runs, one of them never stopped, and what was done to the others."""
    folder = tmp_path_factory.mktemp("killed")
    words = ["train", str(data(folder)), "--size", "tiny", "--threads", "1", "--precision", "fp32", "--steps", "16"]
    words += ["--kind", "words=text"]
    done = subprocess.run(
        [sys.executable, SCRIPT, folder / "runs", "7", str(KILLS), *words],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder / "runs", done.stdout


def test_twenty_kills_change_no_bit(runs: tuple[Path, str]) -> None:
    folder, told = runs
    assert told.count("killed") == KILLS
    whole, story = checkpoint.load(folder / "whole" / "last.safetensors")
    assert story["clock"]["step"] == 16
    assert {name.split(".")[0] for name in whole} == {
        "model",
        "mean",
        "critics",
        "readers",
        "judges",
        "makers",
        "drawers",
    }
    others = [run for run in folder.iterdir() if run.name != "whole"]
    assert others
    for run in others:
        tensors, ended = checkpoint.load(run / "last.safetensors")
        assert tensors.keys() == whole.keys()
        assert [n for n in whole if not torch.equal(tensors[n], whole[n])] == [], f"{run.name}:\n{told}"
        assert ended["clock"]["step"] == 16
        assert ended["clock"]["game"] == story["clock"]["game"]


def test_kills_leave_nothing_lying_about(runs: tuple[Path, str]) -> None:
    folder, told = runs
    left = {path.name for run in folder.iterdir() for path in run.iterdir()}
    kept = {"last.safetensors", "previous.safetensors", "best.safetensors", "healthy-0.safetensors", "log.jsonl"}
    assert left == kept
    for run in folder.iterdir():
        steps = [json.loads(line)["step"] for line in (run / "log.jsonl").read_text("utf-8").splitlines()]
        # A kill between a checkpoint and its line in the log costs the line; none is there twice or cut off.
        assert steps in ([10], []), f"{run.name}:\n{told}"
