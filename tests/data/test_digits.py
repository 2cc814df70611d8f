"""The embedded set: there without a network, split without overlap, its captions true."""

import subprocess
import sys

import numpy as np

from anygan.data.captions import parse
from anygan.data.digits import RATE, digits, enlarge


def test_both_splits_have_their_rows_and_agree_in_them() -> None:
    for split, count in (("train", 1437), ("test", 360)):
        data = digits(split)
        assert len(data) == count
        labels = data.pairing(2).labels
        assert set(labels["digit"].tolist()) == set(range(10))
        texts = data.columns["text"].cells
        for i, number in enumerate(data.pairing(2).index["text"]):
            expected = {"speaker": None} | {name: labels[name][i] for name in ("digit", "thickness", "slant")}
            assert parse(texts[number]) == expected


def test_cells_are_in_the_forms_of_the_contract() -> None:
    row = next(digits("test").rows())
    assert row["image"] is not None
    assert row["audio"] is not None
    assert (row["image"].shape, row["image"].dtype) == ((28, 28), np.uint8)
    sound, rate = row["audio"]
    assert (rate, sound.dtype, sound.ndim) == (RATE, np.float32, 1)
    assert np.abs(sound).max() <= 1
    lengths = [len(s) / RATE for s, _ in digits("train").columns["audio"].cells]
    assert 0.1 < min(lengths) < np.median(lengths) < max(lengths) < 1.1


def test_voices_and_pictures_are_in_one_split_only() -> None:
    train, test = digits("train"), digits("test")
    voices = [
        {str(v).split(" ")[0].split("+")[1] for e in range(8) for v in d.pairing(e).labels["speaker"]}
        for d in (train, test)
    ]
    assert not voices[0] & voices[1]
    assert len(voices[0]) > 40
    pictures = [{p.tobytes() for p in d.columns["image"].cells} for d in (train, test)]
    assert not pictures[0] & pictures[1]


def test_training_draws_afresh_and_test_does_not() -> None:
    train, test = digits("train"), digits("test")
    assert not np.array_equal(train.pairing(0).index["audio"], train.pairing(1).index["audio"])
    assert np.array_equal(test.pairing(0).index["audio"], test.pairing(1).index["audio"])


def test_enlarging_keeps_ink_in_place_and_a_margin() -> None:
    corner = np.zeros((1, 8, 8), np.uint8)
    corner[0, 0, 0] = 16
    large = enlarge(corner)[0]
    assert large.max() > 200
    assert np.unravel_index(large.argmax(), large.shape)[0] in range(4, 7)
    assert enlarge(np.full((1, 8, 8), 16, np.uint8))[0, :3].max() == 0


def test_the_set_needs_neither_scikit_learn_nor_a_synthesiser() -> None:
    code = (
        "import sys; sys.modules.update({'sklearn': None, 'espeakng_loader': None})\n"
        "from anygan.data.digits import digits; print(len(digits('test')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "360", done.stderr
