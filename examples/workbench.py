"""What the three examples share: their options, a trained model, judges, a table and a sheet to look at."""

import argparse
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageDraw
import torch
from numpy.typing import NDArray

import anygan
from anygan.evaluation.cost.costing import processor
from anygan.judging.judges import Judge, train_judge

__all__ = [
    "codes_of",
    "judge_of",
    "nearest_sentences",
    "open_model",
    "options",
    "print_table",
    "rows_of",
    "signature",
    "write_sheet",
]

Rows = anygan.DataSet | Iterable[Mapping[str, Any]]

SCALE = 3
"""Pixels of a sheet for one pixel of a picture."""

LABEL = 14
"""Height of a line of words on a sheet, pixels."""


def options(doc: str | None, *, rows: int, draws: int) -> argparse.ArgumentParser:
    """The options of all examples, with an example's own numbers of rows and draws."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, help="a run to use; without it one is trained into OUT/run")
    parser.add_argument("--data", default="spoken-mnist", choices=("spoken-mnist", "digits"))
    parser.add_argument("--out", type=Path, required=True, help="folder for the picture, and for a run trained here")
    parser.add_argument("--rows", type=int, default=rows, help="test rows")
    parser.add_argument("--draws", type=int, default=draws, help="draws of the model for each row")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=4.0, help="of training, where there is no --run")
    parser.add_argument("--steps", type=int, help="of training, instead of minutes")
    parser.add_argument("--judge-steps", type=int, help="of training each judge; as many as it needs when not given")
    parser.add_argument("--size", default="small", help="of the model that is trained")
    return parser


def open_model(asked: argparse.Namespace, train: anygan.DataSet) -> anygan.Model:
    """The run that was asked for, or one trained now."""
    torch.set_num_threads(asked.threads)
    asked.out.mkdir(parents=True, exist_ok=True)
    if asked.run is None:
        asked.run = asked.out / "run"
        config = anygan.Config(
            size=asked.size, minutes=asked.minutes, steps=asked.steps, seed=asked.seed, threads=asked.threads
        )
        for record in anygan.train(train, asked.run, config):
            if record.step % 100 == 0:
                print(f"step {record.step}, {record.position:.0%} of the training", flush=True)
    return anygan.load(asked.run)


def rows_of(data: anygan.DataSet, count: int, seed: int) -> anygan.DataSet:
    """That many rows, or all there are, chosen by the seed: a set's first rows may be its easier ones."""
    chosen = np.random.default_rng(seed).permutation(len(data))[:count]
    return data.take(np.sort(chosen).astype(np.int64))


def judge_of(train: anygan.DataSet, name: str, label: str, steps: int | None = None) -> Judge:
    """A classifier of one modality's real training cells, kept from one run of an example to the next."""
    pairing, column = train.pairing(0), train.columns[name]
    cells, rows = np.unique(pairing.index[name], return_index=True)
    real, classes = [column.cells[i] for i in cells], pairing.labels[label][rows]
    return train_judge(real, classes, column.kind, label=label, steps=steps)


def codes_of(model: anygan.Model, rows: Rows, given: Sequence[str]) -> NDArray[np.float32]:
    """The codes (n, code) of rows, from the given cells."""
    return np.concatenate([part.code for part in model.embed(rows, given)])


def nearest_sentences(
    model: anygan.Model, cells: Sequence[Any], name: str, train: anygan.DataSet, count: int
) -> list[list[str]]:
    """For each cell of a modality the training sentences whose codes lie nearest to its own, the nearest first."""
    known = list(train.columns["text"].cells)
    places = codes_of(model, [{"text": sentence} for sentence in known], ["text"])
    cosine = codes_of(model, [{name: cell} for cell in cells], [name]) @ places.T
    return [[known[i] for i in order[:count]] for order in np.argsort(-cosine, axis=1, kind="stable")]


def print_table(headers: Sequence[str], lines: Sequence[Sequence[str | float]]) -> None:
    """A table in Markdown."""
    print("| " + " | ".join(headers) + " |")
    print("|" + "---|" * len(headers))
    for line in lines:
        print("| " + " | ".join(cell if isinstance(cell, str) else f"{cell:.3f}" for cell in line) + " |")


def signature(model: anygan.Model, asked: argparse.Namespace, rows: int) -> str:
    """What a table's figures belong to."""
    clock = model.story["clock"]
    return (
        f"{rows} test rows of {asked.data}, {asked.draws} draws a row, seed {asked.seed}; "
        f"run of {clock['step']:,} steps in {clock['seconds'] / 60:.1f} minutes; evaluated on "
        f"{os.cpu_count()} cores of {processor()}"
    )


def write_sheet(
    headers: Sequence[str], lines: Sequence[Sequence[NDArray[Any]]], notes: Sequence[str], path: Path
) -> None:
    """Pictures (height, width) of bytes in lines, a heading over each column and a note beside each line."""
    tiles = [[PIL.Image.fromarray(np.asarray(tile, np.uint8)) for tile in line] for line in lines]
    width, height = (
        SCALE * max(getattr(tile, side) for line in tiles for tile in line) for side in ("width", "height")
    )
    step = max(width, 6 * max(len(word) for header in headers for word in header.split("\n"))) + 8
    top = LABEL * max(header.count("\n") + 1 for header in headers) + 4
    size = (
        step * len(headers) + 7 * max(len(words) for note in notes for words in note.split("\n")) + 8,
        top + (height + 8) * len(lines),
    )
    sheet = PIL.Image.new("RGB", size, "white")
    pen = PIL.ImageDraw.Draw(sheet)
    for across, header in enumerate(headers):
        pen.text((step * across + 2, 2), header, fill="black")
    for down, (line, note) in enumerate(zip(tiles, notes, strict=True)):
        y = top + down * (height + 8)
        for across, tile in enumerate(line):
            large = tile.resize((SCALE * tile.width, SCALE * tile.height), PIL.Image.Resampling.NEAREST)
            sheet.paste(large, (step * across + 2, y))
        pen.multiline_text((step * len(line) + 4, y), note, fill="black")
    sheet.save(path)
    print(f"Look at {path}")
