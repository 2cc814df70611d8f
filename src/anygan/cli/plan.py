"""anygan train --dry-run: what would be trained, and on what."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from ..config import Config
from ..data.store import Store
from ..device import device
from ..modalities import Modality
from ..model.gan import AnyGAN, Critics
from ..rows import DataSet
from ..training.describe import learnable
from ..training.health.augment import few
from ..training.inherit import Heritage
from .answer import Answer, count, grid, listed
from .progress import Ticker

__all__ = ["parts", "plan", "sizes"]


def plan(data: DataSet, config: Config, origin: Path | None = None) -> Answer:
    """Read the data and build the networks; train nothing and write nothing."""
    config = config.settled(len(data), device().type)
    modalities = learnable(data, config, Heritage.of(origin, config) if origin else None)
    cells, done = sum(len(column.cells) for column in data.columns.values()), 0
    with Ticker("reading") as ticker:

        def tick(more: int) -> None:
            nonlocal done
            done += more
            ticker.at(done / max(1, cells))

        store = Store.read(data, modalities, tick)
    present = {name: int((number >= 0).sum()) for name, number in store.pairing(0).index.items()}
    parameters, scarce = sizes(modalities, config), few(store, modalities)
    document: dict[str, Any] = {
        "data": data.name,
        "rows": len(data),
        "config": config.spec(),
        "modalities": [
            {"name": n, "kind": m.kind, "cells": present[n], "canvas": list(m.shape)} for n, m in modalities.items()
        ],
        "parameters": parameters,
        "augmented": scarce,
        "bad": [str(cell) for cell in store.bad],
    }
    table = [
        [m["name"], m["kind"], m["cells"], len(data) - m["cells"], " x ".join(map(str, m["canvas"]))]
        for m in document["modalities"]
    ]
    shown: list[Any] = [
        *data.notes,
        f"{count(len(data), 'row')} of {data.name}; a pass over them takes {-(-len(data) // config.batch):,} steps",
        *listed(store.bad, "bad cell"),
        *(f"'{n}' has few different cells: {share:.0%} of its pairs are augmented" for n, share in scarce.items()),
        grid(["modality", "kind", "given", "missing", "canvas"], table),
        grid(["part", "parameters"], parameters.items()),
        grid(["setting", "value"], [[name, str(value)] for name, value in config.spec().items()]),
        "nothing was trained or written: --dry-run",
    ]
    return Answer(document, shown)


def sizes(modalities: Mapping[str, Modality], config: Config) -> dict[str, int]:
    """Part of what would be trained -> its parameters."""
    model = AnyGAN(dict(modalities), config)
    return parts(model) | {"discriminators": _size(Critics(model, config))}


def parts(model: AnyGAN) -> dict[str, int]:
    """Part of the model -> its parameters."""
    return {name: _size(part) for name, part in model.named_children()}


def _size(part: nn.Module) -> int:
    return sum(weights.numel() for weights in part.parameters())
