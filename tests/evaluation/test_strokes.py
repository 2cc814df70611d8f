"""Strokes: thickness and slant as classes that part where the training pictures' do."""

import dataclasses

import numpy as np
from small_worlds import digits

from anygan.evaluation.strokes import HANDS, Strokes, hand
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
