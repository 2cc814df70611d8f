"""train, inspect and demo: runs begin, end, are stopped, go on, and are looked at."""

import json
import re
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import Result
from every_kind import given, mixed

import anygan.cli.demo
import anygan.cli.train
import anygan.cli.watch
from anygan import Config, load_data
from anygan.cli.answer import Answer
from anygan.cli.app import app
from anygan.cli.until import SMOOTH, Until
from anygan.training.health.alarms import ADVICE
from anygan.training.loop import Record
from anygan.training.run import named

Command = Callable[..., Result]

FAST = ("--size", "tiny", "--threads", 1, "--precision", "fp32")


def test_a_run_ends_and_is_not_overwritten(anygan: Command) -> None:
    words = ("train", "digits", "--out", "run", *FAST, "--steps", 3)
    result = anygan(*words, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["ended"], told["steps"], told["bad_count"]) == ("finished", 3, 0)
    assert Path("run/last.safetensors").is_file()
    refused = anygan(*words)
    assert refused.exit_code == 2
    assert "--resume" in refused.stderr


@pytest.mark.parametrize("alarm", ADVICE)
def test_what_an_alarm_advises_can_be_asked_for(alarm: str) -> None:
    known = {option for verb in app.commands.values() for given in verb.params for option in given.opts}
    for flag in re.findall(r"--[a-z-]+", ADVICE[alarm]):
        assert flag in known, f"'{alarm}' names {flag}, which no command takes"


def test_resume_needs_no_more_than_the_folder(anygan: Command) -> None:
    first = anygan("train", "digits", "--out", "run", *FAST, "--steps", 2, "--resume")
    assert first.exit_code == 0, first.output
    again = anygan("train", "digits", "--out", "run", "--resume")
    assert again.exit_code == 0, again.output
    assert "finished already" in again.stdout
    other = anygan("train", "digits", "--out", "run", "--resume", "--size", "small")
    assert other.exit_code == 2
    assert "tiny" in other.stderr


def test_a_finished_run_gets_more_steps_when_asked(anygan: Command) -> None:
    assert anygan("train", "ring", "--out", "run", *FAST, "--steps", 2).exit_code == 0
    refused = anygan("train", "ring", "--out", "run", "--resume", "--steps", 4)
    assert refused.exit_code == 2
    assert "steps 2 (now 4)" in refused.stderr
    assert "--change" in refused.stderr
    more = anygan("train", "ring", "--out", "run", "--resume", "--change", "--steps", 4, "--json")
    assert more.exit_code == 0, more.output
    assert json.loads(more.stdout)["steps"] == 4
    timed = anygan("train", "ring", "--out", "run", "--resume", "--minutes", 1)
    assert "steps 4 (now None)" in timed.stderr
    assert "add --resume" in anygan("train", "ring", "--out", "new", "--change").stderr


def test_a_new_run_begins_with_what_another_has_learned(anygan: Command) -> None:
    rows = [f"{'up' if i % 2 else 'down'} there,{i}" for i in range(12)]
    Path("old.csv").write_text("\n".join(["note,age", *rows]))
    Path("new.csv").write_text("\n".join(["note,age,city", *(f"{row},Oslo" for row in rows), "new word,40,Rome"]))
    kind = ("--kind", "note=text")
    assert anygan("train", "old.csv", "--out", "old", *kind, *FAST, "--steps", 4).exit_code == 0
    words = ("train", "new.csv", "--out", "new", "--from", "old", *kind, "--steps", 4, *FAST[2:])
    begun = anygan(*words, "--json")
    assert begun.exit_code == 0, begun.output
    assert json.loads(begun.stdout)["steps"] == 4
    told = json.loads(anygan("inspect", "new", "--json").stdout)
    assert told["config"]["size"] == "tiny"
    assert any("city" in modality["described"] for modality in told["modalities"])
    assert "finished already" in anygan(*words, "--resume").stdout
    refused = anygan("train", "new.csv", "--out", "other", "--from", "old", *kind, "--size", "small")
    assert refused.exit_code == 2
    assert "Add --size tiny" in refused.stderr
    assert "no checkpoint" in anygan("train", "new.csv", "--out", "other", "--from", "none", *kind).stderr
    assert anygan("train", "new.csv", "--dry-run", "--from", "old", *kind).exit_code == 0


def test_a_damaged_checkpoint_gives_way_to_the_one_before(anygan: Command) -> None:
    words = ("train", "digits", "--out", "run", "--resume", "--json")
    assert anygan(*words, *FAST, "--steps", 2).exit_code == 0
    last = Path("run/last.safetensors")
    Path("run/previous.safetensors").write_bytes(last.read_bytes())
    last.write_bytes(last.read_bytes()[:-100])
    for command in (("generate", "run", "-n", 1, "--out", "rows"), ("inspect", "run")):
        used = anygan(*command)
        assert used.exit_code == 0, used.output
        assert used.stderr.count("warning: run/last.safetensors is not a whole checkpoint") == 1
        assert "of step 2" in used.stderr
        assert "warning" not in used.stdout
    again = anygan(*words)
    assert again.exit_code == 0, again.output
    assert again.stderr.count("warning: ") == 1
    assert json.loads(again.stdout)["steps"] == 2
    assert anygan("inspect", "run").stderr == ""


def test_bad_cells_are_listed(anygan: Command) -> None:
    rows = [given(i) for i in range(8)]
    rows[1]["file_name"], rows[2]["file_name"] = "pics/none.png", "pics/bad.png"
    mixed(Path("data"), rows)
    Path("data/pics/bad.png").write_bytes(b"no picture")
    result = anygan("train", "data", "--out", "run", *FAST, "--steps", 2)
    assert result.exit_code == 0, result.output
    assert "2 bad cells" in result.stdout
    assert "row 2, column 'file_name', file pics/none.png" in result.stdout
    assert "row 3, column 'file_name'" in result.stdout
    assert "2 bad cells" in anygan("inspect", "run").stdout


def test_a_dry_run_tells_all_and_writes_nothing(anygan: Command, tmp_path: Path) -> None:
    result = anygan("train", "digits", "--dry-run", "--size", "tiny", "--out", "run", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["rows"] == 1437
    assert told["modalities"][0] == {"name": "image", "kind": "image", "cells": 1437, "canvas": [1, 28, 28]}
    assert {"encoders", "generators", "prior", "discriminators"} <= set(told["parameters"])
    assert told["config"]["size"] == "tiny"
    assert not list(tmp_path.iterdir())
    shown = anygan("train", "digits", "--dry-run", "--size", "tiny").stdout
    assert "discriminators" in shown
    assert "'audio' has few different cells: 20% of its pairs are augmented" in shown


def _ctrl_c_at(number: int, train: Callable[..., Iterator[Record]]) -> Callable[..., Iterator[Record]]:
    def records(*args: Any, **options: Any) -> Iterator[Record]:
        inner = train(*args, **options)
        try:
            for record in inner:
                yield record
                if record.step == number:
                    signal.raise_signal(signal.SIGINT)
        finally:
            inner.close()  # type: ignore[attr-defined]

    return records


@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="signals come to the main thread")
def test_ctrl_c_ends_between_two_steps(anygan: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(anygan_train(), "records_of", _ctrl_c_at(2, anygan_train().records_of))
        result = anygan("train", "digits", "--out", "run", *FAST, "--steps", 5)
    assert result.exit_code == 130, result.output
    assert "stopped after 3 steps" in result.stdout
    assert "anygan train digits --out run --resume" in result.stdout
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    rest = anygan("train", "digits", "--out", "run", "--resume", "--json")
    assert rest.exit_code == 0, rest.output
    assert json.loads(rest.stdout)["steps"] == 5


def anygan_train() -> Any:
    """The module that watches a run, which the fixture's name hides in the tests."""
    return anygan.cli.watch


def test_ctrl_c_before_the_first_step_keeps_nothing(anygan: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: Any, **options: Any) -> Iterator[Record]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(anygan_train(), "records_of", interrupted)
    result = anygan("train", "digits", "--out", "run", *FAST, "--steps", 5)
    assert result.exit_code == 130
    assert not Path("run").exists()


def test_until_ends_a_run_sooner(anygan: Command) -> None:
    words = ("train", "ring", "--out", "run", *FAST, "--steps", 500, "--until", "point/accuracy=1", "--json")
    result = anygan(*words)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["ended"], told["steps"]) == ("reached", SMOOTH)


def _record(step: int, position: float, value: float) -> Record:
    return Record(step, position, 0.0, "game", {"align": value})


def test_a_signal_is_smoothed(tmp_path: Path) -> None:
    until = Until("align", 1.0, tmp_path)
    assert not any(until.reached(_record(i, 0, 3.0)) for i in range(SMOOTH))
    after = [until.reached(_record(i, 0, 0.0)) for i in range(SMOOTH)]
    assert 0 < after.index(True) < SMOOTH - 1
    assert all(after[after.index(True) :])


def test_a_rising_signal_is_taken_as_it_comes(tmp_path: Path) -> None:
    until = Until("fidelity", 0.5, tmp_path)
    told = [
        Record(i, 0.0, 0.0, "game", {}, health) for i, health in enumerate(({}, {"fidelity": 0.4}, {"fidelity": 0.6}))
    ]
    assert [until.reached(record) for record in told] == [False, False, True]


def test_a_judged_metric_is_measured_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anygan.cli.until.SECONDS", 0.0)
    asked: list[Path] = []

    def measure(folder: Path) -> dict[str, float]:
        asked.append(folder)
        return {"coherence": 0.3 * len(asked)}

    until = Until("coherence", 0.8, tmp_path, measure)
    answers = [until.reached(_record(i, i / 64, 0.0)) for i in range(35)]
    assert answers.index(True) == 21
    assert len(asked) == 4


def test_inspect_tells_of_data(anygan: Command) -> None:
    rows = [given(i) for i in range(12)]
    rows[1]["note"], rows[2]["file_name"], rows[3]["age"] = "", "pics/bad.png", "old"
    mixed(Path("data"), rows)
    Path("data/pics/bad.png").write_bytes(b"no picture")
    result = anygan("inspect", "data", "--kind", "note=text", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    columns = {column["modality"]: column for column in told["columns"]}
    assert {name: column["kind"] for name, column in columns.items()} == {
        "note": "text",
        "table": "table",
        "image": "image",
        "speech": "audio",
        "point": "vector",
    }
    assert (columns["note"]["missing"], columns["image"]["bad"], columns["table"]["bad"]) == (1, 1, 1)
    assert columns["image"]["missing"] == 1
    assert {scalar["name"] for scalar in columns["table"]["scalars"]} == {"age", "city", "born"}
    assert [pattern["rows"] for pattern in told["together"]] == [10, 1, 1]
    assert len(told["bad"]) == 2
    shown = anygan("inspect", "data", "--kind", "note=text").stdout
    assert "2 bad cells" in shown
    assert "1970-01-02" in shown


def test_inspect_tells_of_a_run(anygan: Command, tiny_run: Path) -> None:
    told = json.loads(anygan("inspect", tiny_run, "--json").stdout)
    assert told["steps"] == 5
    assert told["device"] == named(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    assert [m["name"] for m in told["modalities"]] == ["image", "audio", "text"]
    assert told["config"]["size"] == "tiny"
    assert "5 steps" in anygan("inspect", tiny_run).stdout


@pytest.mark.parametrize(("device", "words"), [("cpu", "2 threads, bf16"), ("A card", "2 threads, bf16, A card")])
def test_what_a_run_was_trained_on_is_told_by_name(device: str, words: str) -> None:
    assert anygan.cli.watch.worked({"threads": 2, "precision": "bf16", "device": device}) == words


def test_inspect_tells_what_happened_and_what_to_change(anygan: Command, tiny_run: Path, tmp_path: Path) -> None:
    assert "no alarm rang" in anygan("inspect", tiny_run).stdout
    run = tmp_path / "broken"
    run.mkdir()
    (run / "last.safetensors").write_bytes((tiny_run / "last.safetensors").read_bytes())
    event = {"alarm": "memorising", "where": "image", "said": "they are copies", "done": "20% of the pairs augmented"}
    records: list[dict[str, Any]] = [
        {"step": 50, "health": {"image/spread": 0.5, "image/accuracy": 0.9}, "events": [event]},
        {"step": 60, "health": {"image/accuracy": 0.8}, "events": []},
    ]
    (run / "log.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    shown = anygan("inspect", run).stdout
    assert "step 50: memorising (image): they are copies; done: 20% of the pairs augmented" in shown
    assert "to change: memorising: Train on more rows" in shown
    told = json.loads(anygan("inspect", run, "--json").stdout)
    assert told["events"] == [{"step": 50, **event}]
    assert told["health"] == {"image/spread": 0.5, "image/accuracy": 0.8}


def test_alarms_are_told_on_stderr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    event = {"alarm": "generator collapsed", "where": "image", "said": "all alike", "done": "gamma times 10"}

    def records(*given: Any, **more: Any) -> Iterator[Record]:
        yield Record(7, 1.0, 1.0, "game", {}, {}, [event])

    monkeypatch.setattr(anygan.cli.watch, "records_of", records)
    monkeypatch.setattr(anygan.cli.watch, "_ended", lambda *_: Answer({}, []))
    anygan.cli.watch.watch(load_data("digits"), tmp_path, Config(), resume=False)
    assert capsys.readouterr().err == "step 7: generator collapsed (image): all alike; done: gamma times 10\n"


def test_no_rescue_reaches_the_run(anygan: Command) -> None:
    for option, rescue in (("--no-rescue", False), ("--rescue", True)):
        told = json.loads(anygan("train", "ring", "--dry-run", option, "--json").stdout)
        assert told["config"]["rescue"] is rescue


def test_a_demo_may_be_run_twice(anygan: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    reports: list[tuple[Path, Path]] = []

    def report(model: Any, test: Any, train: Any, out: Path, folder: Path, **options: Any) -> Answer:
        reports.append((out, folder))
        return Answer({"report": str(out / "report.html")}, [f"report: {out / 'report.html'}"])

    # Judges take minutes to train; what is asked of them is tested with evaluate.
    monkeypatch.setattr(anygan_demo(), "report", report)
    for _ in range(2):
        result = anygan("demo", "--minutes", 0.01)
        assert result.exit_code == 0, result.output
        assert "report: runs/demo/report.html" in result.stdout
    assert reports == [(Path("runs/demo"), Path("runs/demo"))] * 2
    assert "finished already" in result.stdout


def anygan_demo() -> Any:
    """As :func:`anygan_train`."""
    return anygan.cli.demo


def test_a_recipe_has_its_own_settings(anygan: Command) -> None:
    assert "mnist-mlp" in anygan("train", "mnist", "--recipe", "mnist-mlpp", "--out", "x").stderr
    assert "--size" in anygan("train", "mnist", "--recipe", "mnist-mlp", "--out", "x", "--size", "tiny").stderr
    other = anygan("train", "ring", "--recipe", "mnist-mlp", "--out", "x", "--steps", 1)
    assert other.exit_code == 2
    assert "pictures" in other.stderr


def test_every_loss_of_a_step_may_be_waited_for(tmp_path: Path) -> None:
    data = load_data([{"a": float(i), "b": float(i % 4), "note": f"row number {i}"} for i in range(32)])
    config = Config(size="tiny", steps=6, threads=1, precision="fp32", batch=16, canvas=0.3)
    games = [record for record in anygan.train(data, tmp_path, config) if "judge" in record.losses]
    told = {name for record in games for name in (*record.losses, *record.health)} - {"fidelity"}
    assert {"recognise", "holes", "table (holes)/gap"} <= told
    assert told <= set(anygan.cli.train._signals(data))
