"""How long one translation takes once a run is loaded, on one core.

python benchmarks/latency.py runs/sm --given text="the thick seven" --to image
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from anygan import load


def clocked(translate: Callable[[int], object]) -> dict[str, dict[str, float]]:
    """Milliseconds in which ``translate`` makes one row, and a batch of 256, after a first time."""
    told = {}
    for batch in (1, 256):
        times = []
        for _ in range(30 if batch == 1 else 5):
            began = time.perf_counter()
            translate(batch)
            times.append(1000 * (time.perf_counter() - began))
        told[f"batch {batch}"] = {
            "median_ms": round(statistics.median(times[1:]), 2),
            "most_ms": round(max(times[1:]), 2),
        }
    return told


def main() -> None:
    """Time single translations and batches of 256."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--given", default="text=the thick seven, said by theo")
    parser.add_argument("--to", default="image")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    model = load(asked.run)
    name, _, value = asked.given.partition("=")
    data = {size: model.data([{name: value}] * size) for size in (1, 256)}
    print(json.dumps(clocked(lambda size: list(model.translate(data[size], [name], [asked.to])))))


if __name__ == "__main__":
    main()
