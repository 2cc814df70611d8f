"""Real data that nobody made for AnyGAN, in shapes that owners have it in, for ``benchmarks/real_sets.py``.

    stamps   Tux Paint's stamps: picture, French voice, English sentence, group, flags and size; a folder with a table
    icons    Oxygen's icons: small and large picture, name, context; tar shards, no member where there is none
    cars     406 cars of the seventies with holes in two columns; one CSV file

A set is its rows, column -> value, a path where the value is a file, ``None`` where there is none. Nothing is filled
in, thrown away or balanced: what the packages lack is lacking here.
"""

import csv
import json
import shutil
import tarfile
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["STRANGERS", "Rows", "Stranger", "holed", "spoil", "write_csv", "write_folder", "write_shards"]

Rows = list[dict[str, Any]]
STAMPS = "usr/share/tuxpaint/stamps"
ICONS = "usr/share/icons/oxygen/base"
SHARD = 400
"""Rows of a shard."""


def stamps(root: Path) -> Rows:
    """One row a description: what lies beside it under the same name."""
    base = next(root.glob(f"**/{STAMPS}"))
    return [_stamp(base, text) for text in sorted(base.glob("**/*.txt"))]


def _stamp(base: Path, text: Path) -> dict[str, Any]:
    picture, voice = text.with_suffix(".png"), text.with_name(f"{text.stem}_desc_fr.ogg")
    data = text.with_suffix(".dat")
    flags = data.read_text("utf-8", "replace").lower() if data.exists() else None
    scale = next(
        (line.removeprefix("scale").strip(" =%") for line in (flags or "").split("\n") if "scale" in line), None
    )
    told = {name: None if flags is None else name in flags for name in ("colorable", "tintable", "noflip", "nomirror")}
    return {
        "image_file_name": picture if picture.exists() else None,
        "voice_file_name": voice if voice.exists() else None,
        "text": text.read_text("utf-8", "replace").split("\n")[0].strip() or None,
        "group": text.relative_to(base).parts[0],
        "scale": scale,
    } | told


def icons(root: Path) -> Rows:
    """One row a context and name: 16x16 and 48x48 pixels where it was drawn so."""
    base = next(root.glob(f"**/{ICONS}"))
    sizes = {name: {p.relative_to(base / side): p for p in (base / side).glob("*/*.png") if not p.is_symlink()}
             for name, side in (("small.png", "16x16"), ("large.png", "48x48"))}  # fmt: skip
    named = sorted(set().union(*sizes.values()))
    return [
        {column: found.get(name) for column, found in sizes.items()}
        | {"txt": name.stem.replace("-", " ").replace("_", " "), "cls": name.parent.name}
        for name in named
    ]


def cars(root: Path) -> Rows:
    """As vega_datasets has them."""
    return list(json.loads(next(root.glob("**/cars.json")).read_text("utf-8")))


def write_folder(rows: Rows, out: Path) -> Path:
    """A folder with metadata.csv."""
    lines = []
    for i, row in enumerate(rows):
        line = {}
        for column, value in row.items():
            if isinstance(value, Path):
                line[column] = f"{column.removesuffix('_file_name')}/{i:04}{value.suffix}"
                (out / line[column]).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(value, out / line[column])
            else:
                line[column] = value
        lines.append(line)
    write_csv(lines, out / "metadata.csv")
    return out


def write_csv(rows: Rows, out: Path) -> Path:
    """A CSV file."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return out


def write_shards(rows: Rows, out: Path) -> Path:
    """A folder of tar files; the columns are the members' endings."""
    out.mkdir(parents=True, exist_ok=True)
    for first in range(0, len(rows), SHARD):
        with tarfile.open(out / f"s-{first // SHARD:03}.tar", "w") as tar:
            for i, row in enumerate(rows[first : first + SHARD], first):
                for column, value in row.items():
                    if value is not None:
                        content = value.read_bytes() if isinstance(value, Path) else str(value).encode()
                        member = tarfile.TarInfo(f"{i:05}.{column}")
                        member.size = len(content)
                        tar.addfile(member, BytesIO(content))
    return out


class Stranger(NamedTuple):
    """A set: what reads it from the folder of packages, what writes it down, and its modalities.

    Attributes:
        read: folder of packages -> rows.
        write: rows and a path -> the path that is given to the commands.
        columns: modality -> kind and column, of what is no scalar.
        queries: the modality that is searched with.
    """

    read: Callable[[Path], Rows]
    write: Callable[[Rows, Path], Path]
    columns: Mapping[str, tuple[str, str]]
    queries: str


STRANGERS: dict[str, Stranger] = {
    "stamps": Stranger(
        stamps,
        write_folder,
        {"image": ("image", "image_file_name"), "voice": ("audio", "voice_file_name"), "text": ("text", "text")},
        "text",
    ),
    "icons": Stranger(
        icons,
        write_shards,
        {"small": ("image", "small.png"), "large": ("image", "large.png"), "text": ("text", "txt")},
        "text",
    ),
    "cars": Stranger(
        cars, lambda rows, out: write_csv(rows, out.with_suffix(".csv")), {"Name": ("text", "Name")}, "Name"
    ),
}


def spoil(folder: Path) -> int:
    """Make a written folder of stamps hostile, and say how many cells were spoilt, each in another row."""
    pictures, voices = sorted((folder / "image").iterdir()), sorted((folder / "voice").iterdir())
    pictures[0].write_bytes(pictures[0].read_bytes()[:200])
    pictures[1].write_bytes(b"")
    pictures[2].write_text("no picture at all")
    pictures[3].unlink()
    pictures[4].unlink()
    pictures[4].symlink_to("/etc/hostname")
    free = [voice for voice in voices if voice.stem not in {picture.stem for picture in pictures[:5]}]
    free[0].write_bytes(free[0].read_bytes()[:30])
    free[1].write_bytes(pictures[5].read_bytes())
    return 7 + _lines(folder / "metadata.csv", {p.stem for p in [*pictures[:5], *free[:2]]})


def _lines(file: Path, spoilt: set[str]) -> int:
    """Stray bytes, a vast sentence, a path that climbs and a number that is none, in rows that are whole so far."""
    with file.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    whole = [i for i, row in enumerate(rows) if f"{i:04}" not in spoilt and row["image_file_name"]][:3]
    rows[whole[0]]["image_file_name"] = "../../../etc/hostname.png"
    rows[whole[1]]["text"] = "\udcff\udcfe stray bytes"
    rows[whole[2]]["text"] = "word " * 1_000_000
    with file.open("w", encoding="utf-8", errors="surrogateescape", newline="") as text:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return 2  # the vast sentence is no bad cell: it is cut


def holed(rows: Sequence[Mapping[str, Any]], hidden: Sequence[set[str]]) -> Rows:
    """The rows without the cells that are to be hidden."""
    return [{c: None if c in gone else v for c, v in row.items()} for row, gone in zip(rows, hidden, strict=True)]
