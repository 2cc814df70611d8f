"""Inception FID of what is made: nothing of real cells, the floor of training ones, and only where there are enough."""

from typing import Any

import numpy as np
import pytest
from scripted import stand_in
from small_worlds import digits

from anygan.errors import ConfigError
from anygan.evaluation.fid import InceptionFid
from anygan.judging.inception import Inception, open_inception
from anygan.metrics import frechet
from anygan.rows import Cell, DataSet

ROWS = 60
TO_IMAGE = (("text",), "image")


@pytest.fixture(scope="module")
def test() -> DataSet:
    return digits("test", "image", "text").take(slice(0, ROWS))


@pytest.fixture(scope="module")
def train() -> DataSet:
    return digits("train", "image", "text").take(slice(0, ROWS))


@pytest.fixture(scope="module")
def inception(tmp_path_factory: pytest.TempPathFactory) -> Inception:
    return open_inception(stand_in(tmp_path_factory.mktemp("inception")))


def pictures(data: DataSet) -> list[Cell]:
    return [row["image"] for row in data.rows()]


def told(fid: InceptionFid, cells: list[Cell]) -> dict[str, Any]:
    for part in (cells[:10], cells[10:]):
        fid.watch(TO_IMAGE, np.arange(len(part)), part)
    return fid.of(TO_IMAGE)["inception_fid"]


def test_real_cells_are_at_no_distance_and_training_cells_at_the_floor(
    inception: Inception, test: DataSet, train: DataSet
) -> None:
    real = told(InceptionFid(inception, test, train, ["image"]), pictures(test))
    assert real["value"] == pytest.approx(0, abs=1e-9)
    other = told(InceptionFid(inception, test, train, ["image"]), pictures(train))
    assert other["value"] == other["floor"] == real["floor"] > 1e-6
    sides = [inception.features(pictures(data)) for data in (test, train)]
    assert other["floor"] == pytest.approx(frechet(*sides), rel=1e-9)
    assert (other["count"], other["real"], other["features"], other["judge"]) == (ROWS, ROWS, 6, "stand-in.pt")


def test_the_floor_is_of_as_many_pictures(inception: Inception, test: DataSet, train: DataSet) -> None:
    few = told(InceptionFid(inception, test, train, ["image"]), pictures(train)[:20])
    assert few["count"] == 20
    assert few["floor"] not in (few["value"], told(InceptionFid(inception, test, train, ["image"]), pictures(test)))


def test_too_few_made_have_a_count_alone(inception: Inception, test: DataSet, train: DataSet) -> None:
    fid = InceptionFid(inception, test, train, ["image"])
    assert fid.of(TO_IMAGE)["inception_fid"]["count"] == 0
    few = told(fid, pictures(test)[:5])
    assert (few["value"], few["floor"], few["count"]) == (None, None, 5)


def test_only_pictures_are_seen(inception: Inception, test: DataSet, train: DataSet) -> None:
    fid = InceptionFid(inception, test, train, ["image"])
    fid.watch((("image",), "text"), np.arange(1), ["a sentence"])
    assert fid.of((("image",), "text")) == {}
    nothing = InceptionFid(None, test, train, ["image"])
    nothing.watch(TO_IMAGE, np.arange(ROWS), pictures(test))
    assert nothing.of(TO_IMAGE) == {}


def test_fewer_pictures_than_features_are_refused(inception: Inception, test: DataSet, train: DataSet) -> None:
    enough = test.take(slice(0, 6))
    InceptionFid(inception, enough, enough, ["image"])
    for sides in ((test.take(slice(0, 5)), train), (test, train.take(slice(0, 5)))):
        with pytest.raises(ConfigError, match=r"6: got 5 of image from 'digits.*--rows 6 or more"):
            InceptionFid(inception, *sides, ["image"])
    with pytest.raises(ConfigError, match="Leave it out"):
        InceptionFid(inception, test, train, [])
