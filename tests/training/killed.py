"""The command, killed at random moments and gone on with: run by tests/training/test_killed.py.

    killed.py FOLDER SEED KILLS WORDS...

FOLDER/whole is a run of ``anygan WORDS`` that nobody stops. Then FOLDER/0, FOLDER/1, ... are killed by SIGKILL after a
random time and resumed, again and again, until they finish; as many as it takes for KILLS kills. Each moment is one
line on stdout. Children are forked, so that torch is loaded once. A checkpoint is written after every step, so that
many moments lie inside a write.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import torch

import anygan.training.run
from anygan.cli.app import app
from anygan.cli.train import run as _  # noqa: F401 (loads all that the command needs before there are children)

LIMIT = 60.0
"""Seconds after which a child is taken to hang."""


def start(words: list[str]) -> int:
    """Run the command in a child."""
    child = os.fork()
    if child == 0:
        handle = os.open(os.devnull, os.O_WRONLY)
        os.dup2(handle, 1)
        try:
            app(words, prog_name="anygan")
        except SystemExit as end:
            os._exit(int(end.code or 0))
        finally:
            os._exit(1)
    return child


def wait(child: int, seconds: float) -> int | None:
    """The exit status of a child that ends within so many seconds; None while it runs."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    return None


def finish(words: list[str]) -> float:
    """Run the command to its end and tell its seconds."""
    began = time.monotonic()
    status = wait(start(words), LIMIT)
    assert status == 0, f"the command ended with {status}"
    return time.monotonic() - began


def main(folder: Path, seed: int, kills: int, words: list[str]) -> None:
    """Kill and resume until there were enough kills, and let every run finish."""
    torch.set_num_threads(1)
    anygan.training.run.INTERVAL["tiny"] = 0.0
    chance = random.Random(seed)
    whole = finish([*words, "--out", str(folder / "whole")])
    number = 0
    while kills > 0:
        again = [*words, "--out", str(folder / str(number)), "--resume"]
        while True:
            moment = chance.uniform(0.1, 0.6) * whole
            child = start(again)
            status = wait(child, moment)
            if status is not None:
                assert status == 0, f"the command ended with {status}"
                break
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            kills -= 1
            print(f"{number} killed after {moment:.3f} s", flush=True)
            if kills <= 0:
                finish(again)
                break
        number += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
