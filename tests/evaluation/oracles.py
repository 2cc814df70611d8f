"""Worlds whose truth is known: rows of three modalities, and models that fuse them in a way that is known too."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from anygan.evaluation.fusion.looked import Looked

NAMES = ["a", "b", "c"]
CODE = 8


class Oracle(nn.Module):
    """Fuses by the mean of what is said, weighted by belief: a cell's length, and agreement with the row's mean."""

    def __init__(self, agreeing: bool = True) -> None:
        super().__init__()
        self.agreeing = agreeing

    def reliability(self, evidence: Tensor, given: Tensor) -> Tensor:
        trust = evidence.norm(dim=2) * given
        if not self.agreeing:
            return trust
        others = (evidence * given.unsqueeze(2)).sum(1, keepdim=True) - evidence * given.unsqueeze(2)
        return trust * (1 + (normalize(evidence, dim=2) * normalize(others, dim=2)).sum(2)) / 2

    def forward(self, evidence: Tensor, given: Tensor) -> Tensor:
        return normalize((evidence * self.reliability(evidence, given).unsqueeze(2)).sum(1), dim=1)


class Deaf(Oracle):
    """Believes everything alike, and hears one modality only where it is given."""

    def reliability(self, evidence: Tensor, given: Tensor) -> Tensor:
        return 0.5 * given

    def forward(self, evidence: Tensor, given: Tensor) -> Tensor:
        heard = torch.where(given[:, :1], evidence[:, 0], (evidence * given.unsqueeze(2)).sum(1))
        return normalize(heard, dim=1)


class Model(nn.Module):
    """As much of a model as fusion needs."""

    def __init__(self, fusion: nn.Module) -> None:
        super().__init__()
        self.names, self.code, self.fusion = NAMES, CODE, fusion
        self.anchor = nn.Parameter(torch.zeros(1))


def rows(fusion: nn.Module, count: int, seed: int, given: Tensor | None = None, spread: float = 0.03) -> Looked:
    """Rows whose every cell says its class, one of four, nearly as loudly as it may."""
    rng = np.random.default_rng(seed)
    digit = rng.integers(0, 4, count)
    said = np.eye(4, CODE)[digit][:, None] + spread * rng.normal(size=(count, 3, CODE))
    evidence = 0.95 * normalize(torch.from_numpy(said).float(), dim=2)
    there = torch.ones(count, 3, dtype=torch.bool) if given is None else given
    model: Any = Model(fusion)
    return Looked(model, {}, evidence, there, {"digit": digit})


def noised(looked: Looked, levels: list[float], honest: bool = True, seed: int = 0) -> dict[str, dict[float, Tensor]]:
    """Evidence under noise: turned about at random the more of it there is, and shorter where encoders are honest."""
    chance = torch.Generator().manual_seed(seed)
    found: dict[str, dict[float, Tensor]] = {}
    for place, name in enumerate(NAMES):
        drawn = normalize(torch.randn(len(looked), CODE, generator=chance), dim=1)
        found[name] = {}
        for level in levels:
            changed = looked.evidence.clone()
            length = 0.95 / (1 + level**2) if honest else 0.95
            changed[:, place] = length * normalize(changed[:, place] + 2 * level * drawn, dim=1)
            found[name][level] = changed
    return found
