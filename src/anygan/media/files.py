"""The file of a cell, on the disk or packed in the cell itself."""

import io
from pathlib import Path

from ..errors import CellError
from ..rows import Packed

__all__ = ["source_of"]


def source_of(file: Path | Packed) -> Path | io.BytesIO:
    """What a decoder opens to read a file, wherever it lies.

    Raises:
        CellError: when it is not there, or empty.
    """
    if isinstance(file, Path):
        if not file.is_file():
            raise CellError("there is no such file")
        source: Path | io.BytesIO = file
        size = file.stat().st_size
    else:
        try:
            source = file.open()
        except OSError as error:
            raise CellError(f"the file cannot be opened: {error.strerror or error}") from None
        size = len(source.getbuffer())
    if size == 0:
        raise CellError("the file is empty")
    return source
