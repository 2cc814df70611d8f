"""Files that mean no good, folders that name them, and what ``anygan inspect`` says of them."""

import gc
import io
import json
import multiprocessing
import os
import struct
import zlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import PIL.Image
import pytest
import soundfile
from click.testing import CliRunner

from anygan.cli.app import app

RNG = np.random.default_rng(0)


def inspected(data: Path) -> tuple[dict[str, Any], str]:
    """What the command finds in the data; or nothing, and the one sentence that it says instead with exit code 2."""
    result = CliRunner().invoke(app, ["inspect", str(data), "--json"], prog_name="anygan")
    assert result.exit_code in (0, 2), result.exc_info
    assert result.stderr.count("\n") == bool(result.exit_code), result.stderr
    assert len(result.stderr) < 1000
    return (json.loads(result.stdout), "") if result.exit_code == 0 else ({}, result.stderr)


def column(found: dict[str, Any], name: str) -> dict[str, Any]:
    """A column of what was found."""
    return next(c for c in found["columns"] if c["modality"] == name)


def peak(act: Callable[..., object], *given: object) -> float:
    """Mebibytes that a process of its own grows by, at most, while it acts: what it is given must be picklable.

    Here, whatever earlier tests have left would count: where a heap has holes, a block that grows is copied from one
    into the next, and the same file costs twice as much.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        grown = pool.submit(_growth, act, *given).result()
    if grown is None:
        pytest.skip("needs /proc/self/clear_refs, which resets the peak of memory")
    return grown


def _growth(act: Callable[..., object], *given: object) -> float | None:
    """What a program loads at first use is no fault of a file's: a tame folder of each kind is read first."""
    for header in ("image_file_name", "audio_file_name"):
        with TemporaryDirectory() as folder:
            assert inspected(folder_of(Path(folder) / "data", {}, header))[1] == ""
    gc.collect()
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return None
    before = _kibibytes("VmRSS")
    act(*given)
    return (_kibibytes("VmHWM") - before) / 1024


def _kibibytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def encoded(name: str) -> bytes:
    """A picture of noise in a format of Pillow's."""
    file = io.BytesIO()
    PIL.Image.fromarray(RNG.integers(0, 256, (64, 64, 3), np.uint8)).save(file, name)
    return file.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, pixels: bytes, before: bytes = b"") -> bytes:
    """A grey PNG: what it says of itself, and compressed pixels, true or not."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + before + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def wav(path: Path, rate: int, channels: int, frames: int) -> Path:
    """A WAV of silence of 16 bits that takes no place on the disk: all behind its head is a hole in the file."""
    size, step = frames * channels * 2, channels * 2
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, channels, rate,
                       rate * step % 2**32, step, 16, b"data", size)  # fmt: skip
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + size)
    return path


def folder_of(path: Path, cells: dict[str, bytes], header: str = "image_file_name") -> Path:
    """Rows of which the first three name whole files and the others those that are given, each with a number."""
    path.mkdir(exist_ok=True)
    whole = [f"whole{i}.{'wav' if header.startswith('audio') else 'png'}" for i in range(3)]
    for name in whole:
        if name.endswith("wav"):
            soundfile.write(path / name, 0.1 * RNG.normal(size=4000), 8000)
        else:
            PIL.Image.fromarray(RNG.integers(0, 256, (16, 16, 3), np.uint8)).save(path / name)
    for name, content in cells.items():
        (path / name).write_bytes(content)
    return listed(path, [*whole, *cells], header)


def listed(path: Path, names: list[str], header: str = "image_file_name") -> Path:
    """The table that names files."""
    lines = [f"{header},n", *(f'"{name}",{i}' for i, name in enumerate(names))]
    (path / "metadata.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def linked(path: Path, target: Path) -> None:
    """A symbolic link."""
    os.symlink(target, path)
