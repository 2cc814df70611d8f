"""Opening what a command names: the run and its model."""

import os
from pathlib import Path

import torch

from ..errors import RunError
from ..tasks.model import Model

__all__ = ["is_run", "open_model"]


def is_run(folder: Path) -> bool:
    """Whether a folder holds a checkpoint."""
    return any((folder / f"{name}.safetensors").exists() for name in ("last", "previous", "best"))


def open_model(folder: Path, checkpoint: str) -> Model:
    """The model of a run, and as many threads as its training found to be fastest."""
    if not folder.exists():
        raise RunError(f"There is no run {folder}. Train one with: anygan train DATA --out {folder}")
    model = Model.load(folder, checkpoint)
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(min(os.cpu_count() or 1, int(model.story.get("threads") or 1)))
    return model
