"""Small pictures and sounds as files, for rows of files."""

import io
from pathlib import Path

import numpy as np
import PIL.Image
import soundfile


def picture(value: int = 0, size: tuple[int, int] = (6, 4), form: str = "PNG") -> bytes:
    """A grey picture of one value."""
    content = io.BytesIO()
    PIL.Image.new("L", size, value).save(content, form)
    return content.getvalue()


def sound(seconds: float = 0.1, rate: int = 8000, form: str = "WAV") -> bytes:
    """A tone."""
    content = io.BytesIO()
    time = np.arange(int(seconds * rate)) / rate
    soundfile.write(content, 0.5 * np.sin(2 * np.pi * 440 * time), rate, format=form)
    return content.getvalue()


def lay(folder: Path, files: dict[str, bytes | str]) -> Path:
    """Files under a folder, by their relative names."""
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder
