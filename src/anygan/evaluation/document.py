"""The document behind a report card, and as JSON: a number that is none becomes null, JSON having no other word."""

import json
import math
from collections.abc import Mapping
from typing import Any

__all__ = ["Figures", "to_json"]

Figures = Mapping[str, Any]
"""What :attr:`anygan.evaluation.evaluate.Card.figures` holds, or a part of it."""


def to_json(document: Any) -> str:
    """A document of mappings, lists and plain values as indented JSON."""
    return json.dumps(_finite(document), ensure_ascii=False, indent=2)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
