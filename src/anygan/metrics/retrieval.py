"""Retrieval: is the true partner, or one of the right class, among the nearest?"""

import torch
from torch import Tensor

from ..errors import DataError
from .features import ROWS, pair

__all__ = ["partner_rank", "recall_at"]


def partner_rank(queries: Tensor, keys: Tensor) -> Tensor:
    """Rank by cosine of key i among all keys for query i, (n,) int64 from 0. A tie counts against the true partner.

    Args:
        queries: (n, d).
        keys: (n, d); its row i is the partner of query i.
    """
    q, k = (torch.nn.functional.normalize(m, dim=1) for m in pair(queries, keys))
    if len(q) != len(k):
        raise DataError(f"{len(q)} queries and {len(k)} keys: each query needs its one partner in the same row.")
    ranks = []
    for first in range(0, len(q), ROWS):
        similar = q[first : first + ROWS] @ k.T
        own = similar.diagonal(first).unsqueeze(1)
        ranks.append((similar >= own - 1e-12).sum(1) - 1)
    return torch.cat(ranks)


def recall_at(k: int, queries: Tensor, keys: Tensor) -> float:
    """Share of queries (n, d) whose partner, the same row of keys (n, d), is among the k nearest. Chance is k / n."""
    return float((partner_rank(queries, keys) < k).double().mean())
