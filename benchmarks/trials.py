"""Inputs that nobody made on purpose, and what must hold of each: what ``fuzz.py`` and the tests try.

A trial is a strategy of Hypothesis (*Hypothesis: A new approach to property-based testing*, MacIver et al., JOSS 2019,
https://doi.org/10.21105/joss.01891) and a check. The only outcomes allowed are a data set that has every row, or an
error of ours with a sentence; a text that was written is read back as it was.
"""

import contextlib
import csv
import functools
import io
import json
import math
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import soundfile
import torch
from hypothesis import strategies as st

from anygan import Config, DataSet, load_data
from anygan.data.store import Store
from anygan.data.writer import RowWriter
from anygan.errors import AnyGANError
from anygan.modalities import Audio, Image, Modality, Scale, Text
from anygan.training.describe import describe

__all__ = ["TRIALS", "Trial"]

TINY = Config(size="tiny")


@dataclass(frozen=True)
class Trial:
    """What is tried, and how it is checked: whether it is data; the check raises where something fell over."""

    inputs: st.SearchStrategy[Any]
    check: Callable[[Any], bool]


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """An empty folder for a moment."""
    with tempfile.TemporaryDirectory(prefix="anygan-fuzz-") as name:
        yield Path(name)


def opened(source: Any, rows: int | None = None, kinds: dict[str, str] | None = None) -> DataSet | None:
    """The data set, every cell read, each of its rows in place; nothing where a sentence refuses it."""
    try:
        data = load_data(source, kinds=kinds)
        assert rows is None or len(data) == rows, f"{len(data)} rows of {rows}"
        modalities = describe(data, TINY)
        store = Store.read(data, modalities)
    except AnyGANError as error:
        told = str(error)
        assert 10 < len(told) < 3000, f"no sentence: {told[:200]!r}"
        return None
    assert len(store.pairing(0)) == len(data)
    for cell in store.bad:
        assert 1 <= cell.row <= len(data), cell
        assert cell.reason, cell
    _played(modalities, store)
    return data


def _played(modalities: dict[str, Modality], store: Store) -> None:
    """What was read is finite on its canvas and can be written; of a learned canvas only the tokens are looked at."""
    for name, modality in modalities.items():
        stored = store.cells[name][:4]
        canvas = modality.canvas()
        if not canvas.learned:
            played = canvas(stored)
            assert torch.isfinite(played).all(), f"the canvas of {name} is not finite"
            stored = canvas.inverse(played)
        modality.write_all(stored)


LETTERS = st.text(max_size=12)
SPECIAL = st.sampled_from(
    (
        *("", " ", '"', '""', ",", ";", "\t", "\n", "\r\n", "\r", "\0", "\ufeff", "nan", "inf", "-1", "007", "1e999"),
        *("true", "2024-02-30", "2024-02-29", "0001-01-01T00:00+14:00", "[1, 2]", "[[", "{", "9" * 400, "1_0"),
        *("a.png", "../a.png"),
    )
)
WORDS = st.one_of(LETTERS, SPECIAL, st.integers().map(str), st.floats().map(repr), st.dates().map(str))


@st.composite
def csv_files(draw: st.DrawFn) -> bytes:
    """Bytes; or lines of cells, quoted or not, in some encoding, perhaps with a stray byte or an end cut off."""
    if draw(st.integers(0, 5)) == 0:
        return draw(st.binary(max_size=200))
    width = draw(st.integers(1, 4))
    cells = st.lists(WORDS, min_size=width, max_size=width)
    headers = ["a", "b", "x_file_name", "n"][:width] if draw(st.booleans()) else draw(cells)
    rows = draw(st.lists(cells, max_size=12))
    file = io.StringIO()
    writer = csv.writer(file, quoting=draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])), lineterminator="\n")
    writer.writerow(headers)
    for row in rows:
        if draw(st.integers(0, 9)):
            writer.writerow(row)
        else:
            file.write(",".join(row) + "\n")
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    content = file.getvalue().encode(encoding, "replace")
    return _spoilt(content, draw(st.integers(0, 3)), draw(st.integers(0, 2**32))) if draw(st.booleans()) else content


def check_csv(content: bytes) -> bool:
    """As many rows as the csv module finds lines that are not blank."""
    with folder() as path:
        (path / "metadata.csv").write_bytes(content)
        data = opened(path)
        if data is not None:
            assert len(data) == _csv_lines(content) - 1
    return data is not None


def _csv_lines(content: bytes) -> int:
    text = content.decode("utf-8-sig", "replace")
    return sum(bool(line) for line in csv.reader(io.StringIO(text, newline="")))


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORDS, st.text())
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(LETTERS, v, max_size=3), max_leaves=6
)
NAMES = st.sampled_from(["a", "b", "c", "d", "e_file_name"]) | LETTERS


@st.composite
def jsonl_files(draw: st.DrawFn) -> bytes:
    """Bytes; or objects, perhaps with a stray byte or an end cut off."""
    if draw(st.integers(0, 5)) == 0:
        return draw(st.binary(max_size=200))
    kinds = [SCALARS, VALUES, st.integers(), st.floats(), WORDS, st.lists(st.floats(), min_size=2, max_size=2)]
    columns = draw(st.dictionaries(NAMES, st.sampled_from(kinds), max_size=4))
    kept = st.integers(0, 4)
    rows = [{n: draw(v) for n, v in columns.items() if draw(kept)} for _ in range(draw(st.integers(0, 12)))]
    lines = [json.dumps(row, ensure_ascii=draw(st.booleans())) for row in rows]
    content = "\n".join(lines).encode("utf-8", "surrogatepass")
    return _spoilt(content, draw(st.integers(0, 3)), draw(st.integers(0, 2**32))) if draw(st.booleans()) else content


def check_jsonl(content: bytes) -> bool:
    """As many rows as lines that are not blank."""
    with folder() as path:
        (path / "metadata.jsonl").write_bytes(content)
        data = opened(path)
        if data is not None:
            text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", errors="replace")
            assert len(data) == sum(bool(line.strip()) for line in text)
    return data is not None


def _spoilt(content: bytes, times: int, seed: int) -> bytes:
    """Bytes turned, doubled, left out, put in or cut off at the end, a few times."""
    chance, spoilt = random.Random(seed), bytearray(content)
    for _ in range(times):
        if not spoilt:
            break
        place, length = chance.randrange(len(spoilt)), chance.randint(1, 8)
        match chance.randrange(5):
            case 0:
                spoilt[place] = chance.randrange(256)
            case 1:
                spoilt[place:place] = spoilt[place : place + length]
            case 2:
                del spoilt[place : place + length]
            case 3:
                spoilt[place:place] = chance.randbytes(length)
            case _:
                del spoilt[place:]
    return bytes(spoilt)


@functools.cache
def pictures() -> tuple[bytes, ...]:
    """A small picture in every format."""
    pixels = np.random.default_rng(0).integers(0, 256, (12, 10, 3), np.uint8)
    found = []
    coloured = [(name, "RGB") for name in ("PNG", "JPEG", "TIFF", "BMP", "WEBP")]
    others = [
        ("PNG", "P"),
        ("PNG", "RGBA"),
        ("PNG", "I;16"),
        ("JPEG", "CMYK"),
        ("GIF", "P"),
        ("TIFF", "L"),
        ("PPM", "L"),
    ]
    for name, mode in (*coloured, *others):
        file = io.BytesIO()
        picture = PIL.Image.fromarray(pixels)
        (picture.convert("I").convert(mode) if mode == "I;16" else picture.convert(mode)).save(file, name)
        found.append(file.getvalue())
    return tuple(found)


@functools.cache
def sounds() -> tuple[bytes, ...]:
    """A short sound in every format."""
    samples = 0.1 * np.random.default_rng(0).normal(size=(1500, 2))
    found = []
    for name, subtype in (("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "IMA_ADPCM"), ("FLAC", "PCM_16"),
                          ("OGG", "VORBIS"), ("AIFF", "PCM_16"), ("AU", "PCM_16"), ("W64", "PCM_24")):  # fmt: skip
        file = io.BytesIO()
        soundfile.write(file, samples, 8000, format=name, subtype=subtype)
        found.append(file.getvalue())
    return tuple(found)


def _mutants(whole: Callable[[], tuple[bytes, ...]]) -> st.SearchStrategy[bytes]:
    made = st.builds(_spoilt, st.deferred(lambda: st.sampled_from(whole())), st.integers(0, 6), st.integers(0, 2**32))
    return made | st.binary(max_size=100)


@functools.cache
def _painter() -> Image:
    return Image.fit("i", [np.zeros((8, 8, 3), np.uint8)], Scale(side=16))


@functools.cache
def _hearer() -> Audio:
    return Audio.fit("a", [(np.ones(1000, np.float32) / 10, 8000)], Scale(frames=16))


def check_file(content: bytes, modality: Callable[[], Modality], suffix: str) -> bool:
    """A cell that can be read, or a bad one; the row stays either way."""
    with folder() as path:
        file = path / f"cell{suffix}"
        file.write_bytes(content)
        try:
            stored = modality().read(file)
        except AnyGANError as error:
            reason = str(error)
        else:
            reason = "it can be read"
            assert stored.shape == modality().blank().shape
            assert torch.isfinite(stored.float()).all()
        assert reason
        (path / "metadata.csv").write_text(f"{modality().kind}_file_name,n\ncell{suffix},1\n,2\ncell{suffix},3\n")
        return opened(path, rows=3) is not None


SENTENCES = st.lists(st.text(st.characters(codec="utf-8"), min_size=1) | SPECIAL.filter(bool), min_size=1, max_size=6)


def check_round_trip(texts: list[str]) -> bool:
    """Written, read, tokenised and joined again, each is what it was."""
    modality = Text.fit("note", texts, Scale())
    for text in texts:
        assert modality.decode(modality.encode(text)) == text
    with folder() as path:
        with RowWriter(path / "out", {"note": modality}) as writer:
            for text in texts:
                writer.write({"note": text})
        data = opened(path / "out", len(texts), {"note": "text"})
        assert data is not None
        assert [row["note"] for row in data.rows()] == texts
    return True


TIMES = st.one_of(st.dates(), st.datetimes(), st.datetimes(timezones=st.timezones()))
VAST = st.sampled_from([10**400, -(10**5000)])
ANYTHING = st.one_of(
    VALUES, TIMES, VAST, st.binary(max_size=9), st.floats(width=32).map(np.float32), st.just(np.zeros(3))
)


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows of values in memory, mostly of one kind a column."""
    kinds = [SCALARS, ANYTHING, st.integers(), st.floats(), st.booleans(), st.dates(), st.datetimes(), WORDS]
    columns = draw(st.dictionaries(LETTERS, st.sampled_from(kinds), min_size=1, max_size=4))
    count = draw(st.integers(1, 15))
    return [{name: draw(values) for name, values in columns.items()} for _ in range(count)]


def check_table(rows: list[dict[str, Any]]) -> bool:
    """Every number of a table that was read is finite or missing, and every row is there."""
    data = opened(rows, len(rows))
    for cell in data.columns["table"].cells if data is not None and "table" in data.columns else ():
        for value in cell.values():
            assert not isinstance(value, float) or math.isfinite(value), cell
    return data is not None


TRIALS = {
    "csv": Trial(csv_files(), check_csv),
    "jsonl": Trial(jsonl_files(), check_jsonl),
    "pictures": Trial(_mutants(pictures), functools.partial(check_file, modality=_painter, suffix=".png")),
    "sounds": Trial(_mutants(sounds), functools.partial(check_file, modality=_hearer, suffix=".wav")),
    "texts": Trial(SENTENCES, check_round_trip),
    "tables": Trial(tables(), check_table),
}
"""Name -> what is tried."""
