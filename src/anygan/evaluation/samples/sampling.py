"""Joint samples, measured: how many different ones there are, and whether they are copies of training cells.

    variety        Vendi score of generated cells over that of as many real test cells (Friedman & Dieng, 2023)
    copied         share of generated cells that are three times as near to one training cell as to any other, beside
                   that of real test cells, which resemble training cells by chance (Yoon et al., 2023)
    authentic      the share of no copies by another rule (Alaa et al., 2022), which asks for no nearness
    nearest        of some samples the nearest training cell, for a person to look at

All on a judge's features.
"""

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import PIL.Image
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...judging.bench import Progress
from ...judging.panel import Seen, choose, readable
from ...judging.views import HEARD
from ...media.pictures import opened
from ...media.sounds import beginning
from ...metrics import authenticity, copied, vendi
from ...metrics.features import distances
from ...modalities import Modality
from ...model.gan import AnyGAN
from ...report.cells import spectrogram
from ...rows import Cell, DataSet
from ...tasks.generate import generate
from ..measure import Measure
from ..translation.likeness import Likeness, distinct

__all__ = ["sampling"]

CELLS, COPIES = 1_000, 500
"""Generated cells, and as many real ones, at most: those whose variety is told, and those that may be copies."""

KEPT = 20_000
"""Training cells at most among which copies are looked for."""

DRAWN, SHOWN = 64, 8
"""Samples drawn to be looked at, and those of them that are shown: the ones nearest to a training cell."""

SIDE, GAP = 140, 8
"""Height of a shown picture and the gap to its neighbour, pixels."""


def sampling(
    model: AnyGAN,
    measure: Measure,
    likeness: Likeness,
    train: DataSet,
    drawn: dict[str, Seen],
    progress: Progress = lambda what, share: None,
) -> dict[str, Any]:
    """Modality -> the figures of cells drawn from noise, and some of them beside their nearest training cell.

    Args:
        model: what draws.
        measure: the judges and the real rows.
        likeness: of their cells.
        train: real training rows.
        drawn: modality -> what judges make of cells drawn from noise.
        progress: told what is done, and the share done.
    """
    samples, told = list(generate(model, DRAWN, seed=measure.seed + 1)), {}
    for done, (name, seen) in enumerate(drawn.items()):
        progress("copies", done / len(drawn))
        _, numbers = readable(train, name, KEPT, measure.seed)
        numbers = np.unique(numbers)
        known = [train.columns[name].cells[number] for number in numbers]
        features = measure.panel.features(name, known)
        some = [row[name] for row in samples]
        told[name] = {
            "likeness": likeness.of(name, seen),
            "variety": _variety(measure, name, seen),
            "copied": _copied(measure, name, features, seen),
            "authentic": _authentic(measure, name, features, seen),
            "nearest": _nearest(model.modalities[name], some, measure.panel.features(name, some), known, features),
            "trained_on": len(known),
        }
    return told


def _variety(measure: Measure, name: str, seen: Seen) -> dict[str, Any] | None:
    """Vendi score of drawn cells and of training cells, over that of test cells, all of one count."""
    sides = [seen.features, *(found[name].seen.features for found in (measure.other, measure.real))]
    count = min(CELLS, *map(len, sides))
    if count < 2:
        return None
    made, other, real = (vendi(side[torch.from_numpy(choose(len(side), count, measure.seed))]) for side in sides)
    return {"value": made / real, "floor": other / real, "effective": made, "real": real, "count": count}


def _copied(measure: Measure, name: str, train: Tensor, seen: Seen) -> dict[str, Any] | None:
    """Share of drawn cells, and of test cells, that are copies of training cells; how many of both are different."""
    sides = [_some(side) for side in (seen.features, measure.real[name].seen.features)]
    known = distinct(train)
    if len(known) < 2 or not min(map(len, sides)):
        return None
    made, real = (copied(known, side) for side in sides)
    return {"value": made, "real": real, "different": [len(distinct(side)) for side in sides]}


def _some(features: Tensor) -> Tensor:
    return features[torch.from_numpy(choose(len(features), COPIES, 0))]


def _authentic(measure: Measure, name: str, train: Tensor, seen: Seen) -> dict[str, Any] | None:
    """Share of drawn cells, and of test cells, that are no copies of training cells."""
    sides = [seen.features, measure.real[name].seen.features]
    if len(train) < 2 or not min(map(len, sides)):
        return None
    made, real = (authenticity(train, _some(side)) for side in sides)
    return {"value": made, "real": real, "count": min(COPIES, *map(len, sides))}


def _nearest(
    modality: Modality, cells: Sequence[Cell], features: Tensor, known: Sequence[Cell], train: Tensor
) -> list[dict[str, Any]]:
    """The samples that are nearest to a training cell, beside it, nearest first: what JSON can hold of both."""
    away, place = distances(features.double(), train.double()).min(1)
    order = away.argsort(stable=True)[:SHOWN].tolist()
    return [_beside(modality, cells[i], known[int(place[i])]) | {"distance": float(away[i])} for i in order]


def _beside(modality: Modality, made: Cell, real: Cell) -> dict[str, Any]:
    match modality.kind:
        case "image":
            return {"picture": _png([opened(cell) for cell in (made, real)])}
        case "audio":
            sounds = [beginning(cell, HEARD) for cell in (made, real)]
            return {"picture": _png([spectrogram(_as_long(sounds, place), sounds[place][1]) for place in (0, 1)])}
        case "vector":
            return {side: modality.read(cell).tolist() for side, cell in (("made", made), ("real", real))}
        case "table":
            # As the model writes them: plain values, whatever the reader gave.
            return {side: modality.write(modality.read(cell)) for side, cell in (("made", made), ("real", real))}
        case _:
            return {"made": made, "real": real}


def _as_long(sounds: Sequence[tuple[NDArray[np.float32], int]], place: int) -> NDArray[np.float32]:
    """One of some sounds, with silence behind it until the longest ends: on one axis of time they compare."""
    samples, rate = sounds[place]
    longest = max(len(other) / its for other, its in sounds)
    return np.pad(samples, (0, max(0, round(longest * rate) - len(samples))))


def _png(pictures: Sequence[PIL.Image.Image]) -> str:
    """Pictures side by side, the base64 of a PNG."""
    sized = [p.convert("RGB").resize((SIDE, SIDE), PIL.Image.Resampling.NEAREST) for p in pictures]
    whole = PIL.Image.new("RGB", (len(sized) * (SIDE + GAP) - GAP, SIDE), "white")
    for place, picture in enumerate(sized):
        whole.paste(picture, (place * (SIDE + GAP), 0))
    file = io.BytesIO()
    whole.save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()
