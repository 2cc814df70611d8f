"""The worked examples: what they choose and filter by, and each script from its options to its table and sheet."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from clean_a_recording import noised, wiener
from fill_a_gap import contexts, gaps_of
from restore_a_picture import SIDE, covered, nearest

from anygan import load_data

EXAMPLES = Path(__file__).parents[2] / "examples"

Run = Callable[..., dict[str, list[str]]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a script on the digits, with judges of its own, and reads its table: first column -> the others."""
    cache = tmp_path_factory.mktemp("cache")

    def start(script: str, *words: str) -> dict[str, list[str]]:
        few = ["--data", "digits", "--rows", "8", "--draws", "2", "--judge-steps", "60"]
        command = [sys.executable, str(EXAMPLES / script), *few, *words]
        done = subprocess.run(
            command, env=os.environ | {"ANYGAN_CACHE": str(cache)}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        lines = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
        return {line[0]: line[1:] for line in lines}

    return start


@pytest.fixture(scope="module")
def model(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny run, trained by the first example."""
    out = tmp_path_factory.mktemp("restored")
    table = run("restore_a_picture.py", "--size", "tiny", "--steps", "10", "--out", str(out))
    assert table.pop("the box is filled with") == ["RMSE in the box (ink 0 to 1)", "judge names the digit"]
    assert table.pop("the picture itself")[0] == "0.000"
    assert all(float(cells[0]) > 0 for cells in table.values())
    with PIL.Image.open(out / "restore_a_picture.png") as sheet:
        assert sheet.height > 8 * 28
    return out / "run"


def test_a_gap_is_filled(run: Run, model: Path, tmp_path: Path) -> None:
    table = run("fill_a_gap.py", "--run", str(model), "--out", str(tmp_path))
    assert table["the gap is filled by"] == ["digit", "thickness", "slant"]
    assert table["gaps"][0] == "8"
    assert "AnyGAN, code, image + audio" in table
    assert "AnyGAN, complete, image + audio" in table
    assert (tmp_path / "fill_a_gap.png").exists()


def test_a_recording_is_cleaned(run: Run, model: Path, tmp_path: Path) -> None:
    table = run("clean_a_recording.py", "--run", str(model), "--out", str(tmp_path))
    # The digits' test voices are strangers to a judge of voices, which has no column then.
    assert len(table["what is heard"]) == 2
    assert float(table["the clean recording"][0]) == 0
    assert float(table["Wiener's filter"][0]) < float(table["noisy, as it is"][0])
    assert (tmp_path / "clean_a_recording.png").exists()


def test_boxes_are_whole_and_lie_apart() -> None:
    hidden = covered(np.zeros((50, 28, 28), np.uint8), 0)
    assert (hidden.sum((1, 2)) == SIDE**2).all()
    assert not hidden[:, :4].any()
    assert not hidden[:, -3:].any()
    assert len({one.tobytes() for one in hidden}) > 20


def test_the_nearest_is_told_by_what_can_be_seen() -> None:
    hidden = np.zeros((2, 2), bool)
    hidden[0] = True
    damaged = np.array([[128, 128], [10, 250]], np.uint8)
    far, near = np.array([[128, 128], [250, 10]], np.uint8), np.array([[0, 255], [12, 249]], np.uint8)
    assert (nearest(damaged, hidden, np.stack([far, near])) == near).all()


def test_words_that_leave_no_choice_are_no_gaps() -> None:
    texts = ["the thin one", "the thick one", "the thick two"]
    words = [{"text": text} for text in texts]
    known = contexts(load_data(words, kinds={"text": "text"}))
    assert known["the", "", "one"] == Counter(thin=1, thick=1)
    assert known["the", "thick", ""] == Counter(one=1, two=1)
    assert len(known["", "thick", "two"]) == 1


def test_gaps_of_the_digits_ask_for_what_stood_there() -> None:
    test = load_data("digits:test").take(slice(0, 40))
    gaps = list(gaps_of(test, contexts(load_data("digits"))))
    texts = [str(row["text"]) for row in test.rows()]
    assert [gap.row for gap in gaps if gap.asks == "digit"] == list(range(40))
    assert all(gap.with_word(gap.truth) == texts[gap.row] for gap in gaps)
    assert {gap.truth for gap in gaps if gap.asks == "thickness"} == {"thin", "thick"}


def test_wiener_takes_noise_away_and_an_idea_of_the_signal_helps() -> None:
    time = np.arange(8000) / 8000
    clean = (np.sin(2 * np.pi * 440 * time) * (time % 0.25 < 0.1)).astype(np.float32), 8000
    noisy = noised(clean, 5, np.random.default_rng(0))

    def error(sound: tuple[np.ndarray, int]) -> float:
        return float(np.square(sound[0] - clean[0]).mean())

    assert error(wiener(noisy, clean)) < error(wiener(noisy)) < error(noisy)
