"""Joint agreement: the share of draws on which the judges of all modalities name one class, and how even they are."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..judging.panel import Panel, Real, Seen
from ..metrics import agreement, entropy

__all__ = ["joint_agreement"]


def joint_agreement(
    panel: Panel, real: Mapping[str, Real], label: str, drawn: Mapping[str, Seen]
) -> dict[str, Any] | None:
    """How well drawn modalities agree on a label, beside real rows and chance, and how even the classes are.

    Args:
        panel: the judges.
        real: modality -> real test cells.
        label: what is agreed on.
        drawn: modality -> what the panel makes of drawn rows.

    Returns:
        The figures; nothing where no drawn modality tells the label.
    """
    telling = [name for name in panel.labels[label] if name in drawn]
    if not telling:
        return None
    classes = np.unique(np.concatenate([panel.judges[name][label].classes for name in telling]))
    votes = [_numbers(drawn[name].classes[label], classes) for name in telling]
    paired = _paired({name: real[name] for name in telling}, label, classes)
    shares = torch.stack([entropy(vote, len(classes))[1] for vote in votes]).mean(0)
    chances = torch.stack([entropy(vote, len(classes))[1] for vote in paired])
    several = len(telling) > 1
    return {
        "value": agreement(votes) if several else None,
        "ceiling": agreement(paired) if several else None,
        "chance": float(chances.prod(0).sum()) if several else None,
        "count": len(votes[0]),
        "modalities": telling,
        "entropy": float(torch.special.entr(shares).sum()),
        "entropy_real": float(torch.special.entr(chances.mean(0)).sum()),
        "entropy_even": math.log(len(classes)),
        "least": float(shares.min()),
        "most": float(shares.max()),
        "classes": {str(name): float(share) for name, share in zip(classes, shares, strict=True)},
    }


def _paired(real: Mapping[str, Real], label: str, classes: NDArray[Any]) -> list[torch.Tensor]:
    """Judged classes of the real test rows that have all of the modalities, as numbers, one (n,) each."""
    first, *others = real.values()
    rows = first.rows
    for other in others:
        rows = np.intersect1d(rows, other.rows)
    seen = [one.seen.classes[label][np.searchsorted(one.rows, rows)] for one in real.values()]
    return [_numbers(said, classes) for said in seen]


def _numbers(said: NDArray[Any], classes: NDArray[Any]) -> torch.Tensor:
    """Classes (n,) as their numbers among all, sorted ones (classes,)."""
    return torch.from_numpy(np.searchsorted(classes, said).astype(np.int64))
