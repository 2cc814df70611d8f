"""What each part of the model is worth, on spoken-mnist: one part less, or another in its place.

    python benchmarks/ablations.py --steps 800 --seeds 3 --out runs/ablations     # every ablation, a whole seed first
    python benchmarks/ablations.py --steps 800 --cells unchanged,no-echo          # some of them
    python benchmarks/ablations.py --list                                         # what each tests, and its prediction
    python benchmarks/ablations.py --table                                        # medians beside the unchanged model

The ablations are those of ``benchmarks/ablated.py``. The last thousand *training* rows are held out: no picture of
theirs is trained on, and no test row is ever looked at. On them the judges of ``benchmarks/spoken_mnist.py``, which are
trained on real training cells alone, tell

    i>a ... t>a     the digit is right, of each direction between single modalities; cross is their mean
    joint           rows from noise: all three show the same digit; least class, the share of the rarest digit
    hand, speaker   text -> image: thickness and slant are as the caption says; text -> audio: the voice is
    grammar         captions from pictures and sounds; joint grammar of those from noise
    noised          image + audio -> text: the digit is right where the picture is noised, deviation 1 of -1 to 1
    FD ...          Fréchet distance of pictures on the digit judge's features, of sounds on the speaker judge's;
                    floors, of other training pictures and sounds

Equal steps ask what a part does for a step, equal minutes whether it is worth its time too. Appends one JSON line per
finished cell to ``benchmarks/results/ablations.jsonl`` and skips the cells that stand there already; a cell that was
broken off goes on from its last checkpoint. ``$ANYGAN_DATA`` names the data.
"""

import argparse
import itertools
import json
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ablated import ABLATIONS, Ablation
from lines import about, finish, finished, markdown, trained
from robustness import unrelated
from spoken_mnist import NAMES, Bench
from swaps import swapped

from anygan import Config, DataSet, Model, load_data
from anygan.data.built_in import ArrayCells
from anygan.rows import Column, Pairing

RESULTS = Path(__file__).parent / "results" / "ablations.jsonl"
DIRECTIONS = {f"{a[0]}>{b[0]}": (a, b) for a, b in itertools.permutations(NAMES, 2)}
NOISED = "noised image+audio->text"
LEVEL = 1.0
"""Standard deviation of the noise on pictures from -1 to 1."""

Scores = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Cell:
    """One training, or one look at it."""

    ablation: str
    seed: int
    budget: str

    @property
    def made(self) -> Ablation:
        """What it is."""
        return ABLATIONS[self.ablation]

    def key(self) -> dict[str, Any]:
        """What tells its line from others."""
        return {"cell": self.ablation, "seed": self.seed, "budget": self.budget}

    def trained(self) -> "Cell":
        """The cell whose run is judged: itself, unless it only answers otherwise."""
        return Cell(self.made.beside, self.seed, self.budget) if self.made.answers else self

    def config(self, threads: int, precision: str) -> Config:
        """How it is trained."""
        amount, unit = self.budget.split(" ")
        spent = {"steps": int(amount)} if unit == "steps" else {"minutes": float(amount)}
        return Config(seed=self.seed, threads=threads, precision=precision, **spent | self.made.settings)

    def data(self, rows: DataSet) -> DataSet:
        """What it is trained on."""
        return unrelated(rows) if self.made.stranger else rows


def cells(names: Sequence[str], seeds: int, budget: str) -> list[Cell]:
    """The cells in the order in which they are trained: all of one seed first."""
    unknown = [name for name in names if name not in ABLATIONS]
    if unknown:
        raise SystemExit(f"Unknown: {', '.join(unknown)}. Known: {', '.join(ABLATIONS)}.")
    return [Cell(name, seed, budget) for seed in range(seeds) for name in names]


def split(data: DataSet, held: int) -> tuple[DataSet, DataSet]:
    """Rows to train on, and the last ones, held out."""
    return data.take(slice(0, len(data) - held)), data.take(slice(len(data) - held, None))


def noised(data: DataSet) -> DataSet:
    """The same rows with noise on every picture."""
    pairing, column = data.pairing(0), data.columns["image"]
    pictures = np.stack([np.asarray(column.cells[number]) for number in pairing.index["image"]])
    noise = np.random.default_rng(0).standard_normal(pictures.shape, np.float32) * (127.5 * LEVEL)
    spoilt = ArrayCells((pictures + noise).clip(0, 255).astype(np.uint8))
    alone = Pairing(pairing.index | {"image": np.arange(len(pictures))}, pairing.labels)
    columns = {**data.columns, "image": Column("image", "image", spoilt, column.headers)}
    return DataSet(data.name, columns, lambda epoch: alone)


def judged(model: Model, held: DataSet, bench: Bench) -> dict[str, dict[str, float]]:
    """All scores of a model: directions between single modalities, with a noised picture, and of rows from noise."""
    scores = {}
    for given in NAMES:
        to = [name for name in NAMES if name != given]
        made = [row.cells for row in model.translate(held, [given], to)]
        for name in to:
            scores[f"{given}->{name}"] = bench.judge((given,), name, bench.look(name, [row[name] for row in made]))
    both = ("image", "audio")
    told = [row.cells["text"] for row in model.translate(noised(held), both, ["text"])]
    scores[NOISED] = bench.judge(both, "text", bench.look("text", told))
    rows = list(model.generate(len(held)))
    scores["joint"] = bench.joint({name: bench.look(name, [row[name] for row in rows]) for name in NAMES})
    return scores


def figures(scores: Scores) -> dict[str, float]:
    """The figures of the table, shares first."""
    told = {short: scores[f"{given}->{to}"]["digit"] for short, (given, to) in DIRECTIONS.items()}
    joint = scores["joint"]
    return told | {
        "cross": statistics.mean(told.values()),
        "joint": joint["agreement"],
        "least class": joint["smallest_class"],
        "hand": scores["text->image"]["hand"],
        "speaker": scores["text->audio"]["speaker"],
        "grammar": statistics.mean(scores[f"{given}->text"]["grammar"] for given in ("image", "audio")),
        "joint grammar": joint["grammar"],
        "noised": scores[NOISED]["digit"],
        "FD t>i": scores["text->image"]["frechet"],
        "FD a>i": scores["audio->image"]["frechet"],
        "FD joint": joint["frechet"],
        "FD t>a": scores["text->audio"]["frechet"],
    }


def table(lines: Sequence[Mapping[str, Any]]) -> str:
    """All lines, a table for each budget: medians over seeds, and how far they lie from what they are beside."""
    budgets = dict.fromkeys(line["budget"] for line in lines)
    return "\n\n".join(_budget([line for line in lines if line["budget"] == budget]) for budget in budgets)


def _budget(lines: Sequence[Mapping[str, Any]]) -> str:
    names = list(figures(lines[0]["scores"]))
    rows = [["cell", "beside", "seeds", "steps", "s a step", *names]]
    for name in [name for name in ABLATIONS if any(line["cell"] == name for line in lines)]:
        own, beside = _seeds(lines, name), ABLATIONS[name].beside if name != "unchanged" else ""
        steps = f"{statistics.median(line['steps'] for line in own.values()):.0f}"
        pace = f"{statistics.median(line['seconds'] / line['steps'] for line in own.values()):.2f}"
        told = [_told(figure, own, _seeds(lines, beside)) for figure in names]
        rows.append([name, beside, str(len(own)), steps, pace, *told])
    where = dict.fromkeys(f"{line['hardware']}, {line['threads']} threads, {line['precision']}" for line in lines)
    floor = statistics.median(line["floor"] for line in lines)
    head = (
        f"{lines[0]['budget']}, {lines[0]['rows']} held-out training rows, floor of FD {floor:.1f}; {'; '.join(where)}"
    )
    return "\n\n".join([head, markdown(rows)])


def _seeds(lines: Sequence[Mapping[str, Any]], name: str) -> dict[int, Mapping[str, Any]]:
    """The lines of an ablation by seed."""
    return {line["seed"]: line for line in lines if line["cell"] == name}


def _told(figure: str, own: Mapping[int, Any], beside: Mapping[int, Any]) -> str:
    """The median over seeds, and that of the differences between equal seeds, or else the extremes of several."""
    digits = 1 if figure.startswith("FD") else 3
    found = {seed: figures(line["scores"])[figure] for seed, line in own.items()}
    middle = f"{statistics.median(found.values()):.{digits}f}"
    apart = [value - figures(beside[seed]["scores"])[figure] for seed, value in found.items() if seed in beside]
    if apart:
        return f"{middle} ({statistics.median(apart):+.{digits}f})"
    if len(found) == 1:
        return middle
    return f"{middle} ({min(found.values()):.{digits}f} to {max(found.values()):.{digits}f})"


def listed() -> str:
    """What each ablation tests, and its prediction."""
    return "\n".join(f"{name}: {made.tells}" for name, made in ABLATIONS.items())


def measured(cell: Cell, rows: DataSet, held: DataSet, bench: Bench, out: Path, config: Config) -> dict[str, Any]:
    """Train a cell, or go on with it, and judge it: its line."""
    source = cell.trained()
    name = "-".join(str(part) for part in source.key().values()).replace(" ", "-")
    with swapped(source.made.swaps):
        model = trained(name, source.data(rows), out / name, config)
    with swapped(cell.made.swaps):
        scores = judged(model, held, bench)
    told = {"seconds": round(model.story["clock"]["seconds"], 1), "rows": len(held), "floor": bench.floor}
    told["sound floor"] = bench.sound_floor
    return cell.key() | told | about(model) | {"scores": scores}


def main() -> None:
    """Train and judge the cells that are not done yet, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--steps", type=int, default=800)
    budget.add_argument("--minutes", type=float, help="of training, in place of steps")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--cells", default=",".join(ABLATIONS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--rows", type=int, default=1000, help="held out and judged")
    parser.add_argument("--out", type=Path, default=Path("runs/ablations"))
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--table", action="store_true", help="train nothing, print what is done")
    parser.add_argument("--list", action="store_true", help="train nothing, print what each ablation tests")
    asked = parser.parse_args()
    lines = finished(asked.results)
    if asked.table or asked.list:
        print(listed() if asked.list else table(lines))
        return
    spent = f"{asked.minutes:g} minutes" if asked.minutes else f"{asked.steps} steps"
    wanted = cells(asked.cells.split(","), asked.seeds, spent)
    left = [cell for cell in wanted if not any(cell.key().items() <= line.items() for line in lines)]
    if not left:
        return
    rows, held = split(load_data("spoken-mnist:train"), asked.rows)
    bench = Bench(held, Path(os.environ["ANYGAN_DATA"]))
    for cell in left:
        began = time.time()
        config = cell.trained().config(asked.threads, asked.precision)
        result = measured(cell, rows, held, bench, asked.out, config)
        print(json.dumps(result), f"{time.time() - began:.0f} s", flush=True)
        finish(asked.results, result)


if __name__ == "__main__":
    main()
