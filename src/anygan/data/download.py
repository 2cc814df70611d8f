"""Fetching the public data sets into a cache: checked by SHA-256, resumed where a transfer broke off, tried again.

What is hashed is what an archive holds and not its compression, so that the same data passes wherever it was packed:
for a ``.gz`` the bytes inside, for a ``.zip`` the names and bytes of its files in the order of their names.
"""

import gzip
import hashlib
import http.client
import os
import sys
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError
from .spoken_mnist import ARCHIVE

__all__ = ["FSDD", "MNIST", "Remote", "cache_folder", "content_sha256", "fetch", "fetch_all"]

TRIES = 4
TIMEOUT = 30.0
CHUNK = 1 << 16
MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
OUTAGES = (OSError, http.client.HTTPException)
"""What a broken connection looks like: urllib's own errors are OSErrors."""


@dataclass(frozen=True)
class Remote:
    """A file of a data set.

    Attributes:
        path: where it lies under the data folder.
        addresses: where it can be had, the first to be tried first.
        sha256: of its content, as :func:`content_sha256` says.
    """

    path: str
    addresses: tuple[str, ...]
    sha256: str


def _mnist(name: str, sha256: str) -> Remote:
    return Remote(f"mnist/{name}.gz", tuple(f"{mirror}{name}.gz" for mirror in MIRRORS), sha256)


MNIST = (
    _mnist("train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    _mnist("train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    _mnist("t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    _mnist("t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
)
FSDD = (
    Remote(
        f"fsdd/{ARCHIVE}",
        (
            "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/"
            f"{ARCHIVE.removeprefix('free-spoken-digit-dataset-')}",
        ),
        "ba5952dc11fb5543e4619afced723b9c0ab67b28b3f2a944ef25a3526da226b3",
    ),
)


def cache_folder() -> Path:
    """``$ANYGAN_CACHE``, or the platform's folder for caches and ``anygan`` in it."""
    if chosen := os.environ.get("ANYGAN_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "anygan"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "anygan"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "anygan"


def fetch_all(files: Sequence[Remote], folder: Path | None = None) -> Path:
    """The folder that holds the files, each fetched where it is not there yet. ``None`` is :func:`cache_folder`.

    Raises:
        DataError: when a file cannot be had.
    """
    folder = cache_folder() if folder is None else folder
    for file in files:
        fetch(file, folder)
    return folder


def fetch(file: Remote, folder: Path, pause: float = 1.0) -> Path:
    """The file under the folder, fetched where it is not there yet.

    It is written beside its place as ``.part`` and put there by renaming once its content is checked, so what stands in
    its place is whole. A ``.part`` that is left over is gone on with.

    Args:
        file: what to fetch.
        folder: where to.
        pause: seconds before the second try; each further pause is twice as long.

    Raises:
        DataError: when no address gives the content that was expected.
    """
    target = folder / file.path
    if target.exists():
        return target
    part = target.with_name(target.name + ".part")
    reason = "no address is known"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(TRIES):
            for address in file.addresses:
                try:
                    _transfer(address, part)
                    _check(part, file.sha256)
                except OUTAGES as error:
                    reason = f"{address}: {error}"
                else:
                    part.replace(target)
                    return target
            if attempt + 1 < TRIES:
                time.sleep(pause * 2**attempt)
    except OSError as error:
        reason = f"{folder} cannot be written: {error}"
    raise DataError(
        f"Could not fetch {target.name} ({reason}). Try again with a network, or name a folder that holds "
        f"{file.path} with --data-dir or in the variable ANYGAN_DATA."
    )


def content_sha256(path: Path) -> str:
    """SHA-256, in hex, of what a ``.gz`` or ``.zip`` holds, or of any other file as it is.

    Raises:
        OSError, EOFError, zlib.error, zipfile.BadZipFile: when it cannot be unpacked.
    """
    name = path.name.removesuffix(".part")
    digest = hashlib.sha256()
    if name.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for member in sorted(m for m in archive.namelist() if not m.endswith("/")):
                content = archive.read(member)
                digest.update(f"{member}\n{len(content)}\n".encode() + content)
        return digest.hexdigest()
    with gzip.open(path) if name.endswith(".gz") else path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _check(part: Path, sha256: str) -> None:
    """Refuse and remove a file whose content is not the expected one."""
    try:
        found = content_sha256(part)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        part.unlink(missing_ok=True)
        raise OSError(f"what came cannot be unpacked ({error})") from error
    if found != sha256:
        part.unlink(missing_ok=True)
        raise OSError(f"expected content of SHA-256 {sha256}, got {found}")


def _transfer(address: str, part: Path) -> None:
    """Bring ``part`` to the full length, from where it ends if the server can go on from there."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            resumed = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            length = answer.headers.get("Content-Length")
            with part.open("ab" if resumed else "wb") as file:
                came = 0
                while chunk := answer.read(CHUNK):
                    file.write(chunk)
                    came += len(chunk)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        # Nothing lies beyond the end of ``part``: it was whole already, and the check decides.
        error.close()
        return
    if length is not None and came < int(length):
        raise OSError(f"the transfer broke off after {came:,} of {int(length):,} bytes")
