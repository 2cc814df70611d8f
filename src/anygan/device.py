"""Where tensors live."""

import os

import torch

from .errors import RunError

__all__ = ["device"]


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
