"""Folders of files without a table: what lies together makes a row.

- **Paired**: one folder a modality, ``image/0001.png``, ``audio/0001.wav``, ``text/0001.txt``: the folders hold files
  of different kinds, and those of one name, its ending aside, make a row. Folders of one kind, ``left`` and ``right``,
  are paired where ``kinds`` names them; else they are taken for classes.
- **Classes**: one folder a class, ``cats/0001.jpg``, ``dogs/0001.jpg``: its name fills the column ``label``.
- **Flat**: ``0001.png`` beside ``0001.txt``; the column is named by the kind.

Rows are in the order of their names, 9 before 10. Deeper folders belong to the name. Hidden files, and such as
systems leave behind, do not count; ``README.txt`` and its like are left out.
"""

import functools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from ..errors import DataError
from .cells import file_in
from .gather import Gathering, kind_of_file
from .kinds import FILES, SCALARS
from .sheet import Sheet

__all__ = ["lone_table", "read_folder"]

LABEL = "label"
SPLITS = frozenset(("train", "training", "test", "testing", "val", "valid", "validation", "dev"))
LEFT_BEHIND = frozenset(("__MACOSX", "Thumbs.db", "desktop.ini"))
ABOUT = frozenset(("readme", "license", "licence", "copying", "notice", "changelog", "authors", "credits"))
TABLES = (".csv", ".tsv", ".jsonl", ".parquet")


def read_folder(folder: Path, kinds: Mapping[str, str]) -> Sheet:
    """The rows of a folder of files; a folder that ``kinds`` names is a modality.

    Raises:
        DataError: when no file in it can be read, or it holds splits of which one must be named.
    """
    names = sorted(_names(folder))
    _refuse_tables(folder, names)
    tops = _kinds_within(names)
    _refuse_splits(folder, tops)
    gathering = Gathering()
    paired = _are_paired(tops, kinds)
    places = {name: _place(PurePosixPath(name), paired, tops) for name in names}
    if len({kind_of_file(name) for name in names if not _is_about(name)} - {None}) == 1 and not paired:
        # Nothing to be joined: a.png and a.jpg are two pictures.
        places = {name: (name, column, label) for name, (_, column, label) in places.items()}
    for name in sorted(names, key=lambda name: (_counted(places[name][0]), name)):
        key, column, label = places[name]
        if (paired and not column) or _is_about(name):
            gathering.leave(PurePosixPath(name).name)
            continue
        gathering.add(key, column, name, name, functools.partial(_content, folder, name))
        if label and key in gathering.rows and LABEL not in gathering.rows[key]:
            gathering.put(key, LABEL, label)
            gathering.kinds[LABEL] = "category"
    return gathering.sheet(str(folder), folder, _note(paired, tops))


def lone_table(folder: Path) -> Path | None:
    """The table in a folder that holds no other file that is read."""
    names = list(_names(folder))
    tables = [name for name in names if name.lower().endswith(TABLES)]
    alone = len(tables) == 1 and "/" not in tables[0] and not any(kind_of_file(name) for name in names)
    return folder / tables[0] if alone else None


def _content(folder: Path, name: str) -> bytes:
    return file_in(folder, name).read_bytes()


def _names(folder: Path) -> Iterator[str]:
    """Every file under the folder, relative to it; links to folders are not followed."""
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if _counts(name)]
        inside = Path(place).relative_to(folder).as_posix()
        for name in files:
            if _counts(name):
                yield name if inside == "." else f"{inside}/{name}"


def _counts(name: str) -> bool:
    return not name.startswith(".") and name not in LEFT_BEHIND


def _is_about(name: str) -> bool:
    """Whether a file of text is about the folder rather than of a row."""
    return name.lower().endswith(".txt") and PurePosixPath(name).stem.lower() in ABOUT


def _kinds_within(names: Sequence[str]) -> dict[str, set[str]]:
    """First folder -> kinds of the files that are read in it; files without a folder do not count."""
    found: dict[str, set[str]] = {}
    for name in names:
        top, slash, _ = name.partition("/")
        kind = kind_of_file(name)
        if slash and kind and not _is_about(name):
            found.setdefault(top, set()).add(kind)
    return found


def _are_paired(tops: Mapping[str, set[str]], kinds: Mapping[str, str]) -> bool:
    """Whether first folders are modalities rather than classes."""
    alone = all(len(found) == 1 for found in tops.values())
    different = len(set().union(*tops.values())) > 1
    said = any(kinds.get(top) not in (None, *SCALARS) for top in tops)
    return bool(tops) and alone and (different or said)


def _place(name: PurePosixPath, paired: bool, tops: Mapping[str, set[str]]) -> tuple[str, str, str]:
    """Key, column and label of a file; empty where there is none."""
    key, top = name.with_suffix("").as_posix(), name.parts[0]
    if len(name.parts) == 1:
        return key, "", ""
    if paired:
        return key.partition("/")[2], top, ""
    return key, "", top if len(tops) > 1 else ""


def _counted(key: str) -> list[str | int]:
    """Sorts 9 before 10."""
    return [int(part) if i % 2 else part for i, part in enumerate(re.split(r"([0-9]+)", key))]


def _note(paired: bool, tops: Mapping[str, set[str]]) -> str:
    shown = f"{', '.join(list(tops)[:5])}{', ...' if len(tops) > 5 else ''}"
    if paired:
        return f"Folders {shown} are modalities: files of the same name, the ending aside, make a row."
    if len(tops) > 1:
        media = "pictures or sounds" if any(found & set(FILES) for found in tops.values()) else "files"
        return (
            f"Folders {shown} are classes of {media}, the column '{LABEL}'. If they are modalities of one row, say "
            f"so: --kind {next(iter(tops))}=KIND."
        )
    return "Files of the same name, the ending aside, make a row."


def _refuse_tables(folder: Path, names: Sequence[str]) -> None:
    """A table beside the files may be the one that names them: only its owner knows."""
    table = next((name for name in names if "/" not in name and name.lower().endswith(TABLES)), None)
    if table is not None:
        raise DataError(
            f"{folder} holds {table}. If it is the table of rows, name it: {folder / table}, with "
            "--kind COLUMN=image or audio for a column that names files. Called metadata.csv, it is found by itself."
        )


def _refuse_splits(folder: Path, tops: Mapping[str, set[str]]) -> None:
    if tops and all(top.lower() in SPLITS for top in tops):
        shown = ", ".join(str(folder / top) for top in tops)
        raise DataError(f"{folder} holds splits of a data set rather than rows. Name one of them: {shown}.")
