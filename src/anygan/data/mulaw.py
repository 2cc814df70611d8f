"""Mu-law: a sound in one byte a sample, fine near silence and coarse when loud (ITU-T G.711, in its continuous form).

F(x) = sign(x) · ln(1 + μ|x|) / ln(1 + μ),   μ = 255
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["compress", "expand"]

MU = 255


def compress(sound: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Samples (N,) in [-1, 1] as bytes (N,)."""
    curve = np.sign(sound) * np.log1p(MU * np.abs(np.clip(sound, -1, 1))) / np.log1p(MU)
    coded: NDArray[np.uint8] = np.round(127.5 + 127.5 * curve).astype(np.uint8)
    return coded


def expand(coded: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Bytes (N,) as samples (N,) in [-1, 1]."""
    curve = np.arange(256) / 127.5 - 1
    table: NDArray[np.float32] = (np.sign(curve) * np.expm1(np.abs(curve) * np.log1p(MU)) / MU).astype(np.float32)
    return table[coded]
