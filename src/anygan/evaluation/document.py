"""The document behind a report card, and as JSON: a number that is none becomes null, JSON having no other word."""

import json
import math
from collections.abc import Mapping
from typing import Any

__all__ = ["Figures", "measured", "to_json"]

Figures = Mapping[str, Any]
"""What :attr:`anygan.evaluation.evaluate.Card.figures` holds, or a part of it."""


def measured(figures: Figures) -> str:
    """Whose rows a card is of: 'test', or 'training' where they are those that the model learned from.

    Example:
        >>> measured({"data": {"test": "digits:test", "train": "digits:train"}})
        'test'
    """
    data = figures.get("data")
    return "training" if data and data["test"] == data["train"] else "test"


def to_json(document: Any) -> str:
    """A document of mappings, lists and plain values as indented JSON."""
    return json.dumps(_finite(document), ensure_ascii=False, indent=2)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
