"""Tar shards in the form of WebDataset (https://github.com/webdataset/webdataset): members of one key make a row.

The key is a member's name up to the first dot after its last slash; what follows names the column: ``0001.png`` is the
picture of row 0001, ``0001.depth.png`` the picture in its column ``depth``. A row that lacks a member lacks that cell.

Only headers and small members are read when shards are opened. Pictures and sounds are remembered by where they lie,
and read from there whenever they are looked at; nothing is unpacked. A shard that is compressed as a whole can only be
read from its start, so its media are kept in memory.
"""

import functools
import glob
import itertools
import re
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from ..errors import CellError, DataError
from ..rows import Packed
from .gather import Gathering
from .sheet import Sheet

__all__ = ["SHARDS", "expand", "files_of", "is_pattern", "read_shards"]

SHARDS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
BRACES = re.compile(r"\{(\d+)\.\.(\d+)\}|\{([^{}]*,[^{}]*)\}")
MOST = 100_000
BROKEN = (tarfile.TarError, OSError, EOFError, zlib.error)
"""What reading a damaged archive raises."""


def is_pattern(source: str) -> bool:
    """Whether a name stands for several files: ``*``, ``?``, ``[0-9]``, ``{000..003}``, ``{a,b}``."""
    return bool(re.search(r"[*?\[{]", source))


def expand(pattern: str) -> list[str]:
    """The names that a pattern's braces stand for.

    Example:
        >>> expand("s-{08..10}.tar"), expand("{a,b}.tar")
        (['s-08.tar', 's-09.tar', 's-10.tar'], ['a.tar', 'b.tar'])
    """
    found = BRACES.search(pattern)
    if found is None:
        return [pattern]
    if found[3] is not None:
        words = found[3].split(",")
    else:
        first, last = int(found[1]), int(found[2])
        if not first <= last < first + MOST:
            raise DataError(f"Expected a range such as {{000..003}} in '{pattern}', of at most {MOST:,} numbers.")
        words = [str(i).zfill(len(found[1])) for i in range(first, last + 1)]
    before, after = pattern[: found.start()], pattern[found.end() :]
    return list(itertools.chain.from_iterable(expand(f"{before}{word}{after}") for word in words))


def files_of(pattern: str) -> list[Path]:
    """The files of a pattern, in order.

    Raises:
        DataError: when it names none, or one that is not there.
    """
    files: list[Path] = []
    for name in expand(str(Path(pattern).expanduser())):
        found = sorted(glob.glob(name)) if re.search(r"[*?\[]", name) else [name]
        if not found or not Path(found[0]).exists():
            raise DataError(f"There is no file {name}, which '{pattern}' asks for.")
        files += map(Path, found)
    return files


def read_shards(shards: Sequence[Path], name: str) -> Sheet:
    """The rows of tar files, one after another.

    Raises:
        DataError: when a file is no tar file, or nothing in them can be read.
    """
    gathering = Gathering()
    for number, shard in enumerate(shards):
        if not shard.name.lower().endswith(SHARDS):
            raise DataError(f"Expected shards that end in {', '.join(SHARDS)}, got {shard}.")
        _gather(gathering, shard, number)
    note = f"{len(shards):,} tar shard{'s' if len(shards) > 1 else ''}: members of the same key make a row."
    return gathering.sheet(name, shards[0].parent, note)


def _gather(gathering: Gathering, shard: Path, number: int) -> None:
    """Add a shard's members; where it breaks off, what came before stays, and the break is listed."""
    key, column, last = "", "", f"{shard.name}, its first member"
    try:
        with tarfile.open(shard, "r:*") as archive:
            packed = not shard.name.lower().endswith(".tar")
            size = shard.stat().st_size
            for member in _members(archive):
                path = PurePosixPath(member.name)
                stem, _, rest = path.name.partition(".")
                key, last = f"{number}/{path.parent / stem}", f"{shard.name}/{member.name}"
                column = PurePosixPath(rest).stem if "." in rest else ""
                if not member.isreg() or member.issparse():
                    gathering.spoilt(key, column or "file", last, "expected a file in the shard, found a link or such")
                elif not packed and member.offset_data + member.size > size:
                    raise tarfile.ReadError("unexpected end of data")
                else:
                    fetch = functools.partial(_slice, shard, member.offset_data, member.size)
                    if packed:
                        fetch = functools.partial(bytes, archive.extractfile(member).read())  # type: ignore[union-attr]
                    gathering.add(key, column, member.name, Packed(last, fetch), fetch)
            _check_end(archive)
    except BROKEN as error:
        if not gathering.rows:
            raise DataError(f"{shard} cannot be read as a tar file: {error}") from None
        gathering.spoilt(key or next(iter(gathering.rows)), column or "file", last, f"the shard breaks off: {error}")


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Members but folders, and what systems leave behind; the archive's own list of them is kept short."""
    while (member := archive.next()) is not None:
        archive.members.clear()  # type: ignore[attr-defined]  # that list is no part of the stubs
        name = PurePosixPath(member.name).name
        if not member.isdir() and not name.startswith("."):
            yield member


def _check_end(archive: tarfile.TarFile) -> None:
    """Refuse what is no header: the library takes it for the end, and all behind it would be lost in silence."""
    assert archive.fileobj is not None
    archive.fileobj.seek(archive.offset)
    if archive.fileobj.read(tarfile.BLOCKSIZE).strip(b"\0"):
        raise tarfile.ReadError("what follows is no member")


def _slice(shard: Path, offset: int, size: int) -> bytes:
    with shard.open("rb") as file:
        file.seek(offset)
        content = file.read(size)
    if len(content) < size:
        raise CellError("the shard breaks off in the middle of it")
    return content
