"""The loop learns, stops and goes on exactly."""

from pathlib import Path

import numpy as np
import pytest
import torch
from small_runs import SMALL

from anygan import Config, DataSet, load_data, train
from anygan.config import PENALTIES
from anygan.errors import DataError, RunError
from anygan.tasks.model import load
from anygan.training import checkpoint


def rows() -> DataSet:
    """Pictures, sentences and numbers that go together, with holes."""
    chance = np.random.default_rng(0)
    listed = []
    for i in range(48):
        picture = np.full((8, 8), 60 * (i % 4) + 20, np.uint8)
        listed.append(
            {
                "image": picture if i % 5 else None,
                "text": ["dark", "dim", "pale", "bright"][i % 4] + " square" if i % 7 else None,
                "size": float(i % 4) + chance.normal() / 10,
            }
        )
    return load_data(listed, kinds={"image": "image", "text": "text"})


def tensors(run: Path) -> dict[str, torch.Tensor]:
    return checkpoint.load(run / "last.safetensors")[0]


def test_a_stopped_run_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    data, config = rows(), Config(steps=14, canvas=0.3, **SMALL)
    whole = [r.losses for r in train(data, tmp_path / "whole", config)]
    part = []
    for stop in (2, 5, 9):
        records = train(data, tmp_path / "parts", config, resume=True)
        for record in records:
            part.append(record.losses)
            if record.step == stop:
                records.close()
                break
    part += [r.losses for r in train(data, tmp_path / "parts", config, resume=True)]
    assert part == whole
    a, b = tensors(tmp_path / "whole"), tensors(tmp_path / "parts")
    assert a.keys() == b.keys()
    assert all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("penalty", PENALTIES[1:])
def test_with_any_penalty_too(tmp_path: Path, penalty: str) -> None:
    """Spectral normalisation keeps a state of its own beside the weights; it goes on where it was."""
    data, config = rows(), Config(steps=4, canvas=0.01, penalty=penalty, **SMALL)
    whole = [r.losses for r in train(data, tmp_path / "whole", config)]
    records = train(data, tmp_path / "parts", config)
    part = [next(records).losses, next(records).losses]
    records.close()
    part += [r.losses for r in train(data, tmp_path / "parts", config, resume=True)]
    assert part == whole
    assert np.isfinite([list(losses.values()) for losses in whole[1:]]).all()


def test_records_tell_where_the_run_is(tmp_path: Path) -> None:
    records = list(train(rows(), tmp_path, Config(steps=10, canvas=0.2, **SMALL)))
    assert [r.step for r in records] == list(range(1, 11))
    assert [r.phase for r in records][:2] == ["canvas", "game"]
    assert records[-1].position == 1.0
    assert set(records[-1].losses) == {"align", "recognise", "believe", "judge", "imitate", "echo", "energy"}
    assert all(np.isfinite(list(r.losses.values())).all() for r in records)
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 1


def test_an_existing_run_is_refused_or_gone_on_with(tmp_path: Path) -> None:
    data, config = rows(), Config(steps=2, **SMALL)
    list(train(data, tmp_path, config))
    with pytest.raises(RunError, match="--resume"):
        list(train(data, tmp_path, config))
    assert list(train(data, tmp_path, config, resume=True)) == []
    with pytest.raises(RunError, match="lr"):
        list(train(data, tmp_path, config.but(lr=1e-3), resume=True))


def test_a_run_can_be_used(tmp_path: Path) -> None:
    list(train(rows(), tmp_path, Config(steps=6, **SMALL)))
    model = load(tmp_path)
    (row,) = model.generate(1)
    assert row["image"].size == (8, 8)
    assert isinstance(row["text"], str)
    (made,) = model.translate([{"text": "dark square"}], ["text"], ["image"])
    assert list(made.cells) == ["text", "image"]
    done = list(model.complete(rows()))
    assert len(done) == 48
    assert all(cell is not None for row in done for cell in row.cells.values())


def test_minutes_end_the_run(tmp_path: Path) -> None:
    records = list(train(rows(), tmp_path, Config(minutes=0.02, **SMALL)))
    assert records[-1].position == 1.0
    assert 1.2 <= records[-1].seconds < 5


def test_nothing_to_learn_from_is_said(tmp_path: Path) -> None:
    data = load_data([{"text": "a word"}, {"text": ""}])
    empty = data.take(np.array([1]))
    with pytest.raises(DataError, match="empty"):
        list(train(empty, tmp_path, Config(steps=1, **SMALL)))
