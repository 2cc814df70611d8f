"""How good a run on spoken-mnist is, by judges that read the files which the commands wrote.

    anygan train spoken-mnist --minutes 15 --out runs/sm
    python benchmarks/spoken_mnist.py runs/sm --out runs/sm-judged

writes test rows as a folder, runs ``anygan translate`` on it in every direction and ``anygan generate``, judges what
was written, prints a table and appends one JSON line to ``benchmarks/results/spoken_mnist.jsonl``. Judges are trained
on real training cells alone. ``$ANYGAN_DATA`` names the data.

``frechet`` is the distance from the test rows' cells, of pictures on the digit judge's features, of sounds on the
speaker judge's; ``floor`` and ``sound floor`` are those of as many real training cells.

``diversity``: 90 captions, every digit and hand, of each 32 draws, and how far these are from each other beside real
rows with that caption (``diversity.py`` says how). Of pictures the caption tells digit and hand, real ones are all of
the split that have them; of sounds it tells digit and speaker, real ones are the five test takes and the training
takes of it. Sounds are compared as the inversion gives them: ``inverted`` are real test sounds after it, against those
same sounds before it. ``--diversity`` measures this alone and appends nothing.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import soundfile
import torch
from diversity import asked, compared, grouped, sentences
from lines import finish, hardware
from numpy.typing import NDArray

from anygan import load, load_data
from anygan.data.captions import parse
from anygan.data.hand import slant, thickness
from anygan.data.mnist import read_mnist
from anygan.data.spoken_mnist import SPEAKERS, Recordings, read_recordings, thresholds
from anygan.data.writer import RowWriter
from anygan.judging.judges import train_judge
from anygan.metrics import frechet
from anygan.modalities import Audio, Modality, Scale
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
        self.voices = self.voice.features([data.columns["audio"].cells[i] for i in pairing.index["audio"]])
        drawn = np.random.default_rng(0).integers(len(recordings.sounds), size=self.rows)
        self.sound_floor = frechet(self.voices, self.voice.features([recordings.sounds[i] for i in drawn]))
        self.truth = self.look("image", list(self.real))

    def look(self, name: str, cells: Sequence[Any]) -> dict[str, NDArray[Any]]:
        """What cells of one modality show, where it can be told: digit, speaker, hand, grammar."""
        if name == "audio":
            voices = self.voice.features(cells)
            speaker = _named(self.voice.classify(voices))
            return {"digit": self.word.predict(cells), "speaker": speaker, "features": voices.numpy()}
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
        if name != "text":
            real = self.features if name == "image" else self.voices
            told["frechet"] = frechet(real, torch.from_numpy(shown["features"]))
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


def _named(predicted: NDArray[Any]) -> NDArray[Any]:
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


class Diversity:
    """Real rows by what their captions say, and the eyes that compare draws of a caption with them."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench = bench
        splits = ("test", "train")
        recordings = {split: read_recordings(split, folder) for split in splits}
        self.sounds = {split: grouped(_said(told), told.sounds) for split, told in recordings.items()}
        self.pictures = {}
        for split in splits:
            pictures, digits = read_mnist(split, folder)
            self.pictures[split] = grouped(self._hands(pictures, digits), list(pictures))
        self.audio = Audio.fit("audio", recordings["train"].sounds, Scale())

    def _hands(self, pictures: NDArray[np.uint8], digits: NDArray[np.int64]) -> list[Any]:
        thick = _third(thickness(pictures), self.bench.thin, self.bench.thick)
        return list(zip(digits.tolist(), thick.tolist(), self._leaning(pictures), strict=True))

    def _leaning(self, pictures: NDArray[np.uint8]) -> list[int]:
        leaning: list[int] = _third(slant(pictures), self.bench.left, self.bench.right).tolist()
        return leaning

    def measure(self, run: Path, out: Path, draws: int) -> dict[str, dict[str, float]]:
        """Draw of each caption, and compare."""
        parts, texts = asked(SPEAKERS), out / "captions.csv"
        out.mkdir(parents=True, exist_ok=True)
        with texts.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["text"], *([sentence] for sentence in sentences(SPEAKERS))])
        words = ("--given", "text", "--to", "image,audio", "-n", str(draws), "--out", str(out / "draws"))
        command("translate", str(run), str(texts), *words)
        cells = cells_of(out / "draws")
        rows = [part for part in parts for _ in range(draws)]
        pictures = [np.asarray(PIL.Image.open(path)) for path in cells["image"]]
        sounds = [soundfile.read(path, dtype="float32") for path in cells["audio"]]
        drawn = grouped([(d, STEPS[t], STEPS[s]) for d, t, s, _ in rows], pictures)
        voiced = grouped([(d, v) for d, _, _, v in rows], sounds)
        seen: dict[str, Any] = {"judge": self.bench.image.features, "plain": _pixels}
        heard: dict[str, Any] = {"judge": self.bench.word.features, "plain": self._decibels}
        heard["voice"] = self.bench.voice.features
        test, train = self.sounds["test"], self.sounds["train"]
        again = {key: [self.audio.write(self.audio.read(sound)) for sound in group] for key, group in test.items()}
        return {
            "text->image": compared(drawn, self.pictures["test"], self.pictures["train"], seen),
            "text->audio": compared(voiced, test, train, heard),
            "inverted": compared(again, test, train, heard),
        }

    def _decibels(self, sounds: Sequence[Any]) -> torch.Tensor:
        return torch.stack([self.audio.read(sound).float().flatten() for sound in sounds])


def _pixels(pictures: Sequence[Any]) -> torch.Tensor:
    return torch.from_numpy(np.stack(pictures)).float().flatten(1)


def _said(recordings: Recordings) -> list[tuple[int, str]]:
    return [(int(d), SPEAKERS[v]) for d, v in zip(recordings.digits, recordings.speakers, strict=True)]


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
    parser.add_argument("--draws", type=int, default=32, help="of each caption, for diversity")
    parser.add_argument("--diversity", action="store_true", help="measure nothing else, and append nothing")
    said = parser.parse_args()
    data = load_data("spoken-mnist:test").take(slice(0, said.rows))
    folder = Path(os.environ["ANYGAN_DATA"])
    bench = Bench(data, folder)
    if said.diversity:
        found = Diversity(bench, folder).measure(said.run, said.out / "diversity", said.draws)
        print(json.dumps(found, indent=1))
        return
    test = said.out / "test"
    export(data, load(said.run).modalities, test)
    result: dict[str, Any] = {}
    for given in GIVEN:
        to = [name for name in NAMES if name not in given]
        out = said.out / "+".join(given)
        took = command(
            "translate", str(said.run), str(test), "--given", ",".join(given), "--to", ",".join(to), "--out", str(out)
        )
        cells = cells_of(out)
        for name in to:
            scores = bench.judge(given, name, bench.look(name, cells[name]))
            result[f"{'+'.join(given)}->{name}"] = scores
            print(f"{'+'.join(given):>12} -> {name:6}", scores, f"{took} s" if name == to[-1] else "", flush=True)
        result[f"{'+'.join(given)} seconds"] = took
    command("generate", str(said.run), "-n", str(said.rows), "--out", str(said.out / "joint"))
    cells = cells_of(said.out / "joint")
    result["joint"] = bench.joint({name: bench.look(name, cells[name]) for name in NAMES})
    print(f"{'joint':>22}", result["joint"])
    result["diversity"] = Diversity(bench, folder).measure(said.run, said.out / "diversity", said.draws)
    print("diversity", json.dumps(result["diversity"], indent=1))
    cross = [result[f"{a}->{b}"]["digit"] for a in NAMES for b in NAMES if a != b]
    story = load(said.run).story
    record = {
        "run": {
            "steps": story["clock"]["step"],
            "seconds": round(story["clock"]["seconds"], 1),
            "config": story["config"],
            "device": story["device"],
        },
        "threads": story["threads"],
        "precision": story["precision"],
        "hardware": hardware(),
        "rows": said.rows,
        "cross": {"mean": round(float(np.mean(cross)), 4), "least": min(cross)},
        "floor": bench.floor,
        "sound floor": bench.sound_floor,
        "judges": [bench.image.name, bench.word.name, bench.voice.name],
        "scores": result,
    }
    print("cross", record["cross"], "floor of the picture distance", round(bench.floor, 1))
    finish(RESULTS, record)


if __name__ == "__main__":
    main()
