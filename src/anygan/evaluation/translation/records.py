"""Records: how far generated numbers and categories are from the true ones, beside what no model is needed for.

    error of a number       root of the mean square of (said - true), over the training values' standard deviation
    accuracy of a category  share of rows in which it is the true one

A draw is not a guess: it has the data's own scatter, and even one of the true law errs 1.4 times as far as that law's
mean. So the guess of a model is the mean of several draws, or the category that most of them name; that of the
neighbours is the same of as many nearest training rows. The mean or mode of all training rows errs by 1, as far as the
test rows are like them.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ...errors import CellError
from ...modalities import Modality, Table
from ...rows import Cell

__all__ = ["guessed", "read_all", "record_scores"]


def read_all(modality: Modality, cells: Sequence[Cell]) -> Tensor:
    """Cells of a table or vector as numbers (n, columns), float64, NaN where missing or unreadable."""
    rows = []
    for cell in cells:
        try:
            rows.append(modality.read(cell).double())
        except CellError:
            rows.append(torch.full_like(modality.blank(), torch.nan, dtype=torch.float64))
    return torch.stack(rows)


def columns_of(modality: Modality) -> tuple[list[str], list[bool]]:
    """Names of the columns, and which hold numbers."""
    if isinstance(modality, Table):
        return [column.name for column in modality.columns], [bool(column.knots) for column in modality.columns]
    size = len(modality.blank())
    return [str(place) for place in range(size)], [True] * size


def guessed(modality: Modality, rows: Tensor) -> Tensor:
    """One guess of several rows (..., k, columns): the mean of numbers, the most frequent category, (..., columns)."""
    _, numbers = columns_of(modality)
    # Category numbers are no quantities; the missing, at -1, may be the most frequent and then stay missing.
    most = rows.nan_to_num(-1).mode(-2).values
    return torch.where(torch.tensor(numbers), rows.nanmean(-2), torch.where(most >= 0, most, torch.nan))


def record_scores(modality: Modality, truth: Tensor, train: Tensor, guesses: dict[str, Tensor]) -> dict[str, Any]:
    """Errors of numbers and accuracies of categories, by column and on average, for each way of guessing.

    Args:
        modality: the table or vector.
        truth: (n, columns) the real test rows.
        train: (m, columns) real training rows: the deviation of each number, and its mean or mode.
        guesses: way -> (n, columns).

    Returns:
        ``columns``: name -> way -> figure and ``kind``; ``numbers`` and ``categories``: way -> mean figure; ``count``.
    """
    names, numbers = columns_of(modality)
    guesses = guesses | {"mean or mode": guessed(modality, train).expand_as(truth)}
    told: dict[str, dict[str, Any]] = {}
    for place, (name, number) in enumerate(zip(names, numbers, strict=True)):
        known = train[:, place][~train[:, place].isnan()]
        there = ~truth[:, place].isnan()
        unit = float(known.std()) if len(known) > 1 else 0.0
        if not bool(there.any()) or (number and unit <= 0):
            continue
        true = truth[there, place]
        found = {way: guess[there, place] for way, guess in guesses.items()}
        told[name] = {"kind": "number" if number else "category"} | {
            way: _error(said, true, unit) if number else float((said == true).double().mean())
            for way, said in found.items()
        }
    means = {
        group: {way: _mean([c[way] for c in told.values() if c["kind"] == kind]) for way in guesses}
        for group, kind in (("numbers", "number"), ("categories", "category"))
        if any(column["kind"] == kind for column in told.values())
    }
    return {"columns": told, "count": len(truth)} | means


def _error(said: Tensor, true: Tensor, unit: float) -> float:
    """Root mean square, a number that was not said counting as one deviation off."""
    return float((((said - true) / unit).square().nan_to_num(1.0)).mean().sqrt())


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
