"""Strokes: thickness and slant as classes that part where the training pictures' do."""

import dataclasses

import numpy as np
import pytest
from small_worlds import digits

from anygan.data.load import load_data
from anygan.evaluation.representation.attributes import attributes_of
from anygan.evaluation.strokes import HANDS, Strokes, drawn, hand
from anygan.rows import Column, DataSet, Pairing


def test_classes_part_at_the_quantiles_of_training() -> None:
    data = digits("train", "image")
    strokes = Strokes.fit(data, list(data.columns))
    assert list(strokes.thresholds) == ["image"]
    found = strokes.of_rows(data, "image")
    assert list(found) == list(HANDS)
    cells = [data.columns["image"].cells[number] for number in data.pairing(0).index["image"]]
    for what, said in found.items():
        low, high = strokes.thresholds["image"][what]
        assert (said == np.digitize(hand(cells)[what], [low, high])).mean() > 0.99


def test_rows_without_a_picture_have_no_class() -> None:
    data = digits("train", "image")
    index = data.pairing(0).index["image"].copy()
    index[::3] = -1
    holed = DataSet(data.name, data.columns, lambda epoch: Pairing(data.pairing(0).index | {"image": index}, {}))
    found = Strokes.fit(data, ["image"]).of_rows(holed, "image")
    for said in found.values():
        assert ((said < 0) == (index < 0)).all()


def test_colour_and_dark_ink_show_no_strokes() -> None:
    data = digits("train", "image")
    pictures = data.columns["image"]
    grey = [np.asarray(pictures.cells[i]) for i in range(len(pictures.cells))]
    for cells in ([np.stack([p, p // 2, p], -1) for p in grey], [255 - p for p in grey]):
        column = dataclasses.replace(pictures, cells=cells)
        changed = dataclasses.replace(data, columns={"image": Column("image", column.kind, cells, column.headers)})
        strokes = Strokes.fit(changed, ["image"])
        assert not strokes.thresholds
        assert strokes.of_rows(changed, "image") == {}
        assert strokes.classes("image", cells) == {}
    assert hand([]) == {}


def scenes(what: str, count: int = 60) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Grey pictures (n, 28, 28) that are no handwriting."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:28, :28]
    across, down, size = (
        rng.uniform(9, 19, (2, count, 1, 1)),
        rng.uniform(9, 19, (count, 1, 1)),
        rng.uniform(2, 8, (count, 1, 1)),
    )
    told = {
        "discs": np.hypot(x - across[0], y - down) < size,
        "squares": (abs(x - across[0]) < size) & (abs(y - down) < size),
        "bars": (abs(x - across[0]) < 2 * size) & (abs(y - down) < size),
        "specks": rng.random((count, 28, 28)) < 0.1,
        "noise": rng.random((count, 28, 28)) ** 4,
        "stripes": np.sin(0.8 * x + 0.5 * y + size).clip(0),
        "a bright place": np.exp(-((x - 14) ** 2 + (y - down) ** 2) / 60),
        "nothing": np.zeros((count, 28, 28)),
    }
    pictures: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] = (255 * told[what]).astype(np.uint8)
    return pictures


@pytest.mark.parametrize(
    "what", ["discs", "squares", "bars", "specks", "noise", "stripes", "a bright place", "nothing"]
)
def test_what_is_no_handwriting_is_not_measured(what: str) -> None:
    pictures = scenes(what)
    assert not drawn(pictures)
    told = [{"image": picture, "kind": str(i % 3)} for i, picture in enumerate(pictures)]
    data = load_data(told, kinds={"image": "image", "kind": "category"})
    assert not Strokes.fit(data, ["image"]).thresholds
    assert [one.name for one in attributes_of(["image"], data, data)] == []


def test_handwriting_is_measured_under_noise_shifts_and_a_grey_ground() -> None:
    data = digits("train", "image")
    pictures = np.stack([np.asarray(cell) for cell in data.columns["image"].cells[:300]])
    noise = np.random.default_rng(0).integers(0, 40, pictures.shape)
    for changed in (pictures, np.roll(pictures, (2, 1), (1, 2)), np.maximum(pictures, 20), np.maximum(pictures, noise)):
        assert drawn(changed.astype(np.uint8))


def test_a_few_other_pictures_do_not_matter_and_many_do() -> None:
    data = digits("train", "image")
    pictures = np.stack([np.asarray(cell) for cell in data.columns["image"].cells[:300]])
    discs = scenes("discs", 300)
    assert drawn(np.concatenate([pictures, discs[:30]]))
    assert not drawn(np.concatenate([pictures, discs]))


def test_what_never_differs_is_not_measured() -> None:
    rings = []
    y, x = np.mgrid[:28, :28] - 13.5
    for radius in np.linspace(7, 11, 60):
        rings.append(np.where(abs(np.hypot(x, y) - radius) < 0.8 + radius / 12, 255, 0).astype(np.uint8))
    data = load_data([{"image": ring} for ring in rings], kinds={"image": "image"})
    strokes = Strokes.fit(data, ["image"])
    assert list(strokes.thresholds["image"]) == ["thickness"]
    assert list(strokes.of_rows(data, "image")) == ["thickness"]
    assert list(strokes.hand("image", rings)) == ["thickness"]
