"""Judges: what they see, that they learn it, and that the cache gives the same judge again."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import soundfile
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from anygan import metrics
from anygan.data.spoken_mnist import read_recordings
from anygan.errors import CellError, ConfigError, DataError
from anygan.judging.judges import FEATURES, Judge, train_judge
from anygan.judging.views import VIEWS

RATE = 8000


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def tone(hertz: float, seconds: float = 0.3, rate: int = RATE, seed: int = 0) -> tuple[NDArray[np.float32], int]:
    rng = np.random.default_rng(seed)
    wave = np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate) + 0.05 * rng.normal(
        size=int(seconds * rate)
    )
    return (wave * rng.uniform(0.1, 0.9)).astype(np.float32), rate


@pytest.fixture(scope="module")
def handwriting() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    digits = load_digits()
    return (digits.images * 15.9).astype(np.uint8), digits.target


@pytest.fixture(scope="module")
def digit_judge(handwriting: Any, tmp_path_factory: pytest.TempPathFactory) -> Judge:
    images, digits = handwriting
    cache = tmp_path_factory.mktemp("judges")
    return train_judge(images[:1200], digits[:1200], "image", label="digit", steps=100, cache=cache)


def test_reads_digits_it_has_not_seen(digit_judge: Judge, handwriting: Any) -> None:
    images, digits = handwriting
    assert digit_judge.accuracy(images[1200:], digits[1200:]) > 0.9
    assert digit_judge.name.startswith("digit-of-image-")


def test_reads_what_was_written(digit_judge: Judge, handwriting: Any, tmp_path: Path) -> None:
    picture = PIL.Image.fromarray(handwriting[0][0])
    picture.save(tmp_path / "a.png")
    forms = [handwriting[0][0], picture, picture.convert("RGBA"), tmp_path / "a.png"]
    features = digit_judge.features(forms)
    assert features.shape == (4, FEATURES)
    assert torch.allclose(features, features[:1].expand(4, -1), atol=1e-5)
    assert digit_judge.features([]).shape == (0, FEATURES)


def test_features_tell_noise_from_digits(digit_judge: Judge, handwriting: Any) -> None:
    images, _ = handwriting
    noise = np.random.default_rng(0).integers(0, 255, (300, 8, 8), np.uint8)
    real = digit_judge.features(images[:800])
    floor = metrics.frechet(real, digit_judge.features(images[800:1600]))
    assert metrics.frechet(real, digit_judge.features(noise)) > 5 * floor


def test_the_cache_gives_the_same_judge(handwriting: Any, tmp_path: Path) -> None:
    images, digits = handwriting[0][:200], handwriting[1][:200]
    seen: list[int] = []

    def train(labels: NDArray[Any], seed: int = 0) -> Judge:
        return train_judge(
            images, labels, "image", steps=3, seed=seed, cache=tmp_path, progress=lambda step, steps: seen.append(step)
        )

    first = train(digits)
    assert seen == [1, 2, 3]
    again = train(digits)
    assert seen == [1, 2, 3]
    assert again.name == first.name
    assert torch.equal(again.features(images), first.features(images))
    assert train(digits, seed=1).name != first.name
    assert train(digits % 2).name != first.name
    assert len(list(tmp_path.iterdir())) == 3
    for kept in tmp_path.iterdir():
        kept.write_bytes(b"cut off")
    assert torch.equal(train(digits).features(images), first.features(images))


def test_training_leaves_the_global_stream_alone(handwriting: Any, tmp_path: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train_judge(handwriting[0][:50], handwriting[1][:50], "image", steps=2, cache=tmp_path)
    assert torch.equal(torch.rand(3), expected)


def test_hears_pitch_whatever_the_rate_and_loudness(tmp_path: Path) -> None:
    pitches = ["low", "high"] * 40
    clips = [tone(300 if pitch == "low" else 1200, seed=i) for i, pitch in enumerate(pitches)]
    judge = train_judge(clips, pitches, "audio", label="pitch", steps=30, cache=tmp_path)
    assert judge.accuracy(clips, pitches) == 1
    soundfile.write(tmp_path / "stereo.wav", np.stack([tone(1200, rate=22050)[0] * 0.05] * 2, 1), 22050)
    later = (np.concatenate([np.zeros(200, np.float32), tone(300, 1.0)[0]]), RATE)
    assert judge.predict([tmp_path / "stereo.wav", later]).tolist() == ["high", "low"]


def test_loudness_does_not_change_what_is_heard() -> None:
    view = VIEWS["audio"].fit([tone(440)])
    samples, rate = tone(440)
    loud, quiet = view((samples, rate)), view((samples * 0.01, rate))
    assert (loud.int() - quiet.int()).abs().max() <= 1
    assert view((np.zeros(50, np.float32), rate)).shape == loud.shape


def test_reads_sentences(tmp_path: Path) -> None:
    words = ["zero", "one", "two", "three"] * 30
    texts = [f"the {'thin ' * (i % 2)}{word}, said by {'lucas' if i % 3 else 'theo'}" for i, word in enumerate(words)]
    judge = train_judge(texts, words, "text", steps=60, cache=tmp_path)
    assert judge.predict(["the thin two, said by theo", "The one , said by lucas"]).tolist() == ["two", "one"]


def test_reads_tables_with_gaps(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=200)
    rows = [
        {"size": float(10 * k + rng.normal()), "colour": "red" if k else "blue", "odd": None, "n": str(rng.integers(9))}
        for k in labels
    ]
    judge = train_judge(rows, labels, "table", steps=60, cache=tmp_path)
    unseen = [{"size": 10.0}, {"colour": "blue"}, {"size": None, "colour": "red", "new": 3}]
    assert judge.predict(unseen).tolist() == [1, 0, 1]
    again = train_judge(rows, labels, "table", steps=60, cache=tmp_path)
    assert torch.equal(again.features(unseen), judge.features(unseen))


def test_reads_vectors(tmp_path: Path) -> None:
    labels = np.arange(100) % 2
    cells = [np.array([label * 2.0 - 1, i % 7, 3.0]) for i, label in enumerate(labels)]
    judge = train_judge(cells, labels, "vector", steps=40, cache=tmp_path)
    assert judge.accuracy(cells, labels) == 1
    with pytest.raises(CellError, match="expected 3 numbers, got 2"):
        judge.predict([np.zeros(2)])


def test_colour_counts_where_there_is_colour(tmp_path: Path) -> None:
    cells = [np.full((6, 9, 3), (200, 0, 0) if i % 2 else (0, 0, 200), np.uint8) for i in range(40)]
    judge = train_judge(cells, np.arange(40) % 2, "image", steps=20, cache=tmp_path)
    assert judge.accuracy(cells, np.arange(40) % 2) == 1


def test_unreadable_training_cells_are_passed_over(handwriting: Any, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    cells = [broken, *handwriting[0][:40], tmp_path / "nowhere.png"]
    judge = train_judge(cells, [3, *handwriting[1][:40], 4], "image", steps=2, cache=tmp_path / "kept")
    with pytest.raises(CellError, match="not a picture"):
        judge.predict([broken])


def test_what_cannot_be_learned_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'image'"):
        train_judge([], [], "imag")
    with pytest.raises(DataError, match="at least two classes to tell apart: got 1"):
        train_judge(["a", "b"], [1, 1], "text", label="digit", cache=tmp_path)
    with pytest.raises(DataError, match="2 cells needs as many labels: got 1"):
        train_judge(["a", "b"], [1], "text", cache=tmp_path)
    with pytest.raises(DataError, match="nothing to look at: there is no such file"):
        train_judge([tmp_path / "a.wav", tmp_path / "b.wav"], [1, 2], "audio", cache=tmp_path)


@pytest.mark.skipif("ANYGAN_DATA" not in os.environ, reason="needs the recordings: set ANYGAN_DATA to their folder")
def test_hears_spoken_digits_of_takes_it_has_not_heard(tmp_path: Path) -> None:
    folder = Path(os.environ["ANYGAN_DATA"])
    train, test = read_recordings("train", folder), read_recordings("test", folder)
    judge = train_judge(train.sounds, train.digits, "audio", label="digit", steps=120, cache=tmp_path)
    assert judge.accuracy(test.sounds, test.digits) > 0.9
