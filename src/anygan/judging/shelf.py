"""The shelf: whoever judges is kept in a cache folder, under a hash of all it was made of."""

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..rows import Cell

__all__ = ["fingerprint", "keep", "take"]


def fingerprint(settings: Sequence[Any], cells: Sequence[Cell]) -> str:
    """Hash of settings, ready for JSON, and cells."""
    digest = hashlib.blake2b(json.dumps(settings).encode())
    for i in range(len(cells)):
        for part in _parts(cells[i]):
            digest.update(part)
    return digest.hexdigest()


def keep(path: Path, weights: Mapping[str, Tensor], about: Mapping[str, str]) -> None:
    """Put weights and what they need to be told of on the shelf."""
    # A judge that cannot be kept is trained again next time; that is no reason to fail now.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            whole = Path(folder) / path.name
            save_file(dict(weights), whole, dict(about))
            whole.replace(path)


def take(path: Path) -> tuple[dict[str, Tensor], dict[str, str]] | None:
    """What was kept there; nothing where nothing was, or where it cannot be read."""
    if not path.is_file():
        return None
    try:
        with safe_open(path, "pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata()  # noqa: SIM118
    except (OSError, SafetensorError):
        return None


def _parts(cell: Cell) -> tuple[bytes, ...]:
    match cell:
        case Path():
            return (cell.read_bytes() if cell.is_file() else b"",)
        case PIL.Image.Image():
            return f"{cell.mode}{cell.size}".encode(), cell.tobytes()
        case np.ndarray():
            return f"{cell.dtype}{cell.shape}".encode(), cell.tobytes()
        case (np.ndarray() as samples, rate):
            return f"{rate} {len(samples)}".encode(), np.asarray(samples, np.float32).tobytes()
        case _:
            return (repr(cell).encode(), b"\0")
