"""What a checkpoint keeps of its rows: codes and evidence of some, which verbs complete others by."""

import numpy as np
import torch
from numpy.typing import NDArray

from ..data.store import Store
from ..model.gan import AnyGAN

__all__ = ["keep"]

KEPT = 8192
"""Rows whose codes are kept: with a thousand, pictures of 60,000 captions miss their hand."""

TOGETHER = 256
"""Rows that are looked at together."""


@torch.no_grad()
def keep(model: AnyGAN, store: Store, device: torch.device) -> None:
    """Let the model keep the codes of rows that hold several cells, the fullest first, evenly spaced."""
    if model.memory is None:
        return
    pairing = store.pairing(0)
    rows = chosen(np.sum([number >= 0 for number in pairing.index.values()], axis=0))
    found = [(model.memory.codes[:0], model.memory.evidence[:0], model.memory.cells[:0])]
    for first in range(0, len(rows), TOGETHER):
        batch = store.batch(pairing, rows[first : first + TOGETHER]).to(device)
        evidence, cells = model.look(batch), batch.observed()
        found.append((model.known(evidence, cells), evidence, cells))
    codes, evidence, cells = (torch.cat(parts) for parts in zip(*found, strict=True))
    sound = codes.any(1) & codes.isfinite().all(1)
    model.memory.keep(codes[sound], evidence[sound], cells[sound])


def chosen(cells: NDArray[np.int64], most: int = KEPT) -> NDArray[np.int64]:
    """Numbers of at most ``most`` rows, from how many cells each holds: those with several, the fullest first.

    Example:
        >>> chosen(np.array([3, 1, 2, 3, 2, 0, 3]), most=4).tolist()
        [0, 3, 6, 2]
    """
    fullest = np.flatnonzero(cells == cells.max(initial=2))
    others = np.flatnonzero((cells > 1) & (cells < cells.max(initial=2)))
    first = _spaced(fullest, most)
    return np.concatenate([first, _spaced(others, most - len(first))])


def _spaced(numbers: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many of them, evenly spaced."""
    if len(numbers) <= most:
        return numbers
    spaced: NDArray[np.int64] = numbers[np.linspace(0, len(numbers) - 1, most).astype(np.int64)]
    return spaced
