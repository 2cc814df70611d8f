"""embed: rows to codes, and search among them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ..data.rows import BadCell, DataSet
from ..errors import ConfigError
from ..model.gan import AnyGAN
from .look import check_names, chunks

__all__ = ["Codes", "embed", "search"]


@dataclass(frozen=True)
class Codes:
    """The codes of some rows.

    Attributes:
        rows: (n,) their numbers, counted from 0.
        code: (n, code) float32, unit vectors; zero where a row has nothing to go by.
        sure: (n,) how well what was used agrees, 0 to 1: the length of the mean of its unit evidence.
        used: (n, M) bool, which modalities were used.
        bad: cells that could not be read.
    """

    rows: NDArray[np.int64]
    code: NDArray[np.float32]
    sure: NDArray[np.float32]
    used: NDArray[np.bool_]
    bad: tuple[BadCell, ...] = ()


@torch.inference_mode()
def embed(model: AnyGAN, data: DataSet, given: Collection[str] | None = None) -> Iterator[Codes]:
    """Codes of all rows, a chunk at a time, from the given modalities or all that are there."""
    names = list(given) if given is not None else [n for n in model.names if n in data.columns]
    check_names(names, [n for n in model.names if n in data.columns], "--given")
    for chunk in chunks(model, data, names):
        used = chunk.batch.observed()
        evidence = model.evidence(model.draw(chunk.batch))
        code = model.fusion(evidence, used)
        mean = (evidence * used.unsqueeze(2)).sum(1) / used.sum(1, keepdim=True).clamp(min=1)
        yield Codes(
            chunk.rows, code.float().cpu().numpy(), mean.norm(dim=1).cpu().numpy(), used.cpu().numpy(), tuple(chunk.bad)
        )


def search(
    codes: NDArray[np.float32], query: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The ``k`` nearest of (n, code) unit vectors to a query (code,): their numbers and cosines, nearest first."""
    if k < 1:
        raise ConfigError(f"-k must be at least 1, not {k}.")
    cosine = codes @ query
    k = min(k, len(cosine))
    best = np.argpartition(-cosine, k - 1)[:k]
    best = best[np.argsort(-cosine[best], kind="stable")]
    return best.astype(np.int64), cosine[best]
