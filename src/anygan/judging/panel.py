"""The panel: the judges of a data set, what each is worth, and what they make of cells."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import CellError, DataError
from ..rows import Cell, DataSet, Packed
from .judges import Judge
from .views import VIEWS, View

__all__ = ["Components", "Mark", "Panel", "Real", "Seen", "choose", "readable"]

COMPONENTS = 32


@dataclass(frozen=True)
class Seen:
    """What a panel makes of n cells of one modality: features (n, d), and for each label the judged classes (n,)."""

    features: Tensor
    classes: dict[str, NDArray[Any]]

    def take(self, places: NDArray[np.int64]) -> Self:
        """The given cells only, in the given order."""
        taken = {label: classes[places] for label, classes in self.classes.items()}
        return type(self)(self.features[torch.from_numpy(places)], taken)

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """One after the other; at least one part."""
        labels = parts[0].classes
        classes = {label: np.concatenate([part.classes[label] for part in parts]) for label in labels}
        return cls(torch.cat([part.features for part in parts]), classes)


@dataclass(frozen=True)
class Real:
    """Real cells of one modality: the rows (n,) that have one, and what the panel makes of them."""

    rows: NDArray[np.int64]
    seen: Seen


@dataclass(frozen=True)
class Mark:
    """What a judge is worth, measured on real test rows.

    Attributes:
        label, modality: what it reads, and from what.
        judge: its name.
        ceiling: share of rows whose class it names; ``chance``, that of the commonest class.
        rows: rows it was measured on, in which stand ``cells`` distinct cells.
        classes: classes it was trained on.
        kept: whether it judges; if not, the ceiling may be that of the trial.
    """

    label: str
    modality: str
    judge: str
    ceiling: float
    chance: float
    rows: int
    cells: int
    classes: int
    kept: bool

    def spec(self) -> dict[str, Any]:
        """All fields, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Components:
    """Features that need no label: a view's principal components, each of variance one on real training cells."""

    name: str
    view: View
    mean: Tensor
    basis: Tensor

    @classmethod
    def fit(cls, column_name: str, kind: str, cells: Sequence[Cell]) -> Self:
        """Measured on training cells, of which there must be two that can be read."""
        view = VIEWS[kind].fit(cells)
        seen = _flat(torch.stack([view(cell) for cell in cells]))
        mean = seen.mean(0)
        _, values, vectors = torch.linalg.svd(seen - mean, full_matrices=False)
        count = max(1, min(COMPONENTS, int((values > 1e-4 * values[0]).sum()), len(cells) // 4))
        basis = vectors[:count].T / values[:count].clamp_min(1e-12) * len(cells) ** 0.5
        return cls(f"components-of-{column_name}-{count}", view, mean, basis)

    def features(self, seen: Tensor) -> Tensor:
        """Views (B, ...) as features (B, components)."""
        return (_flat(seen) - self.mean) @ self.basis


def _flat(seen: Tensor) -> Tensor:
    return seen.flatten(1).float() / (255 if seen.dtype == torch.uint8 else 1)


@dataclass(frozen=True)
class Panel:
    """The judges of a data set.

    Attributes:
        judges: modality -> label -> the judge that reads it there; modalities without one have an empty entry.
        components: modality -> features of those without a judge.
        marks: what every judge is worth that was tried.
    """

    judges: dict[str, dict[str, Judge]]
    components: dict[str, Components]
    marks: tuple[Mark, ...]

    @property
    def labels(self) -> dict[str, list[str]]:
        """Label -> modalities from which it can be read, those of most modalities first."""
        names = dict.fromkeys(label for judges in self.judges.values() for label in judges)
        told = {label: [name for name, judges in self.judges.items() if label in judges] for label in names}
        order = {mark.label: i for i, mark in reversed(list(enumerate(self.marks)))}
        return {label: told[label] for label in sorted(told, key=lambda label: (-len(told[label]), order[label]))}

    @property
    def primary(self) -> str | None:
        """The label that most modalities share; nothing when no label can be read."""
        return next(iter(self.labels), None)

    def eye(self, name: str) -> str:
        """Name of the judge, or of the components, whose features measure a modality's Fréchet distances."""
        label = self._leading(name)
        return self.components[name].name if label is None else self.judges[name][label].name

    def mark(self, label: str, name: str) -> Mark:
        """What the judge of a label in a modality is worth."""
        return next(mark for mark in self.marks if (mark.label, mark.modality) == (label, name))

    def _leading(self, name: str) -> str | None:
        return next((label for label in self.labels if label in self.judges[name]), None)

    @torch.inference_mode()
    def look(self, name: str, cells: Sequence[Cell]) -> Seen:
        """What the panel makes of cells of a modality. A view that several judges share is taken once.

        Raises:
            CellError: when a cell cannot be read.
        """
        parts = [self._look(name, cells[first : first + 512]) for first in range(0, len(cells), 512)]
        return Seen.join(parts or [self._look(name, [])])

    def _look(self, name: str, cells: Sequence[Cell]) -> Seen:
        views: list[tuple[View, Tensor]] = []

        def through(view: View) -> Tensor:
            for known, seen in views:
                if known == view:
                    return seen
            views.append((view, torch.stack([view(cell) for cell in cells])))
            return views[-1][1]

        if not cells:
            return Seen(torch.zeros(0, 1), {label: judge.classes[:0] for label, judge in self.judges[name].items()})
        features = {label: judge.network(through(judge.view)) for label, judge in self.judges[name].items()}
        classes = {label: judge.classify(features[label]) for label, judge in self.judges[name].items()}
        leading = self._leading(name)
        own = self.components.get(name)
        seen = (
            features[leading] if leading is not None else own.features(through(own.view)) if own else torch.zeros(0, 1)
        )
        return Seen(seen, classes)

    @torch.inference_mode()
    def features(self, name: str, cells: Sequence[Cell]) -> Tensor:
        """The features of :meth:`look` alone, (n, d): one judge's work instead of all."""
        label = self._leading(name)
        if label is not None:
            return self.judges[name][label].features(cells)
        own, parts = self.components[name], [torch.zeros(0, self.components[name].basis.shape[1])]
        for first in range(0, len(cells), 512):
            parts.append(own.features(torch.stack([own.view(cell) for cell in cells[first : first + 512]])))
        return torch.cat(parts)

    def real(self, data: DataSet, name: str) -> Real:
        """What the panel makes of the real cells of a data set, each distinct one looked at once."""
        rows, numbers = readable(data, name)
        distinct, places = np.unique(numbers, return_inverse=True)
        cells = [data.columns[name].cells[number] for number in distinct]
        return Real(rows, self.look(name, cells).take(places.astype(np.int64)))


def choose(count: int, most: int, seed: int) -> NDArray[np.int64]:
    """At most ``most`` of ``count`` places, drawn by the seed, in order."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def readable(
    data: DataSet, name: str, most: int | None = None, seed: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows (n,) whose cell of a modality can be read, and the numbers (n,) of those cells.

    Args:
        data: the rows.
        name: the modality.
        most: rows looked at; all when not given.
        seed: of the draw where not all are.
    """
    index = data.pairing(0).index[name]
    rows = np.flatnonzero(index >= 0)
    rows = rows if most is None else rows[choose(len(rows), most, seed)]
    column = data.columns[name]
    bad = [number for number in np.unique(index[rows]) if not _opens(column.kind, column.cells[number])]
    rows = rows[~np.isin(index[rows], bad)]
    return rows, index[rows]


def _opens(kind: str, cell: Cell) -> bool:
    """Whether a cell can be read; cells in memory are taken at their word."""
    if not isinstance(cell, Path | Packed):
        return True
    try:
        VIEWS[kind].fit([cell])(cell)
    except (CellError, DataError):
        return False
    return True
