"""The fused code and its rivals: what else could be made of the same evidence to tell a label.

    fused     one probe on F(S)                                           the model's own way
    best      the probe on F({m}), m the modality that told best          no fusion: pick one
    late      argmax of the mean over m in S of log p_m(y | F({m}))       fusion of answers
    early     one probe on the evidence of all, side by side, 0 where it is missing

(Baltrusaitis et al., *Multimodal machine learning: a survey and taxonomy*, 2019, for the last two.) All are fitted on
the same clean training rows. The rivals are told by the labels which modalities know anything, the fusion is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..probes import LinearProbe
from .looked import Looked

__all__ = ["WAYS", "Rivals"]

WAYS = ("fused", "best", "late", "early")


@dataclass(frozen=True)
class Rivals:
    """Four ways to tell a label from the same evidence.

    Attributes:
        names: the modalities that are given.
        accuracy: modality -> share of training rows that its own probe tells, the best first; those that tell at all.
        fused, early: the probes on the code, and on the evidence side by side.
        single: modality -> the probe on its own code.
        common: the commonest class, said where nothing that tells is there.
    """

    names: tuple[str, ...]
    accuracy: Mapping[str, float]
    fused: LinearProbe
    early: LinearProbe
    single: Mapping[str, LinearProbe]
    common: Any

    @classmethod
    def fit(cls, train: Looked, label: str, names: Sequence[str], telling: Sequence[str], seed: int = 0) -> Self:
        """Probes of the training rows.

        Args:
            train: training rows.
            label: what is to be told.
            names: modalities that are given.
            telling: those of them that tell the label: the only ones that rivals look at.
            seed: of the probes.
        """
        truth = train.labels[label]
        classes, counts = np.unique(truth, return_counts=True)
        single, accuracy = {}, {}
        for name in telling:
            there = train.given[:, train.place(name)]
            code, known = _alone(train, train.evidence, name)[there], truth[there.numpy()]
            single[name] = LinearProbe.fit(code, known, seed, classes)
            accuracy[name] = float((single[name].predict(code) == known).mean())
        given = train.among(names)
        some, told = given.any(1), train.among(telling).any(1)
        code = train.fuse(train.evidence, given)[some]
        beside = _beside(train, train.evidence, train.given, telling)[told]
        return cls(
            tuple(names),
            {name: accuracy[name] for name in sorted(accuracy, key=lambda name: -accuracy[name])},
            LinearProbe.fit(code, truth[some.numpy()], seed, classes),
            LinearProbe.fit(beside, truth[told.numpy()], seed, classes),
            single,
            classes[counts.argmax()],
        )

    @property
    def best(self) -> str:
        """The modality that tells best on training rows."""
        return next(iter(self.accuracy))

    def say(self, looked: Looked, evidence: Tensor, given: Tensor) -> dict[str, NDArray[Any]]:
        """What each way says, (n,) values of the label, of evidence (n, M, code) and what of it counts, (n, M) bool."""
        chances = {name: self.single[name].probabilities(_alone(looked, evidence, name)) for name in self.accuracy}
        there = {name: given[:, looked.place(name)] for name in self.accuracy}
        late = torch.stack([chances[n].clamp_min(1e-12).log() * there[n].unsqueeze(1) for n in self.accuracy]).sum(0)
        told = torch.stack(list(there.values())).any(0).numpy()
        classes, said = self.fused.classes, {}
        said["fused"] = self.fused.predict(looked.fuse(evidence, given))
        said["best"] = self.pick(looked, evidence, given)
        # The mean and the sum over what is there have the same largest entry.
        said["late"] = np.where(told, classes[late.argmax(1).numpy()], self.common)
        early = self.early.predict(_beside(looked, evidence, given, tuple(self.single)))
        said["early"] = np.where(told, early, self.common)
        return said

    def pick(self, looked: Looked, evidence: Tensor, given: Tensor) -> NDArray[Any]:
        """What the best modality among those that count says, row by row, (n,) values of the label."""
        said = np.full(len(given), self.common, self.fused.classes.dtype)
        for name in reversed(list(self.accuracy)):
            answer = self.single[name].predict(_alone(looked, evidence, name))
            said = np.where(given[:, looked.place(name)].numpy(), answer, said)
        return said


def _alone(looked: Looked, evidence: Tensor, name: str) -> Tensor:
    """The code F({m}) of one modality alone, (n, code)."""
    only = torch.tensor([other == name for other in looked.model.names]).expand(len(evidence), -1)
    return looked.fuse(evidence, only)


def _beside(looked: Looked, evidence: Tensor, given: Tensor, names: Sequence[str]) -> Tensor:
    """The evidence of some modalities side by side, (n, names * code), zero where it is missing."""
    places = [looked.place(name) for name in names]
    return (evidence * given.unsqueeze(2))[:, places].flatten(1)
