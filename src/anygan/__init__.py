"""AnyGAN: one adversarial model of data that comes in several forms at once.

The public names are loaded at first use, so that ``import anygan`` and ``anygan --help`` answer at once.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .config import Config
    from .data.load import load_data
    from .errors import AnyGANError
    from .rows import DataSet
    from .tasks.model import Model, load
    from .training.loop import Record, train

__all__ = ["AnyGANError", "Config", "DataSet", "Model", "Record", "__version__", "load", "load_data", "train"]

__version__ = "0.1.0"

_HOMES = {
    "AnyGANError": ".errors",
    "Config": ".config",
    "DataSet": ".rows",
    "Model": ".tasks.model",
    "Record": ".training.loop",
    "load": ".tasks.model",
    "load_data": ".data.load",
    "train": ".training.loop",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'anygan' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name], __name__), name)
