"""Is complete right as often as it says? On test rows of a built-in set, of which cells are hidden at random.

    python benchmarks/sureness.py runs/demo --data digits --lines benchmarks/results/sureness.jsonl

Two rows of three lose one modality or more, and keep one. What complete learns its sureness from are the cells that are
left; told is the expected calibration error over ten bins of equal count, and each bin: mean sureness, share right,
count. Of n cells in bins of n / 10 a perfect teller has an error of about .8 sqrt(right (1 - right) 10 / n).
Benchmarks of tables tell theirs themselves (``tables.py``).
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from lines import about, finish
from tables import ece

import anygan
from anygan.tasks.sureness import claim, right


def main() -> None:
    """Hide, complete, compare, append a line for each modality."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", default="digits")
    parser.add_argument("--rows", type=int, default=1000, help="test rows, at most")
    parser.add_argument("--lines", type=Path, required=True, help="file of JSON lines")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    model = anygan.load(asked.run)
    rows = list(anygan.load_data(f"{asked.data}:test").rows())[: asked.rows]
    chance = np.random.default_rng(asked.seed)
    names = list(model.modalities)
    hidden = [set(chance.permutation(names)[: i % 3 and chance.integers(1, len(names))]) for i in range(len(rows))]
    holed = [{n: None if n in gone else row[n] for n in names} for row, gone in zip(rows, hidden, strict=True)]
    made = list(model.complete(holed, seed=asked.seed))
    for name, modality in model.modalities.items():
        lost = [i for i, gone in enumerate(hidden) if name in gone]
        filled, truth = (
            torch.stack([modality.read(cell) for cell in cells])
            for cells in ([made[i].cells[name] for i in lost], [rows[i][name] for i in lost])
        )
        with torch.inference_mode():
            good = right(model.net, name, filled, truth).numpy()
        sure = np.array([made[i].filled[name] for i in lost])
        error, bins = ece(sure, good)
        told = {"data": asked.data, "modality": name, "claim": claim(modality), "cells": len(lost)}
        told |= {"right": float(good.mean()), "sure": float(sure.mean()), "ece": error, "bins": bins}
        print({key: value for key, value in told.items() if key != "bins"}, flush=True)
        finish(asked.lines, told | {"seed": asked.seed} | about(model))


if __name__ == "__main__":
    main()
