"""A linear probe: what can be read off features (n, d) by one matrix."""

import torch
from torch import Tensor

from ..errors import DataError
from .features import matrix

__all__ = ["linear_accuracy"]

RIDGE = 1.0
"""Weight of the penalty, on standardised features: small beside the hundreds of samples that a probe wants."""


def linear_accuracy(features: Tensor, classes: Tensor, folds: int = 5) -> float:
    """Share of samples whose class a ridge regression onto the classes names, each left out of its own fit.

    After Alain & Bengio, *Understanding intermediate layers using linear classifier probes* (2016), fitted in closed
    form. Every class is spread evenly over the folds: where a fit lacks one, its samples score worse than chance.

    Args:
        features: (n, d).
        classes: (n,) integers from 0.
        folds: into which the samples are parted, n >= folds >= 2.
    """
    x = matrix(features)
    if len(x) < folds:
        raise DataError(f"A probe in {folds} folds needs as many samples: got {len(x)}.")
    x = torch.cat([(x - x.mean(0)) / x.std(0).clamp_min(1e-12), torch.ones(len(x), 1, dtype=x.dtype)], 1)
    classes = classes.cpu()
    wanted = torch.nn.functional.one_hot(classes).double()
    fold = torch.zeros_like(classes)
    for number in classes.unique():
        fold[classes == number] = torch.arange(int((classes == number).sum())) % folds
    right = 0
    for i in range(folds):
        own, other = x[fold == i], x[fold != i]
        penalty = RIDGE * torch.eye(x.shape[1], dtype=x.dtype)
        weights = torch.linalg.solve(other.T @ other + penalty, other.T @ wanted[fold != i])
        right += int(((own @ weights).argmax(1) == classes[fold == i]).sum())
    return right / len(x)
