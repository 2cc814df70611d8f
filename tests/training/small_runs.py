"""Settings of the smallest runs."""

from typing import Any

SMALL: dict[str, Any] = {
    "size": "tiny",
    "threads": 1,
    "precision": "fp32",
    "batch": 16,
    "width": 2,
    "features": 16,
    "code": 8,
    "style": 4,
}
