"""A new run begins with what another has learned: what is known keeps its place, what is new is fresh."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_runs import SMALL

from anygan import Config, DataSet, load_data, train
from anygan.device import device
from anygan.errors import AnyGANWarning, DataError, RunError
from anygan.modalities import Scale, Table, Text
from anygan.model.gan import AnyGAN
from anygan.rows import Batch
from anygan.tasks.model import load
from anygan.training import checkpoint
from anygan.training.inherit import Heritage
from anygan.training.opening import open_run
from anygan.training.run import Run


def listed(more: bool) -> Iterator[dict[str, Any]]:
    """Words, a picture and a row of a table; with ``more`` a fifth word and city, a new number and a new sound."""
    for i in range(60 if more else 40):
        k = i % (5 if more else 4)
        row: dict[str, Any] = {
            "text": ["dark", "dim", "pale", "bright", "white as snow"][k] + " square",
            "image": np.full((8, 8), 50 * k + 20, np.uint8),
            "city": ["Rome", "Oslo", "Bonn", "Kiev", "Lima"][k],
            "size": float(k) + i / 100,
        }
        if more:
            row = {"sense": np.array([k, -k, 1.0], np.float32), "weight": i % 7} | row
        yield row


def rows(more: bool) -> DataSet:
    kinds = {"text": "text", "image": "image"} | ({"sense": "vector"} if more else {})
    return load_data(list(listed(more)), kinds=kinds)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a few steps."""
    folder = tmp_path_factory.mktemp("old")
    list(train(rows(more=False), folder, Config(steps=30, canvas=0.5, **SMALL)))
    return folder


def new(old: Path, folder: Path, **settings: Any) -> Run:
    return open_run(rows(more=True), folder, Config(steps=4, **{**SMALL, **settings}), origin=old)


def test_words_and_categories_keep_their_numbers_and_new_ones_stand_behind(old: Path, tmp_path: Path) -> None:
    had, has = Heritage.of(old, Config(**SMALL)).modalities, new(old, tmp_path).modalities
    assert set(has) == {*had, "sense"}
    assert list(has) != [*had, "sense"], "the columns have kept their order, which is the easy case"
    before, after = had["text"], has["text"]
    assert isinstance(before, Text)
    assert isinstance(after, Text)
    assert after.words[: len(before.words)] == before.words
    assert {" as", " snow", "white"} <= set(after.words)
    assert after.length > before.length
    assert after.read("white as snow square").tolist()[:3] == [after.numbers[w] for w in ("white", " as", " snow")]
    columns = {c.name: c for c in has["table"].columns}  # type: ignore[attr-defined]
    known = {c.name: c for c in had["table"].columns}  # type: ignore[attr-defined]
    assert columns["city"].categories == (*known["city"].categories, "Lima")
    assert columns["size"].knots[1:-1] == known["size"].knots[1:-1]
    assert columns["size"].knots[-1] > known["size"].knots[-1]
    assert list(columns) == [*known, "weight"]
    assert has["image"] == had["image"]


def test_what_was_known_is_encoded_and_painted_as_before(old: Path, tmp_path: Path) -> None:
    before, run = load(old).net, new(old, tmp_path)
    after = run.players.mean
    made = list(rows(more=False).take(slice(0, 12)).rows())

    def batch(net: AnyGAN) -> Batch:
        stored: dict[str, torch.Tensor] = {}
        for name in ("text", "image", "table"):
            stored[name] = torch.stack([net.modalities[name].read(row[name]) for row in made])
        there = {n: torch.ones(len(made), dtype=torch.bool) for n in stored}
        missing = {n: torch.stack([m.blank()] * len(made)) for n, m in net.modalities.items() if n not in stored}
        absent = {n: torch.zeros(len(made), dtype=torch.bool) for n in missing}
        order = net.names
        values, present = stored | missing, there | absent
        return Batch({n: values[n] for n in order}, {n: present[n] for n in order}).to(device())

    def codes(net: AnyGAN) -> torch.Tensor:
        rows_of = batch(net)
        return net.fusion(net.look(rows_of), rows_of.observed())

    with torch.no_grad():
        assert torch.allclose(codes(before), codes(after), atol=1e-5)
        code, style = codes(before), torch.zeros(12, 4, device=device())
        assert torch.equal(before.paint("image", code, style), after.paint("image", code, style))
        table, grown = before.generators["table"](code, style), after.generators["table"](code, style)
        places = run.modalities["table"].places(before.modalities["table"])
        assert places is not None
        assert places != list(range(len(places)))
        assert torch.allclose(table, grown[:, places], atol=1e-6)
        assert grown.shape[1] > table.shape[1]


def test_the_order_of_columns_may_change(old: Path, tmp_path: Path) -> None:
    run = new(old, tmp_path)
    had = list(Heritage.of(old, Config(**SMALL)).modalities)
    now = list(run.modalities)
    scale = checkpoint.load(old / "last.safetensors")[0]["mean.fusion.scale"]
    for a in had:
        for b in had:
            assert run.players.mean.fusion.scale[now.index(a), now.index(b)] == scale[had.index(a), had.index(b)]


def test_new_words_are_learned_before_the_game_and_known_ones_need_not_be(old: Path, tmp_path: Path) -> None:
    run = new(old, tmp_path / "new")
    assert run.phase == "canvas"
    assert run.kept == ()
    settled = Heritage.of(old, Config(**SMALL))
    assert settled.settled(settled.modalities["text"])
    phases = [
        r.phase for r in train(rows(more=True), tmp_path / "new", Config(steps=8, canvas=0.5, **SMALL), origin=old)
    ]
    assert phases[0] == "canvas"
    assert phases[-1] == "game"


def test_a_canvas_that_has_nothing_to_learn_stays_as_it_is(old: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(Run, "faithful", lambda self, names=None: True)
    records = train(rows(more=False), tmp_path, Config(steps=4, canvas=0.5, **SMALL), origin=old)
    assert [next(records).phase, next(records).phase] == ["game", "game"]
    records.close()  # type: ignore[attr-defined]
    assert [r.step for r in train(rows(more=False), tmp_path, Config(steps=4, canvas=0.5, **SMALL), resume=True)] == [
        3,
        4,
    ]
    before, after = (checkpoint.load(run / "last.safetensors") for run in (old, tmp_path))
    assert after[1]["kept"] == ["text"]
    names = [name for name in before[0] if name.startswith("model.canvases.")]
    tones = {name for name in names if name.endswith(".steps")}
    assert set() < tones < set(names)
    assert all(torch.equal(before[0][name], after[0][name]) for name in names if name not in tones), "but for tones"


def test_another_size_is_refused_with_a_sentence(old: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"of size tiny.*Add --size tiny"):
        new(old, tmp_path, size="small", width=0, features=0, code=0, style=0)


def test_columns_that_do_not_go_together_are_refused(old: Path, tmp_path: Path) -> None:
    other = load_data([{"text": np.zeros((8, 8), np.uint8)}] * 4, kinds={"text": "image"})
    with pytest.raises(DataError, match="learned it as text"):
        list(train(other, tmp_path, Config(steps=1, **SMALL), origin=old))
    strange = load_data([{"note": "a word"}] * 4, kinds={"note": "text"})
    with pytest.raises(DataError, match="none of the columns"):
        list(train(strange, tmp_path, Config(steps=1, **SMALL), origin=old))
    with pytest.raises(RunError, match="no checkpoint"):
        list(train(rows(more=True), tmp_path, Config(steps=1, **SMALL), origin=tmp_path / "none"))


def test_a_modality_that_is_no_longer_there_is_told(old: Path, tmp_path: Path) -> None:
    fewer = load_data([{"text": "a word"}, {"text": "another"}] * 4, kinds={"text": "text"})
    with pytest.warns(AnyGANWarning, match="knows 'image', 'table', which"):
        run = open_run(fewer, tmp_path, Config(steps=1, **SMALL), origin=old)
    assert list(run.modalities) == ["text"]


def test_values_of_another_type_leave_a_column_as_it_was() -> None:
    known = Table.fit("table", [{"a": i, "b": "xyz"[i % 3]} for i in range(9)], Scale())
    wider = known.extended([{"a": "word", "b": 7}, {"a": "other", "b": 8}], Scale())
    assert wider == known
    assert wider.places(known) is None
    finer = known.extended([{"a": 2.5, "b": "w"}, {"a": 40.25}], Scale()).columns
    assert (finer[0].type, finer[0].decimals, finer[0].knots[-1]) == ("number", 2, 40.25)
    assert finer[1].categories == ("x", "y", "z", "w")
