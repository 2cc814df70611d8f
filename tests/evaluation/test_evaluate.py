"""The report card: its ceilings, floors and counts, what real cells score on it, and the page."""

import dataclasses
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_worlds import only, untrained, without_labels

from anygan.data.load import load_data
from anygan.errors import DataError
from anygan.evaluation.card import summary, write_card
from anygan.evaluation.evaluate import Card, directions, evaluate
from anygan.evaluation.measure import Measure
from anygan.judging.judges import train_judge
from anygan.rows import DataSet

ROWS = 80
STEPS = 60
"""Of the judges: enough to read digits far better than chance."""

LOG = [
    {"step": 10, "phase": "canvas", "losses": {"text": 2.0}, "health": {}},
    *(
        {
            "step": 20 + i,
            "phase": "game",
            "losses": {"align": 1.0, "judge": 2.0, "imitate": float("nan") if i == 3 else 3.0},
            "health": {"image/accuracy": 0.7, "image/gap": 9.0, "(prior)/accuracy": 0.9},
        }
        for i in range(100)
    ),
]


def holed(data: DataSet) -> DataSet:
    """The same rows, of which every second lacks its picture."""

    def pairing(epoch: int) -> Any:
        whole = data.pairing(epoch)
        image = np.where(np.arange(len(whole)) % 2 == 0, -1, whole.index["image"])
        return dataclasses.replace(whole, index=whole.index | {"image": image})

    return dataclasses.replace(data, pairing=pairing)


@pytest.fixture(scope="module")
def train() -> DataSet:
    return load_data("digits:train")


@pytest.fixture(scope="module")
def test() -> DataSet:
    return load_data("digits:test")


@pytest.fixture(scope="module")
def measure(train: DataSet, test: DataSet, cache: Path) -> Measure:
    return Measure(test, train, rows=ROWS, judge_steps=STEPS, cache=cache)


@pytest.fixture(scope="module")
def card(train: DataSet, test: DataSet, cache: Path) -> Card:
    story = {"data": "digits:train", "clock": {"seconds": 90.0, "step": 1234}, "config": {"size": "tiny"}}
    return evaluate(untrained(train), test, train, rows=ROWS, judge_steps=STEPS, cache=cache, story=story)


def test_every_subset_is_given() -> None:
    assert directions(["a"]) == []
    assert directions(["a", "b"]) == [(("a",), "b"), (("b",), "a")]
    assert len(directions("abc")) == 9
    assert len(directions("abcd")) == 28
    assert {len(given) for given, _ in directions("abcdef")} == {1, 2, 5}


def test_labels_are_read_where_they_can_be(measure: Measure) -> None:
    labels = measure.panel.labels
    assert measure.panel.primary == "digit"
    assert labels["digit"] == ["image", "audio", "text"]
    # A voice does not tell how thick the stroke is, and the test voices are none of the training voices.
    assert all("audio" not in telling for label, telling in labels.items() if label != "digit")
    assert "speaker" not in labels
    for mark in measure.panel.marks:
        assert mark.rows == ROWS
        assert 0 < mark.cells <= ROWS
        assert 0 <= mark.ceiling <= 1
        assert 0.05 < mark.chance < 1
    assert measure.panel.mark("digit", "image").ceiling > 0.7


def test_real_cells_score_their_ceiling(measure: Measure) -> None:
    for name in ("image", "audio", "text"):
        real = measure.real[name]
        for given in {"image", "audio", "text"} - {name}:
            told = measure.translation(((given,), name), (real.rows, real.seen), {})
            score = told["coherence"]["digit"]
            assert score["value"] == pytest.approx(score["ceiling"])
            assert told["distance"]["value"] == pytest.approx(0, abs=1e-6)
            assert told["distance"]["floor"] > 0
    drawn = {name: real.seen for name, real in measure.real.items()}
    joint = measure.joint("digit", drawn)
    assert joint is not None
    assert joint["value"] == pytest.approx(joint["ceiling"])
    assert joint["entropy"] == pytest.approx(joint["entropy_real"])


def test_shuffled_cells_score_chance(measure: Measure) -> None:
    real = measure.real["text"]
    shuffled = real.seen.take(np.random.default_rng(0).permutation(ROWS))
    assert measure.coherence("digit", real.rows, shuffled) < 0.3
    joint = measure.joint("digit", {"image": measure.real["image"].seen, "text": shuffled})
    assert joint is not None
    assert abs(joint["value"] - joint["chance"]) < 0.15


def test_an_untrained_model_scores_chance(card: Card) -> None:
    assert set(card.headline) == {"coherence", "joint"}
    assert card.figures["coherence"]["value"] < 0.3
    assert card.figures["coherence"]["ceiling"] > 0.6
    assert card.figures["coherence"]["directions"] == 6
    assert card.figures["joint"]["value"] < 0.5
    assert sum(card.figures["joint"]["classes"].values()) == pytest.approx(1)
    for told in card.figures["translations"]:
        assert told["count"] == ROWS
        assert told["distance"]["value"] > told["distance"]["floor"] > 0
        assert "-of-" in told["distance"]["judge"]
    assert [told["to"] for told in card.figures["translations"]] == [
        to for _, to in directions(["image", "audio", "text"])
    ]


def test_only_what_is_given_is_asked_for(card: Card) -> None:
    asked = {(tuple(told["given"]), told["to"]): set(told["coherence"]) for told in card.figures["translations"]}
    assert asked[("audio",), "image"] == {"digit"}
    assert {"digit"} <= asked[("text",), "image"] <= {"digit", "thickness", "slant"}


def test_sounds_have_a_ceiling_after_inversion(card: Card) -> None:
    marks = {(mark["label"], mark["modality"]): mark for mark in card.figures["judges"]}
    assert abs(marks["digit", "audio"]["written"] - marks["digit", "audio"]["ceiling"]) < 0.2
    assert marks["digit", "text"]["written"] == marks["digit", "text"]["ceiling"]


def test_the_same_seed_gives_the_same_card(train: DataSet, test: DataSet, cache: Path) -> None:
    pair, few = only(train, "image", "text"), only(test, "image", "text")
    card, again = (
        evaluate(untrained(pair), few, pair, rows=ROWS // 2, judge_steps=STEPS, cache=cache) for _ in range(2)
    )
    assert again.figures["translations"] == card.figures["translations"]
    assert again.figures["samples"] == card.figures["samples"]


def test_a_measure_agrees_with_the_card(measure: Measure, train: DataSet, card: Card) -> None:
    told: list[tuple[str, float]] = []
    found = measure(untrained(train), lambda what, share: told.append((what, share)))
    assert found["joint"] == card.headline["joint"]
    assert abs(found["coherence"] - card.headline["coherence"]) < 0.1
    assert {what for what, _ in told} == {"translations", "samples"}


def test_the_page_needs_nothing_else(card: Card, tmp_path: Path) -> None:
    numbers, page = write_card(card, tmp_path / "new", LOG)
    assert json.loads(numbers.read_text("utf-8")) == card.figures
    text = page.read_text("utf-8")
    assert all(re.match(r"data:|#", address) for address in re.findall(r'(?:src|href)="(.*?)"', text))
    assert not re.search(r"https?:|url\(|@import|<script", text)
    assert len(text) < 5_000_000
    for words in (
        "1.5 minutes",
        "1,234 steps",
        "image to audio",
        "Drawn from noise",
        "prior",
        "digit-of-image",
        "slant from audio",
        "kernel: how far",
    ):
        assert words in text
    assert text.count("<audio") >= 20


def test_rows_are_called_what_they_are(card: Card, tmp_path: Path) -> None:
    _, page = write_card(card, tmp_path / "test")
    same = card.figures | {"data": card.figures["data"] | {"test": "mine", "train": "mine"}}
    _, other = write_card(dataclasses.replace(card, figures=same), tmp_path / "same")
    for words in ("test rows", "the test row", "test cells", "test data", "(real test)"):
        assert words in page.read_text("utf-8")
        assert words not in other.read_text("utf-8")
    for words in ("A few training rows", "codes of training rows crossed", "Codes of training rows on"):
        assert words in other.read_text("utf-8")


def test_words_of_the_trade_are_explained_before_they_are_used(card: Card, tmp_path: Path) -> None:
    text = write_card(card, tmp_path)[1].read_text("utf-8")
    for section in ("Fusion", "Representation"):
        whole = text.split(f">{section}</h2>")[1].split("<h2")[0]
        first = min(whole.index(word) for word in ("AUC", "codes", "the code") if word in whole)
        assert 0 <= whole.index("list of numbers that the model makes") < first + 200
    fused = text.split(">Fusion</h2>")[1]
    assert 0 < fused.index("is how often") - fused.index("AUC") < 30


def test_numbers_that_are_none_are_written_as_nothing(tmp_path: Path, card: Card) -> None:
    numbers, _ = write_card(
        Card(card.figures | {"joint": {**card.figures["joint"], "value": None, "x": math.nan}}), tmp_path
    )
    assert json.loads(numbers.read_text("utf-8"))["joint"]["x"] is None


def test_the_summary_is_short(card: Card) -> None:
    rows = summary(card)
    assert len(rows) == 2 + 6 + 3
    assert rows[0][1] == card.headline["coherence"]
    assert all("real" in against for _, _, against in rows)


def test_without_labels_distances_are_left(train: DataSet, test: DataSet, cache: Path, tmp_path: Path) -> None:
    model = untrained(only(train, "image", "text"))
    rows, bare = without_labels(only(test, "image", "text")), without_labels(only(train, "image", "text"))
    card = evaluate(model, rows, bare, rows=ROWS, cache=cache)
    assert card.headline == {}
    assert "need labels" in card.figures["notes"][0]
    assert Measure(rows, bare, rows=20, cache=cache)(model) == {}
    for told in card.figures["translations"]:
        assert told["coherence"] == {}
        assert told["distance"]["judge"].startswith(f"components-of-{told['to']}")
        assert told["distance"]["value"] > told["distance"]["floor"]
    assert "need labels" in write_card(card, tmp_path)[1].read_text("utf-8")
    assert summary(card)


def test_one_modality_is_drawn_and_judged(train: DataSet, test: DataSet, cache: Path, tmp_path: Path) -> None:
    model = untrained(only(train, "image"))
    card = evaluate(model, only(test, "image"), only(train, "image"), rows=ROWS, judge_steps=STEPS, cache=cache)
    assert card.headline == {}
    assert card.figures["translations"] == []
    told = card.figures["samples"]["agreement"]["digit"]
    assert told["value"] is None
    assert 0 <= told["entropy"] <= told["entropy_even"] == pytest.approx(math.log(10))
    assert card.figures["samples"]["distance"]["image"]["value"] > card.figures["samples"]["distance"]["image"]["floor"]
    assert write_card(card, tmp_path, LOG)[1].read_text("utf-8").count('class="picture"') == 24


def test_rows_that_lack_what_is_given_are_not_asked(train: DataSet, test: DataSet, cache: Path) -> None:
    pair = only(train, "image", "text")
    measure = Measure(holed(only(test, "image", "text")), pair, rows=ROWS, judge_steps=STEPS, cache=cache)
    judged = measure.translate(untrained(pair), [(("image",), "text"), (("text",), "image")])
    missing = measure.data.pairing(0).index["image"] < 0
    assert judged[("image",), "text"][0].tolist() == np.flatnonzero(~missing).tolist()
    assert len(judged[("text",), "image"][0]) == ROWS


def test_few_rows_have_no_distance(train: DataSet, test: DataSet, cache: Path, tmp_path: Path) -> None:
    pair = only(train, "image", "text")
    card = evaluate(untrained(pair), test, pair, rows=10, judge_steps=STEPS, cache=cache)
    assert all(told["distance"] is None for told in card.figures["translations"])
    assert "fewer rows than features" in " ".join(card.figures["notes"])
    write_card(card, tmp_path)


def test_data_of_another_world_are_refused(train: DataSet, test: DataSet, cache: Path) -> None:
    with pytest.raises(DataError, match="none of the modalities"):
        Measure(only(test, "image"), only(train, "text"), cache=cache)
    with pytest.raises(DataError, match="no rows"):
        Measure(test.take(slice(0, 0)), train, cache=cache)


def test_judges_train_where_nothing_else_may(tmp_path: Path) -> None:
    for place, context in enumerate((torch.no_grad, torch.inference_mode)):
        with context():
            judge = train_judge(["a b", "c d"] * 8, [0, 1] * 8, "text", steps=20, cache=tmp_path / str(place))
            assert judge.predict(["c d"]).tolist() == [1]
