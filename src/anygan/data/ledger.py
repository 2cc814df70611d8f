"""A long writing that may be broken off at any moment and gone on with.

Lines go to files in a folder. From time to time the ledger flushes them and notes in ``progress.json``, by renaming,
how many rows are done and how long each file is then. Who goes on cuts the files back to those lengths: rows that were
written after the last note are made again, from the same noise, and end as the same bytes. A finished folder has no
``progress.json``.
"""

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from ..errors import DataError, RunError
from .readers import METADATA
from .writer import PART, csv_line

__all__ = ["PROGRESS", "Ledger"]

PROGRESS = "progress.json"

SELDOM = 1.0
"""Seconds between two notes."""


class Ledger:
    """Writes lines of several CSV files, as a context manager.

    Attributes:
        rows: rows that were done before.
        state: what :meth:`note` was last told.
    """

    def __init__(
        self, folder: Path, files: Mapping[str, Sequence[str]], asked: Mapping[str, Any], resume: bool = False
    ) -> None:
        """Make the folder ready.

        Args:
            folder: where to write.
            files: name -> its header; the first becomes ``metadata.csv``, once it is whole.
            asked: what this writing is of, ready for JSON: only the same one is gone on with.
            resume: whether to go on with what the folder holds.

        Raises:
            DataError: when the folder holds something already, or cannot be written.
            RunError: when it holds a writing that was broken off and is not to be gone on with, or another one.
        """
        self.folder, self.asked = folder, dict(asked)
        self.rows, self.state = 0, {}
        self._headers = files
        self._sizes: dict[str, int] = {}
        self._open: dict[str, IO[bytes]] = {}
        self._noted = time.monotonic()
        _claim(folder, resume)
        if (folder / PROGRESS).exists():
            told = json.loads((folder / PROGRESS).read_text("utf-8"))
            if told["asked"] != self.asked:
                differ = ", ".join(k for k in self.asked if told["asked"].get(k) != self.asked[k])
                raise RunError(f"{folder} was begun with another {differ}. Go on with the same, or give another --out.")
            self.rows, self._sizes, self.state = told["rows"], told["sizes"], told["state"]

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for name, headers in self._headers.items():
                file = (self.folder / self._place(name)).open("r+b" if name in self._sizes else "wb")
                self._open[name] = file
                if name in self._sizes:
                    file.seek(0, os.SEEK_END)
                    if file.tell() < self._sizes[name]:
                        raise RunError(f"{self.folder / self._place(name)} is shorter than it was. Give another --out.")
                    file.truncate(self._sizes[name])
                    file.seek(0, os.SEEK_END)
                else:
                    self.line(name, headers)
        except OSError as error:
            raise DataError(f"{self.folder} cannot be written: {error}. Name another folder with --out.") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._open.values():
            with file:
                if error is None:
                    file.flush()
                    os.fsync(file.fileno())
        if error is None:
            first = next(iter(self._headers))
            (self.folder / self._place(first)).replace(self.folder / first)
            (self.folder / PROGRESS).unlink(missing_ok=True)

    def line(self, name: str, fields: Sequence[str]) -> None:
        """Add a line to a file."""
        self._open[name].write(csv_line(fields).encode("utf-8", "surrogateescape"))

    def due(self) -> bool:
        """Whether it is time for a note."""
        return time.monotonic() - self._noted >= SELDOM

    def note(self, rows: int, state: Mapping[str, Any]) -> None:
        """Note that so many rows are done; what is added to ``state`` comes back on going on."""
        for file in self._open.values():
            file.flush()
            os.fsync(file.fileno())
        sizes = {name: file.tell() for name, file in self._open.items()}
        told = {"asked": self.asked, "rows": rows, "sizes": sizes, "state": dict(state)}
        beside = self.folder / f"{PROGRESS}.part"
        with beside.open("w", encoding="utf-8", errors="surrogateescape") as text:
            json.dump(told, text)
            text.flush()
            os.fsync(text.fileno())
        beside.replace(self.folder / PROGRESS)
        self._noted = time.monotonic()

    def _place(self, name: str) -> str:
        """A file's name while it is written: that of the first tells a whole folder from one that is not."""
        return PART if name == next(iter(self._headers)) else name


def _claim(folder: Path, resume: bool) -> None:
    """Refuse a folder that must not be written to."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise DataError(f"{folder} is a file; name a folder with --out.")
    if (folder / PROGRESS).exists():
        if not resume:
            raise RunError(f"{folder} is half done. Go on with it: add --resume. Start anew: give another --out.")
        return
    whole = next((name for name in METADATA if (folder / name).exists()), None)
    if whole or (any(folder.iterdir()) and not (folder / PART).exists()):
        held = f"has {whole} already" if whole else "is not empty"
        raise DataError(f"The folder {folder} {held}, and nothing is overwritten. Name another with --out.")
