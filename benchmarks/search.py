"""How long one search among many codes takes, on one core.

    OMP_NUM_THREADS=1 python benchmarks/search.py

asks for the ten nearest of 100,000 random unit vectors of 64 numbers, as ``anygan search`` does once rows are embedded;
how the vectors lie makes no difference to the time. The floor is the matrix product alone, that every exact search
must do. The median and the 95th percentile of 200 queries are printed and appended as one JSON line to
``benchmarks/results/search.jsonl``.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from lines import finish, hardware
from numpy.typing import NDArray

from anygan.tasks.embed import search

RESULTS = Path(__file__).parent / "results" / "search.jsonl"
TARGET = 20.0
"""Milliseconds a query."""

Array = NDArray[np.float32]


def unit(count: int, width: int, chance: np.random.Generator) -> Array:
    """Random unit vectors (count, width)."""
    drawn = chance.standard_normal((count, width), np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


def timed(ask: Callable[[Array], Any], queries: Array) -> dict[str, float]:
    """Milliseconds a query, after one that does not count."""
    ask(queries[0])
    times = []
    for query in queries:
        began = time.perf_counter()
        ask(query)
        times.append(1000 * (time.perf_counter() - began))
    return {"median": round(float(np.median(times)), 2), "p95": round(float(np.percentile(times, 95)), 2)}


def main() -> None:
    """Time searches."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codes", type=int, default=100_000)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("-k", type=int, default=10)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    # The product's threads are set before Python starts, or not at all.
    if os.environ.get("OMP_NUM_THREADS") != "1":
        parser.error("one core is measured: set OMP_NUM_THREADS=1")
    chance = np.random.default_rng(0)
    codes, queries = unit(asked.codes, asked.width, chance), unit(asked.queries, asked.width, chance)
    record = {
        "hardware": hardware(),
        "threads": 1,
        "codes": asked.codes,
        "width": asked.width,
        "k": asked.k,
        "queries": asked.queries,
        "search_ms": timed(lambda query: search(codes, query, asked.k), queries),
        "floor_ms": timed(lambda query: codes @ query, queries),
        "target_ms": TARGET,
    }
    print(json.dumps(record))
    finish(asked.results, record)


if __name__ == "__main__":
    main()
