"""Cells as HTML: pictures and sounds lie inside as ``data:`` addresses, so that a page needs no network."""

import base64
import html
import io
import math

import numpy as np
import PIL.Image
import soundfile
from numpy.typing import NDArray

from ..errors import ConfigError, nearest
from ..judging.views import HEARD, Sounds
from ..media.pictures import opened
from ..media.sounds import beginning
from ..rows import Cell
from .markup import DASH, number, plain

__all__ = ["render_cell", "spectrogram"]

KINDS = ("image", "audio", "text", "table", "vector")


def render_cell(kind: str, cell: Cell | None, about: str = "") -> str:
    """One cell as HTML, a dash where it is missing.

    Args:
        kind: of the cell.
        cell: in any form that a cell of its kind takes.
        about: which one it is, for who cannot see it.

    Raises:
        CellError: when a file cannot be read.
        ConfigError: when the kind is unknown.
    """
    if cell is None:
        return f'<span class="missing" title="missing">{DASH}</span>'
    match kind:
        case "image":
            picture = opened(cell)
            return _image(picture, "picture" if max(picture.size) <= 128 else "picture fine", _named("picture", about))
        case "audio":
            samples, rate = beginning(cell, HEARD)
            sound = io.BytesIO()
            soundfile.write(sound, samples, rate, format="WAV", subtype="PCM_16")
            name = plain(_named("sound", about))
            source = _data("audio/wav", sound.getvalue())
            player = f'<audio controls="" preload="metadata" aria-label="{name}" src="{source}"></audio>'
            shown = _image(spectrogram(samples, rate), "spectrogram", _named("spectrogram", about))
            return f'<span class="sound">{shown}{player}</span>'
        case "text":
            return f'<q class="text">{html.escape(str(cell))}</q>'
        case "table":
            return f'<dl class="record">{"".join(_pair(name, value) for name, value in cell.items())}</dl>'
        case "vector":
            return _bars(np.asarray(cell, np.float64).reshape(-1))
        case _:
            raise ConfigError(f"Cells of kind '{kind}' cannot be shown.{nearest(kind, KINDS)}")


def _pair(name: str, value: object) -> str:
    return f"<div><dt>{html.escape(name)}</dt><dd>{number(value)}</dd></div>"


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _named(what: str, about: str) -> str:
    return f"{what}: {about}" if about else what


def _image(picture: PIL.Image.Image, style: str, alt: str) -> str:
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    size = f'width="{picture.width}" height="{picture.height}"'
    return f'<img class="{style}" alt="{plain(alt)}" {size} src="{_data("image/png", file.getvalue())}"/>'


INK = np.array([[16, 14, 36], [84, 28, 104], [186, 56, 96], [248, 140, 76], [252, 244, 200]], np.float64)
"""Colours of a spectrogram from silence to the loudest point, evenly spaced."""


def spectrogram(samples: NDArray[np.float32], rate: int) -> PIL.Image.Image:
    """Log-mel frames as a picture, low sounds at the bottom."""
    frames = min(512, max(16, math.ceil(len(samples) / rate / Sounds.HOP)))
    level = Sounds(min(rate, 16_000), frames)((samples, rate)).flip(1)[0].numpy() / 255
    colours = np.stack([np.interp(level, np.linspace(0, 1, len(INK)), INK[:, i]) for i in range(3)], 2)
    return PIL.Image.fromarray(colours.astype(np.uint8))


def _bars(values: NDArray[np.float64]) -> str:
    """A vector as bars about zero."""
    shown = np.nan_to_num(values[:128])
    top = float(np.abs(shown).max(initial=0)) or 1.0
    bars = "".join(
        f'<rect x="{i}" width="0.8" y="{20 - max(v, 0) * 20 / top:.2f}" height="{abs(v) * 20 / top:.2f}"/>'
        for i, v in enumerate(shown)
    )
    size = f'viewBox="0 0 {max(len(shown), 1)} 40" preserveAspectRatio="none"'
    return f'<svg class="vector" role="img" {size}><title>{len(values)} numbers up to ±{top:.3g}</title>{bars}</svg>'
