r"""Probes: what a simple reader finds in a code (Alain & Bengio, *Understanding intermediate layers using linear
classifier probes*, 2016).

    linear     softmax(W z + b),  W, b = argmin  mean_i CE_i + |W|^2 / (2 n),      z = (x - mean) / deviation
    nearest    the commonest class among the k training rows of the highest cosine

A probe learns from training rows alone, or from all folds but the one that it is tested on. Its penalty is fixed, so
that nothing is tuned on the rows it is tested on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from ..errors import DataError

__all__ = ["LinearProbe", "cross_validated", "nearest"]

MOST = 4_000
"""Training rows that a probe learns from at most."""

ITERATIONS = 200
"""Of L-BFGS, which mostly stops long before."""

BLOCK = 1_024
"""Rows whose cosines to all training rows are held at once."""


@dataclass(frozen=True)
class LinearProbe:
    """Multinomial logistic regression on standardised features.

    Attributes:
        classes: (classes,) the values of the label, sorted.
        mean, deviation: (d,) of the training features, float64.
        weight, bias: (classes, d) and (classes,).

    Example:
        >>> x = torch.tensor([[0.0], [1.0], [4.0], [5.0]])
        >>> LinearProbe.fit(x, np.array(["low", "low", "high", "high"])).predict(x).tolist()
        ['low', 'low', 'high', 'high']
    """

    classes: NDArray[Any]
    mean: Tensor
    deviation: Tensor
    weight: Tensor
    bias: Tensor

    @classmethod
    def fit(cls, x: Tensor, y: NDArray[Any], seed: int = 0, classes: NDArray[Any] | None = None) -> Self:
        """The probe of training features (n, d) and their classes (n,); the same arguments give the same probe.

        Args:
            x: features, of which at most 4,000 rows are used.
            y: the class of each row.
            seed: of the draw of rows where there are more.
            classes: all values of the label, sorted, where ``y`` may lack some.

        Raises:
            DataError: when there is no row, or not a class for each.
        """
        if len(x) == 0 or len(x) != len(y):
            raise DataError(f"A probe needs a class for each training row, and one row at least: {len(x)}, {len(y)}.")
        if len(x) > MOST:
            rows = np.sort(np.random.default_rng(seed).choice(len(x), MOST, replace=False))
            x, y = x[torch.from_numpy(rows)], y[rows]
        known = np.unique(y) if classes is None else classes
        features, numbers = _matrix(x), torch.from_numpy(np.searchsorted(known, y).astype(np.int64))
        mean, deviation = features.mean(0), features.std(0, correction=0)
        deviation = torch.where(deviation > 1e-9, deviation, 1.0)
        weight, bias = _solve((features - mean) / deviation, numbers, len(known))
        return cls(known, mean, deviation, weight, bias)

    def probabilities(self, x: Tensor) -> Tensor:
        """Probability of each class for features (n, d): (n, classes) float64."""
        scores = (_matrix(x) - self.mean) / self.deviation @ self.weight.T + self.bias
        return scores.softmax(1)

    def predict(self, x: Tensor) -> NDArray[Any]:
        """The likeliest class for features (n, d): (n,) values of the label."""
        said: NDArray[Any] = self.classes[self.probabilities(x).argmax(1).numpy()]
        return said


@torch.inference_mode(False)
def _solve(z: Tensor, y: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    """Weights (classes, d) and bias (classes,) of the penalised regression, by L-BFGS from zero."""
    weight = torch.zeros(classes, z.shape[1], dtype=z.dtype, requires_grad=True)
    bias = torch.zeros(classes, dtype=z.dtype, requires_grad=True)
    solver = torch.optim.LBFGS(
        [weight, bias], max_iter=ITERATIONS, tolerance_grad=1e-6, tolerance_change=1e-9, line_search_fn="strong_wolfe"
    )
    # What was made in inference mode has no gradient but as a copy.
    solver.step(_loss(solver, z.clone(), y.clone(), weight, bias))
    return weight.detach(), bias.detach()


def _loss(solver: torch.optim.Optimizer, z: Tensor, y: Tensor, weight: Tensor, bias: Tensor) -> Callable[[], float]:
    """The loss as the solver asks for it: its value, and its gradient left in the weights."""

    @torch.enable_grad()
    def evaluated() -> float:
        solver.zero_grad()
        loss = cross_entropy(z @ weight.T + bias, y) + weight.square().sum() / (2 * len(z))
        loss.backward()
        return loss.item()

    return evaluated


def cross_validated(x: Tensor, y: NDArray[Any], folds: int = 5) -> float:
    """Share of rows whose class a linear probe names that was fitted on the other folds.

    Every class is spread evenly over the folds. Where a fit still lacks one, its rows score worse than chance.

    Args:
        x: (n, d) features.
        y: (n,) their classes.
        folds: into which the rows are parted; as many as there are rows, where there are fewer.

    Raises:
        DataError: for fewer than two rows or folds, which leave a probe nothing to learn from, or not a class for each.
    """
    folds = min(folds, len(x))
    if folds < 2 or len(x) != len(y):
        raise DataError(f"A probe in folds needs two of them, and a class for each row: {folds}, {len(x)}, {len(y)}.")
    fold = np.empty(len(x), np.int64)
    fold[np.argsort(y, kind="stable")] = np.arange(len(x)) % folds
    right = 0
    for one in range(folds):
        own, other = np.flatnonzero(fold == one), np.flatnonzero(fold != one)
        probe = LinearProbe.fit(x[torch.from_numpy(other)], y[other])
        right += int((probe.predict(x[torch.from_numpy(own)]) == y[own]).sum())
    return right / len(x)


def nearest(train_x: Tensor, train_y: NDArray[Any], test_x: Tensor, k: int = 10) -> NDArray[Any]:
    """The commonest class among the ``k`` nearest training rows by cosine; of equally common ones, the nearer.

    Args:
        train_x: (n, d) features, n >= 1.
        train_y: (n,) their classes.
        test_x: (m, d) features.
        k: neighbours that vote; all, where there are fewer.

    Returns:
        (m,) values of the label.
    """
    if len(train_x) == 0 or len(train_x) != len(train_y):
        raise DataError(f"Neighbours need a class each, and one row at least: {len(train_x)}, {len(train_y)}.")
    classes, numbers = np.unique(train_y, return_inverse=True)
    keys, own = normalize(_matrix(train_x), dim=1), torch.from_numpy(numbers.astype(np.int64))
    said = []
    for queries in normalize(_matrix(test_x), dim=1).split(BLOCK):
        near = (queries @ keys.T).topk(min(k, len(keys)), dim=1)
        # A vote counts one and a trifle for nearness: enough to part equals, too little to outvote.
        votes = torch.zeros(len(queries), len(classes), dtype=queries.dtype)
        votes.scatter_add_(1, own[near.indices], 1 + near.values / (4 * k))
        said.append(votes.argmax(1))
    chosen: NDArray[Any] = classes[torch.cat(said).numpy()]
    return chosen


def _matrix(x: Tensor) -> Tensor:
    return x.detach().flatten(1).to("cpu", torch.float64)
