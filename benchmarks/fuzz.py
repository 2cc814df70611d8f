"""Fuzz of all that reads strangers' data: the trials of ``trials.py``, each for its share of the minutes.

    python benchmarks/fuzz.py --minutes 5

Appends a line to results/fuzz.jsonl: of every trial how many inputs were tried, how many of them were data sets rather
than refused with a sentence, and what fell over. An input that made something fall over is printed in its shortest form
and belongs into a test of its own; the exit code is then 1.
"""

import argparse
import sys
import time
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import hypothesis
import torch
from hypothesis import HealthCheck, given, seed, settings
from lines import finish, hardware
from trials import TRIALS, Trial

import anygan

RESULTS = Path(__file__).parent / "results" / "fuzz.jsonl"
ROUND = 500
"""Inputs between two looks at the clock."""


def fuzzed(trial: Trial, seconds: float, first: int) -> dict[str, Any]:
    """Rounds of a trial, each with a seed of its own, until its time is up or it fails."""
    tried, whole, failed = 0, 0, ""
    began = time.monotonic()
    while time.monotonic() - began < seconds and not failed:

        @seed(first)
        @settings(max_examples=ROUND, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(trial.inputs)
        def holds(value: Any) -> None:
            nonlocal tried, whole
            tried += 1
            whole += trial.check(value)

        try:
            holds()
        except Exception as error:  # whatever it is, it is what we look for
            failed = f"{type(error).__name__}: {error}"[:500]
            print("\n".join([failed, *getattr(error, "__notes__", ())]), flush=True)
        first += 1
    return {"tried": tried, "data_sets": whole, "fell_over": failed, "seconds": round(time.monotonic() - began)}


def main() -> int:
    """Try everything; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=0, help="of the first round; the next have the next")
    parser.add_argument("--only", choices=TRIALS, action="append", help="a trial; all where none is named")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("error")
    names = options.only or list(TRIALS)
    found = {}
    for name in names:
        found[name] = fuzzed(TRIALS[name], 60 * options.minutes / len(names), options.seed)
        print(name, found[name], flush=True)
    finish(RESULTS, {
        "date": date.today().isoformat(),
        "anygan": anygan.__version__,
        "hypothesis": hypothesis.__version__,
        "seed": options.seed,
        "tried": sum(one["tried"] for one in found.values()),
        "fell_over": sum(bool(one["fell_over"]) for one in found.values()),
        "trials": found,
        "hardware": hardware(),
    })  # fmt: skip
    return int(any(one["fell_over"] for one in found.values()))


if __name__ == "__main__":
    sys.exit(main())
