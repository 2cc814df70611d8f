"""complete --resume: whatever breaks a call off, going on ends with the bytes of a call that was left alone."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from every_kind import given, mixed, read_csv

import anygan.cli.complete as command
from anygan import Config, load_data, train
from anygan.data import ledger

ROWS = 12_000


def table(path: Path, rows: int) -> Path:
    """Numbers that hang together, a fifth of them missing."""
    chance = np.random.default_rng(0)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["a", "b", "c"])
        for _ in range(rows):
            size = chance.normal()
            values = [f"{size:.3f}", f"{2 * size:.3f}", "big" if size > 0 else "small"]
            writer.writerow([value if chance.random() > 0.2 else "" for value in values])
    return path


@pytest.fixture(scope="module")
def table_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("table")
    data = load_data(table(folder / "data.csv", 200))
    for _ in train(data, folder / "run", Config(size="tiny", steps=5, threads=1, precision="fp32")):
        pass
    return folder / "run"


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_killed_call_is_gone_on_with(anygan: Callable[..., Result], table_run: Path) -> None:
    table(Path("data.csv"), ROWS)
    assert anygan("complete", table_run, "data.csv", "--out", "whole").exit_code == 0
    words = ["complete", str(table_run), "data.csv", "--out", "broken"]
    # A process of its own, that notes after every chunk and so may be killed at any time.
    script = "from anygan.data import ledger; ledger.SELDOM = 0; from anygan.cli.app import main; main()"
    child = subprocess.Popen([sys.executable, "-c", script, *words], env=os.environ, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not Path("broken", ledger.PROGRESS).exists() and time.monotonic() < until:
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL, "it was done before it could be killed"
    assert not Path("broken/metadata.csv").exists()
    refused = anygan(*words)
    assert refused.exit_code == 2
    assert "--resume" in refused.output
    assert anygan(*words, "--resume").exit_code == 0
    assert everything(Path("broken")) == everything(Path("whole"))
    assert len(read_csv(Path("broken/metadata.csv"))) == ROWS


@pytest.mark.parametrize("broken_at", [1, 270])
def test_rows_of_every_kind_are_gone_on_with(
    anygan: Callable[..., Result], mixed_run: Path, monkeypatch: pytest.MonkeyPatch, broken_at: int
) -> None:
    holes = [{"age": "", "point": ""}, {"note": ""}, {"age": "old"}, {"file_name": "none.png"}]
    few = [given(i) | holes[i % 4] for i in range(8)]
    mixed(Path("data"), few)
    with Path("data/metadata.csv").open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(few[0]))
        bare = dict.fromkeys(("file_name", "speech_file_name"), "")
        writer.writerows({**given(i), **bare, "speech_file_name": "snd/1.flac", "city": ""} for i in range(280))
    monkeypatch.setattr(ledger, "SELDOM", 0)
    told = anygan("complete", mixed_run, "data", "--out", "whole", "--json")
    assert told.exit_code == 0, told.output

    def stumbling(*words: Any, **more: Any) -> Any:
        for row in complete(*words, **more):
            if row.row == broken_at:
                raise KeyboardInterrupt
            yield row

    complete = command.complete
    monkeypatch.setattr(command, "complete", stumbling)
    anygan("complete", mixed_run, "data", "--out", "broken")
    assert not Path("broken/metadata.csv").exists()
    monkeypatch.setattr(command, "complete", complete)
    again = anygan("complete", mixed_run, "data", "--out", "broken", "--resume", "--json")
    assert again.exit_code == 0, again.output
    assert again.stdout == told.stdout.replace("whole", "broken")
    assert everything(Path("broken")) == everything(Path("whole"))
    assert everything(Path("broken-previews")) == everything(Path("whole-previews"))
    assert set(everything(Path("whole-previews"))) == {"image.png"}


def test_another_question_is_not_gone_on_with(
    anygan: Callable[..., Result], table_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table(Path("data.csv"), 600)
    with monkeypatch.context() as patched:
        patched.setattr(ledger, "SELDOM", 0)
        patched.setattr(command.Ticker, "rows", _stop_at_300)
        anygan("complete", table_run, "data.csv", "--out", "out")
    result = anygan(
        "complete", table_run, Path.cwd() / "data.csv", "--out", Path.cwd() / "out", "--resume", "--seed", 1
    )
    assert result.exit_code == 2
    assert "another" in result.output
    assert "seed" in result.output


def _stop_at_300(self: Any, done: int, total: int) -> None:
    if done == 300:
        raise KeyboardInterrupt


def test_what_is_finished_stays(anygan: Callable[..., Result], table_run: Path) -> None:
    table(Path("data.csv"), 20)
    assert anygan("complete", table_run, "data.csv", "--out", "out", "--resume").exit_code == 0
    before = everything(Path("out"))
    assert ledger.PROGRESS not in before
    again = anygan("complete", table_run, "data.csv", "--out", "out", "--resume")
    assert again.exit_code == 0
    assert "finished" in again.stdout
    assert everything(Path("out")) == before
