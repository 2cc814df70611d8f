"""Coded rows: the evidence of real rows at hand, to be fused from any subset of their modalities.

Each distinct cell is read once and shown to every model that is asked, so that a trained model and an untrained one
see the same canvases.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...errors import CellError
from ...model.gan import AnyGAN
from ...rows import DataSet
from ...tasks.look import CHUNK

__all__ = ["Coded", "code_rows", "untrained"]


@dataclass(frozen=True)
class Coded:
    """What a model makes of n rows.

    Attributes:
        model: the model.
        evidence: (n, M, code), zero where there is none.
        there: (n, M) bool, cells that could be read.
    """

    model: AnyGAN
    evidence: Tensor
    there: Tensor

    @torch.inference_mode()
    def codes(self, given: Collection[str]) -> Tensor:
        """F(given) of every row, (n, code) float32 on the CPU: unit vectors, zero where none of it is there."""
        fused: Tensor = self.model.fusion(self.evidence, self.there & self._asked(given))
        return fused.float().cpu()

    def rows(self, given: Collection[str]) -> NDArray[np.int64]:
        """The rows that have all of what is given, in order."""
        found: NDArray[np.int64] = np.flatnonzero((self.there | ~self._asked(given)).all(1).cpu().numpy())
        return found

    def some(self, given: Collection[str]) -> NDArray[np.int64]:
        """The rows that have any of what is given, in order."""
        found: NDArray[np.int64] = np.flatnonzero((self.there & self._asked(given)).any(1).cpu().numpy())
        return found

    def _asked(self, given: Collection[str]) -> Tensor:
        return torch.tensor([name in given for name in self.model.names], device=self.there.device)


@torch.inference_mode()
def code_rows(
    models: Sequence[AnyGAN], data: DataSet, names: Collection[str], tick: Callable[[float], None] = lambda share: None
) -> list[Coded]:
    """The rows of a data set as each model sees them; cells that cannot be read count as missing.

    Args:
        models: of the same modalities. Canvases are those of the first.
        data: the rows.
        names: the modalities to look at.
        tick: told the share of modalities done.
    """
    first, device = models[0], next(models[0].parameters()).device
    evidence = [torch.zeros(len(data), len(first.names), model.code, device=device) for model in models]
    there = torch.zeros(len(data), len(first.names), dtype=torch.bool, device=device)
    index = data.pairing(0).index
    asked = [name for name in first.names if name in names and name in index]
    for done, name in enumerate(asked):
        place, numbers = first.names.index(name), np.unique(index[name][index[name] >= 0])
        for start in range(0, len(numbers), CHUNK):
            tick((done + start / len(numbers)) / len(asked))
            known, stored = _read(first, data, name, numbers[start : start + CHUNK])
            if not len(known):
                continue
            canvas = first.canvases[name](stored.to(device))
            rows = np.flatnonzero(np.isin(index[name], known))
            which = torch.from_numpy(np.searchsorted(known, index[name][rows])).to(device)
            there[rows, place] = True
            for model, told in zip(models, evidence, strict=True):
                told[rows, place] = model.encoders[name](canvas).float()[which]
    return [Coded(model, told, there) for model, told in zip(models, evidence, strict=True)]


def _read(model: AnyGAN, data: DataSet, name: str, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], Tensor]:
    """Those cells that can be read: their numbers (m,) and stored tensors (m, ...)."""
    modality, known, stored = model.modalities[name], [], [model.modalities[name].blank()]
    for number in numbers:
        try:
            stored.append(modality.read(data.columns[name].cells[number]))
        except CellError:
            continue
        known.append(number)
    return np.array(known, np.int64), torch.stack(stored)[1:]


def untrained(model: AnyGAN, seed: int) -> AnyGAN:
    """A model of the same modalities and sizes that has learned nothing, on the same device."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        control = AnyGAN(model.modalities, model.config)
    return control.to(next(model.parameters()).device).eval().requires_grad_(False)
