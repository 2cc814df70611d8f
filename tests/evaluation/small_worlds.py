"""Small worlds to evaluate in: digits with few labels, and a table beside points, with and without holes."""

import dataclasses
from typing import Any

import numpy as np
import torch

from anygan.config import Config
from anygan.data.load import load_data
from anygan.model.gan import AnyGAN
from anygan.rows import Column, DataSet, Pairing
from anygan.training.describe import describe


def digits(split: str, *names: str, labels: tuple[str, ...] = ("digit",)) -> DataSet:
    """The embedded digits with the named modalities and labels only."""
    data = load_data(f"digits:{split}")

    def pairing(epoch: int) -> Pairing:
        whole = data.pairing(epoch)
        return Pairing({name: whole.index[name] for name in names}, {name: whole.labels[name] for name in labels})

    return dataclasses.replace(data, columns={name: data.columns[name] for name in names}, pairing=pairing)


def facts(count: int, seed: int, holes: float = 0.0) -> DataSet:
    """Points of a plane beside a table that says how far east, on which side, and something of no matter."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(count, 2)).astype(np.float32)
    told: list[dict[str, Any]] = [
        {"east": round(10 * float(x), 2), "side": "north" if y > 0 else "south", "dice": int(rng.integers(1, 7))}
        for x, y in points
    ]
    told[0]["east"] = None
    columns = {
        "point": Column("point", "vector", list(points), ("point",)),
        "facts": Column("facts", "table", told, ("east", "side", "dice")),
    }
    numbers = np.arange(count)
    index = {name: np.where(rng.random(count) < holes, -1, numbers) for name in columns}
    return DataSet(f"facts-{seed}", columns, lambda epoch: Pairing(index))


def untrained(data: DataSet, **sizes: Any) -> AnyGAN:
    """A model of the columns of a data set that has seen none of it."""
    config = Config(size="tiny", **({"width": 8, "features": 32} | sizes))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return AnyGAN(describe(data, config), config).eval().requires_grad_(False)


def only(data: DataSet, *names: str) -> DataSet:
    """The same rows with the named modalities only."""

    def pairing(epoch: int) -> Any:
        whole = data.pairing(epoch)
        return dataclasses.replace(whole, index={name: whole.index[name] for name in names})

    return dataclasses.replace(data, columns={name: data.columns[name] for name in names}, pairing=pairing)


def without_labels(data: DataSet) -> DataSet:
    """The same rows, of which nothing is known."""
    return dataclasses.replace(data, pairing=lambda epoch: dataclasses.replace(data.pairing(epoch), labels={}))
