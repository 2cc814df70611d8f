"""Something of the package in the place of something else, for as long as a block runs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

__all__ = ["Swap", "swapped"]


@dataclass(frozen=True)
class Swap:
    """An attribute of a module or class, and what takes its place."""

    owner: Any
    name: str
    value: Any


@contextmanager
def swapped(swaps: Sequence[Swap]) -> Iterator[None]:
    """While the block runs the values are in place; whatever happens in it, what was there is there again after it."""
    before: list[tuple[Swap, bool, Any]] = []
    try:
        for swap in swaps:
            own = swap.name in vars(swap.owner)
            before.append((swap, own, getattr(swap.owner, swap.name)))
            setattr(swap.owner, swap.name, swap.value)
        yield
    finally:
        for swap, own, value in reversed(before):
            if own:
                setattr(swap.owner, swap.name, value)
            else:
                delattr(swap.owner, swap.name)
