"""The grammar says and understands the same sentences, and no others."""

import numpy as np
import pytest

from anygan.data.captions import SLANTS, THICKNESSES, caption, captions, classes, parse


def test_every_sentence_is_understood_as_it_was_meant() -> None:
    for digit in range(10):
        for thickness in THICKNESSES:
            for slant in SLANTS:
                for speaker in (None, "theo"):
                    said = {"digit": digit, "thickness": thickness, "slant": slant, "speaker": speaker}
                    assert parse(caption(digit, thickness, slant, speaker)) == said


def test_sentences_are_counted_as_documented_and_differ() -> None:
    every = captions(("george", "theo"))
    assert len(set(every)) == len(every) == 10 * 3 * 3 * 2
    assert every[((7 * 3 + 2) * 3 + 0) * 2 + 1] == "the thick seven leaning left, said by theo"
    assert captions()[0] == "the thin zero leaning left"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "seven",
        "the Seven",
        "the  seven",
        "the seven ",
        "the seven\n",
        "the thin thick seven",
        "the seven leaning",
        "the seven leaning up",
        "the seven said by theo",
        "the seven, said by",
        "the seven, said by theo, said by theo",
        "the seven, said by theo leaning left",
    ],
)
def test_other_sentences_are_not(text: str) -> None:
    assert parse(text) is None


def test_only_known_speakers_where_they_are_named() -> None:
    assert parse("the one, said by nobody") is not None
    assert parse("the one, said by nobody", ("theo",)) is None
    assert parse("the one", ("theo",)) is not None


def test_classes_part_below_and_above() -> None:
    assert classes(np.array([0.0, 1.0, 1.5, 2.0, 3.0]), 1.0, 2.0).tolist() == [0, 1, 1, 1, 2]
