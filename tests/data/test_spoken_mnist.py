"""Pictures, recordings and captions of a row agree, and the draw is what it promises."""

from pathlib import Path

import numpy as np
import pytest

from anygan.data.captions import parse
from anygan.data.hand import slant, thickness
from anygan.data.mnist import read_mnist
from anygan.data.spoken_mnist import ARCHIVE, SPEAKERS, read_recordings, spoken_mnist, thresholds
from anygan.errors import DataError


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_row_agrees_in_all_it_says(small_data: Path, split: str) -> None:
    data = spoken_mnist(split, small_data)
    (thin, thick), (left, right) = thresholds(read_mnist("train", small_data)[0])
    labels = data.pairing(1).labels
    for i, row in enumerate(data.rows(1)):
        assert row["image"] is not None
        assert row["audio"] is not None
        digit, speaker, take = np.round(row["audio"][0][:3] * 100).astype(int)
        said = parse(str(row["text"]), SPEAKERS)
        assert said == {name: labels[name][i] for name in said or {}}
        assert said is not None
        assert (said["digit"], said["speaker"]) == (digit, SPEAKERS[speaker])
        assert (take < 5) == (split == "test")
        width, lean = thickness(row["image"][None])[0], slant(row["image"][None])[0]
        assert said["thickness"] == ("thin" if width < thin else "thick" if width > thick else "")
        assert said["slant"] == ("left" if lean < left else "right" if lean > right else "")
        assert row["audio"][1] == 8000


def test_training_draws_afresh_each_pass_and_the_seed_decides(small_data: Path) -> None:
    data = spoken_mnist("train", small_data)
    first, second = data.pairing(0).index, data.pairing(1).index
    assert not np.array_equal(first["audio"], second["audio"])
    np.testing.assert_array_equal(first["image"], second["image"])
    for epoch in (2, 3, 4):
        data.pairing(epoch)
    again = spoken_mnist("train", small_data).pairing(1).index
    np.testing.assert_array_equal(second["audio"], again["audio"])
    other = spoken_mnist("train", small_data, seed=1).pairing(1).index
    assert not np.array_equal(second["audio"], other["audio"])
    assert data.pairing(4) is data.pairing(4)


def test_the_test_split_keeps_one_draw(small_data: Path) -> None:
    data = spoken_mnist("test", small_data)
    np.testing.assert_array_equal(data.pairing(0).index["audio"], data.pairing(7).index["audio"])


def test_every_recording_of_a_digit_is_drawn_in_time(small_data: Path) -> None:
    data = spoken_mnist("train", small_data)
    drawn = np.concatenate([data.pairing(epoch).index["audio"] for epoch in range(40)])
    assert set(drawn.tolist()) == set(range(len(data.columns["audio"].cells)))


def test_a_missing_or_broken_archive_says_what_to_do(small_data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--data-dir"):
        read_recordings("train", tmp_path)
    (tmp_path / "fsdd").mkdir()
    (tmp_path / "fsdd" / ARCHIVE).write_bytes((small_data / "fsdd" / ARCHIVE).read_bytes()[:5000])
    with pytest.raises(DataError, match="fetch it again"):
        read_recordings("train", tmp_path)


def test_the_real_set_is_as_documented(real_data: Path) -> None:
    data = spoken_mnist("test", real_data)
    assert len(data) == 10_000
    assert len(data.columns["audio"].cells) == 300
    assert len(data.columns["text"].cells) == 540
    thirds = [np.mean(data.pairing(0).labels["thickness"] == name) for name in ("thin", "", "thick")]
    assert np.allclose(thirds, 1 / 3, atol=0.05)
    quarters = [np.mean(data.pairing(0).labels["slant"] == name) for name in ("left", "right")]
    assert np.allclose(quarters, 1 / 4, atol=0.05)
