"""What gaps, noise and contradiction in the training rows cost, on spoken-mnist.

    python benchmarks/robustness.py --minutes 15 --out runs/robustness

trains one model on each of these sets, the same minutes each, and measures every direction between single modalities
on 2,000 clean test rows, by judges that are trained on clean training cells:

    clean       as it is
    spoilt      20% of the rows with one cell noised, 10% with one cell of another row
    half        half of all cells missing
    tenth       only 10% of the rows complete, the others with one or two cells
    bridged     no row with both picture and sound: half have picture and caption, the others caption and sound
    unrelated   a fourth modality, gratings, that has nothing to do with the rest
    unheard     two of six speakers left out, and audio -> image measured on those two
    unshown     a fifth of all combinations of digit, hand and speaker left out, and captions measured on those

Appends one JSON line per finished cell to ``benchmarks/results/robustness.jsonl`` and skips the cells of the same
minutes that stand there already. ``$ANYGAN_DATA`` names the data.
"""

import argparse
import functools
import json
import os
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from lines import about, finish, finished, trained
from numpy.typing import NDArray
from spoken_mnist import Bench

from anygan import Config, load, load_data
from anygan.data.built_in import ArrayCells
from anygan.evaluation.fusion.looked import Looked
from anygan.evaluation.inner.shares import bonds
from anygan.evaluation.measure import Measure
from anygan.judging.judges import train_judge
from anygan.metrics import frechet
from anygan.rows import Column, DataSet, Pairing
from anygan.tasks.translate import translate

NAMES = ("image", "audio", "text")
RESULTS = Path(__file__).parent / "results" / "robustness.jsonl"
UNHEARD = ("theo", "lucas")
FIFTH = 5
"""One combination in so many is left out."""
LEVEL = 0.5
"""Standard deviation of the noise where cells reach from -1 to 1; a sentence loses every third word."""


def spoilt(data: DataSet) -> DataSet:
    """20% of the rows with one cell noised, 10% with one cell of another row."""
    chance = np.random.default_rng(0)
    rows = len(data)
    way = chance.random(rows)
    which = chance.integers(len(NAMES), size=rows)
    columns, counts = {}, {}
    for name, column in data.columns.items():
        noisy = [_noised(cell, chance) for cell in column.cells] if name != "image" else _pictures(column, chance)
        counts[name] = len(column.cells)
        columns[name] = Column(name, column.kind, _Two(column.cells, noisy), column.headers)

    def pairing(epoch: int) -> Pairing:
        drawn = data.pairing(epoch)
        index = {}
        for m, name in enumerate(NAMES):
            number = drawn.index[name].copy()
            noised, swapped = (which == m) & (way < 0.2), (which == m) & (way >= 0.2) & (way < 0.3)
            number[noised] += counts[name]
            number[swapped] = np.random.default_rng((1, epoch, m)).permutation(number[swapped])
            index[name] = number
        return Pairing(index, drawn.labels)

    return DataSet(data.name, columns, pairing)


class _Two(Sequence[Any]):
    """Two lists of cells, one after the other."""

    def __init__(self, first: Any, second: Any) -> None:
        self.first, self.second = first, second

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    def __getitem__(self, i: Any) -> Any:
        return self.first[i] if i < len(self.first) else self.second[i - len(self.first)]


def _pictures(column: Column, chance: np.random.Generator) -> ArrayCells:
    pictures = np.asarray(column.cells)
    noise = chance.standard_normal(pictures.shape, np.float32) * (127.5 * LEVEL)
    return ArrayCells((pictures + noise).clip(0, 255).astype(np.uint8))


def _noised(cell: Any, chance: np.random.Generator) -> Any:
    if isinstance(cell, str):
        words = cell.split(" ")
        return " ".join(word for word in words if chance.random() > 1 / 3) or words[0]
    samples, rate = cell
    loud = float(np.abs(samples).max())
    return (samples + LEVEL * loud * chance.standard_normal(len(samples)).astype(np.float32)).clip(-1, 1), rate


def half(data: DataSet) -> DataSet:
    """Half of all cells missing."""
    return _lacking(data, np.random.default_rng(0).random((len(data), len(NAMES))) < 0.5)


def tenth(data: DataSet) -> DataSet:
    """Only 10% of the rows complete, the others with one or two cells."""
    chance = np.random.default_rng(0)
    order = chance.random((len(data), len(NAMES))).argsort(1)
    kept = chance.integers(1, len(NAMES), size=(len(data), 1))
    kept[chance.random(len(data)) < 0.1] = len(NAMES)
    return _lacking(data, order >= kept)


def bridged(data: DataSet) -> DataSet:
    """Picture and sound never occur in one row; the caption, which all rows have, is the bridge between them."""
    seen = np.random.default_rng(0).random(len(data)) < 0.5
    return _lacking(data, np.stack([~seen, seen, np.zeros(len(data), bool)], 1))


def _lacking(data: DataSet, lacking: NDArray[np.bool_]) -> DataSet:
    def pairing(epoch: int) -> Pairing:
        drawn = data.pairing(epoch)
        index = {name: np.where(lacking[:, m], -1, drawn.index[name]) for m, name in enumerate(NAMES)}
        return Pairing(index, drawn.labels)

    return DataSet(data.name, data.columns, pairing)


def unrelated(data: DataSet) -> DataSet:
    """A fourth modality, gratings of any direction and pitch, that has nothing to do with the rest."""
    chance = np.random.default_rng(0)
    angle, pitch, phase = chance.random((3, 4000, 1, 1)) * np.array([np.pi, 3, 2 * np.pi]).reshape(3, 1, 1, 1)
    y, x = np.mgrid[0:16, 0:16] / 16
    waves = np.sin(2 * np.pi * (1 + pitch) * (x * np.cos(angle) + y * np.sin(angle)) + phase)
    column = Column("texture", "image", ArrayCells((127.5 * (1 + waves)).astype(np.uint8)), ("texture",))

    def pairing(epoch: int) -> Pairing:
        drawn = data.pairing(epoch)
        number = np.random.default_rng((2, epoch)).integers(len(waves), size=len(drawn))
        return Pairing(drawn.index | {"texture": number}, drawn.labels)

    return DataSet(data.name, data.columns | {"texture": column}, pairing)


def unshown(data: DataSet) -> DataSet:
    """A fifth of all combinations of digit, thickness, slant and speaker never occurs."""

    @functools.lru_cache(maxsize=2)
    def pairing(epoch: int) -> Pairing:
        drawn = data.pairing(epoch)
        return drawn.take(np.flatnonzero(~rare(drawn)))

    return DataSet(data.name, data.columns, pairing)


def rare(pairing: Pairing) -> NDArray[np.bool_]:
    """Which rows are of the fifth of all combinations that is left out, (N,)."""
    told = [pairing.labels[name].tolist() for name in ("digit", "thickness", "slant", "speaker")]
    left = {key: zlib.crc32(repr(key).encode()) % FIFTH == 0 for key in set(zip(*told, strict=True))}
    return np.array([left[key] for key in zip(*told, strict=True)])


CELLS: dict[str, Callable[[DataSet], DataSet]] = {
    "clean": lambda data: data,
    "spoilt": spoilt,
    "half": half,
    "tenth": tenth,
    "bridged": bridged,
    "unrelated": unrelated,
    "unheard": lambda data: data.without("speaker", UNHEARD),
    "unshown": unshown,
}


def judged(run: Path, rows: int) -> dict[str, Any]:
    """Coherence of every direction between single modalities."""
    measure = Measure(load_data("spoken-mnist:test"), load_data("spoken-mnist:train"), rows=rows)
    wanted = [((given,), to) for given in NAMES for to in NAMES if given != to]
    found = measure.translate(load(run).net, wanted)
    scores = {f"{given[0]}->{to}": measure.coherence("digit", *found[given, to]) for given, to in wanted}
    return {"cross": scores, "mean": float(np.mean(list(scores.values()))), "least": min(scores.values())}


def textures(run: Path, train_set: DataSet, rows: int) -> dict[str, Any]:
    """What each modality shares with the rest of a test row, and gratings made from captions against real ones.

    The latter by Fréchet distance on their pixels' Fourier magnitudes.
    """
    import torch

    def seen(cells: Any) -> torch.Tensor:
        magnitude = np.abs(np.fft.rfft2(np.stack([np.asarray(cell, np.float32) for cell in cells])))[:, :8, :6]
        return torch.from_numpy(magnitude.reshape(len(magnitude), -1) / 100)

    model = load(run)
    test = load_data("spoken-mnist:test").take(slice(0, rows))
    made = [row.cells["texture"] for row in model.translate(test, ["text"], ["texture"])]
    real = list(train_set.columns["texture"].cells)
    first, second = seen(real[:rows]), seen(real[rows : 2 * rows])
    looked = Looked.of(model.net, unrelated(test), model.net.names)
    shared = bonds(model.net, model.net.names, looked.evidence, looked.given, seed=0)
    told = {
        name: {key: bond[key] for key in ("to_rest", "from_rest", "chance", "shares")} for name, bond in shared.items()
    }
    return {"frechet": frechet(first, seen(made)), "floor": frechet(first, second), "bonds": told}


def unheard(run: Path) -> dict[str, Any]:
    """Audio -> image on the two speakers left out, beside a classifier trained on the four others' clips."""
    train_set, test = CELLS["unheard"](load_data("spoken-mnist:train")), load_data("spoken-mnist:test")
    labels = test.pairing(0).labels
    chosen = np.flatnonzero(np.isin(labels["speaker"], UNHEARD))[:2000]
    test = test.take(chosen)
    measure = Measure(test, load_data("spoken-mnist:train"), rows=len(chosen))
    coherence = measure.coherence(
        "digit", *measure.translate(load(run).net, [(("audio",), "image")])[("audio",), "image"]
    )
    numbers, first = np.unique(train_set.pairing(0).index["audio"], return_index=True)
    clips = [train_set.columns["audio"].cells[number] for number in numbers]
    judge = train_judge(clips, train_set.pairing(0).labels["digit"][first], "audio", label="digit")
    heard = [test.columns["audio"].cells[number] for number in test.pairing(0).index["audio"]]
    accuracy = judge.accuracy(heard, test.pairing(0).labels["digit"])
    return {"audio->image": coherence, "classifier": accuracy, "rows": len(chosen)}


def combined(run: Path, rows: int) -> dict[str, Any]:
    """Captions, alone and beside a picture or a sound, of combinations that were left out, and of all others."""
    test, net = load_data("spoken-mnist:test"), load(run).net
    left, folder = rare(test.pairing(0)), Path(os.environ["ANYGAN_DATA"])
    told: dict[str, Any] = {}
    asked = [(("text",), "image"), (("text",), "audio"), (("image", "text"), "audio"), (("audio", "text"), "image")]
    for key, chosen in (("unshown", np.flatnonzero(left)[:rows]), ("shown", np.flatnonzero(~left)[:rows])):
        data = test.take(chosen)
        bench, told[key] = Bench(data, folder), {"rows": len(chosen)}
        for given, to in asked:
            made = [row.cells[to] for row in translate(net, data, given, [to])]
            seen = bench.look(to, [np.asarray(cell) for cell in made] if to == "image" else made)
            told[key]["+".join(given) + "->" + to] = bench.judge(given, to, seen)
    return told


def main() -> None:
    """Train and measure the cells that are not done yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cells", default=",".join(CELLS))
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--rows", type=int, default=2000)
    asked = parser.parse_args()
    done = {(line["cell"], line["minutes"]) for line in finished(RESULTS)}
    for cell in asked.cells.split(","):
        if (cell, asked.minutes) in done:
            continue
        data, run, began = CELLS[cell](load_data("spoken-mnist:train")), asked.out / cell, time.time()
        model = trained(
            cell, data, run, Config(minutes=asked.minutes, threads=asked.threads, precision=asked.precision)
        )
        result = {"cell": cell, "minutes": asked.minutes, "rows": asked.rows, "seed": 0} | about(model)
        result |= judged(run, asked.rows)
        result |= {"texture": textures(run, data, asked.rows)} if cell == "unrelated" else {}
        result |= {"unheard": unheard(run)} if cell == "unheard" else {}
        result |= combined(run, asked.rows) if cell == "unshown" else {}
        print(json.dumps(result), f"{time.time() - began:.0f} s", flush=True)
        finish(RESULTS, result)


if __name__ == "__main__":
    main()
