"""MNIST, handwritten digits, and Stacked MNIST, three of them in the channels of one picture.

The four canonical IDX files, gzipped, lie in the folder ``mnist``: 60,000 pictures to train and 10,000 to test, 28x28
grey (LeCun, Cortes, Burges, *The MNIST database of handwritten digits*, 1998). Stacked MNIST follows *Unrolled
Generative Adversarial Networks* (Metz et al., 2017, https://arxiv.org/abs/1611.02163): its 1,000 triples of digits are
the modes that a generator should find.
"""

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..rows import Column, DataSet, Pairing
from .built_in import ArrayCells, check_split

__all__ = ["StackedDigits", "mnist", "read_idx", "read_mnist", "stacked_mnist"]

FILES = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}
STACKED_ROWS = {"train": 60_000, "test": 26_000}
"""The test split has the 26,000 samples on which modes are counted by custom."""


def mnist(split: str, folder: Path) -> DataSet:
    """Pictures (28, 28) in the modality ``image``; label ``digit``."""
    images, digits = read_mnist(split, folder)
    pairing = Pairing({"image": np.arange(len(images))}, {"digit": digits})
    column = Column("image", "image", ArrayCells(images), ("image",))
    return DataSet(f"mnist:{split}", {"image": column}, lambda epoch: pairing)


def stacked_mnist(split: str, folder: Path, seed: int = 0) -> DataSet:
    """Pictures (28, 28, 3) in the modality ``image``; label ``mode``, the three digits read as a number 0..999."""
    images, digits = read_mnist(split, folder)
    rng = np.random.default_rng((seed, 1_000))
    triples = rng.integers(len(images), size=(STACKED_ROWS[split], 3))
    modes = digits[triples] @ np.array([100, 10, 1])
    pairing = Pairing({"image": np.arange(len(triples))}, {"mode": modes})
    column = Column("image", "image", StackedDigits(images, triples), ("image",))
    return DataSet(f"stacked-mnist:{split}", {"image": column}, lambda epoch: pairing)


class StackedDigits(Sequence[NDArray[np.uint8]]):
    """Pictures (H, W, 3) put together when asked for: grey pictures (N, H, W), and triples of their numbers (M, 3)."""

    def __init__(self, images: NDArray[np.uint8], triples: NDArray[np.int64]) -> None:
        self.images = images
        self.triples = triples

    def __len__(self) -> int:
        return len(self.triples)

    @overload
    def __getitem__(self, i: int) -> NDArray[np.uint8]: ...
    @overload
    def __getitem__(self, i: slice) -> "StackedDigits": ...
    def __getitem__(self, i: int | slice) -> "NDArray[np.uint8] | StackedDigits":
        if isinstance(i, slice):
            return StackedDigits(self.images, self.triples[i])
        return np.ascontiguousarray(self.images[self.triples[i]].transpose(1, 2, 0))


def read_mnist(split: str, folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures (N, 28, 28) and digits (N,) of a split, from the folder that holds ``mnist``.

    Raises:
        ConfigError: when the split is unknown.
        DataError: when a file is missing or broken.
    """
    images_file, labels_file = FILES[check_split(split)]
    images = read_idx(folder / "mnist" / images_file)
    labels = read_idx(folder / "mnist" / labels_file)
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise DataError(
            f"The files of MNIST in {folder / 'mnist'} do not belong together: pictures {images.shape}, "
            f"labels {labels.shape}. Delete them and fetch them again."
        )
    return images, labels.astype(np.int64)


def read_idx(path: Path) -> NDArray[np.uint8]:
    """A gzipped IDX file of bytes as the array that it holds.

    Raises:
        DataError: when it is missing, or is not a whole IDX file.
    """
    try:
        content = gzip.decompress(path.read_bytes())
    except FileNotFoundError:
        raise DataError(
            f"Expected the file {path}, and there is none. Name the folder that holds 'mnist' with --data-dir or in "
            "the variable ANYGAN_DATA."
        ) from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be unzipped ({error}). Delete it and fetch it again.") from error
    axes = content[3] if content[:3] == b"\0\0\x08" else 0
    shape = tuple(np.frombuffer(content, ">u4", axes, 4).tolist()) if len(content) >= 4 + 4 * axes else ()
    body = np.frombuffer(content, np.uint8, offset=4 + 4 * axes) if axes and shape else np.zeros(0, np.uint8)
    if not shape or body.size != np.prod(shape):
        raise DataError(f"{path} is not a whole IDX file of bytes. Delete it and fetch it again.")
    return body.reshape(shape)
