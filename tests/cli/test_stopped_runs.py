"""Whatever stops a run, it ends with a sentence and a whole checkpoint, and goes on to the bits of one not stopped."""

import errno
import json
import os
import resource
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import Result
from every_kind import given, mixed

import anygan.cli.watch
from anygan.training import checkpoint
from anygan.training.loop import Record

Command = Callable[..., Result]

TRAIN = anygan.cli.watch
FAST = ("--size", "tiny", "--threads", 1, "--precision", "fp32", "--steps", 6)

pytestmark = pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="signals come to the main thread"
)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """``with at(step, action):`` does something after a step of whatever is trained."""

    @contextmanager
    def after(step: int, action: Callable[[], object]) -> Iterator[None]:
        train = TRAIN.records_of

        def records(*args: Any, **options: Any) -> Iterator[Record]:
            inner = train(*args, **options)
            try:
                for record in inner:
                    yield record
                    if record.step == step:
                        action()
            finally:
                inner.close()  # type: ignore[attr-defined]

        with monkeypatch.context() as patch:
            patch.setattr(TRAIN, "records_of", records)
            yield

    return after


def tensors(run: str) -> dict[str, torch.Tensor]:
    return checkpoint.load(Path(run) / "last.safetensors")[0]


def same(run: str, other: str) -> bool:
    a, b = tensors(run), tensors(other)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """A disk that takes no more than so many bytes of a file: a write beyond fails half-way."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    heard = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, heard)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_with_a_checkpoint_of_a_step(anygan: Command, at: Callable[..., Any], number: int) -> None:
    assert anygan("train", "ring", "--out", "whole", *FAST).exit_code == 0
    # torchrun passes on what its workers have heard already.
    with at(3, lambda: [signal.raise_signal(number) for _ in range(2)]):
        stopped = anygan("train", "ring", "--out", "run", *FAST)
    assert stopped.exit_code == 130, stopped.output
    assert "stopped after 4 steps" in stopped.stdout
    assert "67% of the budget" in stopped.stdout
    assert anygan("train", "ring", "--out", "run", "--resume").exit_code == 0
    assert same("run", "whole")


def test_a_second_ctrl_c_ends_at_once(anygan: Command, at: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def twice() -> None:
        signal.raise_signal(signal.SIGINT)
        now = time.monotonic()
        with monkeypatch.context() as patch:
            patch.setattr(time, "monotonic", lambda: now + 2)
            signal.raise_signal(signal.SIGINT)

    with at(3, twice):
        stopped = anygan("train", "ring", "--out", "run", *FAST)
    assert stopped.exit_code == 130
    assert stopped.stderr.endswith("stopped\n")
    # The first Ctrl-C's checkpoint was not waited for, but that of the step which had ended was written.
    assert checkpoint.newest(Path("run"))[1]["clock"]["step"] == 3


def test_a_full_disk_is_a_sentence_and_costs_nothing_that_was_saved(anygan: Command, at: Callable[..., Any]) -> None:
    assert anygan("train", "ring", "--out", "whole", *FAST).exit_code == 0
    with at(3, lambda: signal.raise_signal(signal.SIGINT)):
        anygan("train", "ring", "--out", "run", *FAST)
    last = Path("run/last.safetensors")
    before = last.read_bytes()
    with largest_file(len(before) // 2):
        failed = anygan("train", "ring", "--out", "run", "--resume")
    assert failed.exit_code == 2, failed.output
    assert "last.safetensors cannot be written" in failed.stderr
    assert os.strerror(errno.EFBIG) in failed.stderr
    assert "The one before is whole" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert last.read_bytes() == before
    assert not [path for path in Path("run").iterdir() if path.name.startswith(".")]
    assert anygan("train", "ring", "--out", "run", "--resume").exit_code == 0
    assert same("run", "whole")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a file on a full disk is needed")
def test_a_log_that_cannot_be_written_is_a_sentence(anygan: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anygan.training.run.EVERY", 1)
    Path("run").mkdir()
    Path("run/log.jsonl").symlink_to("/dev/full")
    failed = anygan("train", "ring", "--out", "run", *FAST)
    assert failed.exit_code == 2, failed.output
    assert f"The log run/log.jsonl cannot be written: {os.strerror(errno.ENOSPC)}" in failed.stderr


def test_a_folder_that_may_not_be_written_is_told_before_training(
    anygan: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may write anywhere, so that the rights of a real folder would show nothing.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    failed = anygan("train", "ring", "--out", "sub/run", *FAST)
    assert failed.exit_code == 2
    assert f"{Path.cwd()} cannot be written to: permission denied" in failed.stderr
    assert not Path("sub").exists()


def test_data_that_go_away_while_a_run_goes_on_are_not_missed(anygan: Command, at: Callable[..., Any]) -> None:
    mixed(Path("data"), [given(i) for i in range(12)])
    with at(2, lambda: shutil.rmtree("data")):
        ended = anygan("train", "data", "--out", "run", *FAST, "--json")
    assert ended.exit_code == 0, ended.output
    assert json.loads(ended.stdout)["steps"] == 6


def test_data_that_are_gone_are_told_and_the_checkpoint_stays(anygan: Command, at: Callable[..., Any]) -> None:
    mixed(Path("data"), [given(i) for i in range(12)])
    with at(2, lambda: signal.raise_signal(signal.SIGINT)):
        anygan("train", "data", "--out", "run", *FAST)
    before = Path("run/last.safetensors").read_bytes()
    for number in range(3):
        Path(f"data/pics/sub/{number}.png").unlink()
    fewer = anygan("train", "data", "--out", "run", "--resume")
    assert fewer.exit_code == 2, fewer.output
    assert "12 (now 9)" in fewer.stderr
    Path("data/metadata.csv").unlink()
    gone = anygan("train", "data", "--out", "run", "--resume")
    assert gone.exit_code == 2
    assert "error: " in gone.stderr
    assert Path("run/last.safetensors").read_bytes() == before
