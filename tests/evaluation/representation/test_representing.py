"""Representation: a model whose codes are known scores what it should, and whatever is missing is said."""

import dataclasses
import json
import math
import re
from typing import Any

import numpy as np
import pytest
import torch
from points import model_of, reader_of, rows_of
from small_worlds import only, without_labels

from anygan.config import Config
from anygan.data.load import load_data
from anygan.data.sheet import from_rows
from anygan.evaluation.representation.attributes import attributes_of
from anygan.evaluation.representation.coded import code_rows, untrained
from anygan.evaluation.representation.page import add_representation
from anygan.evaluation.representation.probing import FUSED, tells
from anygan.evaluation.representation.representing import representing
from anygan.evaluation.representation.retrieving import paired_by_row
from anygan.model.gan import AnyGAN
from anygan.report.report import Report
from anygan.rows import DataSet
from anygan.tasks.embed import embed
from anygan.training.describe import describe


@pytest.fixture(scope="module")
def by_row() -> dict[str, Any]:
    return representing(reader_of("a", "b"), rows_of(120, 1), rows_of(200, 0), ["a", "b"], "class")


def drawn(told: dict[str, Any]) -> str:
    report = Report("points")
    add_representation(report, {"representation": told})
    return report.html()


def test_what_is_written_comes_back(by_row: dict[str, Any]) -> None:
    assert json.loads(json.dumps(by_row, allow_nan=False)) == by_row


def test_codes_that_are_the_truth_know_all(by_row: dict[str, Any]) -> None:
    # A name is no kind: every row has its own.
    assert [attribute["name"] for attribute in by_row["attributes"]] == ["class"]
    assert by_row["label"] == "class"
    for source in ("a", "b", FUSED):
        score = by_row["attributes"][0]["sources"][source]
        assert score["linear"] == score["nearest"] == 1
        assert score["chance"] == 0.25
        assert (score["count"], score["learned"]) == (120, 200)
        assert by_row["clusters"][source]["value"] == pytest.approx(1)
        assert by_row["clusters"][source]["chance"] < 0.15
    assert tells(by_row["attributes"][0], "a")
    assert not tells(by_row["attributes"][0], "nobody")


def test_partners_are_found_among_all(by_row: dict[str, Any]) -> None:
    told = {(tuple(one["given"]), one["to"]): one for one in by_row["retrieval"]}
    assert set(told) == {(("a",), "b"), (("b",), "a")}
    for one in told.values():
        assert one["paired"] == "row"
        assert one["partner"]["count"] == 120
        assert one["partner"]["median_rank"] == {"value": 1, "chance": 60.5}
        assert one["partner"]["recall"]["5"] == {"value": 1, "chance": pytest.approx(5 / 120)}
        assert one["class"]["class"]["precision"]["value"] == 1
        assert one["class"]["class"]["precision"]["in_rows"] == 1
        assert one["class"]["class"]["precision"]["chance"] == 0.25
        assert one["class"]["class"]["average_precision"]["value"] == pytest.approx(1)


def test_modalities_of_one_code_meet(by_row: dict[str, Any]) -> None:
    (pair,) = by_row["pairs"]
    assert pair["alignment"] == pytest.approx(0, abs=1e-9)
    assert pair["mismatched"] > 1
    assert pair["gap"] == pytest.approx(0, abs=1e-6)
    assert pair["gap_floor"] > 0.01
    assert 3 < by_row["spaces"]["a"]["effective_rank"] < 8
    assert by_row["even"] < by_row["spaces"]["a"]["uniformity"] < 0


def test_what_is_paired_anew_is_asked_for_its_class() -> None:
    train, test = rows_of(200, 0, by_row=False), rows_of(120, 1, by_row=False)
    assert not paired_by_row(train, "a", "b")
    assert paired_by_row(rows_of(9, 0), "a", "b")
    told = representing(reader_of("a", "b"), test, train, ["a", "b"], "class")
    for one in told["retrieval"]:
        assert one["paired"] == "class"
        assert one["partner"] is None
        assert one["class"]["class"]["precision"]["value"] == 1
        # Of cells that stand in several rows each counts once.
        drawn_cells = len(np.unique(test.pairing(0).index[one["to"]]))
        assert one["class"]["class"]["keys"] == drawn_cells


def test_a_test_set_that_keeps_one_draw_does_not_hide_the_pairing() -> None:
    frozen = rows_of(120, 1, by_row=False)
    kept = DataSet(frozen.name, frozen.columns, lambda epoch: frozen.pairing(0))
    assert paired_by_row(kept, "a", "b")
    told = representing(reader_of("a", "b"), kept, rows_of(90, 0, by_row=False), ["a", "b"], "class")
    assert {one["paired"] for one in told["retrieval"]} == {"class"}


def test_noise_alone_knows_and_finds_nothing() -> None:
    blind = representing(reader_of("a", "b"), rows_of(400, 1, noise=50), rows_of(400, 0, noise=50), ["a", "b"], "class")
    score = blind["attributes"][0]["sources"]["a"]
    assert abs(score["linear"] - score["chance"]) < 0.12
    assert blind["clusters"]["a"]["value"] < 0.1
    assert all(one["class"] == {} for one in blind["retrieval"])
    assert all(one["partner"]["recall"]["1"]["value"] == 1 for one in blind["retrieval"])


def test_an_untrained_model_is_its_own_control() -> None:
    model = model_of("a", "b", seed=7)
    control = untrained(model, 7)
    assert all(torch.equal(x, y) for x, y in zip(model.parameters(), control.parameters(), strict=True))
    score = representing(model, rows_of(120, 1), rows_of(200, 0), ["a", "b"], "class", seed=7)
    for told in score["attributes"][0]["sources"].values():
        assert told["linear"] == told["untrained_linear"]
        assert told["nearest"] == told["untrained_nearest"]


def test_codes_are_those_of_embed() -> None:
    test = rows_of(30, 1, holes=True)
    model = model_of("a", "b")
    (coded,) = code_rows([model], test, ["a", "b"])
    for given in (["a"], ["b"], ["a", "b"]):
        expected = np.concatenate([codes.code for codes in embed(model, test, given)])
        assert np.allclose(coded.codes(given).numpy(), expected, atol=1e-5)
    assert coded.rows(["a", "b"]).tolist() == [i for i in range(30) if i % 3]
    assert len(coded.some(["a", "b"])) == 30


def test_holes_and_bad_cells_are_passed_over() -> None:
    test = rows_of(120, 1, holes=True)
    test.columns["b"].cells[1] = np.zeros(3)  # type: ignore[index]
    told = representing(reader_of("a", "b"), test, rows_of(200, 0, holes=True), ["a", "b"], "class")
    sources = told["attributes"][0]["sources"]
    assert (sources["a"]["count"], sources["b"]["count"], sources[FUSED]["count"]) == (80, 119, 120)
    assert sources[FUSED]["linear"] == 1
    assert told["pairs"][0]["count"] == 79
    assert told["retrieval"][0]["partner"]["count"] == 79
    json.dumps(told, allow_nan=False)


def test_one_modality_and_no_label_are_said() -> None:
    alone = representing(reader_of("a"), only(rows_of(60, 1), "a"), only(rows_of(60, 0), "a"), ["a"], None)
    assert alone["sources"] == ["a"]
    assert alone["retrieval"] == alone["pairs"] == []
    assert alone["label"] == "class"
    assert "nothing to find in another" in drawn(alone)
    bare = without_labels(rows_of(60, 1))
    unknown = representing(reader_of("a", "b"), bare, without_labels(rows_of(60, 0)), ["a", "b"], None)
    assert unknown["label"] is None
    assert unknown["attributes"] == []
    assert unknown["clusters"] == {}
    assert unknown["retrieval"][0]["partner"]["recall"]["1"]["value"] == 1
    assert "no label of a few classes" in drawn(unknown)


def test_few_rows_are_not_measured() -> None:
    told = representing(reader_of("a", "b"), rows_of(6, 1), rows_of(6, 0), ["a", "b"], "class")
    assert told["sources"] == []
    assert told["map"] is None
    assert "Fewer than 20 rows" in drawn(told)


def test_the_map_shows_where_modalities_meet(by_row: dict[str, Any]) -> None:
    shown = by_row["map"]
    assert list(shown["points"]) == list(shown["classes"]) == ["a", "b", FUSED]
    assert np.allclose(shown["points"]["a"], shown["points"]["b"], atol=2e-3)
    assert 0 < shown["share"] < 1
    apart = np.array(shown["points"]["a"])
    names = np.array(shown["classes"]["a"])
    centres = np.stack([apart[names == name].mean(0) for name in np.unique(names)])
    assert np.linalg.norm(centres[:, None] - centres[None], axis=2).max() > 0.5


def test_the_page_says_what_was_found(by_row: dict[str, Any]) -> None:
    page = drawn(by_row)
    for words in ("class from a 100%", "nearest in <strong>100%</strong>", "share one region", "all, by modality"):
        assert words in page, words
    assert page.count("<img") == 4
    assert not re.search(r"\bnan\b|None", page)
    report = Report("empty")
    add_representation(report, {})
    assert "<h2>" not in report.html()


def test_the_hand_is_measured_where_no_label_tells_it() -> None:
    train, test = load_data("digits:train"), load_data("digits:test")
    known = {attribute.name: attribute for attribute in attributes_of(["image"], test, train)}
    assert set(known) == {"digit", "thickness", "slant"}
    bare = attributes_of(["image"], without_labels(test), without_labels(train))
    assert [attribute.name for attribute in bare] == ["thickness", "slant"]
    for attribute in bare:
        assert (attribute.test == known[attribute.name].test).all()
        assert attribute.asked.all()
        shares = np.unique(attribute.train, return_counts=True)[1] / len(train)
        assert np.allclose(shares, [1 / 3] * 3 if attribute.name == "thickness" else [0.5, 0.25, 0.25], atol=0.01)


def test_dark_ink_on_white_is_no_stroke_that_can_be_measured() -> None:
    train = without_labels(load_data("digits:train")).take(slice(0, 50))
    pictures = train.columns["image"]
    white = [255 - np.asarray(pictures.cells[i]) for i in range(50)]
    inverted = dataclasses.replace(train, columns=train.columns | {"image": dataclasses.replace(pictures, cells=white)})
    assert len(attributes_of(["image"], train, train)) == 2
    assert attributes_of(["image"], inverted, inverted) == []


def test_tables_and_repeated_sentences_are_searched() -> None:
    chance = np.random.default_rng(0)
    rows = [
        {"age": float(chance.normal()), "town": None if i % 5 == 0 else "Oslo", "note": ("tall man", "wide sea")[i % 2]}
        for i in range(50)
    ]
    holed = [row | {"age": None, "town": None} if i % 4 == 0 else row for i, row in enumerate(rows)]
    data = from_rows(holed, kinds={"note": "text"})
    config = Config(size="tiny", width=8, features=32)
    model = AnyGAN(describe(data, config), config).eval().requires_grad_(False)
    told = representing(model, data, data, model.names, None)
    assert set(told["sources"]) == {"table", "note", FUSED}
    # There are but two sentences, so but two rows that one could tell apart.
    assert all(one["partner"]["count"] == 2 for one in told["retrieval"])
    assert "nearest in" in drawn(told)


def test_three_modalities_of_the_embedded_set() -> None:
    train, test = load_data("digits:train").take(slice(0, 200)), load_data("digits:test").take(slice(0, 60))
    config = Config(size="tiny", width=8, features=32)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AnyGAN(describe(train, config), config).eval().requires_grad_(False)
    told = representing(model, test, train, model.names, "digit")
    assert told["sources"][-1] == FUSED
    assert "image + audio" in told["sources"]
    paired = {(tuple(one["given"]), one["to"]): one["paired"] for one in told["retrieval"]}
    assert len(paired) == 9
    assert paired[("image",), "audio"] == "class"
    assert paired[("image",), "text"] == paired[("image", "audio"), "text"] == "row"
    captions = next(one for one in told["retrieval"] if (one["given"], one["to"]) == (["image"], "text"))
    # A caption that several rows share is asked for once.
    assert captions["partner"]["count"] == len(np.unique(test.pairing(0).index["text"]))
    assert math.isfinite(told["pairs"][0]["gap"])
    assert "audio to image" in drawn(told) or "image to text" in drawn(told)
