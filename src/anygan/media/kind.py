"""What a file or a value in memory is, a picture or a sound: by its type, the ending of its name or its first bytes."""

from collections.abc import Mapping
from os.path import splitext
from typing import Any

import numpy as np
import PIL.Image

from ..rows import Packed

__all__ = ["AUDIO_ENDINGS", "IMAGE_ENDINGS", "kind_of_bytes", "kind_of_name", "kind_of_value"]

IMAGE_ENDINGS = frozenset(
    [
        ".png",
        ".jpg",
        ".jpeg",
        ".bmp",
        ".gif",
        ".tif",
        ".tiff",
        ".webp",
        ".pgm",
        ".ppm",
        ".pbm",
        ".pnm",
        ".ico",
        ".jp2",
        ".avif",
        ".tga",
        ".pcx",
        ".xpm",
    ]
)
AUDIO_ENDINGS = frozenset([".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".au", ".w64", ".caf"])

IMAGE_HEADS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")
AUDIO_HEADS = (b"fLaC", b"OggS", b"ID3", b"\xff\xfb", b"\xff\xf3", b"FORM", b".snd")
RIFF = {b"WEBP": "image", b"WAVE": "audio"}


def kind_of_name(name: str) -> str | None:
    """``image`` or ``audio`` by the ending of a file's name.

    Example:
        >>> kind_of_name("a/B.PNG"), kind_of_name("a.opus"), kind_of_name("a.txt")
        ('image', 'audio', None)
    """
    ending = splitext(name)[1].lower()
    return "image" if ending in IMAGE_ENDINGS else "audio" if ending in AUDIO_ENDINGS else None


def kind_of_bytes(head: bytes) -> str | None:
    """``image`` or ``audio`` by the first twelve bytes of a file."""
    if head[:4] == b"RIFF":
        return RIFF.get(head[8:12])
    return "image" if head.startswith(IMAGE_HEADS) else "audio" if head.startswith(AUDIO_HEADS) else None


def kind_of_value(value: Any) -> str | None:
    """``image`` or ``audio`` where a value in memory is one: a picture, a sound, a file packed in the cell."""
    if isinstance(value, PIL.Image.Image):
        return "image"
    if isinstance(value, np.ndarray):
        return "image" if value.ndim in (2, 3) else None
    if isinstance(value, tuple):
        return "audio" if len(value) == 2 and isinstance(value[0], np.ndarray) else None
    if isinstance(value, bytes):
        return kind_of_bytes(value[:12])
    if isinstance(value, Packed):
        return kind_of_name(value.name)
    return _kind_of_mapping(value) if isinstance(value, Mapping) else None


def _kind_of_mapping(value: Mapping[str, Any]) -> str | None:
    """Hugging Face's forms: samples with their rate, or a file with its bytes, its path or both."""
    if "array" in value and "sampling_rate" in value:
        return "audio"
    if not ("bytes" in value or "path" in value):
        return None
    path, content = value.get("path"), value.get("bytes")
    named = kind_of_name(path) if isinstance(path, str) else None
    return named or (kind_of_bytes(content[:12]) if isinstance(content, bytes) else None)
