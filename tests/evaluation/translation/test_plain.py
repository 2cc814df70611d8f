"""Plain eyes: nearest rows, linear readers, spreads, and attributes that can be measured."""

import numpy as np
import pytest
import torch
from small_worlds import digits, facts

from anygan.data.captions import THICKNESSES
from anygan.evaluation.translation.faithful import Attributes
from anygan.evaluation.translation.plain import Plain
from anygan.evaluation.translation.spreads import mean_spread
from anygan.rows import Column, DataSet, Pairing


@pytest.fixture(scope="module")
def plain() -> Plain:
    return Plain(facts(300, 0), facts(60, 1), ["point", "facts"])


def test_neighbours_are_those_of_plain_search(plain: Plain) -> None:
    train, test = facts(300, 0), facts(60, 1)
    x, z = (torch.from_numpy(np.stack(side.columns["point"].cells)) for side in (train, test))
    expected = torch.cdist(z.double(), x.double()).argsort(1)[:, :4]
    rows = np.arange(60)
    found = plain.neighbours(["point"], "facts", rows, 4)
    # Components weigh the two axes by the training cells' own deviations, which are about one.
    assert (found[:, :1] == expected[:, :4].numpy()).any(1).mean() > 0.95
    assert plain.neighbours(["point"], "facts", rows[:0]).shape == (0, 1)


def test_a_row_is_its_own_neighbour() -> None:
    train = facts(50, 0)
    plain = Plain(train, train, ["point", "facts"])
    assert plain.neighbours(["facts", "point"], "point", np.arange(50))[:, 0].tolist() == list(range(50))


def test_rows_without_the_wanted_cell_are_no_neighbours() -> None:
    train, test = facts(80, 0, holes=0.5), facts(30, 1)
    plain = Plain(train, test, ["point", "facts"])
    found = plain.neighbours(["point"], "facts", np.arange(30), 3)
    index = train.pairing(0).index
    both = np.flatnonzero((index["point"] >= 0) & (index["facts"] >= 0))
    assert set(found.reshape(-1)) <= set(index["facts"][both])


def test_unknown_cells_have_no_neighbour(plain: Plain) -> None:
    holed = facts(60, 1, holes=0.5)
    found = Plain(facts(300, 0), holed, ["point", "facts"]).neighbours(["point"], "facts", np.arange(60))[:, 0]
    assert ((found < 0) == (holed.pairing(0).index["point"] < 0)).all()


def test_a_linear_reader_learns_what_is_there(plain: Plain) -> None:
    train, test = facts(300, 0), facts(60, 1)
    side, dice = (np.array([t[k] for t in train.columns["facts"].cells]) for k in ("side", "dice"))
    truth = np.array([t["side"] == "north" for t in test.columns["facts"].cells])
    said = plain.read(["point"], (side == "north").astype(np.int64), np.arange(60))
    assert (said == truth).mean() > 0.9
    thrown = np.array([t["dice"] for t in test.columns["facts"].cells])
    assert (plain.read(["point"], dice.astype(np.int64), np.arange(60)) == thrown).mean() < 0.5


def test_every_modality_weighs_alike(plain: Plain) -> None:
    for name in ("point", "facts"):
        seen, rows = plain.test(name)
        assert len(seen) == len(rows) == 60
        assert float(seen.var(0).sum()) == pytest.approx(1, rel=0.4)
    # Three numbers are no point of this plane.
    assert plain.look("point", [np.zeros(3), np.zeros(2)]).isnan().all(1).tolist() == [True, False]


def test_spread_is_that_of_classes() -> None:
    x = torch.tensor([[0.0], [2.0], [5.0], [9.0], [7.0]])
    assert mean_spread(x, list("aabbc")) == 3
    assert mean_spread(x[:1], ["a"]) is None


def test_measured_classes_are_those_of_the_captions() -> None:
    train, test = (digits(split, "image", "text", labels=("thickness",)) for split in ("train", "test"))
    plain = Plain(train, test, ["image", "text"])
    attributes = Attributes(plain, train, test, ["image", "text"])
    known = np.array([THICKNESSES.index(name) for name in test.pairing(0).labels["thickness"]])
    assert (attributes.truth["image"]["thickness"] == known).mean() > 0.99
    rows = np.arange(len(test))
    assert set(attributes.asked(["text"], "image", rows)) == {"thickness", "slant"}
    assert attributes.asked(["image"], "text", rows) == {}
    assert attributes.kept("image", rows, attributes.truth["image"])["slant"] == (1.0, len(test))


def test_a_voice_is_not_asked_how_thick_the_stroke_is() -> None:
    train, test = (digits(split, "image", "audio", labels=()) for split in ("train", "test"))
    attributes = Attributes(Plain(train, test, ["image", "audio"]), train, test, ["image", "audio"])
    assert attributes.asked(["audio"], "image", np.arange(len(test))) == {}


@pytest.mark.parametrize("shape", [(20, 8, 8, 3), (20, 8, 8)])
def test_colours_and_bright_pictures_have_no_strokes(shape: tuple[int, ...]) -> None:
    pictures = list(np.random.default_rng(0).integers(100, 255, shape, np.uint8))
    column = Column("image", "image", pictures, ("image",))
    data = DataSet("bright", {"image": column}, lambda epoch: Pairing({"image": np.arange(20)}))
    attributes = Attributes(Plain(data, data, ["image"]), data, data, ["image"])
    assert attributes.strokes.classes("image", pictures) == {}
