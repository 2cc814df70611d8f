"""Inception FID: the figure that other papers print, of pictures, for those who bring the network.

Fewer pictures make a larger distance. The floor, real training pictures against the same test rows, is therefore taken
in the number of those that were made.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import ConfigError
from ..judging.bench import Progress
from ..judging.inception import Inception
from ..judging.panel import choose, readable
from ..rows import Cell, DataSet
from .measure import Direction

__all__ = ["InceptionFid"]


class InceptionFid:
    """Who measures pictures by Inception while they are made; without a network it sees and tells nothing.

    Args:
        inception: the network, or nothing.
        test: the real test rows that are measured with.
        train: as many real training rows.
        names: the image modalities.
        progress: told what is done, and the share done.

    Raises:
        ConfigError: when there are no pictures, or fewer real ones than features.
    """

    def __init__(
        self,
        inception: Inception | None,
        test: DataSet,
        train: DataSet,
        names: Sequence[str],
        progress: Progress = lambda what, share: None,
    ) -> None:
        self.inception = inception
        self._real: dict[str, list[Tensor]] = {}
        self._made: dict[Direction, list[Tensor]] = {}
        self._floors: dict[tuple[str, int], float] = {}
        if inception is None:
            return
        if not names:
            raise ConfigError(f"--inception sees pictures: '{test.name}' has none that the model knows. Leave it out.")
        numbers = {name: [_enough(inception, data, name) for data in (test, train)] for name in names}
        for done, name in enumerate(names):
            progress("inception", done / len(names))
            sides = zip((test, train), numbers[name], strict=True)
            self._real[name] = [_seen(inception, data.columns[name].cells, rows) for data, rows in sides]

    def watch(self, direction: Direction, rows: NDArray[np.int64], cells: Sequence[Cell]) -> None:
        """Look at generated cells, a chunk at a time."""
        if self.inception is not None and direction[1] in self._real:
            self._made.setdefault(direction, []).append(self.inception.features(cells))

    def of(self, direction: Direction) -> dict[str, Any]:
        """The figure of a direction's pictures and its floor, under its name; nothing of what is no picture.

        Where rows lack what is given, pictures may be fewer than features: then their count is told alone.
        """
        name = direction[1]
        if self.inception is None or name not in self._real:
            return {}
        (real, other), made = self._real[name], self._made.get(direction, [])
        count = min(len(other), sum(map(len, made)))
        told: dict[str, Any] = {"value": None, "floor": None, "count": count, "real": len(real)}
        if count >= self.inception.size:
            told["value"] = self.inception.distance(real, _some(torch.cat(made), count))
            told["floor"] = self._floor(name, count)
        return {"inception_fid": told | {"features": self.inception.size, "judge": self.inception.name}}

    def beside_translations(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """The figures of the translation section, each direction with its own of Inception."""
        directions = [one | self.of((tuple(one["given"]), one["to"])) for one in told["directions"]]
        return {**told, "directions": directions}

    def beside_samples(self, told: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """The figures of drawn cells, modality by modality."""
        return {name: {**one, **self.of(((), name))} for name, one in told.items()}

    def _floor(self, name: str, count: int) -> float:
        """The figure of real training pictures."""
        if (name, count) not in self._floors:
            assert self.inception is not None
            real, other = self._real[name]
            self._floors[name, count] = self.inception.distance(real, _some(other, count))
        return self._floors[name, count]


def _enough(inception: Inception, data: DataSet, name: str) -> NDArray[np.int64]:
    """Numbers (n,) of the pictures of all rows that have one."""
    numbers = readable(data, name)[1]
    if len(numbers) < inception.size:
        raise ConfigError(
            f"Inception FID needs as many pictures as {inception.name} has features, {inception.size:,}: got "
            f"{len(numbers):,} of {name} from '{data.name}'. Give --rows {inception.size} or more, and enough data."
        )
    return numbers


def _seen(inception: Inception, cells: Sequence[Cell], numbers: NDArray[np.int64]) -> Tensor:
    """Features (n, size) of numbered cells, each distinct one looked at once."""
    distinct, places = np.unique(numbers, return_inverse=True)
    return inception.features([cells[number] for number in distinct])[torch.from_numpy(places)]


def _some(features: Tensor, most: int) -> Tensor:
    return features[torch.from_numpy(choose(len(features), most, 0))]
