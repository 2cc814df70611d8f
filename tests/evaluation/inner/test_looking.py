"""Looking inside: on worlds in which it is known who decides, what is shared and what contradicts."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_worlds import only, untrained, without_labels
from torch import Tensor

from anygan.data.load import load_data
from anygan.evaluation.evaluate import directions, evaluate
from anygan.evaluation.inner.looking import Sights, look_inside
from anygan.evaluation.inner.page import add_inside
from anygan.evaluation.inner.shares import bonds, left_out
from anygan.evaluation.inner.swaps import balanced, cross
from anygan.evaluation.inner.traversals import STEPS, traverse
from anygan.evaluation.measure import Direction, Judged, Measure
from anygan.evaluation.strokes import Strokes
from anygan.model.gan import AnyGAN
from anygan.report.report import Report
from anygan.rows import DataSet

SIDE = 12
SIDES = ("left", "right")
STROKES = Strokes({"image": {"thickness": (2.0, 3.0)}})


def bars(widths: Any, right: Any) -> Any:
    """Pictures (n, 12, 12) of an upright bar of each width, on one side or the other."""
    column = np.arange(SIDE)
    left = (column >= 1) & (column < 1 + np.asarray(widths)[:, None])
    shown = np.where(np.asarray(right)[:, None], left[:, ::-1], left)
    return np.repeat((255 * shown).astype(np.uint8)[:, None], SIDE, 1)


def world(rows: int, seed: int, broken: Path | None = None) -> DataSet:
    """Bars on a side, the side's name, and a number that has nothing to do with it; perhaps some broken or missing."""
    chance = np.random.default_rng(seed)
    right = chance.integers(2, size=rows)
    pictures = bars(chance.integers(2, 5, size=rows), right)
    cells = [
        {
            "image": pictures[i] if not broken or i % 2 else broken,
            "text": f"the bar is {SIDES[right[i]]}" if not broken or i % 5 else None,
            "size": float(chance.normal()),
        }
        for i in range(rows)
    ]
    data = load_data(cells, kinds={"image": "image", "text": "text", "size": "number"})
    labels = {"side": np.array(SIDES)[right]}
    return dataclasses.replace(data, pairing=lambda epoch: dataclasses.replace(data.pairing(epoch), labels=labels))


@pytest.fixture(scope="module")
def train() -> DataSet:
    return world(200, 0)


@pytest.fixture(scope="module")
def measure(train: DataSet, cache: Path) -> Measure:
    return Measure(world(150, 1), train, rows=120, judge_steps=60, cache=cache)


@pytest.fixture
def net(train: DataSet) -> AnyGAN:
    return untrained(train, width=4, features=16, code=8, style=4)


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def unit(*shape: int, seed: int = 0) -> Tensor:
    return torch.nn.functional.normalize(torch.randn(*shape, generator=chance(seed)), dim=-1)


def draws_by(net: AnyGAN, monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    """Pictures whose side is decided by the first number of the code or the style, the bar's width by its second."""

    def paint(name: str, code: Tensor, style: Tensor) -> Tensor:
        decides = code if who == "code" else style
        widths = (3 + 6 * decides[:, 1]).round().clamp(1, 5).numpy()
        stored = torch.from_numpy(bars(widths, (decides[:, 0] > 0).numpy()))
        canvas: Tensor = net.canvases["image"](stored.unsqueeze(1))
        return canvas

    monkeypatch.setattr(net, "paint", paint)


def test_every_beginning_is_balanced() -> None:
    truth = np.array(["a"] * 50 + ["b"] * 30 + ["c"] * 20)
    order = balanced(100, truth, chance())
    assert sorted(order.tolist()) == list(range(100))
    for first in range(0, 60, 3):
        assert sorted(truth[order[first : first + 3]]) == ["a", "b", "c"]
    assert sorted(balanced(5, None, chance()).tolist()) == list(range(5))


@pytest.mark.parametrize("who", ["code", "style"])
def test_who_decides_is_found(net: AnyGAN, measure: Measure, monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    draws_by(net, monkeypatch, who)
    codes = unit(100, 8)
    truth = np.array(SIDES)[(codes[:, 0] > 0).long().numpy()]
    figures, shown, rows = cross(net, measure.panel, ["image"], codes, truth, chance(), STROKES)
    told = figures["modalities"]["image"]
    assert told["canvas"][who] == pytest.approx(1, abs=1e-4)
    assert told["hand"]["thickness"][who] == pytest.approx(1, abs=1e-6)
    assert told["hand"]["thickness"]["shuffled"] < 0.3
    if who == "code":
        assert told["kept"]["value"] > 0.95
        assert told["from_style"]["value"] < told["from_style"]["chance"] + 4 * told["from_style"]["error"]
    else:
        assert told["kept"]["value"] < 0.75
        assert told["from_style"]["value"] > 0.9
    assert [len(cells) for cells in shown["image"]] == [8] * 8
    assert sorted(truth[rows]) == ["left"] * 4 + ["right"] * 4
    for k, row in enumerate(rows):
        column = [np.asarray(cells[k]).astype(int) for cells in shown["image"]]
        same = all((cell == column[0]).all() for cell in column)
        assert same == (who == "code"), row


def test_a_walk_finds_what_varies(net: AnyGAN, measure: Measure, monkeypatch: pytest.MonkeyPatch) -> None:
    draws_by(net, monkeypatch, "code")
    spread = torch.tensor([0.3, 0.0, 0.0, 0.1, 0.0, 0.0, 0.0, 0.0])
    away = torch.tensor([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    codes = torch.nn.functional.normalize(away + spread * torch.randn(300, 8, generator=chance()), dim=1)
    figures, walks = traverse(net, measure.panel, ["image"], codes, measure.labels, chance(), STROKES)
    first, second, *_ = figures["directions"]
    assert first["share"] > 0.8
    # One side on one end, the other on the other, and one step of six in between.
    assert first["changes"]["side"]["image"] == pytest.approx(1 / (STEPS - 1), abs=0.03)
    assert second["changes"]["side"]["image"] < 0.05
    assert figures["random"]["side"] == pytest.approx(0.5, abs=0.05)
    assert [len(steps) for steps in walks["image"]] == [STEPS] * len(figures["directions"])
    assert figures["directions"][0]["hand"]["image"]["thickness"] == pytest.approx(0, abs=0.2)


def test_a_walk_along_the_width_makes_strokes_thicker(
    net: AnyGAN, measure: Measure, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws_by(net, monkeypatch, "code")
    away = torch.tensor([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    spread = torch.tensor([0.0, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    codes = torch.nn.functional.normalize(away + spread * torch.randn(300, 8, generator=chance()), dim=1)
    figures, _ = traverse(net, measure.panel, ["image"], codes, measure.labels, chance(), STROKES)
    assert abs(figures["directions"][0]["hand"]["image"]["thickness"]) > 0.9


def test_no_hand_is_measured_where_pictures_show_no_strokes(net: AnyGAN, measure: Measure) -> None:
    codes, none = unit(100, 8), Strokes({})
    truth = np.array(SIDES)[(codes[:, 0] > 0).long().numpy()]
    figures, _, _ = cross(net, measure.panel, ["image"], codes, truth, chance(), none)
    assert figures["modalities"]["image"]["hand"] == {}
    walked, _ = traverse(net, measure.panel, ["image"], codes, measure.labels, chance(), none)
    assert all(told["hand"] == {} for told in walked["directions"])


def test_what_is_shared_is_found_and_what_is_not(net: AnyGAN) -> None:
    evidence = 0.9 * torch.stack([unit(300, 8), unit(300, 8), unit(300, 8, seed=1)], 1)
    observed = torch.ones(300, 3, dtype=torch.bool)
    told = bonds(net, net.names, evidence, observed, 0)
    assert [told[name]["shares"] for name in net.names] == [True, True, False]
    last = told[net.names[2]]
    assert last["chance"] == pytest.approx(10 / 300)
    assert max(last["to_rest"], last["from_rest"]) < last["chance"] + 3 * last["error"]
    assert bonds(net, net.names, evidence[:50], observed[:50], 0) == dict.fromkeys(net.names)
    alone = observed & torch.tensor([True, False, False])
    assert bonds(net, net.names, evidence, alone, 0) == dict.fromkeys(net.names)


def perfect(measure: Measure, names: list[str]) -> dict[Direction, Judged]:
    """What a model would be judged whose every translation is the row's own cell."""
    return {(given, to): (measure.real[to].rows, measure.real[to].seen) for given, to in directions(names)}


def test_what_is_lost_without_one_is_found(net: AnyGAN, measure: Measure) -> None:
    names = measure.shared(net)
    judged = {
        direction: (measure.real[direction[1]].rows, measure.real[direction[1]].seen) for direction in directions(names)
    }
    rows, seen = judged[("table",), "text"]
    judged[("table",), "text"] = (rows, seen.take(np.random.default_rng(0).permutation(len(rows))))
    evidence = 0.9 * unit(len(measure.data), 3, 8)
    drawn = {name: real.seen for name, real in measure.real.items()}
    told = {(one["to"], one["left_out"]): one for one in left_out(net, measure, names, evidence, judged, drawn)}
    assert len(told) == 6
    side = told["text", "image"]["labels"]["side"]
    assert side["all"] == measure.panel.mark("side", "text").ceiling
    assert abs(side["without"] - side["chance"]) < 0.2
    kept = told["text", "table"]["labels"]["side"]
    assert kept["all"] == kept["without"]
    # A number tells no side, and none is asked of it.
    assert told["table", "image"]["labels"] == {}
    assert all(-1 < one["cosine"] < 1 for one in told.values())


def test_of_two_modalities_nothing_is_left(train: DataSet, cache: Path) -> None:
    pair = only(train, "image", "text")
    model, measure = (
        untrained(pair),
        Measure(only(world(150, 1), "image", "text"), pair, rows=60, judge_steps=60, cache=cache),
    )
    real = {name: real.seen for name, real in measure.real.items()}
    judged = {
        direction: (measure.real[direction[1]].rows, real[direction[1]]) for direction in directions(["image", "text"])
    }
    shuffled = {name: seen.take(np.random.default_rng(0).permutation(60)) for name, seen in real.items()}
    told = left_out(model, measure, ["image", "text"], unit(60, 2, 8), judged, shuffled)
    assert [one["cosine"] for one in told] == [None, None]
    for one in told:
        assert one["labels"]["side"]["all"] > 0.9
        assert one["labels"]["side"]["without"] < 0.75


def looked(model: AnyGAN, measure: Measure, train: DataSet) -> tuple[dict[str, Any], Sights]:
    judged = measure.translate(model, directions(measure.shared(model)))
    return look_inside(model, measure, train, judged, measure.generate(model, len(measure.data)))


def page(figures: dict[str, Any], sights: Sights | None = None) -> str:
    report = Report("card")
    add_inside(report, figures, sights)
    return report.html()


def test_the_section_is_whole_and_repeats(net: AnyGAN, measure: Measure, train: DataSet) -> None:
    figures, sights = looked(net, measure, train)
    assert json.loads(json.dumps(figures)) == figures
    assert looked(net, measure, train)[0] == figures
    assert set(figures["swaps"]["modalities"]) == set(figures["bonds"]) == {"image", "text", "table"}
    assert figures["swaps"]["modalities"]["table"]["kept"] is None
    top = figures["contradictions"]["top"]
    assert [one["conflict"] for one in top] == sorted((one["conflict"] for one in top), reverse=True)
    assert figures["contradictions"]["compared"] == 120
    rows = list(world(150, 1).rows())
    for one, cells in zip(top, sights.contradictory, strict=True):
        assert cells["table"] == rows[one["row"]]["table"]
    text = page({"inside": figures}, sights)
    for words in ("Looking inside", "Direction 1", "Code and style", "style 8", top[0]["why"], "cosine of codes"):
        assert words in text
    assert page({}) == page({"inside": None}) == Report("card").html()


def test_strangers_are_named_in_words(net: AnyGAN, measure: Measure, train: DataSet) -> None:
    figures, _ = looked(net, measure, train)
    for name, told in figures["bonds"].items():
        told["shares"] = name != "table"
    assert "table shares nothing with the rest" in page({"inside": figures})
    figures["contradictions"]["contradicting"] = 3
    assert "3 rows contradict themselves" in page({"inside": figures})


def test_gaps_broken_files_and_no_labels(train: DataSet, cache: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_text("no picture")
    bare, test = without_labels(train), without_labels(world(150, 1, broken))
    model, measure = untrained(bare), Measure(test, bare, rows=100, cache=cache)
    figures, sights = looked(model, measure, bare)
    assert all(told["kept"] is None for told in figures["swaps"]["modalities"].values())
    assert all(one["labels"] == {} for one in figures["left_out"])
    assert figures["walks"]["random"] == {}
    assert any(cells["image"] is None for cells in (*sights.sources, *sights.contradictory))
    assert "Looking inside" in page({"inside": figures}, sights)


def test_one_modality_says_so(train: DataSet, cache: Path) -> None:
    alone = only(train, "image")
    card = evaluate(untrained(alone), only(world(150, 1), "image"), alone, rows=60, judge_steps=60, cache=cache)
    assert "With one modality" in page(card.figures, card.sights)


def test_data_of_one_of_several_modalities(net: AnyGAN, train: DataSet, cache: Path) -> None:
    measure = Measure(only(world(150, 1), "image"), only(train, "image"), rows=60, judge_steps=60, cache=cache)
    figures, sights = looked(net, measure, only(train, "image"))
    assert figures["left_out"] == []
    assert figures["contradictions"]["compared"] == 0
    text = page({"inside": figures}, sights)
    assert "none can contradict itself" in text
    assert "Too few rows" in text
