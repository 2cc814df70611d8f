"""MNIST and Stacked MNIST, read from IDX files."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from anygan.data.mnist import FILES, mnist, read_idx, stacked_mnist
from anygan.errors import ConfigError, DataError


def test_rows_are_pictures_with_digits(small_data: Path) -> None:
    data = mnist("test", small_data)
    assert data.kinds == {"image": "image"}
    assert data.name == "mnist:test"
    assert len(data) == 20
    assert data.pairing(3).labels["digit"].tolist() == [i % 10 for i in range(20)]
    cell = next(data.rows())["image"]
    assert cell is not None
    assert (cell.shape, cell.dtype) == ((28, 28), np.uint8)


def test_stacked_channels_are_the_digits_of_the_mode(small_data: Path) -> None:
    data, single = stacked_mnist("test", small_data), mnist("test", small_data)
    assert len(data) == 26_000
    cells, digits = data.columns["image"].cells, single.pairing(0).labels["digit"]
    pictures = [p.tobytes() for p in single.columns["image"].cells]
    for row in (0, 1, 25_999):
        shown = [int(digits[pictures.index(np.ascontiguousarray(cells[row][..., c]).tobytes())]) for c in range(3)]
        assert int("".join(map(str, shown))) == data.pairing(0).labels["mode"][row]
    assert len(cells[5:9]) == 4
    np.testing.assert_array_equal(cells[5:9][1], cells[6])


def test_an_unknown_split_is_an_error_that_names_the_nearest(small_data: Path) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'train'"):
        mnist("trai", small_data)


def test_a_missing_file_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz.*--data-dir.*ANYGAN_DATA"):
        mnist("train", tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"no gzip at all",
        gzip.compress(b""),
        gzip.compress(b"\0\0\x08\x01\0\0\0\x05abc"),
        gzip.compress(b"\0\0\x0d\x01\0\0\0\x01a"),
        gzip.compress(b"\0\0\x08\x03\0\0\0\x01"),
        gzip.compress(b"\0\0\x08\x01\0\0\0\x03abc")[:-9],
    ],
    # Packed bytes hold the time: as names of tests they would differ between test workers.
    ids=["no gzip", "empty", "too short", "wrong type", "no size", "cut off"],
)
def test_a_broken_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.gz").write_bytes(content)
    with pytest.raises(DataError, match=r"x\.gz.*Delete it and fetch it again"):
        read_idx(tmp_path / "x.gz")


def test_files_of_different_lengths_are_refused(small_data: Path, tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    for name, other in zip(FILES["test"], (FILES["test"][0], FILES["train"][1]), strict=True):
        (tmp_path / "mnist" / name).write_bytes((small_data / "mnist" / other).read_bytes())
    with pytest.raises(DataError, match="do not belong together"):
        mnist("test", tmp_path)


def test_the_real_set_has_its_known_counts(real_data: Path) -> None:
    digits = mnist("test", real_data).pairing(0).labels["digit"]
    assert np.bincount(digits).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
