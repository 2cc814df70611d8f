"""What a checkpoint keeps of some rows, for verbs to complete others by: codes, evidence, what is left of latents."""

import numpy as np
import torch
from numpy.typing import NDArray

from ..data.store import Store
from ..model.gan import AnyGAN

__all__ = ["KEPT", "keep"]

KEPT = 8192
"""Rows whose codes are kept: with a thousand, pictures of 60,000 captions miss their hand."""

TOGETHER = 256
"""Rows that are looked at together."""


@torch.no_grad()
def keep(model: AnyGAN, store: Store, device: torch.device, most: int = KEPT) -> None:
    """Let the model keep what it makes of rows that hold several cells, the fullest first, evenly spaced."""
    memory = model.memory
    if memory is None:
        return
    memory.forget()
    pairing = store.pairing(0)
    rows = chosen(np.sum([number >= 0 for number in pairing.index.values()], axis=0), most)
    codes, evidence, cells = [memory.codes], [memory.evidence], [memory.cells]
    rests = {number: [codes[0].new_zeros(0, length)] for number, length in memory.latents.items()}
    for first in range(0, len(rows), TOGETHER):
        batch = store.batch(pairing, rows[first : first + TOGETHER]).to(device)
        seen, observed = model.seen(batch), batch.observed()
        found = model.read(seen, len(batch))
        known = model.known(found, observed)
        for number, parts in rests.items():
            name = model.names[number]
            made = model.paint(name, known, known.new_zeros(len(batch), model.style))
            parts.append(seen[name] - made if name in seen else torch.zeros_like(made))
        codes.append(known)
        evidence.append(found)
        cells.append(observed)
    whole = torch.cat(codes)
    sound = whole.any(1) & whole.isfinite().all(1)
    left = {number: torch.cat(parts)[sound] for number, parts in rests.items()}
    memory.keep(whole[sound], torch.cat(evidence)[sound], torch.cat(cells)[sound], left)


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
