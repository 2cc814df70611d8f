"""Rows with a cell of every kind, in the form of a data set on disk."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import soundfile


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def given(i: int) -> dict[str, str]:
    """A row of every kind; its files are made by :func:`mixed`."""
    return {
        "note": f'a note, number {i % 5} "quoted"',
        "age": f"{20 + i % 30}.50",
        "file_name": f"./pics/sub/{i}.png",
        "city": ("Rome", "Oslo")[i % 2],
        "speech_file_name": f"snd/{i}.flac",
        "born": f"{1970 + i % 20}-01-02",
        "point": json.dumps([i / 7, 1, 2.5]),
    }


def mixed(folder: Path, rows: list[dict[str, str]]) -> Path:
    """A data set in the contract's form, with the files that its rows may name."""
    rng = np.random.default_rng(0)
    (folder / "pics" / "sub").mkdir(parents=True)
    (folder / "snd").mkdir()
    for i in range(len(rows)):
        pixels: Any = rng.integers(0, 255, (16, 20), dtype=np.uint8)
        PIL.Image.fromarray(pixels).save(folder / "pics" / "sub" / f"{i}.png")
        soundfile.write(folder / "snd" / f"{i}.flac", 0.1 * rng.normal(size=1600), 8000)
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    return folder
