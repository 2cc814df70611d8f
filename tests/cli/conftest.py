"""A run that is barely trained: commands are tried on it, not its pictures."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import soundfile
import torch
from click.testing import CliRunner, Result

from anygan import Config, load_data, train
from anygan.cli.app import app

TINY = Config(size="tiny", steps=5, threads=1, precision="fp32")


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of five steps on a hundred rows of the embedded digits."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    for _ in train(load_data("digits").take(slice(0, 100)), folder, TINY):
        pass
    return folder


@pytest.fixture(scope="session")
def mixed_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of five steps on rows of every kind."""
    folder = tmp_path_factory.mktemp("mixed")
    mixed(folder / "data", [given(i) for i in range(40)])
    for _ in train(load_data(folder / "data"), folder / "run", TINY):
        pass
    return folder / "run"


@pytest.fixture
def anygan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def invoke(*words: object) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words], prog_name="anygan")

    return invoke


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def given(i: int) -> dict[str, str]:
    """A row of every kind; its files are made by :func:`mixed`."""
    return {
        "note": f'a note, number {i % 5} "quoted"',
        "age": f"{20 + i % 30}.50",
        "file_name": f"./pics/sub/{i}.png",
        "city": ("Rome", "Oslo")[i % 2],
        "speech_file_name": f"snd/{i}.flac",
        "born": f"{1970 + i % 20}-01-02",
        "point": json.dumps([i / 7, 1, 2.5]),
    }


def mixed(folder: Path, rows: list[dict[str, str]]) -> Path:
    """A data set in the contract's form, with the files that its rows may name."""
    rng = np.random.default_rng(0)
    (folder / "pics" / "sub").mkdir(parents=True)
    (folder / "snd").mkdir()
    for i in range(len(rows)):
        pixels: Any = rng.integers(0, 255, (16, 20), dtype=np.uint8)
        PIL.Image.fromarray(pixels).save(folder / "pics" / "sub" / f"{i}.png")
        soundfile.write(folder / "snd" / f"{i}.flac", 0.1 * rng.normal(size=1600), 8000)
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    return folder
