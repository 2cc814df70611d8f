"""Do pictures and sounds pass a closer look than a judge of digits takes? On what benchmarks/spoken_mnist.py wrote.

    python benchmarks/spoken_mnist.py runs/sm --out runs/sm-judged
    python benchmarks/closer_look.py runs/sm-judged

looks at the pictures and sounds of ``text -> image, audio``, and at real training cells beside them:

    loopholes   digit and word once more, after shifts by a pixel or a frame, a little noise, and coarser steps
    telling     AUC of a linear classifier that sees only how often each grey level stands in a picture, or only its
                outermost pixels, for generated against real test pictures; beside it real training against real test
    sounds      Frechet distance of log-mel statistics (mean, deviation, mean absolute change and 95th percentile of
                each band), spectral flux, share of energy above 2 kHz, and level after the word, beside real clips

Appends one JSON line to ``benchmarks/results/closer_look.jsonl``. ``$ANYGAN_DATA`` names the data.
"""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import soundfile
import torch
from lines import finish
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from spoken_mnist import Bench, cells_of

from anygan import load_data
from anygan.metrics import auc, frechet
from anygan.modalities import Audio, Scale
from anygan.rows import DataSet

RESULTS = Path(__file__).parent / "results" / "closer_look.jsonl"
FRAME = 128
"""Samples of a frame of a spectrogram."""
Floats = NDArray[np.float64]
Sound = tuple[NDArray[np.float32], int]


def shifted(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """One pixel to the right and down."""
    moved = np.zeros_like(pictures)
    moved[:, 1:, 1:] = pictures[:, :-1, :-1]
    return moved


def noised(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """With noise of a twentieth of the range."""
    noise = np.random.default_rng(0).normal(0, 0.05 * 255, pictures.shape)
    return (pictures + noise).round().clip(0, 255).astype(np.uint8)


PICTURES: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "as written": lambda x: x,
    "shifted by a pixel": shifted,
    "noise of .05": noised,
    "16 grey levels": lambda x: (x // 16 * 17).astype(np.uint8),
}

SOUNDS: dict[str, Callable[[Sound], Sound]] = {
    "as written": lambda s: s,
    "later by a frame": lambda s: (np.concatenate([np.zeros(FRAME, np.float32), s[0]]), s[1]),
    "noise 30 dB below": lambda s: (s[0] + _hiss(s[0]), s[1]),
    "8 bits": lambda s: (((s[0] * 127).round() / 127).astype(np.float32), s[1]),
}


def _hiss(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    level = 10 ** (-30 / 20) * float(np.sqrt(np.mean(samples**2)))
    return level * np.random.default_rng(len(samples)).standard_normal(len(samples)).astype(np.float32)


def loopholes(bench: Bench, pictures: NDArray[np.uint8], sounds: Sequence[Sound]) -> dict[str, float]:
    """Digits and words that are still right, by what was done to them."""
    digit = bench.labels["digit"]
    seen = {f"image, {how}": bench.image.predict(list(act(pictures))) for how, act in PICTURES.items()}
    seen |= {f"audio, {how}": bench.word.predict([act(sound) for sound in sounds]) for how, act in SOUNDS.items()}
    return {how: float(np.mean(found == digit)) for how, found in seen.items()}


def levels(pictures: NDArray[np.uint8]) -> Floats:
    """How often each grey level stands in a picture, (n, 256)."""
    return np.stack([np.bincount(picture.ravel(), minlength=256) for picture in pictures]).astype(np.float64)


def edges(pictures: NDArray[np.uint8]) -> Floats:
    """The two outermost rings of pixels, (n, 208)."""
    inside = np.zeros(pictures.shape[1:], bool)
    inside[2:-2, 2:-2] = True
    return pictures[:, ~inside].astype(np.float64)


def told_apart(one: Floats, other: Floats) -> float:
    """AUC of a linear classifier on rows that it has not seen: .5 where nothing tells one from the other."""
    values, which = np.concatenate([one, other]), np.repeat([0, 1], [len(one), len(other)])
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300, C=0.01))
    score = cross_val_predict(model, values, which, cv=5, method="decision_function")
    return auc(torch.from_numpy(score[which == 1]), torch.from_numpy(score[which == 0]))


def telling(made: NDArray[np.uint8], test: NDArray[np.uint8], train: NDArray[np.uint8]) -> dict[str, float]:
    """How well grey levels alone, and edges alone, tell generated from real pictures."""
    looks: dict[str, Callable[[NDArray[np.uint8]], Floats]] = {"levels": levels, "edges": edges}
    told = {name: told_apart(look(test), look(made)) for name, look in looks.items()}
    return told | {f"{name}, real": told_apart(look(test), look(train)) for name, look in looks.items()}


def statistics(audio: Audio, sounds: Sequence[Sound]) -> dict[str, Any]:
    """Log-mel statistics (n, 4 x mels), and what is measured of each sound, averaged."""
    found, flux, high, after = [], [], [], []
    above = (audio.filters.argmax(1) * audio.rate / audio.n_fft > 2000).numpy()
    for sound in sounds:
        decibels = audio.read(sound).double().numpy()
        change = np.abs(np.diff(decibels, axis=1))
        found.append(
            np.concatenate([decibels.mean(1), decibels.std(1), change.mean(1), np.percentile(decibels, 95, 1)])
        )
        power = 10 ** (decibels / 10)
        loud = power.sum(0) > 0.01 * power.sum(0).max()
        last = int(np.flatnonzero(loud)[-1])
        flux.append(change[:, :last].mean())
        high.append(power[above].sum() / power.sum())
        if last + 4 < decibels.shape[1]:
            after.append(decibels[:, last + 4 :].mean() - audio.low)
    means = {"flux, dB": flux, "above 2 kHz": high, "after the word, dB over the floor": after}
    return {"features": torch.from_numpy(np.stack(found))} | {name: float(np.mean(v)) for name, v in means.items()}


def heard(sounds: dict[str, Sequence[Sound]]) -> dict[str, Any]:
    """Generated sounds beside real ones: ``made``, ``test`` and ``train``."""
    audio = Audio.fit("audio", list(sounds["train"]), Scale())
    told = {name: statistics(audio, clips) for name, clips in sounds.items()}
    features = {name: found.pop("features") for name, found in told.items()}
    near = {
        "distance": frechet(features["test"], features["made"]),
        "floor": frechet(features["test"], features["train"]),
    }
    return near | {f"{what}, {name}": value for name, found in told.items() for what, value in found.items()}


def _pictures(data: DataSet) -> NDArray[np.uint8]:
    return np.stack([np.asarray(data.columns["image"].cells[i]) for i in data.pairing(0).index["image"]])


def _sounds(data: DataSet) -> list[Sound]:
    return [data.columns["audio"].cells[i] for i in data.pairing(0).index["audio"]]


def main() -> None:
    """Look at what was judged."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("judged", type=Path)
    asked = parser.parse_args()
    cells = cells_of(asked.judged / "text")
    rows = len(cells["image"])
    test, train = (load_data(f"spoken-mnist:{split}").take(slice(0, rows)) for split in ("test", "train"))
    made = np.stack([np.asarray(PIL.Image.open(path)) for path in cells["image"]])
    sounds: list[Sound] = [soundfile.read(path, dtype="float32") for path in cells["audio"]]
    result = {"rows": rows, "loopholes": loopholes(Bench(test, Path(os.environ["ANYGAN_DATA"])), made, sounds)}
    result["telling"] = telling(made, _pictures(test), _pictures(train))
    result["sounds"] = heard({"made": sounds, "test": _sounds(test), "train": _sounds(train)})
    print(json.dumps(result, indent=1))
    finish(RESULTS, result)


if __name__ == "__main__":
    main()
