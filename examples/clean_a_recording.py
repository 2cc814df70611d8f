"""Clean a recording that noise lies over.

    python examples/clean_a_recording.py --run runs/sm --out runs/clean

The rival is Wiener's filter: in every window and frequency it keeps the share S / (S + N) of what it hears. N is the
noise, measured where the recording itself is quietest, and S the signal, usually taken to be what stands out of N.
AnyGAN's draws are ideas of S that know what words sound like:

    there and back    filtered recording -> training sentences with the nearest codes -> sounds
    other cells       the row's own sentence and picture -> sounds

The draw is chosen that would sound most like the noisy recording if the same noise lay over it. It is judged as it is,
and as the S of Wiener's filter. Training recordings, chosen in the same way, are the other rivals.
Without ``--run`` a model is trained first. ``$ANYGAN_DATA`` names the data.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from workbench import judge_of, nearest_sentences, open_model, options, print_table, rows_of, signature, write_sheet

import anygan
from anygan.judging.judges import Judge

WINDOW, HOP = 256, 64
"""Of Wiener's filter, samples at 8 kHz: 32 ms and 8 ms."""

FAINT = 50.0
"""Decibels below a clip's loudest point at which the comparison ends: below is not heard beside it."""

QUIET = 0.2
"""Share of the windows, the quietest of each frequency, in which noise is measured."""

SENTENCES = 4
"""That a recording is taken to by its code."""

SHOWN = 8

NOISY, WIENER, CLEAN = "noisy, as it is", "Wiener's filter", "the clean recording"

Sound = tuple[NDArray[np.float32], int]


def noised(sound: Sound, decibels: float, chance: np.random.Generator) -> Sound:
    """White noise laid over a sound, this far below its mean power."""
    samples, rate = sound
    level = np.sqrt(np.square(samples).mean() / 10 ** (decibels / 10))
    return (samples + level * chance.standard_normal(len(samples))).astype(np.float32), rate


def fitted(sound: Sound, length: int) -> Sound:
    """A sound cut, or followed by silence, to so many samples: how long the recording is, is known."""
    samples, rate = sound
    return np.pad(samples[:length], (0, max(0, length - len(samples)))), rate


def noise_of(power: Tensor) -> Tensor:
    """Noise in powers (frequencies, windows), one number a frequency: (frequencies, 1).

    The power of noise is spread exponentially, so that the share q of it lies below -log(1 - q) times its mean.
    """
    return power.quantile(QUIET, dim=1, keepdim=True) / -math.log(1 - QUIET)


def wiener(noisy: Sound, signal: Sound | None = None) -> Sound:
    """A sound through Wiener's filter, led by an idea of the clean signal or by what stands out of the noise."""
    samples, rate = noisy
    heard = transform(samples)
    power = heard.abs().square()
    noise = noise_of(power)
    above = (power - noise).clamp_min(0)
    if signal is not None:
        idea = transform(fitted(signal, len(samples))[0]).abs().square()
        above = idea * (above.mean() / idea.mean().clamp_min(1e-12))
    kept = heard * above / (above + noise).clamp_min(1e-12)
    cleaned = torch.istft(kept, WINDOW, HOP, window=torch.hann_window(WINDOW), length=len(samples))
    return cleaned.numpy(), rate


def transform(samples: NDArray[np.float32]) -> Tensor:
    """The short-time Fourier transform, (frequencies, windows) complex."""
    wave = torch.from_numpy(samples)
    spectrum: Tensor = torch.stft(
        wave, WINDOW, HOP, window=torch.hann_window(WINDOW), return_complex=True, pad_mode="constant"
    )
    return spectrum


class Ear:
    """Hears as a judge does: log-mel decibels below the loudest point, no lower than :data:`FAINT`."""

    def __init__(self, judge: Judge) -> None:
        self.view = judge.view

    def __call__(self, sounds: Sequence[Sound]) -> Tensor:
        """(sounds, bands, frames)."""
        seen = torch.cat([self.view(sound) for sound in sounds])
        return (80 * seen.float() / 255 - 80).clamp_min(-FAINT)

    def distance(self, sounds: Sequence[Sound], clean: Sequence[Sound]) -> float:
        """Root mean square difference, decibels, over the frames that a clean clip has; mean over the clips."""
        told = []
        for sound, other in zip(sounds, clean, strict=True):
            a, b = self([sound, other])
            frames = int((b > -FAINT).any(0).nonzero().max()) + 1
            told.append(float((a - b)[:, :frames].square().mean().sqrt()))
        return float(np.mean(told))

    def likest(self, noisy: Sound, pool: Tensor) -> int:
        """Which of some sounds, heard as (sounds, bands, frames), is most like a noisy one once noise lies on it."""
        heard = self([noisy])[0]
        frames = int((heard > -FAINT).any(0).nonzero().max()) + 1
        power = 10 ** (heard[:, :frames] / 10)
        noise = noise_of(power)
        idea = (1 - noise.mean()).clamp_min(0) * 10 ** (pool[:, :, :frames] / 10) + noise
        return int((10 * idea.log10() - heard[:, :frames]).square().mean((1, 2)).argmin())


def pools_of(
    model: anygan.Model,
    train: anygan.DataSet,
    rows: Sequence[dict[str, Any]],
    filtered: Sequence[Sound],
    draws: int,
    seed: int,
) -> dict[str, list[list[Sound]]]:
    """Way -> for each row the clean sounds among which it chooses."""
    index, shelf = train.pairing(0).index, list(train.columns["audio"].cells)
    said = np.asarray(train.columns["text"].cells)[index["text"]]
    same = [[shelf[i] for i in np.unique(index["audio"][said == row["text"]])] or shelf for row in rows]
    count = min(SENTENCES, draws)
    found = nearest_sentences(model, filtered, "audio", train, count)
    sentences = [{"text": one} for few in found for one in few]
    others = [{"image": row["image"], "text": row["text"]} for row in rows]

    def drawn(given: Sequence[dict[str, Any]], each: int) -> list[list[Sound]]:
        made = model.translate(given, list(given[0]), ["audio"], draws=each, seed=seed)
        sounds: list[Any] = [row.cells["audio"] for row in made]
        own = len(sounds) // len(rows)
        return [sounds[i : i + own] for i in range(0, len(sounds), own)]

    return {
        "nearest training recording": [shelf] * len(rows),
        "AnyGAN, there and back": drawn(sentences, draws // count),
        "nearest training recording of the same sentence": same,
        "AnyGAN from the other cells": drawn(others, draws),
    }


def choose(ear: Ear, noisy: Sequence[Sound], pools: Sequence[Sequence[Sound]]) -> list[Sound]:
    """For each noisy recording the likest of its pool. A pool that all share is heard once."""
    heard = {id(pool): ear(pool) for pool in pools}
    return [pool[ear.likest(sound, heard[id(pool)])] for sound, pool in zip(noisy, pools, strict=True)]


def main() -> None:
    """Lay noise over test recordings, clean them in every way, print the table, write the sheet."""
    parser = options(__doc__, rows=100, draws=16)
    parser.add_argument("--decibels", type=float, default=5.0, help="of the speech above the noise")
    asked = parser.parse_args()
    train, test = anygan.load_data(asked.data), anygan.load_data(f"{asked.data}:test")
    model = open_model(asked, train)
    test = rows_of(test, asked.rows, asked.seed)
    rows, labels = list(test.rows()), test.pairing(0).labels
    chance = np.random.default_rng(asked.seed)
    clean: list[Any] = [row["audio"] for row in rows]
    noisy = [noised(sound, asked.decibels, chance) for sound in clean]
    filtered = [wiener(sound) for sound in noisy]
    judges = {label: judge_of(train, "audio", label, asked.judge_steps) for label in ("digit", "speaker")}
    ear = Ear(judges["digit"])

    ways = {NOISY: noisy, WIENER: filtered}
    for way, pools in pools_of(model, train, rows, filtered, asked.draws, asked.seed).items():
        ways[way] = choose(ear, noisy, pools)
        ways[f"{way}, leading {WIENER}"] = [wiener(*pair) for pair in zip(noisy, ways[way], strict=True)]
    ways[CLEAN] = clean
    ways = {way: [fitted(s, len(c[0])) for s, c in zip(sounds, clean, strict=True)] for way, sounds in ways.items()}

    # A judge cannot name a voice that it never heard, as those of the digits' test rows are.
    told = [label for label in judges if set(labels[label]) <= set(judges[label].classes)]
    lines: list[list[str | float]] = [
        [way, f"{ear.distance(sounds, clean):.1f}", *(judges[label].accuracy(sounds, labels[label]) for label in told)]
        for way, sounds in ways.items()
    ]
    print_table(["what is heard", "distance to the clean one, dB", *(f"judge names the {one}" for one in told)], lines)
    print(f"{signature(model, asked, len(rows))}; speech {asked.decibels:g} dB above white noise")
    shown = [way for way in ways if way in (NOISY, WIENER, CLEAN) or way.startswith("AnyGAN")]
    write_sheet(
        [way.replace(", ", ",\n").replace(WIENER, "Wiener").replace(" from", "\nfrom") for way in shown],
        [[picture(ear([ways[way][i]])[0]) for way in shown] for i in range(min(SHOWN, len(rows)))],
        [str(row["text"]).replace(", ", ",\n") for row in rows[:SHOWN]],
        asked.out / "clean_a_recording.png",
    )


def picture(heard: Tensor) -> NDArray[np.uint8]:
    """Decibels (bands, frames) as bytes, low voices at the bottom."""
    return (255 * (heard / FAINT + 1)).flip(0).to(torch.uint8).numpy()


if __name__ == "__main__":
    main()
