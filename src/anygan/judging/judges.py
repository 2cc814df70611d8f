"""Judges: classifiers that see real training cells only, and of the model nothing at all.

A judge looks at *cells*, what a reader gives from the files that a verb wrote. It is a small network on its own
:class:`~anygan.judging.views.View` of the cell, trained by cross-entropy. The 64 numbers before its last layer are the
features on which Fréchet distances are measured. What it reaches on real test cells is the ceiling of whatever it says
of generated ones.

A judge is kept (:mod:`.shelf`) under a hash of all it was made of: cells, labels, settings and this code's version.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..data.download import cache_folder
from ..errors import CellError, ConfigError, DataError, nearest
from ..rows import Cell
from .shelf import fingerprint, keep, take
from .views import VIEWS, View

__all__ = ["FEATURES", "Judge", "Unit", "feature_network", "train_judge"]

FEATURES = 64
"""Few enough that a thousand samples give a good covariance."""

VERSION = 2
"""To be raised whenever this file or the views would train another judge from the same cells."""

MOST = 60_000
"""Cells that a judge is trained on at most, drawn by its seed."""

BATCH = 128


@dataclass(frozen=True)
class Judge:
    """A trained judge.

    Attributes:
        name: what reports call it: label, kind and short hash, such as ``digit-of-image-3f9ac1d2``.
        kind: the kind of cells that it looks at.
        classes: (classes,) the values of the label, sorted, of the dtype in which they came.
        view: how it sees a cell.
        network: views (B, ...) to features (B, 64).
        head: features (B, 64) to class scores (B, classes).
    """

    name: str
    kind: str
    classes: NDArray[Any]
    view: View
    network: nn.Module
    head: nn.Module

    @torch.inference_mode()
    def features(self, cells: Sequence[Cell]) -> Tensor:
        """Cells as features (n, 64), float32.

        Raises:
            CellError: when a cell cannot be read.
        """
        parts = [torch.zeros(0, FEATURES)]
        for first in range(0, len(cells), 512):
            part = range(first, min(first + 512, len(cells)))
            parts.append(self.network(torch.stack([self.view(cells[i]) for i in part])))
        return torch.cat(parts)

    @torch.inference_mode()
    def classify(self, features: Tensor) -> NDArray[Any]:
        """The most likely class of each row of :meth:`features`: (n,) values of the label."""
        predicted: NDArray[Any] = self.classes[self.head(features).argmax(1).numpy()]
        return predicted

    def predict(self, cells: Sequence[Cell]) -> NDArray[Any]:
        """The most likely class of each cell: (n,) values of the label."""
        return self.classify(self.features(cells))

    def accuracy(self, cells: Sequence[Cell], labels: Sequence[Any] | NDArray[Any]) -> float:
        """Share of cells whose class is the label's, in [0, 1]."""
        return float((self.predict(cells) == np.asarray(labels)).mean())


@torch.inference_mode(False)
def train_judge(
    cells: Sequence[Cell],
    labels: Sequence[Any] | NDArray[Any],
    kind: str,
    *,
    label: str = "label",
    seed: int = 0,
    steps: int | None = None,
    cache: Path | None = None,
    progress: Callable[[int, int], None] = lambda step, steps: None,
) -> Judge:
    """Train a judge, or take it from the cache. The same arguments give the same judge.

    Args:
        cells: real training cells, all present; those that cannot be read are passed over.
        labels: (n,) the class of each, integers or strings.
        kind: of the cells.
        label: what the classes are called, for the judge's name.
        seed: of the first weights, the batches and their jitter.
        steps: of 128 cells each; enough for the kind when not given.
        cache: folder of kept judges; ``judges`` in the package's cache folder when not given.
        progress: told the steps done and the steps in all.

    Raises:
        ConfigError: when the kind is unknown.
        DataError: when there is nothing to learn from.
    """
    if kind not in VIEWS:
        raise ConfigError(f"There is no judge for the kind '{kind}'.{nearest(kind, VIEWS)}")
    if len(cells) != len(labels):
        raise DataError(f"A judge of {len(cells)} cells needs as many labels: got {len(labels)}.")
    if len(cells) > MOST:
        chosen = np.sort(np.random.default_rng(seed).choice(len(cells), MOST, replace=False))
        cells, labels = [cells[i] for i in chosen], np.asarray(labels)[chosen]
    classes, numbers = np.unique(np.asarray(labels), return_inverse=True)
    if len(classes) < 2:
        raise DataError(f"A judge of '{label}' needs at least two classes to tell apart: got {len(classes)}.")
    steps = VIEWS[kind].STEPS if steps is None else steps
    key = fingerprint([VERSION, kind, seed, steps, len(cells), np.asarray(labels).tolist()], cells)
    name = f"{label}-of-{kind}-{key[:8]}"
    path = (cache_folder() / "judges" if cache is None else cache) / f"{kind}-{key[:32]}.safetensors"
    kept = _load(path, name, kind, classes)
    if kept is not None:
        return kept
    view, x, y = _look(cells, torch.from_numpy(numbers), kind)
    # First weights and dropout come from the global stream, which is given back as it was.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network, head = _networks(tuple(x.shape[1:]), len(classes))
        _fit(nn.Sequential(network, head), view, x, y, steps, seed, progress)
    judge = Judge(name, kind, classes, view, network, head)
    _save(judge, tuple(x.shape[1:]), path)
    return judge


def _look(cells: Sequence[Cell], numbers: Tensor, kind: str) -> tuple[View, Tensor, Tensor]:
    """A view that suits the cells, the views (n, ...) of all that can be read, and their classes (n,)."""
    view = VIEWS[kind].fit(cells)
    seen, known = [], []
    for i in range(len(cells)):
        try:
            seen.append(view(cells[i]))
        except CellError:
            continue
        known.append(i)
    return view, torch.stack(seen), numbers[known]


def _fit(
    classifier: nn.Module,
    view: View,
    x: Tensor,
    y: Tensor,
    steps: int,
    seed: int,
    progress: Callable[[int, int], None],
) -> None:
    """Cross-entropy on jittered batches by AdamW, its rate rising for a tenth of the steps, then falling to nothing."""
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(classifier.parameters(), lr=1e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps + 1, pct_start=0.1)
    classifier.train()
    for step in range(steps):
        rows = torch.randint(len(x), (BATCH,), generator=generator)
        scores = classifier(view.jitter(x[rows], generator))
        loss = nn.functional.cross_entropy(scores, y[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        progress(step + 1, steps)
    classifier.eval().requires_grad_(False)


class Unit(nn.Module):
    """Bytes as numbers in [0, 1]; floats as they are."""

    def forward(self, x: Tensor) -> Tensor:
        return x.float() / 255 if x.dtype == torch.uint8 else x


def _networks(shape: tuple[int, ...], classes: int) -> tuple[nn.Module, nn.Module]:
    return feature_network(shape), nn.Sequential(nn.ReLU(), nn.Linear(FEATURES, classes))


def feature_network(shape: tuple[int, ...]) -> nn.Sequential:
    """Views (B, *shape) to features (B, 64): convolutions where there are axes to slide over, else a perceptron."""
    if len(shape) == 1:
        layers: list[nn.Module] = [nn.Linear(shape[0], 256), nn.ReLU(), nn.Dropout(0.1), nn.Linear(256, FEATURES)]
        return nn.Sequential(Unit(), *layers)
    layers, channels = [], shape[0]
    first = 24 if max(shape[1:]) <= 32 else 16
    for width, side in ((first, 5), (2 * first, 3), (4 * first, 3)):
        layers += [nn.Conv2d(channels, width, side, 2, side // 2, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        channels = width
    with torch.no_grad():
        size = nn.Sequential(*layers).eval()(torch.zeros(1, *shape)).numel()
    return nn.Sequential(Unit(), *layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(size, FEATURES))


def _save(judge: Judge, shape: tuple[int, ...], path: Path) -> None:
    weights = nn.ModuleDict({"network": judge.network, "head": judge.head}).state_dict()
    keep(path, weights, {"view": json.dumps(asdict(judge.view)), "shape": json.dumps(shape)})


def _load(path: Path, name: str, kind: str, classes: NDArray[Any]) -> Judge | None:
    kept = take(path)
    if kept is None:
        return None
    weights, about = kept
    network, head = _networks(tuple(json.loads(about["shape"])), len(classes))
    nn.ModuleDict({"network": network, "head": head}).load_state_dict(weights)
    view = VIEWS[kind](**json.loads(about["view"]))
    return Judge(name, kind, classes, view, network.eval().requires_grad_(False), head.eval().requires_grad_(False))
