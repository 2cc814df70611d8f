"""embed: rows to codes, and search among them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import ConfigError
from ..model.gan import AnyGAN
from ..rows import BadCell, DataSet
from .look import check_names, chunks

__all__ = ["Codes", "conflict", "embed", "search"]


@dataclass(frozen=True)
class Codes:
    """The codes of some rows.

    Attributes:
        rows: (n,) their numbers, counted from 0.
        code: (n, code) float32, unit vectors; zero where a row has nothing to go by.
        sure: (n,) how far the most reliable cell of those used is to be believed, 0 to 1.
        used: (n, M) bool, which modalities were used.
        reliability: (n, M) how far each is to be believed, 0 to 1.
        bad: cells that could not be read.
    """

    rows: NDArray[np.int64]
    code: NDArray[np.float32]
    sure: NDArray[np.float32]
    used: NDArray[np.bool_]
    reliability: NDArray[np.float32]
    bad: tuple[BadCell, ...] = ()


@torch.inference_mode()
def embed(model: AnyGAN, data: DataSet, given: Collection[str] | None = None) -> Iterator[Codes]:
    """Codes of all rows, a chunk at a time, from the given modalities or all that are there."""
    names = list(given) if given is not None else [n for n in model.names if n in data.columns]
    check_names(names, [n for n in model.names if n in data.columns], "--given")
    for chunk in chunks(model, data, names):
        used = chunk.batch.observed()
        evidence = model.look(chunk.batch)
        code = model.fusion(evidence, used)
        trust = model.fusion.reliability(evidence, used).float().cpu()
        yield Codes(
            chunk.rows,
            code.float().cpu().numpy(),
            trust.amax(1).numpy(),
            used.cpu().numpy(),
            trust.numpy(),
            tuple(chunk.bad),
        )


def conflict(reliability: Tensor, given: Tensor) -> Tensor:
    """How far the cells of a row contradict each other, (B,) in 0 to 1: one less the lowest reliability among them.

    Args:
        reliability: (B, M) how far each cell is to be believed.
        given: (B, M) bool, which cells are there; a row of fewer than two has no conflict.
    """
    lowest = reliability.masked_fill(~given, 1.0).amin(1)
    return (1 - lowest) * (given.sum(1) > 1)


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
