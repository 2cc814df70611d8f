"""Cost: how large a model is, and how long it takes on the processor at hand.

    canvas    stored cells -> evidence, code, canvas: what the networks take
    cells     the same, and from the canvas to cells in memory: inversion and words too

each for one row and for a batch, from every modality to every other as ``translate`` goes, or from noise where there is
no other. What writing takes depends on what is wanted alone, so it is timed once for each.
"""

import functools
import itertools
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...judging.bench import Progress
from ...model.gan import AnyGAN
from ...rows import Batch, DataSet
from ...tasks.generate import imagined, written
from ...tasks.look import chunks, seeded

if sys.platform != "win32":
    import resource

__all__ = ["costing", "processor"]

SIZES = (1, 256)
"""Rows that are translated at once."""

BUDGET = 6.0
"""Seconds that all measurements may take, first runs apart."""

RUNS = 20
"""Times that one is repeated at most."""

MANY = 4
"""Modalities up to which every direction is timed; beyond, those to and from the first."""


@torch.inference_mode()
def costing(
    model: AnyGAN,
    data: DataSet,
    names: Sequence[str],
    *,
    seed: int = 0,
    progress: Progress = lambda what, share: None,
) -> dict[str, Any]:
    """The section of the card, ready for JSON; times are medians in milliseconds, memory is in bytes.

    Args:
        model: what is evaluated.
        data: real test rows.
        names: the modalities that may be given.
        seed: of what is drawn.
        progress: told 'cost' and the share done.
    """
    given = [name for name in names if (data.pairing(0).index[name] >= 0).any()]
    pairs: list[tuple[str | None, str]] = [(a, b) for a, b in itertools.product(given, model.names) if a != b]
    if len(model.names) > MANY:
        pairs = [pair for pair in pairs if model.names[0] in pair]
    pairs = pairs or [(None, name) for name in model.names]
    each = BUDGET / len(SIZES) / (len(pairs) + len(model.names))
    canvas: dict[tuple[str | None, str, int], float] = {}
    write: dict[tuple[str, int], float] = {}
    for done, (size, (a, b)) in enumerate(itertools.product(SIZES, pairs)):
        progress("cost", done / len(pairs) / len(SIZES))
        paint = functools.partial(_paint, model, _batch(model, data, a, size), size, b, seed)
        canvas[a, b, size] = _median(paint, each, size > 1)
        if (b, size) not in write:
            write[b, size] = _median(functools.partial(_write, model, paint()), each, size > 1)
    progress("cost", 1.0)
    return _size(model) | {
        "peak_memory": _peak(),
        "threads": torch.get_num_threads(),
        "processor": processor(),
        "device": next(model.parameters()).device.type,
        "translations": [
            {"given": a, "to": b, "rows": size} | _told(size, canvas[a, b, size], canvas[a, b, size] + write[b, size])
            for (a, b), size in itertools.product(pairs, SIZES)
        ],
    }


def _batch(model: AnyGAN, data: DataSet, name: str | None, size: int) -> Batch | None:
    """As many rows as wanted that have the modality, the same ones again where there are few; noise needs none."""
    if name is None:
        return None
    there = np.flatnonzero(data.pairing(0).index[name] >= 0)
    return next(chunks(model, data.take(np.resize(there, size)), [name], size)).batch


def _paint(model: AnyGAN, batch: Batch | None, size: int, to: str, seed: int) -> dict[str, Tensor]:
    """What ``translate`` does between reading and writing, or ``generate`` where nothing is given."""
    chance = seeded(seed, 0)
    if batch is None:
        return model.render(imagined(model, size, chance), [to], chance)
    there = batch.observed()
    known = model.known(model.look(batch), there)
    return model.render(model.complete(known, there, chance), [to], chance)


def _write(model: AnyGAN, canvases: dict[str, Tensor]) -> None:
    for _ in written(model, canvases):
        pass


def _median(run: Callable[[], object], seconds: float, warm: bool) -> float:
    """Median milliseconds of some runs after a first one; of that one alone where it is warm and takes all the time."""
    times: list[float] = []
    ends = time.perf_counter() + seconds
    while len(times) < 2 or (len(times) <= RUNS and time.perf_counter() < ends):
        began = time.perf_counter()
        run()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        times.append(1000 * (time.perf_counter() - began))
        if warm and time.perf_counter() > ends:
            break
    return statistics.median(times[1:] or times)


def _told(size: int, canvas: float, cells: float) -> dict[str, float]:
    return {"canvas_ms": canvas, "cells_ms": cells, "rows_a_second": 1000 * size / cells}


def _size(model: AnyGAN) -> dict[str, Any]:
    """Parameters, of which part, and the memory that weights take."""
    parts = {name: sum(weights.numel() for weights in part.parameters()) for name, part in model.named_children()}
    tensors = [*model.parameters(), *model.buffers()]
    return {
        "parameters": sum(weights.numel() for weights in model.parameters()),
        "parts": parts,
        "weights_memory": sum(tensor.numel() * tensor.element_size() for tensor in tensors),
    }


def _peak() -> int | None:
    """The most memory that this process has held so far: data, judges and all."""
    if sys.platform == "win32":
        return None
    # Linux counts kilobytes, macOS bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def processor() -> str:
    """What the processor calls itself."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text("utf-8").splitlines() if told.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(iter(names), "") or platform.processor() or platform.machine()
