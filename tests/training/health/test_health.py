"""Alarms ring for what they are for, responses set in once for all, and a run that was broken survives."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch
from small_runs import SMALL
from torch import Tensor

from anygan import Config, DataSet, Record, load_data, train
from anygan.rows import Batch
from anygan.training import checkpoint, loop
from anygan.training.game.scene import PRIOR
from anygan.training.health import health
from anygan.training.health.alarms import LEAST, READ, RULES, Rule, Watch, key
from anygan.training.health.health import CAPS, RESPONSES, Health
from anygan.training.opening import open_run
from anygan.training.run import Run

WELL = {
    "accuracy": 0.8,
    "gap": 1.0,
    "r1": 1.0,
    "r2": 1.0,
    "spread": 0.9,
    "rank": 0.8,
    "noise": 0.5,
    "varied": 0.7,
    "condition": 0.9,
    "informed": 0.9,
    "novelty": 1.2,
}

BAD: dict[str, dict[str, float]] = {
    "not a number": {"streak": 5.0},
    "discriminator won": {"accuracy": 0.99, "gap": 12.0},
    "discriminator exploded": {"r2": 1000.0},
    "prior unchecked": {"r1": 0.5, "r2": 0.5},
    "generator collapsed": {"spread": 0.01},
    "condition ignored": {"condition": 0.02},
    "noise ignored": {"noise": 0.01},
    "memorising": {"novelty": 0.1, "passes": 100.0},
}


def rung(signals: dict[str, float], times: int, of: str = "image") -> set[str]:
    """The alarms that ring when these signals of a part of the model are read so many times."""
    watch, names = Watch(), set()
    for _ in range(times):
        for looked in (True, False):
            told = {f"{of}/{name}": value for name, value in signals.items()}
            names |= {rule.name for rule, where in watch.read(told, looked=looked) if where == of}
    return names


def test_every_alarm_has_a_response_that_there_is() -> None:
    assert {rule.name for rule in RULES} == set(RESPONSES) == set(BAD)
    wishes = [wish for wishes in RESPONSES.values() for wish in wishes]
    named = {name for wish in wishes for name in ([wish] if isinstance(wish, str) else wish)}
    assert named == {*CAPS, "gammas", "back"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_an_alarm_rings_for_its_failure_alone_and_not_too_soon(rule: Any) -> None:
    of = rule.of or "image"
    well = WELL | {"r1": 0.1, "r2": 0.1} if rule.of else WELL
    assert rung(well | BAD[rule.name], rule.times, of) == {rule.name}
    if rule.times > 1:
        assert rung(well | BAD[rule.name], rule.times - 1, of) == set()
    assert rung(well, 100, of) == set()


def won_after(gaps: list[float]) -> int | None:
    """The step at which the discriminator is said to have won, of one that tells everything apart by such gaps."""
    watch = Watch()
    for step, gap in enumerate(gaps, 1):
        watch.take({"image/accuracy": 1.0, "image/gap": gap})
        if step % READ == 0 and watch.read(watch.averages, looked=False):
            return step
    return None


def test_a_discriminator_that_tells_all_apart_has_not_won_for_that() -> None:
    """Rows of a thousand kinds are told apart for hundreds of steps, by a gap of 4 to 5, and their generator learns."""
    opening = [3 + 0.018 * step for step in range(100)] + [5.3] * 500
    assert won_after(opening + [max(0.5, 4.8 - 0.012 * step) for step in range(400)]) is None
    assert won_after(opening + [40.0] * 150) is not None
    assert won_after([0.5] * 1000 + [12.0] * 200) is not None, "late in a run too"


def test_a_prior_that_is_steep_for_six_steps_is_not_unchecked() -> None:
    """Of a table and its sentence it is; there the penalty mends it."""
    calm, steep = [0.01] * 200, [0.3, 0.9, 0.4, 3.8, 2.5, 13.0]
    for slopes, rings in ((calm + steep + calm, False), (calm + steep * 10, True), (calm + [0.6] * 100, True)):
        watch, rung = Watch(), set()
        for step, slope in enumerate(slopes, 1):
            watch.take({f"{PRIOR}/r1": slope, f"{PRIOR}/r2": slope})
            if step % READ == 0:
                rung |= {rule.name for rule, _ in watch.read(watch.averages, looked=False)}
        assert rung == ({"prior unchecked"} if rings else set())


def test_one_good_reading_starts_the_count_again() -> None:
    watch, bad = Watch(), {"image/spread": 0.0, "image/rank": 1.0}
    for signals in (bad, bad, {"image/spread": 1.0, "image/rank": 1.0}, bad, bad):
        assert watch.read(signals, looked=True) == []
    assert [rule.name for rule, _ in watch.read(bad, looked=True)] == ["generator collapsed"]


def test_signals_without_numbers_do_not_enter_averages() -> None:
    watch = Watch()
    watch.take({"image/r1": 1.0})
    watch.take({"image/r1": float("nan"), "image/spread": 3.0})
    assert watch.averages == {"image/r1": 1.0}


def test_slopes_of_nothing_are_averaged_too() -> None:
    """Without a penalty they are nothing."""
    watch = Watch({"image/r1": 0.0})
    watch.take({"image/r1": 0.0, "image/r2": 0.0})
    assert watch.averages == {"image/r1": LEAST, "image/r2": LEAST}


def pairs() -> DataSet:
    chance = np.random.default_rng(0)
    listed = [{"a": [float(x), float(y)], "b": [float(x - y)] * 3} for x, y in chance.normal(size=(64, 2))]
    return load_data(listed, kinds={"a": "vector", "b": "vector"})


def poison(steps: set[int]) -> Any:
    """A canvas that is no number in the batches of these steps, through the real loop."""
    play = loop.play

    def played(run: Run, batch: Batch, chance: torch.Generator, factor: float) -> Any:
        draw = run.players.model.draw

        def drawn(rows: Batch) -> dict[str, Tensor]:
            canvases = draw(rows)
            canvases["a"][0, 0] = torch.nan
            return canvases

        if run.clock.step not in steps:
            return play(run, batch, chance, factor)
        with mock.patch.object(run.players.model, "draw", drawn):
            return play(run, batch, chance, factor)

    return mock.patch.object(loop, "play", played)


def weights(folder: Path) -> dict[str, Tensor]:
    return checkpoint.load(folder / "last.safetensors")[0]


def events(records: list[Record]) -> list[tuple[int, str, str]]:
    return [(r.step, e["alarm"], e["done"]) for r in records for e in r.events]


def test_a_run_survives_a_poisoned_batch(tmp_path: Path) -> None:
    config = Config(steps=6, **SMALL)
    with poison({3}):
        records = list(train(pairs(), tmp_path / "run", config))
    assert [r.step for r in records if "skipped" in r.health] == [4]
    assert [name for _, name, _ in events(records)] == ["not a number"]
    assert all(bool(t.isfinite().all()) for t in weights(tmp_path / "run").values())
    logged = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text("utf-8").splitlines()]
    assert [line["step"] for line in logged if line["events"]] == [4]


def test_a_skipped_step_leaves_every_weight_as_it_was(tmp_path: Path) -> None:
    with poison({3}):
        for folder, stop in (("before", 3), ("after", 4)):
            records = train(pairs(), tmp_path / folder, Config(steps=6, **SMALL))
            for record in records:
                if record.step == stop:
                    records.close()  # type: ignore[attr-defined]
                    break
    before, after = weights(tmp_path / "before"), weights(tmp_path / "after")
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_without_rescue_the_alarm_rings_and_nothing_is_done(tmp_path: Path) -> None:
    with poison({3}):
        records = list(train(pairs(), tmp_path, Config(steps=6, rescue=False, **SMALL)))
    assert ("not a number", "nothing") in {(name, done) for _, name, done in events(records)}
    assert not all(bool(t.isfinite().all()) for t in weights(tmp_path).values())


def test_many_steps_without_numbers_take_weights_back_and_lower_the_rates(tmp_path: Path) -> None:
    with poison(set(range(12, 40))):
        records = list(train(pairs(), tmp_path, Config(steps=24, **SMALL)))
    done = [words for step, name, words in events(records) if step == 20]
    assert done[-1] == "back to the weights of step 0 of the game, learning rates times 0.25"
    assert checkpoint.load(tmp_path / "last.safetensors")[1]["health"]["levels"]["lr"] == 1


@pytest.fixture
def alarmed() -> Iterator[None]:
    """Every look finds generated rows to be copies, and cheap readings a discriminator that has run away."""
    bad = {"memorising": RULES[-1], "discriminator exploded": RULES[2]}
    changed = tuple(
        rule.__class__(rule.name, lambda s: True, 1, rule.looked, rule.means, rule.advice) for rule in bad.values()
    )
    with (
        mock.patch("anygan.training.health.alarms.RULES", changed),
        mock.patch.object(health, "LOOK", 10),
        mock.patch.object(health, "OPENING", 0),
    ):
        yield


@pytest.mark.usefixtures("alarmed")
def test_a_run_resumes_to_the_same_bits_with_responses_active(tmp_path: Path) -> None:
    config = Config(steps=34, **SMALL)
    whole = list(train(pairs(), tmp_path / "whole", config))
    assert {"back", "augmented"} <= {w for _, _, done in events(whole) for w in done.replace(",", "").split()}
    part = []
    for stop in (9, 15, 23):
        records = train(pairs(), tmp_path / "parts", config, resume=True)
        for record in records:
            part.append(record)
            if record.step == stop:
                records.close()  # type: ignore[attr-defined]
                break
    part += list(train(pairs(), tmp_path / "parts", config, resume=True))
    assert [r.losses for r in part] == [r.losses for r in whole]
    assert events(part) == events(whole)
    a, b = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert all(torch.equal(a[name], b[name]) for name in a)


def told(state: Health, run: Run, names: set[str], steps: range, *, falling: bool = False) -> list[str]:
    """What is done in steps in which these alarms ring."""
    rules = [(rule, "a") for rule in RULES if rule.name in names]

    def read(watch: Watch, signals: dict[str, float], *, looked: bool) -> list[tuple[Rule, str]]:
        watch.counts = {key(rule, where): 1 for rule, where in rules}
        return rules

    found = []
    with mock.patch.object(Watch, "read", read), mock.patch.object(health, "LOOK", 10**9):
        for step in steps:
            of = run.players, run.store, run.world
            got = state.after(*of, step, run.config, {}, broken=False, falling=falling)
            found += [event["done"] for event in got]
    return found


def test_responses_are_capped_and_relax_when_it_is_calm(tmp_path: Path) -> None:
    run = open_run(pairs(), tmp_path, Config(steps=10, **SMALL))
    state = run.health
    state.begin(run.players, run.store)
    done = told(state, run, {"discriminator won"}, range(1, 101))
    assert done == ["gamma of a times 10", "gamma of a times 100", "nothing is left to try"], "which is told once"
    assert state.raised == {"a": 100.0}, "the others are left alone"
    assert set(state.levels.values()) == {0}
    done = told(state, run, set(), range(101, 101 + 5 * state.patience))
    assert done == ["gamma of a times 10", "gamma of a times 1"]
    assert not state.raised
    assert state.gamma(0.1) == 0.1


@pytest.mark.parametrize(("gamma", "all_times"), [(0.1, 1), (0.03, 1), (0.01, 10), (0.001, 100), (0.0, 10)])
def test_what_the_prior_shows_is_true_of_all_up_to_the_default(tmp_path: Path, gamma: float, all_times: int) -> None:
    run = open_run(pairs(), tmp_path, Config(steps=10, gamma=gamma, **SMALL))
    state = run.health
    state.begin(run.players, run.store)
    told(state, run, {"prior unchecked"}, range(1, 101))
    assert state.raised.pop(PRIOR) == 100
    assert {state.raised.get(name, 1) for name in state.gammas if name != PRIOR} == {all_times}


def test_gammas_go_back_with_the_weights_but_for_those_that_are_raised_now(tmp_path: Path) -> None:
    run = open_run(pairs(), tmp_path, Config(steps=10, gamma=0.01, **SMALL))
    state = run.health
    state.begin(run.players, run.store)
    told(state, run, {"prior unchecked"}, range(1, 11))
    done = told(state, run, {"generator collapsed"}, range(11, 21))
    assert state.raised == {"a": 100.0}, "which the alarm is about"
    assert "gamma of b times 1" in done[0]
    told(state, run, {"discriminator exploded"}, range(21, 31))
    assert not state.raised


def test_while_weights_go_back_a_steep_prior_raises_no_gamma(tmp_path: Path) -> None:
    run = open_run(pairs(), tmp_path, Config(steps=10, **SMALL))
    run.health.begin(run.players, run.store)
    told(run.health, run, {"prior unchecked"}, range(1, 11))
    told(run.health, run, {"prior unchecked", "discriminator exploded"}, range(11, 21))
    assert not run.health.raised
    assert run.health.judges < 1


def test_an_answer_without_going_back_does_not_make_other_alarms_begin_again(tmp_path: Path) -> None:
    run = open_run(pairs(), tmp_path, Config(steps=10, **SMALL))
    state = run.health
    state.begin(run.players, run.store)
    steep = {f"{PRIOR}/r1": 100.0, f"{PRIOR}/r2": 100.0}
    rung: dict[str, int] = {}
    for step in range(1, 41):
        events = state.after(
            run.players, run.store, run.world, step, run.config, dict(steep), broken=False, falling=False
        )
        for event in events:
            rung.setdefault(event["alarm"], step)
    assert rung == {"prior unchecked": 20, "discriminator exploded": 30}, "two bad readings, and three"


def test_nothing_is_relaxed_once_the_rates_fall(tmp_path: Path) -> None:
    run = open_run(pairs(), tmp_path, Config(steps=10, **SMALL))
    state = run.health
    state.begin(run.players, run.store)
    told(state, run, {"discriminator exploded"}, range(1, 11))
    assert told(state, run, set(), range(11, 11 + 2 * state.patience), falling=True) == []
    assert state.judges < 1
    assert told(state, run, set(), range(11, 21)), "while there is time it is"


def test_discriminators_that_explode_are_slowed_first_and_all_that_fight_if_they_do_it_again(tmp_path: Path) -> None:
    run = open_run(pairs(), tmp_path, Config(steps=10, **SMALL))
    run.health.begin(run.players, run.store)
    done = told(run.health, run, {"discriminator exploded"}, range(1, 21))
    assert [words.partition(", ")[2] for words in done] == [
        "the discriminators' learning rate alone times 0.25",
        "learning rates times 0.25",
    ]


def test_encoders_keep_their_rate_whoever_is_slowed(tmp_path: Path) -> None:
    run = open_run(pairs(), tmp_path, Config(steps=10, **SMALL))
    run.settle()
    run.health.begin(run.players, run.store)
    run.health.levels |= {"judges": 1, "lr": 1}
    config, taken = run.config, []
    with mock.patch.object(Run, "descend", lambda self, player, rate: taken.append(rate) or True):
        loop.play(run, run.batch(0), run.chance(), 0.5)
    assert taken == pytest.approx([config.encoder_lr / 2, config.lr / 2 / 16, config.lr / 2 / 4])


def test_this_checkpoint_and_the_one_before_find_what_they_go_back_to(tmp_path: Path) -> None:
    run = open_run(pairs(), tmp_path, Config(steps=10, **SMALL))
    run.health.begin(run.players, run.store)
    for step in (900, 1000, 1100):
        run.health.keep(run.players, step)
        run.save()
    for name in ("previous", "last"):
        kept = checkpoint.load(tmp_path / f"{name}.safetensors")[1]["health"]["kept"]
        assert checkpoint.load(tmp_path / f"healthy-{kept}.safetensors")[0]
    assert len(list(tmp_path.glob("healthy-*"))) == 2


def test_a_column_of_one_value_is_told(tmp_path: Path) -> None:
    data = load_data([{"a": [float(i), 1.0], "b": [2.0, 3.0]} for i in range(20)], kinds={"a": "vector", "b": "vector"})
    first = next(iter(train(data, tmp_path, Config(steps=2, **SMALL))))
    assert [(e["alarm"], e["where"]) for e in first.events] == [("nothing to learn", "b")]


def test_health_is_told_when_the_rates_fall(tmp_path: Path) -> None:
    after, told = Health.after, []

    def heard(*given: Any, falling: bool, **more: Any) -> Any:
        told.append(falling)
        return after(*given, falling=falling, **more)

    config = Config(size="tiny", steps=12, canvas=0.01, threads=1, precision="fp32", batch=16)
    with mock.patch.object(Health, "after", heard):
        list(train(load_data("ring"), tmp_path, config))
    assert told == sorted(told), "once they fall they go on falling"
    assert 0 < sum(told) < len(told) / 2
