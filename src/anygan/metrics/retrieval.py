"""Retrieval by cosine: is the true partner, or one of the right class, among the nearest?

Where codes tie, a partner counts as the last of its tie and classes by their share in it, so that no answer depends on
the order of the keys and collapsed codes find nothing.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from ..errors import DataError
from .features import ROWS, pair

__all__ = ["mean_average_precision", "median_rank", "partner_rank", "precision_at", "recall_at"]

TIE = 1e-12
"""Cosines nearer to each other than this are the same: float64 has no more to say."""


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
        ranks.append((similar >= own - TIE).sum(1) - 1)
    return torch.cat(ranks)


def recall_at(k: int, queries: Tensor, keys: Tensor) -> float:
    """Share of queries (n, d) whose partner, the same row of keys (n, d), is among the k nearest. Chance is k / n."""
    return float((partner_rank(queries, keys) < k).double().mean())


def median_rank(ranks: Tensor) -> float:
    """The place of the true partner in the median query, counted from 1. Chance is (n + 1) / 2.

    Args:
        ranks: (n,) from 0, as :func:`partner_rank` gives them, n >= 1.

    Example:
        >>> median_rank(torch.tensor([0, 0, 3, 9]))
        2.5
    """
    if not len(ranks):
        raise DataError("A median rank needs at least one query.")
    return float(ranks.double().quantile(0.5)) + 1


def precision_at(k: int, queries: Tensor, keys: Tensor, query_labels: Tensor, key_labels: Tensor) -> float:
    """Share of the k nearest keys that are of the query's class, mean over queries. Chance is the class's share.

    Args:
        k: keys looked at, at most m.
        queries: (n, d).
        keys: (m, d).
        query_labels: (n,) integers.
        key_labels: (m,) integers.

    Raises:
        DataError: when there are fewer than k keys, or no query.
    """
    if not 1 <= k <= len(keys):
        raise DataError(f"A precision at {k} needs as many keys: got {len(keys)}.")
    found = []
    for similar, right in _compared(queries, keys, query_labels, key_labels):
        last = similar.kthvalue(len(keys) - k + 1, dim=1).values.unsqueeze(1)
        above, tied = similar > last + TIE, (similar - last).abs() <= TIE
        share = (tied & right).sum(1).double() / tied.sum(1)
        found.append(((above & right).sum(1) + (k - above.sum(1)) * share) / k)
    return float(torch.cat(found).mean())


def mean_average_precision(queries: Tensor, keys: Tensor, query_labels: Tensor, key_labels: Tensor) -> float:
    """Mean over queries of the precision at each key of their class, nearest first.

    Chance is the class's share where keys scatter, and more where they cluster: shuffle the queries' labels to see.
    Queries of whose class there is no key have no answer and are left out.

    Args:
        queries: (n, d).
        keys: (m, d).
        query_labels: (n,) integers.
        key_labels: (m,) integers.

    Raises:
        DataError: when no query has a key of its class.
    """
    found = []
    for similar, right in _compared(queries, keys, query_labels, key_labels):
        order = similar.argsort(1, descending=True)
        ordered, hits = similar.gather(1, order), right.gather(1, order).double()
        # All of a tie is found together: each member counts with the precision at the tie's end.
        ends = torch.searchsorted(-ordered, -ordered + TIE, right=True)
        precision = hits.cumsum(1).gather(1, ends - 1) / ends
        answered = hits.sum(1) > 0
        found.append(((precision * hits).sum(1) / hits.sum(1))[answered])
    answers = torch.cat(found)
    if not len(answers):
        raise DataError("An average precision needs a query with a key of its class: there is none.")
    return float(answers.mean())


def _compared(queries: Tensor, keys: Tensor, of: Tensor, among: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Cosines (B, m) and whether the classes are the same, (B, m), a block of queries at a time."""
    q, k = (torch.nn.functional.normalize(m, dim=1) for m in pair(queries, keys))
    if (len(q), len(k)) != (len(of), len(among)) or not len(q):
        raise DataError(f"{len(q)} queries and {len(k)} keys need as many labels: got {len(of)} and {len(among)}.")
    for first in range(0, len(q), ROWS):
        rows = slice(first, first + ROWS)
        yield q[rows] @ k.T, of[rows].cpu().unsqueeze(1) == among.cpu()
