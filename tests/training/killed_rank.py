"""A run of two ranks of which one is killed, twice: run under torchrun by tests/training/test_parallel.py.

Each sitting of rank 0 tells in FOLDER/sittings.jsonl how often torchrun had restarted and at which step it began.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anygan.cli.watch
import anygan.training.run
from anygan.cli.app import app
from anygan.training import checkpoint
from anygan.training.loop import Record, train

RANK, RESTARTS = (int(os.environ.get(name, "0")) for name in ("RANK", "TORCHELASTIC_RESTART_COUNT"))
DEATHS = {0: 5, 1: 9}
"""Restarts so far -> the step after which rank 1 is killed."""


def main(folder: Path) -> None:
    """Train ``parts``, killed now and then, and then ``whole`` in one sitting."""
    anygan.training.run.INTERVAL["tiny"] = 0.0
    run = ""

    def watched(*args: Any, **options: Any) -> Iterator[Record]:
        first = True
        for record in train(*args, **options):
            if first and RANK == 0:
                with (folder / "sittings.jsonl").open("a") as file:
                    file.write(json.dumps({"run": run, "restarts": RESTARTS, "first": record.step}) + "\n")
            first = False
            if run == "parts" and RANK == 1 and record.step == DEATHS.get(RESTARTS):
                os.kill(os.getpid(), signal.SIGKILL)
            yield record

    def wrong(*_: Any) -> None:
        (folder / "wrong").touch()

    anygan.cli.watch.records_of = watched
    if RANK != 0:
        checkpoint.save = wrong
    data = folder / "rows.csv"
    if not data.exists():
        beside = folder / f"rows.{RANK}"
        beside.write_text("size,weight\n" + "".join(f"{i % 4},{i % 4 + i / 50}\n" for i in range(40)), "utf-8")
        beside.replace(data)
    for run in ("parts", "whole"):
        words = ["train", str(data), "--out", str(folder / run), "--size", "tiny", "--threads", "1"]
        app([*words, "--precision", "fp32", "--steps", "12"], standalone_mode=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
