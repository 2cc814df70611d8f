"""How long one translation takes once a run is loaded, on one core.

python benchmarks/latency.py runs/sm --given text="the thick seven" --to image
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import torch

from anygan import load


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
    told = {}
    for batch in (1, 256):
        rows, times = [{name: value}] * batch, []
        data = model.data(rows)
        for _ in range(30 if batch == 1 else 5):
            began = time.perf_counter()
            list(model.translate(data, [name], [asked.to]))
            times.append(1000 * (time.perf_counter() - began))
        told[f"batch {batch}"] = {
            "median_ms": round(statistics.median(times[1:]), 2),
            "most_ms": round(max(times[1:]), 2),
        }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
