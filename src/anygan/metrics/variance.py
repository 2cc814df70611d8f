r"""Variance of a table, shared out over its rows, its columns and what belongs to neither.

    y_ij = m + a_i + b_j + e_ij,      shares  var(a), var(b), var(e)  of their sum

estimated without bias from mean squares (Fisher, *Statistical methods for research workers*, 1925; Searle, *Linear
models*, 1971). The share of the columns is also the correlation of two cells of one column and different rows, an
intraclass correlation (Shrout & Fleiss, *Intraclass correlations*, 1979).
"""

import torch
from torch import Tensor

from ..errors import DataError

__all__ = ["variance_shares"]


def variance_shares(values: Tensor) -> tuple[float, float, float]:
    """Shares of rows, of columns and of neither; they sum to one, or are all zero where nothing varies.

    Args:
        values: (rows, columns, ...), two of each at least; variances are summed over further axes.

    Example:
        >>> variance_shares(torch.tensor([[0.0, 0.0], [3.0, 3.0]]))
        (1.0, 0.0, 0.0)
    """
    y = values.detach().flatten(2) if values.dim() > 2 else values.detach().unsqueeze(2)
    rows, columns = y.shape[:2]
    if min(rows, columns) < 2:
        raise DataError(f"Shares of variance need two rows and two columns: got {rows} x {columns}.")
    # Sounds and pictures make large tables: their cells stay as they are, and only sums are in float64.
    mean, row, column = y.mean((0, 1), dtype=torch.float64), y.mean(1, dtype=torch.float64), y.mean(0).double()
    of_rows = columns * float((row - mean).square().sum()) / (rows - 1)
    of_columns = rows * float((column - mean).square().sum()) / (columns - 1)
    left = y - (row.unsqueeze(1) + column.unsqueeze(0) - mean).to(y)
    rest = float(left.square().sum(dtype=torch.float64)) / ((rows - 1) * (columns - 1))
    parts = (max(0.0, (of_rows - rest) / columns), max(0.0, (of_columns - rest) / rows), rest)
    # What rounding leaves of equal numbers is not variance.
    total = sum(parts) if sum(parts) > 1e-12 * float(y.double().square().mean((0, 1)).sum()) else 0.0
    return tuple(part / total if total else 0.0 for part in parts)  # type: ignore[return-value]
