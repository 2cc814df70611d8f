"""Inception: the network by which other papers judge pictures, for those who bring its file.

It is a TorchScript file in the form of StyleGAN's metrics (``inception-2015-12-05.pt``): bytes (N, 3, H, W) and
``return_features=True`` give features (N, d). It does its own resizing, so every picture goes in at the size that it
has, a grey one with its channel three times. Torchmetrics, an optional extra, makes of features the distance

    FID = |μ - ν|² + tr(A + B - 2 (A B)^½)    of their means and covariances

(Heusel et al., *GANs trained by a two time-scale update rule converge to a local Nash equilibrium*, 2017,
https://arxiv.org/abs/1706.08500).
"""

import importlib
import itertools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import ConfigError, DataError
from ..media.pictures import opened
from ..rows import Cell

__all__ = ["Inception", "open_inception"]

BATCH = 64
"""Pictures that go through the network at once."""


@dataclass(frozen=True)
class Inception:
    """A network that sees pictures, and what makes a distance of its features.

    Attributes:
        name: of its file.
        network: bytes (N, 3, H, W) and ``return_features=True`` -> features (N, size).
        size: features of a picture.
        metric: torchmetrics' class ``FrechetInceptionDistance``.
    """

    name: str
    network: nn.Module
    size: int
    metric: Any

    @torch.inference_mode()
    def features(self, cells: Sequence[Cell]) -> Tensor:
        """Image cells as features (n, size).

        Raises:
            CellError: when a cell cannot be read.
            ConfigError: when the network gives other features than at its trial.
            DataError: when they are no finite numbers.
        """
        found = [torch.zeros(0, self.size)]
        for first in range(0, len(cells), BATCH):
            pictures = map(_bytes, cells[first : first + BATCH])
            for _, alike in itertools.groupby(pictures, lambda picture: picture.shape):
                found.append(_ask(self.name, self.network, torch.stack(list(alike))))
                if found[-1].shape[1] != self.size:
                    raise ConfigError(
                        f"{self.name} gives {self.size} features of some pictures and {found[-1].shape[1]} of others, "
                        "which do not compare. Give --inception one that resizes what it sees."
                    )
        features = torch.cat(found)
        if not features.isfinite().all():
            raise DataError(f"What {self.name} makes of some pictures are no finite numbers. Give --inception another.")
        return features

    def distance(self, real: Tensor, made: Tensor) -> float:
        """Torchmetrics' figure of two sets of features (n, size), (m, size)."""
        metric = self.metric(feature=_Taken(self.size))
        metric.update(real.double(), real=True)
        metric.update(made.double(), real=False)
        return float(metric.compute())


class _Taken(nn.Identity):
    """Stands where torchmetrics wants the network: real pictures then pass the true one once, not once a distance."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.num_features = size


def _bytes(cell: Cell) -> Tensor:
    """A picture as bytes (3, H, W)."""
    return torch.from_numpy(np.array(opened(cell).convert("RGB"))).permute(2, 0, 1)


def open_inception(file: Path) -> Inception:
    """The network in a TorchScript file, tried on two black pictures.

    Raises:
        ConfigError: when torchmetrics is not there, or the file holds no such network.
    """
    try:
        metric = importlib.import_module("torchmetrics.image.fid").FrechetInceptionDistance
    except (ImportError, RuntimeError) as error:
        # A RuntimeError is a torchvision that does not fit torch: torchmetrics imports whichever it finds.
        raise ConfigError(
            f"--inception needs torchmetrics, which does not load ({error}). Type: pip install torchmetrics"
        ) from error
    network = _load(file)
    with torch.inference_mode():
        tried = _ask(file.name, network, torch.zeros(2, 3, 32, 32, dtype=torch.uint8))
    return Inception(file.name, network, tried.shape[1], metric)


def _load(file: Path) -> nn.Module:
    wanted = "Give --inception a TorchScript file of Inception, such as inception-2015-12-05.pt of StyleGAN's metrics."
    if not file.is_file():
        raise ConfigError(f"There is no file {file}. {wanted}")
    try:
        with warnings.catch_warnings():
            # The form is an old one, and the file that everyone compares with has no other.
            warnings.simplefilter("ignore", DeprecationWarning)
            network: nn.Module = torch.jit.load(file, map_location="cpu")
    except RuntimeError as error:
        raise ConfigError(f"{file} is no TorchScript file. {wanted}") from error
    return network.eval()


def _ask(name: str, network: nn.Module, pictures: Tensor) -> Tensor:
    """Features (N, d) of pictures, bytes (N, 3, H, W); whatever else comes is told."""
    shape = " x ".join(map(str, pictures.shape))
    expected = f"expected a matrix of {len(pictures)} rows for pictures (bytes, {shape}) and return_features=True"
    try:
        features = network(pictures, return_features=True)
    except (RuntimeError, torch.jit.Error) as error:
        # The interpreter tells its whole way there; what went wrong is its last line.
        reason = str(error).strip().splitlines()[-1]
        raise ConfigError(f"{name} gives no features: {expected}, got '{reason}'.") from error
    if not isinstance(features, Tensor) or features.ndim != 2 or len(features) != len(pictures):
        got = f"numbers of shape {tuple(features.shape)}" if isinstance(features, Tensor) else type(features).__name__
        raise ConfigError(f"{name} gives no features: {expected}, got {got}.")
    return features
