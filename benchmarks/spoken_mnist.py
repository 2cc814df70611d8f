"""How good a run on spoken-mnist is, by judges that read the files which the commands wrote.

    anygan train spoken-mnist --minutes 15 --out runs/sm
    python benchmarks/spoken_mnist.py runs/sm --out runs/sm-judged

writes test rows as a folder, runs ``anygan translate`` on it in every direction and ``anygan generate``, judges what
was written, prints a table and appends one JSON line to ``benchmarks/results/spoken_mnist.jsonl``. Judges are trained
on real training cells alone. ``$ANYGAN_DATA`` names the data.
"""

import argparse
import csv
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import torch
from lines import finish
from numpy.typing import NDArray

from anygan import load, load_data
from anygan.data.captions import parse
from anygan.data.hand import slant, thickness
from anygan.data.mnist import read_mnist
from anygan.data.spoken_mnist import SPEAKERS, read_recordings, thresholds
from anygan.data.writer import RowWriter
from anygan.evaluation.cost.costing import processor
from anygan.judging.judges import Judge, train_judge
from anygan.metrics import frechet
from anygan.modalities import Modality
from anygan.rows import DataSet

NAMES = ("image", "audio", "text")
GIVEN = (("image",), ("audio",), ("text",), ("image", "audio"), ("image", "text"), ("audio", "text"))
RESULTS = Path(__file__).parent / "results" / "spoken_mnist.jsonl"
STEPS = {"thin": 0, "": 1, "thick": 2, "left": 0, "right": 2}


class Bench:
    """The judges and the truth about the test rows."""

    def __init__(self, data: DataSet, folder: Path) -> None:
        pictures, digits = read_mnist("train", folder)
        recordings = read_recordings("train", folder)
        self.image = train_judge(list(pictures), digits, "image", label="digit")
        self.word = train_judge(recordings.sounds, recordings.digits, "audio", label="digit")
        self.voice = train_judge(recordings.sounds, recordings.speakers, "audio", label="speaker")
        (self.thin, self.thick), (self.left, self.right) = thresholds(pictures)
        pairing = data.pairing(0)
        self.labels = pairing.labels
        self.rows = len(data)
        self.real = np.stack([np.asarray(data.columns["image"].cells[i]) for i in pairing.index["image"]])
        self.features = self.image.features(list(self.real))
        self.floor = frechet(self.features, self.image.features(list(pictures[: self.rows])))
        self.truth = self.look("image", list(self.real))

    def look(self, name: str, cells: Sequence[Any]) -> dict[str, NDArray[Any]]:
        """What cells of one modality show, where it can be told: digit, speaker, hand, grammar."""
        if name == "audio":
            return {"digit": self.word.predict(cells), "speaker": _named(self.voice, cells)}
        if name == "text":
            told = [parse(cell, SPEAKERS) for cell in cells]
            return {
                "grammar": np.array([t is not None for t in told]),
                "digit": np.array([t["digit"] if t else -1 for t in told]),
                "speaker": np.array([t["speaker"] if t else "" for t in told]),
                "thickness": np.array([STEPS[t["thickness"]] if t else -1 for t in told]),
                "slant": np.array([STEPS[t["slant"]] if t else -1 for t in told]),
            }
        pictures = np.stack([np.asarray(PIL.Image.open(c) if isinstance(c, Path) else c) for c in cells])
        features = self.image.features(list(pictures))
        return {
            "digit": self.image.classify(features),
            "thickness": _third(thickness(pictures), self.thin, self.thick),
            "slant": _third(slant(pictures), self.left, self.right),
            "features": features.numpy(),
        }

    def judge(self, given: Sequence[str], name: str, shown: Mapping[str, NDArray[Any]]) -> dict[str, float]:
        """Scores of one direction."""
        told = {"digit": _share(shown["digit"] == self.labels["digit"])}
        if name != "image" and ("audio" in given or "text" in given):
            told["speaker"] = _share(shown["speaker"] == self.labels["speaker"])
        if name == "text":
            told["grammar"] = _share(shown["grammar"])
        if name != "audio" and ("text" in given or "image" in given):
            told["hand"] = _share(
                (shown["thickness"] == self.truth["thickness"]) & (shown["slant"] == self.truth["slant"])
            )
        if name == "image":
            told["frechet"] = frechet(self.features, torch.from_numpy(shown["features"]))
        return told

    def joint(self, shown: Mapping[str, Mapping[str, NDArray[Any]]]) -> dict[str, float]:
        """Scores of joint samples."""
        image, audio, text = (shown[name] for name in NAMES)
        shares = np.bincount(image["digit"], minlength=10) / len(image["digit"])
        agree = (image["digit"] == audio["digit"]) & (image["digit"] == text["digit"])
        return {
            "agreement": _share(agree),
            "smallest_class": float(shares.min()),
            "largest_class": float(shares.max()),
            "grammar": _share(text["grammar"]),
            "speaker": _share(text["speaker"] == audio["speaker"]),
            "hand": _share((text["thickness"] == image["thickness"]) & (text["slant"] == image["slant"])),
            "frechet": frechet(self.features, torch.from_numpy(image["features"])),
        }


def _named(judge: Judge, cells: Sequence[Any]) -> NDArray[Any]:
    predicted = judge.predict(cells)
    return np.asarray(SPEAKERS)[predicted] if predicted.dtype.kind in "iu" else predicted


def _third(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.int64]:
    return np.where(values < low, 0, np.where(values > high, 2, 1))


def _share(right: NDArray[Any]) -> float:
    return round(float(np.mean(right)), 4)


def export(data: DataSet, modalities: Mapping[str, Modality], out: Path) -> None:
    """Rows of a data set as a folder in the contract's form."""
    with RowWriter(out, modalities) as writer:
        for row in data.rows():
            writer.write(row)


def cells_of(folder: Path) -> dict[str, list[Any]]:
    """The columns of a written folder: paths and sentences."""
    with (folder / "metadata.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    cells: dict[str, list[Any]] = {}
    for header in rows[0]:
        name = header.removesuffix("_file_name")
        cells[name] = [row[header] if name == header else folder / row[header] for row in rows]
    return cells


def command(*words: str) -> float:
    """Run the real command; seconds that it took."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "anygan", *words], check=True, stdout=subprocess.DEVNULL)
    return round(time.perf_counter() - began, 2)


def main() -> None:
    """Judge a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=2000)
    asked = parser.parse_args()
    data = load_data("spoken-mnist:test").take(slice(0, asked.rows))
    bench = Bench(data, Path(os.environ["ANYGAN_DATA"]))
    test = asked.out / "test"
    export(data, load(asked.run).modalities, test)
    result: dict[str, Any] = {}
    for given in GIVEN:
        to = [name for name in NAMES if name not in given]
        out = asked.out / "+".join(given)
        took = command(
            "translate", str(asked.run), str(test), "--given", ",".join(given), "--to", ",".join(to), "--out", str(out)
        )
        cells = cells_of(out)
        for name in to:
            scores = bench.judge(given, name, bench.look(name, cells[name]))
            result[f"{'+'.join(given)}->{name}"] = scores
            print(f"{'+'.join(given):>12} -> {name:6}", scores, f"{took} s" if name == to[-1] else "", flush=True)
        result[f"{'+'.join(given)} seconds"] = took
    command("generate", str(asked.run), "-n", str(asked.rows), "--out", str(asked.out / "joint"))
    cells = cells_of(asked.out / "joint")
    result["joint"] = bench.joint({name: bench.look(name, cells[name]) for name in NAMES})
    print(f"{'joint':>22}", result["joint"])
    cross = [result[f"{a}->{b}"]["digit"] for a in NAMES for b in NAMES if a != b]
    story = load(asked.run).story
    record = {
        "run": {
            "steps": story["clock"]["step"],
            "seconds": round(story["clock"]["seconds"], 1),
            "config": story["config"],
        },
        "threads": story["threads"],
        "precision": story["precision"],
        "hardware": f"{os.cpu_count()} cores, {processor()}",
        "rows": asked.rows,
        "cross": {"mean": round(float(np.mean(cross)), 4), "least": min(cross)},
        "floor": bench.floor,
        "judges": [bench.image.name, bench.word.name, bench.voice.name],
        "scores": result,
    }
    print("cross", record["cross"], "floor of the picture distance", round(bench.floor, 1))
    finish(RESULTS, record)


if __name__ == "__main__":
    main()
