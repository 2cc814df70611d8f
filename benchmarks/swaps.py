"""Something of the package in the place of something else, for as long as a block runs."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

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
    with ExitStack() as stack:
        for swap in swaps:
            stack.enter_context(mock.patch.object(swap.owner, swap.name, swap.value))
        yield
