"""Predicted classes: how even they are, and whether judges agree."""

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["agreement", "entropy"]


def entropy(labels: Tensor, classes: int) -> tuple[float, Tensor]:
    """Entropy of the classes in nats, log(classes) when all are even, and the share of each class.

    Args:
        labels: (n,) integers in [0, classes).
        classes: how many there are.

    Returns:
        The entropy, and shares (classes,) float64 that sum to one.
    """
    shares = torch.bincount(labels.cpu(), minlength=classes).double() / max(len(labels), 1)
    return float(torch.special.entr(shares).sum()), shares


def agreement(predictions: Sequence[Tensor]) -> float:
    """Share of rows on which all predictions are the same class. Says nothing of diversity: read `entropy` beside it.

    Args:
        predictions: one (n,) tensor of class numbers per modality, at least one.
    """
    votes = torch.stack(list(predictions))
    return float((votes == votes[0]).all(0).double().mean())
