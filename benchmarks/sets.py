"""Data sets other than whole spoken digits, for ``benchmarks/breadth.py``: each a training and a test set.

    five     five pictures of one digit in colour: another hand, another texture each; rows drawn afresh in every pass
    xor      a picture that shows one bit, a vector that shows another, and a sentence that says whether they agree
    table    30 measurements of a tumour, and a sentence about it that holds its class, which the table does not
    few      800 fixed rows of spoken-mnist
    single   one picture of 64x64, a digit on one of five textures in one of six colourings

``$ANYGAN_DATA`` names the folder that holds MNIST and the spoken digits.
"""

import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from textures import TEXTURES, Painted, tile

from anygan import load_data
from anygan.data.built_in import SPLITS, ArrayCells, draw_same_class
from anygan.data.mnist import read_mnist
from anygan.rows import Column, DataSet, Pairing

__all__ = ["FEW", "PHRASES", "SETS", "SIZES", "few", "five", "only", "sentence", "single", "table", "thirds", "xor"]

Ints = NDArray[np.int64]

FEW = 800
PHRASES = (
    ("both agree", "they are the same", "no difference", "the two are alike"),
    ("they disagree", "one is not the other", "the two differ", "not alike"),
)
"""How a sentence says that two bits agree, and that they differ."""
BITS = {"train": 10_000, "test": 2_000}
"""Rows of ``xor``."""
SINGLES = {"train": 20_000, "test": 10_000}
SIZES = ("small", "middling", "large")
RADIUS = "mean radius"


def _digits(split: str) -> tuple[NDArray[np.uint8], Ints]:
    return read_mnist(split, Path(os.environ["ANYGAN_DATA"]))


def _split(name: str, split: str, columns: Sequence[Column], draw: Callable[[int], Pairing]) -> DataSet:
    """A set whose training rows are drawn afresh in every pass, and whose test rows stay as they are."""
    kept = functools.lru_cache(maxsize=2)(draw)
    pairing = kept if split == "train" else lambda epoch: kept(0)
    return DataSet(f"{name}:{split}", {column.name: column for column in columns}, pairing)


def five(split: str) -> DataSet:
    """A fifth of MNIST's pictures belongs to each modality, so that those of a row always differ; label ``digit``."""
    images, digits = _digits(split)
    count = len(TEXTURES)
    columns = [
        Column(name, "image", Painted(images[m::count], [tile(name)], seed=m), (name,))
        for m, name in enumerate(TEXTURES)
    ]
    wanted = digits[: len(digits) // count]

    def draw(epoch: int) -> Pairing:
        chance = np.random.default_rng((SPLITS.index(split), epoch))
        index = {name: draw_same_class(wanted, digits[m::count], chance) for m, name in enumerate(TEXTURES)}
        return Pairing(index, {"digit": wanted})

    return _split("five", split, columns, draw)


def xor(split: str) -> DataSet:
    """Modalities and labels ``a``, ``b`` and ``c``: any two bits tell the third, one alone tells nothing.

    a is a picture of a 0 or a 1, b a noisy wave that goes up and down once or twice, c one of eight sentences.
    """
    chance = np.random.default_rng((2, SPLITS.index(split)))
    rows = BITS[split]
    images, digits = _digits(split)
    images, digits = images[digits < 2], digits[digits < 2]
    a, b = chance.integers(2, size=(2, rows))
    sentences = [phrase for phrases in PHRASES for phrase in phrases]
    columns = [
        Column("a", "image", ArrayCells(images), ("a",)),
        Column("b", "vector", ArrayCells(_waves(b, chance)), ("b",)),
        Column("c", "text", sentences, ("c",)),
    ]
    says = np.repeat(np.arange(2), len(PHRASES[0]))

    def draw(epoch: int) -> Pairing:
        fresh = np.random.default_rng((SPLITS.index(split), epoch))
        drawn = {"a": draw_same_class(a, digits, fresh), "b": draw_same_class(b, b, fresh)}
        return Pairing(drawn | {"c": draw_same_class(a ^ b, says, fresh)}, {"a": a, "b": b, "c": a ^ b})

    return _split("xor", split, columns, draw)


def _waves(bits: Ints, chance: np.random.Generator) -> NDArray[np.float32]:
    """Waves (rows, 16) of one period or two, of any phase, some louder than others, with noise."""
    phase = chance.uniform(0, 2 * np.pi, (len(bits), 1))
    loud = chance.uniform(0.7, 1.3, (len(bits), 1))
    wave = loud * np.sin(2 * np.pi * (1 + bits[:, None]) * np.arange(16) / 16 + phase)
    return (wave + 0.2 * chance.standard_normal(wave.shape)).astype(np.float32)


def table(split: str) -> DataSet:
    """The 30 measurements of scikit-learn's breast cancer set, and a sentence of class and size; labels of both."""
    bunch: Any = load_breast_cancer()
    names = [str(name) for name in bunch.feature_names]
    parts = train_test_split(np.arange(len(bunch.data)), test_size=0.25, random_state=0, stratify=bunch.target)
    rows = parts[SPLITS.index(split)]
    values = bunch.data[rows]
    kinds = np.array([str(name) for name in bunch.target_names])[bunch.target[rows]]
    sizes = np.array(SIZES)[thirds(values[:, names.index(RADIUS)])]
    cells = [dict(zip(names, map(float, row), strict=True)) for row in values]
    texts = [sentence(size, kind) for size, kind in zip(sizes, kinds, strict=True)]
    pairing = Pairing({"table": np.arange(len(rows)), "text": np.arange(len(rows))}, {"class": kinds, "size": sizes})
    columns = {"table": Column("table", "table", cells, tuple(names)), "text": Column("text", "text", texts, ("text",))}
    return DataSet(f"table:{split}", columns, lambda epoch: pairing)


def thirds(radius: NDArray[np.float64]) -> Ints:
    """In which third of all tumours' radii each lies, 0 to 2."""
    bunch: Any = load_breast_cancer()
    every = bunch.data[:, list(bunch.feature_names).index(RADIUS)]
    return np.searchsorted(np.quantile(every, (1 / 3, 2 / 3)), radius)


def sentence(size: str, kind: str) -> str:
    """What is said of a tumour."""
    return f"a {size} mass, found to be {kind}"


def few(split: str) -> DataSet:
    """The first 800 rows of spoken-mnist as one pass paired them, and no other cell; or all of its test rows."""
    data = load_data(f"spoken-mnist:{split}")
    return only(data, FEW) if split == "train" else data


def only(data: DataSet, rows: int) -> DataSet:
    """The first rows of pass 0 in every pass, with the cells that stand in them and no others."""
    drawn = data.pairing(0).take(slice(0, rows))
    columns, index = {}, {}
    for name, column in data.columns.items():
        numbers, index[name] = np.unique(drawn.index[name], return_inverse=True)
        columns[name] = Column(name, column.kind, [column.cells[number] for number in numbers], column.headers)
    pairing = Pairing(index, drawn.labels)
    return DataSet(data.name, columns, lambda epoch: pairing)


def single(split: str) -> DataSet:
    """Pictures (64, 64, 3) in the modality ``image``; label ``look``, digit and texture in one."""
    images, digits = _digits(split)
    rows = SINGLES[split]
    painted = Painted(images[:rows], [tile(name) for name in TEXTURES], SPLITS.index(split), side=64, hues=True)
    looks = digits[:rows] * len(TEXTURES) + painted.texture
    pairing = Pairing({"image": np.arange(rows)}, {"look": looks})
    return DataSet(f"single:{split}", {"image": Column("image", "image", painted, ("image",))}, lambda epoch: pairing)


SETS: dict[str, Callable[[str], DataSet]] = {"five": five, "xor": xor, "table": table, "few": few, "single": single}
