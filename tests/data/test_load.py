"""One door to all data."""

from pathlib import Path

import pytest

from anygan.data import load as door
from anygan.data.load import BUILT_IN, load_data
from anygan.errors import ConfigError, DataError

LENGTHS = {"digits": 360, "grid": 10_000, "mnist": 20, "ring": 10_000, "spoken-mnist": 20, "stacked-mnist": 26_000}


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_set_opens_by_name_and_split(name: str, small_data: Path) -> None:
    data = load_data(f"{name}:test", data_dir=small_data, split="train")
    assert len(data) == LENGTHS[name]
    assert data.name == f"{name}:test"
    assert load_data(name, data_dir=str(small_data)).name == f"{name}:train"
    assert load_data(name, data_dir=small_data, split="test").name == f"{name}:test"
    assert data.pairing(0).labels
    assert all(len(i) == len(data) for i in data.pairing(1).index.values())


def test_the_folder_may_come_from_the_environment(small_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANYGAN_DATA", str(small_data))
    assert len(load_data("mnist:test")) == 20
    with pytest.raises(DataError, match="--data-dir"):
        load_data("mnist:test", data_dir=small_data / "mnist")


def test_without_a_folder_the_files_are_fetched(small_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANYGAN_DATA", raising=False)
    asked: list[str] = []
    monkeypatch.setattr(door, "fetch_all", lambda files: asked.extend(f.path for f in files) or small_data)
    assert len(load_data("spoken-mnist:test")) == 20
    assert len(asked) == 5


def test_files_rows_and_data_sets_open_too(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text("a,b\n1,a b c\n2,d e f\n")
    data = load_data(tmp_path)
    assert data.kinds == load_data(str(tmp_path / "metadata.csv")).kinds == {"table": "table", "b": "text"}
    assert load_data(data) is data
    assert load_data(tmp_path, kinds={"a": "text"}).kinds == {"a": "text", "b": "text"}
    assert load_data([{"a": 1}], kinds={"a": "text"}).kinds == {"a": "text"}


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("spoken_mnist", "Did you mean 'spoken-mnist'"),
        ("digit", "Did you mean 'digits'"),
        ("no/such", "Known: digits, .*, stacked-mnist.$"),
    ],
)
def test_what_is_not_there_gets_the_nearest_name(source: str, sentence: str) -> None:
    with pytest.raises(DataError, match=f"no data set '{source}'.*{sentence}"):
        load_data(source)


def test_what_is_not_there_gets_the_nearest_path(tmp_path: Path) -> None:
    (tmp_path / "patients").mkdir()
    with pytest.raises(DataError, match=f"Did you mean '{tmp_path / 'patients'}'"):
        load_data(tmp_path / "patient")


def test_unknown_splits_and_kinds_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"Unknown split 'tset'\. Did you mean 'test'"):
        load_data("digits:tset")
    with pytest.raises(ConfigError, match="Did you mean 'image'"):
        load_data("digits", kinds={"imag": "image"})
    with pytest.raises(ConfigError, match="is of kind image, not text"):
        load_data("digits", kinds={"image": "text"})
    assert load_data("digits", kinds={"image": "image"}).kinds["image"] == "image"
