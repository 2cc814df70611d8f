"""Does it collapse? Modes found and quality on sets whose modes are known, for every loss and every penalty.

    python benchmarks/collapse.py --out runs/collapse                        # ring and grid, every loss, three seeds
    python benchmarks/collapse.py --out runs/collapse --penalties all        # and every penalty
    python benchmarks/collapse.py --out runs/longer --losses relativistic --steps 10000   # the default, for longer
    python benchmarks/collapse.py --out runs/collapse --sets stacked-mnist,stacked-hard,mnist --minutes 60
    python benchmarks/collapse.py --table                                    # only write docs/collapse.md again

trains a cell (set, loss, penalty, seed) after the other, all of a set for the same number of steps, or with --minutes
for the same time, and measures

    ring, grid       10,000 points: modes with a point within three standard deviations of their centre, the share of
                     points that are (real ones: .989), the deviation of those as a multiple of the mode's own (real
                     ones: .97; where it is small a mode has shrunk to its middle), and the reverse KL divergence
                     KL(generated || real) of the nearest modes
    stacked-mnist    26,000 pictures, each channel read by a judge of single digits: modes of 1,000 that have a picture,
                     and the reverse KL divergence, whose floor is that of 26,000 real pictures
    stacked-hard     the same with a discriminator a quarter of the generator's width
    mnist            Fréchet distance of 10,000 pictures to the test pictures on the judge's features; the floor is that
                     of 10,000 training pictures

A loss meets the default penalty and a penalty the default loss; one-centred has the weight of its paper, and so has
wasserstein with it. Appends one JSON line per finished cell to ``benchmarks/results/collapse.jsonl``, skips the cells
that stand there already, and writes ``docs/collapse.md`` from all lines: medians over seeds. ``$ANYGAN_DATA`` names the
data.
"""

import argparse
import itertools
import json
import math
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lines import about, finish, finished, markdown, middle, trained
from numpy.typing import NDArray
from torch import Tensor

from anygan import Config, Model, load_data
from anygan.config import LOSSES, PENALTIES
from anygan.data.synthetic import GRID_STD, RING_STD, grid_centres, ring_centres
from anygan.judging.judges import Judge, train_judge
from anygan.metrics import entropy, frechet

RESULTS = Path(__file__).parent / "results" / "collapse.jsonl"
PAGE = Path(__file__).parents[1] / "docs" / "collapse.md"

POINTS, STACKED, PICTURES = 10_000, 26_000, 10_000
"""Samples that are measured."""

PAPER_GAMMA = {"one-centred": 20.0}
"""Twice the weight that a penalty has in its paper, where the default of R1 and R2 would not do."""

Scores = dict[str, float]


@dataclass(frozen=True)
class Cell:
    """One training."""

    data: str
    loss: str
    penalty: str
    seed: int
    budget: str

    def config(self, threads: int, precision: str) -> Config:
        """How it is trained."""
        settings = SETS[self.data].settings | {
            "loss": self.loss,
            "penalty": self.penalty,
            "seed": self.seed,
            "threads": threads,
            "precision": precision,
        }
        if self.penalty in PAPER_GAMMA:
            settings["gamma"] = PAPER_GAMMA[self.penalty]
        amount, unit = self.budget.split(" ")
        return Config(**settings | ({"steps": int(amount)} if unit == "steps" else {"minutes": float(amount)}))

    def key(self) -> dict[str, Any]:
        """What tells its line from others."""
        return {"set": self.data, "loss": self.loss, "penalty": self.penalty, "seed": self.seed, "budget": self.budget}


def covered(modes: NDArray[np.int64], count: int) -> tuple[int, float]:
    """How many of so many equally likely modes occur, and KL(generated || real) in nats: log count - entropy."""
    nats, shares = entropy(torch.from_numpy(modes), count)
    return int((shares > 0).sum()), math.log(count) - nats


def scattered(points: NDArray[np.float32], centres: NDArray[np.float64], deviation: float) -> Scores:
    """Modes found, high-quality share, deviation of those and reverse KL of points (n, 2)."""
    away, nearest = torch.cdist(torch.from_numpy(points).double(), torch.from_numpy(centres)).min(1)
    good = away <= 3 * deviation
    modes, _ = covered(nearest[good].numpy(), len(centres))
    _, divergence = covered(nearest.numpy(), len(centres))
    spread = float((away[good] / deviation).square().div(2 * max(1, int(good.sum()))).sum().sqrt())
    return {"modes": modes, "high quality": float(good.double().mean()), "deviation": spread, "reverse KL": divergence}


def points(model: Model, data: str) -> Scores:
    """The scores of a model of points, and of as many real ones."""
    centres, deviation = (ring_centres(), RING_STD) if data == "ring" else (grid_centres(), GRID_STD)
    made = np.stack([row["point"] for row in model.generate(POINTS)])
    real = np.stack(list(load_data(f"{data}:test").columns["point"].cells[:POINTS]))
    ideal = scattered(real, centres, deviation)
    return scattered(made, centres, deviation) | {f"real {name}": value for name, value in ideal.items()}


def digit_judge() -> tuple[Judge, float]:
    """A judge of single digits, trained on real training pictures, and its accuracy on real test pictures."""
    train, test = load_data("mnist:train"), load_data("mnist:test")
    judge = train_judge(train.columns["image"].cells, train.pairing(0).labels["digit"], "image", label="digit")
    return judge, judge.accuracy(test.columns["image"].cells, test.pairing(0).labels["digit"])


def triples(judge: Judge, pictures: Iterable[Any]) -> NDArray[np.int64]:
    """Modes (n,), 0 to 999, of pictures (28, 28, 3): the most likely digit of each channel."""
    channels = [np.asarray(picture)[..., channel] for picture in pictures for channel in range(3)]
    digits = judge.predict(channels).reshape(-1, 3)
    modes: NDArray[np.int64] = digits @ np.array([100, 10, 1])
    return modes


def stacked(model: Model, data: str) -> Scores:
    """Modes found and reverse KL, beside those of real pictures."""
    judge, accuracy = digit_judge()
    modes, divergence = covered(triples(judge, (row["image"] for row in model.generate(STACKED))), 1000)
    real = load_data("stacked-mnist:test").columns["image"].cells
    ideal, floor = covered(triples(judge, (real[i] for i in range(STACKED))), 1000)
    told = {"modes": modes, "reverse KL": divergence, "real modes": ideal, "real reverse KL": floor}
    return told | {"judge": accuracy}


def pictures(model: Model, data: str) -> Scores:
    """Fréchet distance on the judge's features, beside that of training pictures."""
    judge, accuracy = digit_judge()
    cells = {split: load_data(f"mnist:{split}").columns["image"].cells[:PICTURES] for split in ("test", "train")}
    test, train = judge.features(cells["test"]), judge.features(cells["train"])
    made: Tensor = judge.features([np.asarray(row["image"]) for row in model.generate(PICTURES)])
    return {"Fréchet distance": frechet(test, made), "real Fréchet distance": frechet(test, train), "judge": accuracy}


@dataclass(frozen=True)
class Set:
    """A data set, how it is trained and measured, and the columns of its table: score -> digits after the point."""

    data: str
    budget: str
    settings: dict[str, Any]
    measure: Callable[[Model, str], Scores]
    columns: dict[str, int]


MODES = {"modes": 0, "reverse KL": 4}
POINTWISE = {"modes": 0, "high quality": 3, "deviation": 2, "reverse KL": 4}

SETS = {
    "ring": Set("ring", "3000 steps", {"size": "tiny"}, points, POINTWISE),
    "grid": Set("grid", "3000 steps", {"size": "tiny"}, points, POINTWISE),
    "mnist": Set("mnist", "5000 steps", {}, pictures, {"Fréchet distance": 1}),
    "stacked-mnist": Set("stacked-mnist", "20000 steps", {}, stacked, MODES),
    "stacked-hard": Set("stacked-mnist", "20000 steps", {"critic": 0.25}, stacked, MODES),
}


def cells(
    sets: Sequence[str], losses: Sequence[str], penalties: Sequence[str], seeds: int, budget: str | None
) -> list[Cell]:
    """The cells in the order in which they are trained: a whole table of one seed first."""
    pairs = dict.fromkeys([(loss, Config.penalty) for loss in losses] + [(Config.loss, name) for name in penalties])
    if "wasserstein" in losses and "one-centred" in penalties:
        pairs["wasserstein", "one-centred"] = None
    return [
        Cell(name, loss, penalty, seed, budget or SETS[name].budget)
        for seed, name, (loss, penalty) in itertools.product(range(seeds), sets, pairs)
    ]


def page(lines: Sequence[dict[str, Any]]) -> str:
    """All lines as a page: a section for each set and budget."""
    kinds = dict.fromkeys((line["set"], line["budget"]) for line in lines)
    return (
        "\n\n".join([HEAD, *(section([x for x in lines if (x["set"], x["budget"]) == kind]) for kind in kinds)]) + "\n"
    )


def section(lines: Sequence[dict[str, Any]]) -> str:
    """The lines of a set and budget as a table: medians over seeds, beside what real samples score."""
    first, columns = lines[0], SETS[lines[0]["set"]].columns
    real = [f"{name} {first['scores'][f'real {name}']:.{digits}f}" for name, digits in columns.items()]
    judged = [f"the judge is right on {first['scores']['judge']:.4f}"] if "judge" in first["scores"] else []
    where = [f"{line['hardware']}, {line['threads']} of them used, {line['precision']}" for line in lines]
    rows = [["loss", "penalty", "gamma", "seeds", *columns, "seconds"]]
    for loss, penalty in dict.fromkeys((line["loss"], line["penalty"]) for line in lines):
        group = [line for line in lines if (line["loss"], line["penalty"]) == (loss, penalty)]
        told = [middle([line["scores"][name] for line in group], digits) for name, digits in columns.items()]
        gamma = "" if penalty == "spectral" else f"{group[0]['gamma']:g}"
        seconds = f"{statistics.median(line['seconds'] for line in group):.0f}"
        rows.append([loss, penalty, gamma, str(len(group)), *told, seconds])
    head = f"## {first['set']}, {first['budget']}"
    beside = f"Real samples: {', '.join(real + judged)}. {'; '.join(dict.fromkeys(where))}."
    return "\n\n".join([head, beside, markdown(rows)])


HEAD = """# Does it collapse?

Written by `python benchmarks/collapse.py --table` from `benchmarks/results/collapse.jsonl`, one line a training. Every
figure is the median over seeds, with the least and the most in brackets. What is measured, on how many samples, and how
each row is trained, stands at the head of `benchmarks/collapse.py`. All rows of a table have the same budget; seconds
are of training, on a machine that did other work beside it. A set without a table has no
finished cell yet. What an H100 trained is of a time when a modality that is alone did not draw from words yet, and the
hour of Stacked MNIST of one when discriminators did not lead. All pictures are of
before commit 1f16e11, since when their networks learn twice as fast, and a83d46f, since when three channels pay three
times the penalty."""


def chosen(asked: str, known: Sequence[str]) -> list[str]:
    """Names with commas between them, or ``all``, or none."""
    names = list(known) if asked == "all" else [name for name in asked.split(",") if name]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"Unknown: {', '.join(unknown)}. Known: {', '.join(known)}.")
    return names


def main() -> None:
    """Train and measure the cells that are not done yet, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/collapse"))
    parser.add_argument("--sets", default="ring,grid")
    parser.add_argument("--losses", default="all")
    parser.add_argument("--penalties", default="")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, help="of every cell, in place of those of its set")
    parser.add_argument("--minutes", type=float, help="of every cell, in place of steps")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--table", action="store_true", help="train nothing")
    asked = parser.parse_args()
    budget = f"{asked.minutes:g} minutes" if asked.minutes else f"{asked.steps} steps" if asked.steps else None
    names = chosen(asked.sets, list(SETS)), chosen(asked.losses, LOSSES), chosen(asked.penalties, PENALTIES)
    lines = finished(asked.results)
    for cell in [] if asked.table else cells(*names, asked.seeds, budget):
        if any(cell.key().items() <= line.items() for line in lines):
            continue
        began, config = time.time(), cell.config(asked.threads, asked.precision)
        name = "-".join(str(part) for part in cell.key().values()).replace(" ", "-")
        model = trained(name, load_data(f"{SETS[cell.data].data}:train"), asked.out / name, config)
        seconds = model.story["clock"]["seconds"]
        result = cell.key() | {"gamma": config.gamma, "seconds": round(seconds, 1)} | about(model)
        result |= {"scores": SETS[cell.data].measure(model, SETS[cell.data].data)}
        print(json.dumps(result), f"{time.time() - began:.0f} s", flush=True)
        finish(asked.results, result)
        lines.append(result)
    asked.page.write_text(page(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
