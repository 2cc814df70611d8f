"""Text files: UTF-8, with or without a byte order mark, and mostly so when one line of many is not.

A file in another encoding, told by its first mebibyte, is refused as a whole. Where only a few lines are not UTF-8,
their bytes are handed on as lone surrogates (PEP 383): the cells that hold them are bad, every other is what it is.
"""

from pathlib import Path
from typing import TextIO

from ..errors import DataError

__all__ = ["open_text"]

LOOKED = 2**20
STRANGE = 0.1
"""Most lines, as a share, that may be of another encoding."""
MARKS = (b"\xff\xfe", b"\xfe\xff")


def open_text(file: Path, newline: str | None = None) -> TextIO:
    """Open a file of UTF-8 for reading, lines ended as in :func:`open`.

    Raises:
        DataError: when it is of another encoding, or no text.
    """
    with file.open("rb") as raw:
        _check(file, raw.read(LOOKED))
    return file.open(encoding="utf-8-sig", errors="surrogateescape", newline=newline)


def _check(file: Path, start: bytes) -> None:
    first = start.partition(b"\n")[0]
    if start[:2] in MARKS or b"\0" in first:
        told = "is UTF-16" if start[:2] in MARKS else "has NUL bytes in its first line: it is UTF-16, or no text"
        raise DataError(f"{file} {told}. Save it as UTF-8.")
    lines = start.splitlines()[: -1 if len(start) == LOOKED else None]
    strange = [(number, byte) for number, line in enumerate(lines, 1) if (byte := _strange(line)) is not None]
    if len(strange) > STRANGE * len(lines):
        number, byte = strange[0]
        raise DataError(
            f"{file}, line {number}: the byte 0x{byte:02X} is not UTF-8 ({len(strange):,} of {len(lines):,} lines are "
            "not). Save the file as UTF-8."
        )


def _strange(line: bytes) -> int | None:
    """The first byte that is not UTF-8."""
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return line[error.start]
    return None
