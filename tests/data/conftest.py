"""Small sets in the layout of the real ones, and the real ones where they are at hand."""

import gzip
import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from anygan.data.mnist import FILES
from anygan.data.spoken_mnist import ARCHIVE, SPEAKERS


def idx(array: NDArray[np.uint8]) -> bytes:
    """An array of bytes as IDX."""
    return b"\0\0\x08" + bytes([array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 60 + 20 pictures of noise and two training and two test takes of every digit and speaker."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    (folder / "mnist").mkdir()
    for split, count in (("train", 60), ("test", 20)):
        images, labels = FILES[split]
        pictures = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        (folder / "mnist" / images).write_bytes(gzip.compress(idx(pictures)))
        (folder / "mnist" / labels).write_bytes(gzip.compress(idx(np.arange(count, dtype=np.uint8) % 10)))
    (folder / "fsdd").mkdir()
    with zipfile.ZipFile(folder / "fsdd" / ARCHIVE, "w") as archive:
        for digit in range(10):
            for number, speaker in enumerate(SPEAKERS):
                for take in (0, 4, 5, 49):
                    # The sound tells who it is: its first sample the digit, its second the speaker, its third the take.
                    sound = np.array([digit, number, take, 0], np.float32) / 100
                    content = io.BytesIO()
                    soundfile.write(content, sound, 8000, format="WAV", subtype="FLOAT")
                    archive.writestr(f"fsdd-x/recordings/{digit}_{speaker}_{take}.wav", content.getvalue())
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The real data's folder."""
    folder = os.environ.get("ANYGAN_DATA")
    if not folder:
        pytest.skip("needs the real data: set ANYGAN_DATA to its folder")
    return Path(folder)
