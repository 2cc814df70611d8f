"""The kinds of modality. A new kind is one file here and one line below."""

from collections.abc import Mapping
from typing import Any

from ..errors import ConfigError, nearest
from .audio import Audio
from .base import Canvas, Modality, Scale
from .image import Image
from .table import Table
from .text import Text
from .vector import Vector

__all__ = ["KINDS", "Audio", "Canvas", "Image", "Modality", "Scale", "Table", "Text", "Vector", "from_spec"]

KINDS: dict[str, type[Modality]] = {kind.kind: kind for kind in (Image, Audio, Text, Table, Vector)}
"""Kind name -> class, in the order in which messages list them."""


def from_spec(spec: Mapping[str, Any]) -> Modality:
    """The modality that :meth:`Modality.spec` described, JSON's lists turned back into tuples.

    Raises:
        ConfigError: when the kind is unknown.
    """
    kind = str(spec["kind"])
    if kind not in KINDS:
        raise ConfigError(f"Unknown kind '{kind}'.{nearest(kind, KINDS)}")
    return KINDS[kind](**{k: _tuples(v) for k, v in spec.items() if k != "kind"})


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value
