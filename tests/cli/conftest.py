"""A run that is barely trained: commands are tried on it, not its pictures."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result
from every_kind import given, mixed

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
