"""How well a model finds rows whose cells do not go together.

    python benchmarks/contradictions.py runs/sm

seeds wrong pairs into spoken-mnist's test rows: in 2% of 2,000 rows one modality, at random, holds the cell of a row of
another digit. ``anygan inspect`` ranks rows by conflict; given is the average precision with which that ranking finds
the wrong rows, overall and by the modality that was swapped (each against all clean rows), and how often the cell that
is believed least is the swapped one. Chance is the share of wrong rows, and a third of it by modality. Means over
several seedings are printed and appended as one JSON line to ``benchmarks/results/contradictions.jsonl``.
``$ANYGAN_DATA`` names the data.
"""

import argparse
import dataclasses
import time
from pathlib import Path
from typing import Any

import numpy as np
from lines import finish, hardware
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from anygan import load, load_data
from anygan.rows import DataSet
from anygan.tasks.contradict import contradictions
from anygan.tasks.model import Model

NAMES = ("image", "audio", "text")
RESULTS = Path(__file__).parent / "results" / "contradictions.jsonl"
TARGET = 0.9


def seeded(data: DataSet, share: float, seed: int) -> tuple[DataSet, NDArray[np.int64]]:
    """The same rows with wrong pairs among them, and which modality of each row was swapped, -1 for none."""
    chance = np.random.default_rng(seed)
    pairing = data.pairing(0)
    digits = pairing.labels["digit"]
    swapped = np.full(len(data), -1)
    wrong = chance.choice(len(data), round(share * len(data)), replace=False)
    swapped[wrong] = chance.integers(len(NAMES), size=len(wrong))
    index = {name: numbers.copy() for name, numbers in pairing.index.items()}
    for row in wrong:
        name, other = NAMES[swapped[row]], chance.choice(np.flatnonzero(digits != digits[row]))
        index[name][row] = pairing.index[name][other]
    mixed = dataclasses.replace(pairing, index=index)
    return dataclasses.replace(data, pairing=lambda epoch: mixed), swapped


def found(model: Model, data: DataSet, swapped: NDArray[np.int64]) -> dict[str, float]:
    """Average precisions, and how often the swapped cell is believed least."""
    looked = list(contradictions(model.net, data))
    scores = np.array([one.conflict for one in looked])
    wrong = swapped >= 0
    told = {"all": float(average_precision_score(wrong, scores))}
    for place, name in enumerate(NAMES):
        some = ~wrong | (swapped == place)
        if (swapped == place).any():
            told[name] = float(average_precision_score(wrong[some], scores[some]))
    right = [looked[row].least == NAMES[swapped[row]] for row in np.flatnonzero(wrong)]
    return told | {"least believed is swapped": float(np.mean(right))}


def main() -> None:
    """Measure a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--share", type=float, default=0.02)
    parser.add_argument("--seedings", type=int, default=10)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    model = load(asked.run)
    data = load_data("spoken-mnist:test").take(slice(0, asked.rows))
    began = time.perf_counter()
    told = [found(model, *seeded(data, asked.share, seed)) for seed in range(asked.seedings)]
    took = time.perf_counter() - began
    precision: dict[str, Any] = {}
    for what in told[0]:
        values = [one[what] for one in told if what in one]
        precision[what] = {"mean": round(float(np.mean(values)), 4), "least": round(min(values), 4)}
        print(f"{what:>26}", precision[what])
    print(f"chance {asked.share}, target {TARGET}; {took / asked.seedings:.1f} s for {asked.rows:,} rows")
    record = {
        "run": {"steps": model.story["clock"]["step"], "seconds": round(model.story["clock"]["seconds"], 1)},
        "hardware": hardware(),
        "rows": asked.rows,
        "wrong": round(asked.share * asked.rows),
        "seedings": asked.seedings,
        "chance": asked.share,
        "target": TARGET,
        "average_precision": precision,
        "seconds": round(took / asked.seedings, 2),
    }
    finish(asked.results, record)


if __name__ == "__main__":
    main()
