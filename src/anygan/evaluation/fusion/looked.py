"""Rows that a model has looked at once, and what becomes of their evidence when a cell goes wrong.

Encoders are what costs time, and none sees another's canvas. So evidence is computed once a modality, again only for
the one that is noised, and merely moved where cells are swapped; fusion, which is cheap, is then asked anew.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...corruption import noise
from ...model.gan import AnyGAN
from ...rows import DataSet
from ...tasks.look import CHUNK, chunks, seeded

__all__ = ["Looked"]


@dataclass(frozen=True)
class Looked:
    """What a model sees in n rows. Everything lies on the CPU; modalities stand in the model's order.

    Attributes:
        model: the model.
        canvases: modality -> (n, *shape), of those that were asked for.
        evidence: (n, M, code).
        given: (n, M) bool, which cells are there.
        labels: name -> (n,) what the model never sees.
    """

    model: AnyGAN
    canvases: dict[str, Tensor]
    evidence: Tensor
    given: Tensor
    labels: dict[str, NDArray[Any]]

    @classmethod
    @torch.inference_mode()
    def of(cls, model: AnyGAN, data: DataSet, names: Collection[str], canvases: bool = False) -> Self:
        """Look at the named modalities of all rows, and keep their canvases where they are to be touched."""
        kept: dict[str, list[Tensor]] = {name: [] for name in (names if canvases else ())}
        evidence, given = [torch.zeros(0, len(model.names), model.code)], [torch.zeros(0, len(model.names)).bool()]
        for chunk in chunks(model, data, names):
            drawn = model.draw(chunk.batch)
            for name, parts in kept.items():
                parts.append(drawn[name].float().cpu())
            evidence.append(model.evidence(drawn).float().cpu())
            given.append(chunk.batch.observed().cpu())
        whole = {name: torch.cat(parts) for name, parts in kept.items() if parts}
        return cls(model, whole, torch.cat(evidence), torch.cat(given), data.pairing(0).labels)

    def __len__(self) -> int:
        return len(self.given)

    def place(self, name: str) -> int:
        """Where a modality stands in (n, M)."""
        return self.model.names.index(name)

    def among(self, names: Collection[str]) -> Tensor:
        """Which cells are there and of the named modalities, (n, M) bool."""
        return self.given & torch.tensor([name in names for name in self.model.names])

    def take(self, rows: NDArray[np.int64]) -> Self:
        """The given rows only, in the given order."""
        places = torch.from_numpy(rows)
        return type(self)(
            self.model,
            {name: canvas[places] for name, canvas in self.canvases.items()},
            self.evidence[places],
            self.given[places],
            {label: values[rows] for label, values in self.labels.items()},
        )

    def fuse(self, evidence: Tensor, given: Tensor) -> Tensor:
        """Codes (n, code) of evidence (n, M, code) and what of it counts, (n, M) bool."""
        return self._ask(self.model.fusion, evidence, given)

    def trust(self, evidence: Tensor, given: Tensor) -> Tensor:
        """Reliability (n, M) of the cells that count; 0 of the others."""
        return self._ask(self.model.fusion.reliability, evidence, given)

    @torch.inference_mode()
    def _ask(self, network: Callable[[Tensor, Tensor], Tensor], evidence: Tensor, given: Tensor) -> Tensor:
        device = next(self.model.parameters()).device
        answer = network(evidence.to(device), given.to(device))
        return answer.float().cpu()

    def noised(self, name: str, levels: Collection[float], seed: int) -> dict[float, Tensor]:
        """The evidence (n, M, code) when one modality's canvas is noised, at each standard deviation.

        The noise of all levels is one draw that grows: their differences are not blurred by luck.
        """
        return {
            level: self._changed(name, self._noisy(name, level, seed)) if level else self.evidence for level in levels
        }

    @torch.inference_mode()
    def _noisy(self, name: str, level: float, seed: int) -> Tensor:
        device, found = next(self.model.parameters()).device, []
        for first in range(0, len(self), CHUNK):
            canvas = self.canvases[name][first : first + CHUNK].to(device)
            chance = seeded(seed, first + self.place(name))
            touched = noise(canvas, torch.full((len(canvas),), level), chance)
            found.append(self.model.encoders[name](touched).float().cpu())
        return torch.cat(found)

    def swapped(self, name: str, seed: int, label: str | None = None) -> tuple[Tensor, Tensor, NDArray[np.int64]]:
        """The evidence when one modality's cells are those of other rows.

        Args:
            name: the modality.
            seed: of the draw.
            label: what the other row should differ in, where labels tell.

        Returns:
            Evidence (n, M, code); which rows (n,) now hold another's cell, of another class where there is a label;
            and the row (n,) that each cell comes from, its own where the modality is missing.
        """
        has = np.flatnonzero(self.given[:, self.place(name)].numpy())
        partner = np.arange(len(self))
        order = np.random.default_rng((seed, self.place(name))).permutation(has)
        # One turn of a circle through all rows: everyone gets a cell, nobody their own.
        partner[order] = np.roll(order, 1)
        other = partner != np.arange(len(self))
        if label is not None:
            other &= self.labels[label] != self.labels[label][partner]
        evidence = self._changed(name, self.evidence[torch.from_numpy(partner), self.place(name)])
        return evidence, torch.from_numpy(other), partner

    def _changed(self, name: str, evidence: Tensor) -> Tensor:
        """All evidence, (n, code) in place of one modality's."""
        changed = self.evidence.clone()
        changed[:, self.place(name)] = evidence
        return changed
