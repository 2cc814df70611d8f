"""Rows of vectors whose true codes are known, and a model that reads them off: what a representation should score."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import normalize

from anygan.config import Config
from anygan.modalities import Vector
from anygan.model.gan import AnyGAN
from anygan.rows import Column, DataSet, Pairing

SIZE = 8


class Reads(nn.Module):
    """An encoder that takes the canvas for the code, all but believed."""

    def forward(self, canvas: Tensor) -> Tensor:
        return 0.95 * normalize(canvas, dim=1)


def model_of(*names: str, seed: int = 0) -> AnyGAN:
    """An untrained model of vectors."""
    modalities = {name: Vector(name, SIZE, (0.0,) * SIZE, (1.0,) * SIZE) for name in names}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = AnyGAN(modalities, Config(size="tiny", width=4, features=16, code=SIZE, style=4))
    return model.eval().requires_grad_(False)


def reader_of(*names: str) -> AnyGAN:
    """A model whose codes are the vectors themselves."""
    model = model_of(*names)
    for place in range(len(names)):
        model.encoders.members[place] = Reads()
    return model


def points(
    count: int, seed: int, noise: float = 0.1, classes: int = 4
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Vectors about the axes, a class each: (count, size) and (count,)."""
    labels = np.arange(count) % classes
    drawn = np.eye(SIZE)[labels] + noise * np.random.default_rng(seed).normal(size=(count, SIZE))
    return drawn.astype(np.float32), labels


def rows_of(count: int, seed: int, by_row: bool = True, noise: float = 0.1, holes: bool = False) -> DataSet:
    """Modalities ``a`` and ``b``: the same vector in either, or any two of one class, drawn anew in every pass."""
    values, labels = points(count, seed, noise)

    def pairing(epoch: int) -> Pairing:
        b = np.arange(count)
        if not by_row:
            chance = np.random.default_rng((seed, epoch))
            b = np.array([chance.choice(np.flatnonzero(labels == label)) for label in labels])
        a = np.where(np.arange(count) % 3 == 0, -1, np.arange(count)) if holes else np.arange(count)
        return Pairing({"a": a, "b": b}, {"class": labels, "name": np.array([f"row {i}" for i in range(count)])})

    columns = {name: Column(name, "vector", list(values), (name,)) for name in ("a", "b")}
    return DataSet("points", columns, pairing)
