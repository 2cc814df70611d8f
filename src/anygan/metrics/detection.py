"""Detection: do scores tell two kinds apart, and do numbers that pass for shares come true?

    AUC    P(s > t) + P(s = t) / 2         s the score of a positive, t that of a negative
    AP     sum_k (R_k - R_{k-1}) P_k       precision and recall at each threshold, from the highest
    ECE    sum_b n_b / n |p_b - q_b|       mean predicted and mean true share of each bin

(Hanley & McNeil, *The meaning and use of the area under a ROC curve*, 1982; Naeini et al., *Obtaining well calibrated
probabilities using Bayesian binning*, 2015.) Scores are (n,) and of any scale; the order of the rows does not matter.
"""

import torch
from torch import Tensor

from ..errors import DataError

__all__ = ["auc", "average_precision", "calibration"]


def auc(positive: Tensor, negative: Tensor) -> float:
    """How often a positive scores higher than a negative, ties counted half: 0.5 is chance, 1 is perfect.

    Args:
        positive: (n,) scores of what is to be found, n >= 1.
        negative: (m,) scores of the rest, m >= 1.

    Example:
        >>> auc(torch.tensor([2.0, 3.0]), torch.tensor([1.0, 2.0]))
        0.875
    """
    high, low = _scores(positive), _scores(negative).sort().values
    if len(high) == 0 or len(low) == 0:
        raise DataError(f"An AUC needs scores of both kinds: got {len(high)} positive and {len(low)} negative.")
    below, not_above = torch.searchsorted(low, high), torch.searchsorted(low, high, right=True)
    return float((below + not_above).double().mean()) / (2 * len(low))


def average_precision(scores: Tensor, truth: Tensor) -> float:
    """Mean precision over the positives as the threshold falls; chance is the share of positives.

    Args:
        scores: (n,) the higher, the likelier a positive. Equal scores pass the threshold together.
        truth: (n,) bool, with one positive at least.
    """
    order = _scores(scores).argsort(descending=True)
    ranked, found = _scores(scores)[order], truth.cpu().bool()[order].double().cumsum(0)
    if len(found) == 0 or found[-1] == 0:
        raise DataError("An average precision needs a positive: the truth has none.")
    ends = torch.cat([ranked[1:] != ranked[:-1], torch.ones(1, dtype=torch.bool)])
    precision = found / torch.arange(1, len(found) + 1)
    gained = torch.diff(found[ends], prepend=found.new_zeros(1)) / found[-1]
    return float((gained * precision[ends]).sum())


def calibration(predicted: Tensor, truth: Tensor, bins: int = 10) -> tuple[float, Tensor]:
    """Expected calibration error, 0 to 1, and the bins behind it.

    Args:
        predicted: (n,) shares or probabilities in [0, 1], n >= 1.
        truth: (n,) what came of each, in [0, 1].
        bins: of equal width over [0, 1].

    Returns:
        The error, and (bins, 3) float64: mean predicted, mean truth and count. The means of an empty bin are NaN.
    """
    p, q = _scores(predicted), _scores(truth)
    if len(p) == 0 or len(p) != len(q):
        raise DataError(
            f"A calibration needs a truth for each prediction, and one at least: got {len(p)} and {len(q)}."
        )
    place = (p * bins).long().clamp(0, bins - 1)
    count = torch.bincount(place, minlength=bins).double()
    means = [torch.bincount(place, weights=x, minlength=bins) / count for x in (p, q)]
    error = (count / len(p) * (means[0] - means[1]).abs()).nansum()
    return float(error), torch.stack([*means, count], 1)


def _scores(scores: Tensor) -> Tensor:
    return scores.detach().to("cpu", torch.float64).flatten()
