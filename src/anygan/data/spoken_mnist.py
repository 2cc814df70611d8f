"""Spoken MNIST: pictures of digits, recordings of people who say them, and captions that tell of both.

Each picture of MNIST is paired with a recording of the same digit from the same split of the Free Spoken Digit Dataset
(https://github.com/Jakobovski/free-spoken-digit-dataset, six speakers, takes 0-4 are its test set). What a caption says
is real, or measured from the real: the digit, the speaker, and the thickness and slant of the stroke, whose classes are
parted by quantiles of the training pictures.
"""

import functools
import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from ..errors import DataError
from ..rows import Column, DataSet, Pairing
from .built_in import ArrayCells, check_split, draw_same_class
from .captions import SLANTS, THICKNESSES, captions, classes
from .hand import slant, thickness
from .mnist import read_mnist

__all__ = ["ARCHIVE", "SPEAKERS", "Recordings", "read_recordings", "spoken_mnist", "thresholds"]

SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
ARCHIVE = "free-spoken-digit-dataset-26eb9aaf76e81b692f806f9140c2d2777410d7a1.zip"
MEMBER = re.compile(r"[^/]+/recordings/(\d)_([a-z]+)_(\d+)\.wav")
TEST_TAKES = 5


@dataclass(frozen=True)
class Recordings:
    """Recordings of one split.

    Attributes:
        sounds: pairs (float32 array (samples,) in [-1, 1], rate in Hz).
        digits: (N,) 0..9.
        speakers: (N,) numbers into :data:`SPEAKERS`.
    """

    sounds: list[tuple[NDArray[np.float32], int]]
    digits: NDArray[np.int64]
    speakers: NDArray[np.int64]


def spoken_mnist(split: str, folder: Path, seed: int = 0) -> DataSet:
    """Modalities ``image``, ``audio`` and ``text``; labels ``digit``, ``speaker``, ``thickness`` and ``slant``.

    The training split draws its recordings afresh in every pass; the test split keeps one draw.

    Args:
        split: 'train' or 'test'.
        folder: the folder that holds ``mnist`` and ``fsdd``.
        seed: of the draw.
    """
    images, digits = read_mnist(split, folder)
    recordings = read_recordings(split, folder)
    training = images if split == "train" else read_mnist("train", folder)[0]
    (thin, thick), (left, right) = thresholds(training)
    thicknesses = classes(thickness(images), thin, thick)
    slants = classes(slant(images), left, right)
    hands = (digits * len(THICKNESSES) + thicknesses) * len(SLANTS) + slants
    known = {"digit": digits, "thickness": np.array(THICKNESSES)[thicknesses], "slant": np.array(SLANTS)[slants]}

    # The last pass and pass 0, whose length is the set's, are asked for again and again.
    @functools.lru_cache(maxsize=2)
    def draw(epoch: int) -> Pairing:
        drawn = draw_same_class(digits, recordings.digits, np.random.default_rng((seed, epoch)))
        speakers = recordings.speakers[drawn]
        index = {"image": np.arange(len(images)), "audio": drawn, "text": hands * len(SPEAKERS) + speakers}
        return Pairing(index, known | {"speaker": np.array(SPEAKERS)[speakers]})

    columns = {
        "image": Column("image", "image", ArrayCells(images), ("image",)),
        "audio": Column("audio", "audio", recordings.sounds, ("audio",)),
        "text": Column("text", "text", captions(SPEAKERS), ("text",)),
    }
    return DataSet(f"spoken-mnist:{split}", columns, draw if split == "train" else lambda epoch: draw(0))


def thresholds(images: NDArray[np.uint8]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where classes part, for training pictures (N, H, W): thirds of thickness, and outer quarters of slant."""
    thin, thick = np.quantile(thickness(images), (1 / 3, 2 / 3))
    left, right = np.quantile(slant(images), (1 / 4, 3 / 4))
    return (float(thin), float(thick)), (float(left), float(right))


def read_recordings(split: str, folder: Path) -> Recordings:
    """The recordings of a split, decoded from the archive where it lies.

    Raises:
        ConfigError: when the split is unknown.
        DataError: when the archive is missing or broken.
    """
    path = _archive(folder / "fsdd")
    test = check_split(split) == "test"
    found = []
    try:
        with zipfile.ZipFile(path) as archive:
            for member in sorted(archive.namelist()):
                match = MEMBER.fullmatch(member)
                if match and match[2] in SPEAKERS and (int(match[3]) < TEST_TAKES) == test:
                    sound, rate = soundfile.read(io.BytesIO(archive.read(member)), dtype="float32")
                    found.append(((sound, int(rate)), int(match[1]), SPEAKERS.index(match[2])))
    except (zipfile.BadZipFile, soundfile.LibsndfileError, OSError) as error:
        raise DataError(f"{path} cannot be read ({error}). Delete it and fetch it again.") from error
    digits = np.array([digit for _, digit, _ in found], np.int64)
    if len(np.unique(digits)) < 10:
        raise DataError(f"{path} lacks recordings of some digits. Delete it and fetch it again.")
    return Recordings([sound for sound, _, _ in found], digits, np.array([speaker for _, _, speaker in found]))


def _archive(folder: Path) -> Path:
    """The archive of the commit that we know, else of any other."""
    others = sorted(folder.glob("free-spoken-digit-dataset-*.zip"))
    path = folder / ARCHIVE
    if not path.exists() and not others:
        raise DataError(
            f"Expected the archive {path}, and there is none. Name the folder that holds 'fsdd' with --data-dir or in "
            "the variable ANYGAN_DATA."
        )
    return path if path.exists() else others[0]
