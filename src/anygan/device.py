"""Where tensors live, and what numbers are quick there."""

import os
import time

import torch

from .errors import RunError

__all__ = ["bf16_ratio", "device"]

PRODUCTS = 10
"""Timed products, of which the fastest counts: another process may take any one of them."""


def device() -> torch.device:
    """A GPU, where there is one that PyTorch can use; else the CPU. Of several processes on a machine each has its own.

    Raises:
        RunError: when torchrun has started more processes on this machine than it has GPUs.
    """
    if not torch.cuda.is_available():
        return torch.device("cpu")
    rank, ranks = int(os.environ.get("LOCAL_RANK", "0")), int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if ranks > (there := torch.cuda.device_count()):
        gpus = f"{there} GPU{'s' * (there > 1)}"
        raise RunError(f"{ranks} processes cannot share {gpus}: start torchrun with --nproc-per-node {there}.")
    return torch.device("cuda", rank)


def bf16_ratio() -> float:
    """Time of a bf16 product over that of an fp32 one, on this CPU."""
    fp32, bf16 = (
        min(_timed(torch.ones(256, 256, dtype=dtype)) for _ in range(PRODUCTS))
        for dtype in (torch.float32, torch.bfloat16)
    )
    return bf16 / fp32


def _timed(a: torch.Tensor) -> float:
    """Seconds of a product."""
    start = time.perf_counter()
    a @ a
    return time.perf_counter() - start
