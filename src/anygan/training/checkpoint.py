"""Checkpoints: one safetensors file each, its description and a digest in its metadata, never half written.

A file is written beside its place, flushed to the disk and renamed, so that at any moment the place holds a whole
checkpoint: the last or the one before. A run keeps the one before too, since disks and people damage files afterwards;
:func:`newest` falls back to it. There is no pickle anywhere: reading a file runs nothing that the file says.
"""

import contextlib
import hashlib
import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..errors import AnyGANWarning, RunError

__all__ = ["exists", "load", "newest", "pack_optimizer", "save", "sweep", "unpack_optimizer"]

SCHEMA = "15"
LAST, PREVIOUS = "last.safetensors", "previous.safetensors"


def save(path: Path, tensors: Mapping[str, Tensor], description: Mapping[str, Any], before: Path | None = None) -> None:
    """Write a checkpoint atomically: tensors by name, and a description that JSON can hold.

    Args:
        before: where the one that ``path`` held is kept.

    Raises:
        RunError: when the disk is full or the folder cannot be written; what was there before is whole.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    whole = {name: tensor.detach().contiguous().cpu() for name, tensor in tensors.items()}
    told = json.dumps(description)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent)
        save_file(whole, beside, {"anygan": SCHEMA, "description": told, "digest": _digest(whole, told)})
        _flush(beside)
        beside.chmod(0o644)
        if before is not None and path.exists():
            _keep(path, before)
        beside.replace(path)
        _flush(path.parent)
    except (OSError, SafetensorError) as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise RunError(
            f"The checkpoint {path} cannot be written: {error}. The one before is whole: mend this and go on with "
            "--resume."
        ) from error


def sweep(folder: Path) -> None:
    """Delete what killed processes were writing into a run's folder: it is of no use to anyone."""
    for left in (*folder.glob(".*.safetensors.*"), *folder.glob(".tmp*")):
        left.unlink()


def load(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the description of a checkpoint.

    Raises:
        RunError: when there is none, or the file is truncated, damaged or not one of ours.
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
    if metadata.get("digest") != _digest(tensors, metadata.get("description", "")):
        raise RunError(f"{path} is not a whole checkpoint (its digest differs). Give another one, or train again.")
    return tensors, json.loads(metadata["description"])


def exists(run: Path) -> bool:
    """Whether a folder holds a run that can be gone on with."""
    return (run / LAST).exists() or (run / PREVIOUS).exists()


def newest(run: Path, aside: bool = False) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The newest whole checkpoint of a run folder: the last, or with a warning the one before where that is damaged.

    Args:
        aside: put a damaged last one aside, as ``last.safetensors.refused``, so that the next to be written does not
            take the place of the whole one before it.

    Raises:
        RunError: when neither is there or whole.
    """
    try:
        return load(run / LAST)
    except RunError as error:
        if not (run / PREVIOUS).exists():
            raise
        tensors, told = load(run / PREVIOUS)
        step = told.get("clock", {}).get("step", 0)
        if aside:
            with contextlib.suppress(FileNotFoundError):
                (run / LAST).replace(run / f"{LAST}.refused")
        warnings.warn(f"{error} Meanwhile the one before it is used, of step {step:,}.", AnyGANWarning, stacklevel=2)
        return tensors, told


def _digest(tensors: Mapping[str, Tensor], description: str) -> str:
    """SHA-256 of all that a checkpoint holds."""
    digest = hashlib.sha256(description.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"\0{name} {tensor.dtype} {tuple(tensor.shape)}\0".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _flush(path: Path) -> None:
    """Have the disk hold a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _keep(path: Path, before: Path) -> None:
    """Give a file a second name that stays when the first is taken by another file."""
    link = before.with_name(f".{path.name}.{os.getpid()}.before")
    try:
        link.hardlink_to(path)
        link.replace(before)
    except OSError:
        # Some disks know no second names. For a moment there is then the one before alone.
        path.replace(before)


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
