"""What must be as it was when a run is gone on with, and what may change when asked to."""

import json
from pathlib import Path

import pytest

from anygan import Config, DataSet, load_data, train
from anygan.errors import RunError
from anygan.training import checkpoint
from anygan.training.resume import agreed, position_kept, restarted, same_data, trim
from anygan.training.schedule import Clock

SMALL = {"size": "tiny", "threads": 1, "precision": "fp32", "batch": 16, "width": 2, "features": 8, "code": 8}


def rows(count: int = 24) -> DataSet:
    listed = [{"word": ["up", "down"][i % 2] + f" {i % 3}", "size": float(i % 5)} for i in range(count)]
    return load_data(listed, kinds={"word": "text"})


def story(run: Path) -> dict[str, object]:
    return checkpoint.load(run / "last.safetensors")[1]


def test_other_settings_are_refused_with_the_difference_unless_asked_for(tmp_path: Path) -> None:
    had = Config(size="tiny", steps=10)
    with pytest.raises(RunError, match=r"steps 10 \(now 20\), gamma 0.1 \(now 0.2\).*--change"):
        agreed(had.but(steps=20, gamma=0.2), had, tmp_path, change=False)
    assert agreed(had.but(steps=20), had, tmp_path, change=True).steps == 20
    assert agreed(had, had, tmp_path, change=False) == had


def test_a_batch_that_was_left_open_is_the_one_the_run_took(tmp_path: Path) -> None:
    settings = {name: value for name, value in SMALL.items() if name != "batch"}
    list(train(rows(), tmp_path, Config(steps=2, **settings)))
    taken = Config.of(story(tmp_path)["config"])
    assert taken.batch > 0
    assert agreed(Config(steps=2, **settings), taken.but(batch=32), tmp_path, change=False).batch == 32
    with pytest.raises(RunError, match=r"batch 32 \(now 16\)"):
        agreed(Config(steps=2, **settings, batch=16), taken.but(batch=32), tmp_path, change=False)


def test_networks_cannot_change_their_size(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"size tiny.*cannot change their size"):
        agreed(Config(size="small"), Config(size="tiny"), tmp_path, change=True)


def test_more_steps_are_trained_when_asked_for(tmp_path: Path) -> None:
    config = Config(steps=6, canvas=0.34, **SMALL)
    list(train(rows(), tmp_path, config))
    written = (tmp_path / "last.safetensors").stat().st_mtime_ns
    assert list(train(rows(), tmp_path, config, resume=True)) == []
    assert (tmp_path / "last.safetensors").stat().st_mtime_ns == written
    more = list(train(rows(), tmp_path, config.but(steps=12), resume=True, change=True))
    assert [r.step for r in more] == list(range(7, 13))
    assert more[0].position == 7 / 12
    told = story(tmp_path)
    assert told["config"]["steps"] == 12
    # The game began at a third of six steps, which is a sixth of twelve.
    assert told["clock"]["game"][1] == pytest.approx(3 / 12)


def test_the_game_begins_where_it_would_have(tmp_path: Path) -> None:
    clock = Clock(step=50, seconds=30.0, game=(10, 0.1))
    position_kept(clock, Config(steps=100), Config(steps=200))
    assert clock.game == (10, pytest.approx(0.05))
    position_kept(clock, Config(steps=200), Config(minutes=1))
    assert clock.game == (10, pytest.approx(0.1))


def test_changed_data_are_refused_with_the_difference_unless_asked_for(tmp_path: Path) -> None:
    config = Config(steps=2, **SMALL)
    list(train(rows(), tmp_path, config))
    with pytest.raises(RunError, match=r"rows 24 \(now 30\).*--from"):
        list(train(rows(30), tmp_path, config, resume=True))
    assert len(list(train(rows(30), tmp_path, config.but(steps=4), resume=True, change=True))) == 2
    assert story(tmp_path)["holds"]["rows"] == 30


def test_fewer_good_cells_are_noticed(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"cells of 'image' 40 \(now 38\)"):
        same_data({"rows": 48, "cells of 'image'": 40}, {"rows": 48, "cells of 'image'": 38}, tmp_path)


def test_a_log_goes_back_with_the_checkpoint(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    trim(log, 3)
    assert not log.exists()
    lines = [json.dumps({"step": step}) for step in (10, 20, 30)]
    log.write_text("\n".join([*lines, '{"note": "no step"}', '{"step": 40, "los']))
    trim(log, 20)
    assert log.read_text() == f'{lines[0]}\n{lines[1]}\n{{"note": "no step"}}\n'


def test_a_resumed_run_has_the_log_of_one_that_was_never_stopped(tmp_path: Path) -> None:
    config = Config(steps=40, canvas=0.1, **SMALL)
    list(train(rows(), tmp_path / "whole", config))
    for record in (records := train(rows(), tmp_path / "parts", config)):
        if record.step == 15:
            records.close()
            break
    # Killed: what it logged after its last checkpoint is told again.
    with (tmp_path / "parts" / "log.jsonl").open("a") as log:
        log.write('{"step": 20, "losses": {}}\n{"step": 3')
    list(train(rows(), tmp_path / "parts", config, resume=True))
    told = [
        [json.loads(line) for line in (tmp_path / n / "log.jsonl").read_text().splitlines()] for n in ("whole", "parts")
    ]
    assert [[(r["step"], r["losses"]) for r in run] for run in told] == [
        [(r["step"], r["losses"]) for r in told[0]]
    ] * 2
    assert [r["step"] for r in told[1]] == [10, 20, 30, 40]


def test_torchrun_resumes_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not restarted()
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "0")
    assert not restarted()
    config = Config(steps=2, **SMALL)
    list(train(rows(), tmp_path, config))
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    assert restarted()
    assert list(train(rows(), tmp_path, config)) == []


def test_what_a_killed_process_was_writing_goes_even_if_nothing_is_left_to_do(tmp_path: Path) -> None:
    config = Config(size="tiny", steps=3, threads=1, precision="fp32", batch=8)
    list(train(rows(), tmp_path, config))
    whole = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for name in (".last.safetensors.123", ".healthy-0.safetensors.123", ".tmp9Zx"):
        (tmp_path / name).write_bytes(b"half")
    assert list(train(rows(), tmp_path, config, resume=True)) == []
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == whole
