"""Checkpoints: one safetensors file each, its description in its metadata, never half written.

A file is written beside its place, flushed to the disk and renamed, so that at any moment the place holds a whole
checkpoint: the last or the one before.
"""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..errors import RunError

__all__ = ["load", "pack_optimizer", "save", "unpack_optimizer"]

SCHEMA = "2"


def save(path: Path, tensors: Mapping[str, Tensor], description: Mapping[str, Any]) -> None:
    """Write a checkpoint atomically: tensors by name, and a description that JSON can hold.

    Raises:
        RunError: when the disk is full or the folder cannot be written; what was there before is whole.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    whole = {name: tensor.detach().contiguous().cpu() for name, tensor in tensors.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # What a killed process was writing is of no use to anyone.
        for left in path.parent.glob(f".{path.name}.*"):
            left.unlink()
        save_file(whole, beside, {"anygan": SCHEMA, "description": json.dumps(description)})
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.chmod(0o644)
        beside.replace(path)
    except (OSError, SafetensorError) as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise RunError(f"The checkpoint {path} cannot be written: {error}. The one before is whole.") from error


def load(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the description of a checkpoint.

    Raises:
        RunError: when there is none, or the file is truncated or not one of ours.
    """
    if not path.is_file():
        raise RunError(f"There is no checkpoint {path}. Train one with: anygan train DATA --out {path.parent}")
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (OSError, SafetensorError) as error:
        raise RunError(f"{path} is not a whole checkpoint ({error}). Give another one, or train again.") from error
    if metadata.get("anygan") != SCHEMA:
        raise RunError(
            f"{path} is a safetensors file, but not a checkpoint of this version of AnyGAN. Train it again, or use "
            "it with the version that wrote it."
        )
    return tensors, json.loads(metadata["description"])


def pack_optimizer(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """An optimiser's state as tensors by name. Its settings are not kept: the schedule sets them in every step."""
    state = optimizer.state_dict()["state"]
    return {f"{number}.{key}": torch.as_tensor(value) for number, slot in state.items() for key, value in slot.items()}


def unpack_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Undo :func:`pack_optimizer` on an optimiser over the same parameters."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        number, key = name.split(".", 1)
        state.setdefault(int(number), {})[key] = _laid_as(parameters[int(number)], tensor)
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _laid_as(parameter: Tensor, tensor: Tensor) -> Tensor:
    """A tensor in the parameter's order of memory, which fused optimisers take for granted."""
    return torch.empty_like(parameter).copy_(tensor) if tensor.shape == parameter.shape else tensor
