"""How long ``anygan inspect`` takes, which looks at every cell: the target is a minute for 100,000 rows.

    python benchmarks/inspecting.py --threads 1

The sets are laid as files in a temporary folder, of built-in data:

    pictures    MNIST, turned where there are more rows than pictures: PNG of 28x28 beside ``metadata.csv``
    classes     the same pictures, a folder for each digit
    shards      the same pictures and digits in tar files of 10,000 rows
    sounds      recordings of spoken digits, a little quieter each time one comes again: WAV of 8 kHz

The last row's file is cut short, and a cell fails where inspect does not list it. Each set is measured at two sizes, so
that growth faster than the rows shows. A line for each finished cell goes to ``results/inspecting.jsonl``: seconds on
the clock and of the processor, of the whole command, its start included. A cell whose line is there is skipped.
``$ANYGAN_DATA`` names the data.
"""

import argparse
import csv
import io
import json
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import soundfile
from lines import finish, finished, hardware

import anygan
from anygan import load_data

RESULTS = Path(__file__).with_name("results") / "inspecting.jsonl"
SIZES = dict.fromkeys(("pictures", "classes", "shards"), (20_000, 100_000)) | {"sounds": (4_000, 20_000)}
SHARD = 10_000

File = tuple[str, bytes]
"""What a row's file shows, and its content."""


def pictures(rows: int) -> Iterator[File]:
    """Digits, and PNG files of them, all different."""
    data = load_data("mnist:train")
    digits = data.pairing(0).labels["digit"]
    for row in range(rows):
        turns, which = divmod(row, len(digits))
        pixels = np.rot90(data.columns["image"].cells[which], turns)
        content = io.BytesIO()
        PIL.Image.fromarray(np.ascontiguousarray(pixels)).save(content, "PNG")
        yield str(digits[which]), content.getvalue()


def sounds(rows: int) -> Iterator[File]:
    """Speakers, and WAV files of them, all different."""
    data = load_data("spoken-mnist:train")
    clips, pairing = data.columns["audio"].cells, data.pairing(0)
    speakers = {int(i): str(name) for i, name in zip(pairing.index["audio"], pairing.labels["speaker"], strict=True)}
    for row in range(rows):
        again, which = divmod(row, len(clips))
        samples, rate = clips[which]
        content = io.BytesIO()
        soundfile.write(content, samples * 0.9**again, rate, format="WAV", subtype="PCM_16")
        yield speakers[which], content.getvalue()


def table(files: Iterator[File], ending: str, folder: Path) -> None:
    """A folder with ``metadata.csv``."""
    (folder / "files").mkdir(parents=True)
    with (folder / "metadata.csv").open("w", newline="") as text:
        lines = csv.writer(text)
        lines.writerow(["file_name", "shown"])
        for row, (shown, content) in enumerate(files):
            name = f"files/{row:06}{ending}"
            (folder / name).write_bytes(content)
            lines.writerow([name, shown])


def classes(files: Iterator[File], ending: str, folder: Path) -> None:
    """A folder for each class."""
    for row, (shown, content) in enumerate(files):
        (folder / shown).mkdir(parents=True, exist_ok=True)
        (folder / shown / f"{row:06}{ending}").write_bytes(content)


def shards(files: Iterator[File], ending: str, folder: Path) -> None:
    """Tar files."""
    folder.mkdir()
    numbered = list(enumerate(files))
    for first in range(0, len(numbered), SHARD):
        with tarfile.open(folder / f"{first:06}.tar", "w") as archive:
            for row, (shown, content) in numbered[first : first + SHARD]:
                for name, held in ((f"{row:06}{ending}", content), (f"{row:06}.cls", shown.encode())):
                    member = tarfile.TarInfo(name)
                    member.size = len(held)
                    archive.addfile(member, io.BytesIO(held))


FORMS: dict[str, tuple[Callable[[int], Iterator[File]], str, Callable[[Iterator[File], str, Path], None]]] = {
    "pictures": (pictures, ".png", table),
    "classes": (pictures, ".png", classes),
    "shards": (pictures, ".png", shards),
    "sounds": (sounds, ".wav", table),
}


def cut_last(files: Iterator[File], rows: int) -> Iterator[File]:
    """The same files, the last of them cut short."""
    for row, (shown, content) in enumerate(files, 1):
        yield shown, content if row < rows else content[:40]


def inspected(folder: Path, threads: int) -> dict[str, Any]:
    """What the command says of a folder, and the seconds it takes."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    asked = subprocess.run(
        [sys.executable, "-m", "anygan", "inspect", folder, "--json"],
        env=os.environ | {"OMP_NUM_THREADS": str(threads)},
        stdout=subprocess.PIPE,
        check=True,
    )
    seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    told = json.loads(asked.stdout)
    return {
        "seconds": round(seconds, 1),
        "processor_seconds": round(spent, 1),
        "rows": told["rows"],
        "bad": told["bad"],
    }


def measure(name: str, rows: int, threads: int) -> dict[str, Any]:
    """A cell: a set laid and inspected."""
    make, ending, lay = FORMS[name]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "data"
        lay(cut_last(make(rows), rows), ending, folder)
        found = inspected(folder, threads)
    bad = found.pop("bad")
    if found["rows"] != rows or len(bad) != 1 or f"{rows - 1:06}{ending}" not in bad[0]:
        raise SystemExit(f"{name}: expected {rows:,} rows and one bad file, got {found['rows']:,} and {bad[:3]}")
    return found | {"bad": len(bad)}


def main() -> None:
    """Measure what has no line yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=FORMS, action="append", help="a set; all where none is named")
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    where = hardware()
    done = {(line["set"], line["rows"], line["threads"], line["hardware"]) for line in finished(RESULTS)}
    for name in asked.only or FORMS:
        for rows in SIZES[name]:
            if (name, rows, asked.threads, where) in done:
                continue
            line = {"set": name, **measure(name, rows, asked.threads), "threads": asked.threads}
            line |= {"anygan": anygan.__version__, "hardware": where}
            print(json.dumps(line), flush=True)
            finish(RESULTS, line)


if __name__ == "__main__":
    main()
