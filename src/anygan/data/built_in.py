"""What the built-in sets share: their two splits, cells that are slices of one array, and pairing by class."""

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..errors import ConfigError, nearest

__all__ = ["SPLITS", "ArrayCells", "check_split", "draw_same_class"]

SPLITS = ("train", "test")


class ArrayCells(Sequence[NDArray[Any]]):
    """Cells that are the slices of one array (N, ...): views, not copies."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    @overload
    def __getitem__(self, i: int) -> NDArray[Any]: ...
    @overload
    def __getitem__(self, i: slice) -> "ArrayCells": ...
    def __getitem__(self, i: int | slice) -> "NDArray[Any] | ArrayCells":
        if isinstance(i, slice):
            return ArrayCells(self.array[i])
        cell: NDArray[Any] = self.array[i]
        return cell

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.array, dtype=dtype, copy=copy)


def check_split(split: str) -> str:
    """The split itself.

    Raises:
        ConfigError: when it is neither 'train' nor 'test'.
    """
    if split not in SPLITS:
        raise ConfigError(f"Unknown split '{split}'.{nearest(split, SPLITS)}")
    return split


def draw_same_class(
    wanted: NDArray[np.int64], offered: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """For each wanted class (N,), the number of one offered item (M,) of that class, evenly drawn: (N,)."""
    order = np.argsort(offered, kind="stable")
    counts = np.bincount(offered, minlength=int(wanted.max(initial=0)) + 1)
    starts = np.cumsum(counts) - counts
    steps = np.minimum((rng.random(len(wanted)) * counts[wanted]).astype(np.int64), counts[wanted] - 1)
    drawn: NDArray[np.int64] = order[starts[wanted] + steps]
    return drawn
