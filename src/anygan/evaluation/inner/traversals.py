"""Walks along the principal directions of the codes, and what changes on the way.

    c(t) = (c_0 + t s_k v_k) / |.|,     -2 <= t <= 2

with v_k the k-th principal direction of the fused codes of training rows, s_k the standard deviation along it, c_0 the
code of a training row and the style fixed (Härkönen et al., *GANSpace: discovering interpretable GAN controls*, 2020).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import normalize

from ...judging.panel import Panel
from ...model.gan import AnyGAN
from ...rows import Cell
from ..strokes import Strokes
from .swaps import cells_of, paint

__all__ = ["REACH", "STEPS", "Walks", "traverse"]

DIRECTIONS, STEPS, REACH = 6, 7, 2.0

STARTS = 16
"""Rows that walks set out from: the one nearest to the mean, which is shown, and others drawn at random; of few rows, a
twentieth."""

Walks = dict[str, list[list[Cell]]]
"""Modality -> one list of cells a direction, a cell a step."""


def traverse(
    model: AnyGAN,
    panel: Panel,
    names: Sequence[str],
    codes: Tensor,
    labels: Mapping[str, NDArray[Any]],
    chance: torch.Generator,
    strokes: Strokes,
) -> tuple[dict[str, Any], Walks]:
    """Walk, render and judge.

    Args:
        model: what renders.
        panel: what judges.
        names: modalities to render.
        codes: (n, code) of training rows, n >= 2.
        labels: label -> (rows,) of real rows, for what chance would change.
        chance: of starts and styles.
        strokes: which modalities show the hand that drew them.

    Returns:
        The figures, and the walks from the row nearest to the mean.
    """
    vectors, deviations, shares = _principal(codes)
    starts = _starts(codes, chance)
    paths = _paths(starts, vectors * deviations.unsqueeze(1))
    styles = torch.randn(len(starts), len(model.names), model.style, generator=chance).to(codes)
    found: list[dict[str, Any]] = [{"share": share, "changes": {}, "hand": {}} for share in shares.tolist()]
    walks: Walks = {}
    for name in names:
        count = len(starts) if panel.judges[name] or model.modalities[name].kind == "image" else 1
        style = styles[:count, model.names.index(name)].repeat_interleave(len(vectors) * STEPS, 0)
        cells = cells_of(model, name, paint(model, name, paths[:count].flatten(0, 2), style))
        walks[name] = [cells[k * STEPS : (k + 1) * STEPS] for k in range(len(vectors))]
        for label, said in panel.look(name, cells).classes.items() if panel.judges[name] else ():
            for told, share in zip(found, _changes(said.reshape(count, -1, STEPS)), strict=True):
                told["changes"].setdefault(label, {})[name] = share
        for what, values in strokes.hand(name, cells).items():
            for told, value in zip(found, _trends(values.reshape(count, -1, STEPS)), strict=True):
                told["hand"].setdefault(name, {})[what] = value
    random = {label: _differing(labels[label]) for label in panel.labels if label in labels}
    return {"rows": len(codes), "starts": len(starts), "steps": STEPS, "random": random, "directions": found}, walks


def _principal(codes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Directions (k, code), standard deviations (k,) along them, and shares (k,) of the variance, largest first."""
    centred = codes - codes.mean(0)
    _, values, vectors = torch.linalg.svd(centred, full_matrices=False)
    count = max(1, min(DIRECTIONS, int((values > 1e-4 * values[0]).sum())))
    shares = values.square() / values.square().sum().clamp_min(1e-12)
    return vectors[:count], values[:count] / max(1, len(codes) - 1) ** 0.5, shares[:count]


def _starts(codes: Tensor, chance: torch.Generator) -> Tensor:
    """Codes (starts, code) of rows: first the one nearest to the mean, which itself is no unit vector."""
    nearest = (codes @ codes.mean(0)).argmax().reshape(1)
    others = torch.randperm(len(codes), generator=chance)[: min(STARTS, len(codes) // 20 + 1) - 1].to(codes.device)
    return codes[torch.cat([nearest, others])]


def _paths(starts: Tensor, reaches: Tensor) -> Tensor:
    """Unit vectors (starts, directions, steps, code)."""
    along = torch.linspace(-REACH, REACH, STEPS, device=starts.device).view(1, 1, STEPS, 1)
    return normalize(starts.view(-1, 1, 1, starts.shape[1]) + along * reaches.view(1, -1, 1, starts.shape[1]), dim=3)


def _changes(said: NDArray[Any]) -> list[float]:
    """Share of steps that change the judged class (starts, directions, steps), a direction."""
    shares: list[float] = (said[:, :, 1:] != said[:, :, :-1]).mean((0, 2)).tolist()
    return shares


def _trends(values: NDArray[np.float64]) -> list[float]:
    """Correlation of measurements (starts, directions, steps), less each walk's mean, with the step, a direction."""
    left = values - values.mean(2, keepdims=True)
    step = np.linspace(-1, 1, values.shape[2])
    spread = np.sqrt((left**2).sum((0, 2)) * (step**2).sum() * len(values))
    found: list[float] = ((left * step).sum((0, 2)) / np.where(spread > 0, spread, 1)).tolist()
    return found


def _differing(values: NDArray[Any]) -> float:
    """Chance that two rows taken at random differ in a label."""
    counts = np.unique(values, return_counts=True)[1]
    return 1 - float(np.square(counts / counts.sum()).sum())
