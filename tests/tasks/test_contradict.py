"""Rows that contradict themselves: the score, the cell believed least, and what is said of it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from anygan.config import Config
from anygan.data.load import load_data
from anygan.errors import DataError
from anygan.model.gan import AnyGAN
from anygan.rows import DataSet
from anygan.tasks.contradict import Contradiction, contradictions, weigh
from anygan.tasks.embed import conflict
from anygan.training.describe import describe

CONFIG = Config(size="tiny", width=2, features=16, code=8, style=4)
KINDS = {"image": "image", "text": "text", "table": "table"}


@pytest.fixture(scope="module")
def data() -> DataSet:
    chance = np.random.default_rng(0)
    rows = [
        {
            "image": chance.integers(0, 256, (8, 8), dtype=np.uint8) if i % 3 else None,
            "text": f"number {i}" if i % 4 else None,
            "size": i if i % 5 else None,
        }
        for i in range(30)
    ]
    return load_data(rows, kinds={"text": "text", "image": "image"})


@pytest.fixture(scope="module")
def net(data: DataSet) -> AnyGAN:
    torch.manual_seed(0)
    return AnyGAN(describe(data, CONFIG), CONFIG).eval().requires_grad_(False)


def test_conflict_is_one_less_the_lowest_given() -> None:
    reliability = torch.tensor([[0.9, 0.2, 0.6], [0.9, 0.0, 0.6], [0.3, 0.0, 0.0], [0.0, 0.0, 0.0]])
    given = torch.tensor([[True, True, True], [True, False, True], [True, False, False], [False, False, False]])
    assert conflict(reliability, given).tolist() == pytest.approx([0.8, 0.4, 0, 0])


def test_every_row_is_told_in_order(net: AnyGAN, data: DataSet) -> None:
    found = list(contradictions(net, data))
    assert [one.row for one in found] == list(range(30))
    for one, row in zip(found, data.rows(), strict=True):
        there = [name for name in net.names if row.get(name) is not None]
        assert list(one.reliability) == list(one.alone) == there
        if len(there) < 2:
            assert (one.least, one.conflict) == (None, 0)
        else:
            assert one.least == min(one.reliability, key=lambda name: one.reliability[name])
            assert one.conflict == pytest.approx(1 - one.reliability[one.least], abs=1e-6)


def test_the_cell_that_says_something_else_is_believed_least(net: AnyGAN) -> None:
    said = torch.nn.functional.normalize(torch.randn(2, 8, generator=torch.Generator().manual_seed(1)), dim=1)
    evidence = 0.9 * torch.stack([said[0].expand(3, 8), torch.stack([said[0], said[0], -said[0]])])
    agreeing, opposed = weigh(net, [4, 7], evidence, torch.ones(2, 3, dtype=torch.bool))
    assert (agreeing.row, opposed.row) == (4, 7)
    assert opposed.least == net.names[2]
    assert opposed.conflict > 0.5 > agreeing.conflict
    assert opposed.alone == pytest.approx(dict.fromkeys(net.names, 0.9))


def test_an_unclear_cell_is_not_called_a_contradiction(net: AnyGAN) -> None:
    evidence = torch.zeros(1, 3, 8)
    evidence[0, 0, 0], evidence[0, 1, 1] = 0.9, 0.05
    (one,) = weigh(net, [0], evidence, torch.tensor([[True, True, False]]))
    assert one.least == net.names[1]
    assert one.conflict > 0.5
    assert "hardly to be made out" in one.why(KINDS)


@pytest.mark.parametrize(
    ("reliability", "alone", "told"),
    [
        (
            {"image": 0.9, "text": 0.8, "table": 0.1},
            0.9,
            "what the record says does not go with the picture and the sentence",
        ),
        (
            {"image": 0.4, "text": 0.3},
            0.9,
            "the sentence and the picture do not go together; the sentence is believed less",
        ),
        ({"image": 0.9, "text": 0.1}, 0.2, "the sentence is hardly to be made out, whatever the picture says"),
        (
            {"image": 0.9, "text": 0.7, "table": 0.8},
            0.9,
            "the sentence fits the picture and the record least, and is still believed",
        ),
        ({"image": 0.9}, 0.9, "fewer than two cells: nothing to compare"),
    ],
)
def test_why_is_said_in_words(reliability: dict[str, float], alone: float, told: str) -> None:
    least = min(reliability, key=lambda name: reliability[name]) if len(reliability) > 1 else None
    score = 1 - min(reliability.values()) if least else 0.0
    assert Contradiction(0, score, reliability, dict.fromkeys(reliability, alone), least).why(KINDS) == told


def test_two_of_a_kind_are_called_by_name() -> None:
    one = Contradiction(0, 0.9, {"front": 0.1, "back": 0.9, "text": 0.8}, {"front": 0.9}, "front")
    told = one.why({"front": "image", "back": "image", "text": "text"})
    assert told == "what 'front' says does not go with 'back' and the sentence"


def test_cells_that_cannot_be_read_are_told_and_count_as_missing(net: AnyGAN, tmp_path: Path) -> None:
    path = tmp_path / "broken.png"
    path.write_text("no picture")
    rows = load_data([{"image": path, "text": "number 3"}], kinds={"text": "text", "image": "image"})
    (one,) = contradictions(net, rows)
    assert list(one.reliability) == ["text"]
    assert one.least is None
    assert "broken.png" in str(one.bad[0])


def test_data_of_another_world_are_refused(net: AnyGAN) -> None:
    with pytest.raises(DataError, match="none of the model's modalities: expected image, text, table, found point"):
        list(contradictions(net, load_data("ring:test")))
