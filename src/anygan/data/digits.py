"""Digits: the set that ships with the package. Real handwriting, synthetic speech and captions, no network.

The 1,797 digits of the UCI *Optical Recognition of Handwritten Digits* (Alpaydin and Kaynak, 1998,
https://doi.org/10.24432/C50P49), enlarged to the size of MNIST's; the ten words in 105 synthetic voices; and captions
in the grammar of :mod:`anygan.data.captions` without a speaker. ``assets/README.md`` says where all of it comes from.
"""

import functools
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..rows import Column, DataSet, Pairing
from .built_in import ArrayCells, check_split, draw_same_class
from .captions import SLANTS, THICKNESSES, captions, classes
from .hand import slant, thickness
from .mulaw import expand
from .spoken_mnist import thresholds

__all__ = ["RATE", "digits", "enlarge"]

RATE = 8_000
TRAIN_PICTURES = 1_437
"""The first four fifths in the order of the source, in which neighbours are often of one hand."""


def digits(split: str, seed: int = 0) -> DataSet:
    """Modalities ``image`` (28, 28), ``audio`` and ``text``; labels ``digit``, ``thickness``, ``slant``, ``speaker``.

    The training split has 1,437 rows and 84 voices and draws its recordings afresh in every pass; the test split has
    360 rows, 21 other voices and one draw.

    Args:
        split: 'train' or 'test'.
        seed: of the draw.
    """
    test = check_split(split) == "test"
    asset = _asset()
    pictures = enlarge(asset["pictures"])
    rows = slice(TRAIN_PICTURES, None) if test else slice(TRAIN_PICTURES)
    images, labels = pictures[rows], asset["labels"][rows].astype(np.int64)
    (thin, thick), (left, right) = thresholds(pictures[:TRAIN_PICTURES])
    thicknesses = classes(thickness(images), thin, thick)
    slants = classes(slant(images), left, right)
    text = (labels * len(THICKNESSES) + thicknesses) * len(SLANTS) + slants
    known = {"digit": labels, "thickness": np.array(THICKNESSES)[thicknesses], "slant": np.array(SLANTS)[slants]}
    clips = np.flatnonzero(asset["voice_test"][asset["voices"]] == test)
    words = asset["words"][clips].astype(np.int64)
    voices = asset["voice_names"][asset["voices"][clips]]

    # The last pass and pass 0, whose length is the set's, are asked for again and again.
    @functools.lru_cache(maxsize=2)
    def draw(epoch: int) -> Pairing:
        drawn = draw_same_class(labels, words, np.random.default_rng((seed, epoch)))
        index = {"image": np.arange(len(images)), "audio": drawn, "text": text}
        return Pairing(index, known | {"speaker": voices[drawn]})

    columns = {
        "image": Column("image", "image", ArrayCells(images), ("image",)),
        "audio": Column("audio", "audio", _sounds(asset, clips), ("audio",)),
        "text": Column("text", "text", captions(), ("text",)),
    }
    return DataSet(f"digits:{split}", columns, (lambda epoch: draw(0)) if test else draw)


def enlarge(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures (N, 8, 8) of 0..16 as (N, 28, 28) of 0..255: a digit of 20x20 and a margin of 4, as in MNIST."""
    padded = np.pad(pictures.astype(np.float32) / 16, ((0, 0), (2, 2), (2, 2)))
    large = np.stack([np.asarray(Image.fromarray(p).resize((30, 30), Image.Resampling.BICUBIC)) for p in padded])
    # A source pixel is the share of ink in it, so the stroke's edge lies where that is a half: doubling the contrast
    # about it brings the edge back that averaging took.
    sharp = np.clip(2 * large[:, 1:-1, 1:-1] - 0.5, 0, 1)
    return np.round(255 * sharp).astype(np.uint8)


def _asset() -> dict[str, NDArray[Any]]:
    with resources.files(__package__).joinpath("assets", "digits.npz").open("rb") as file, np.load(file) as arrays:
        return dict(arrays)


def _sounds(asset: dict[str, NDArray[Any]], clips: NDArray[np.int64]) -> list[tuple[NDArray[np.float32], int]]:
    sounds = np.split(expand(asset["speech"]), asset["ends"][:-1])
    return [(sounds[clip], RATE) for clip in clips]
