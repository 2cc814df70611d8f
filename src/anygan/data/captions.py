"""The grammar of the captions of handwritten and spoken digits.

    the [thin |thick ]WORD[ leaning left| leaning right][, said by SPEAKER]

A class in the middle third or half goes without saying: its name is the empty string.
"""

import re
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SLANTS", "THICKNESSES", "WORDS", "caption", "captions", "classes", "parse"]

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
THICKNESSES = ("thin", "", "thick")
SLANTS = ("left", "", "right")

GRAMMAR = re.compile(rf"the (?:(thin|thick) )?({'|'.join(WORDS)})(?: leaning (left|right))?(?:, said by ([^\s,]+))?")


def caption(digit: int, thickness: str, slant: str, speaker: str | None = None) -> str:
    """The sentence about one digit.

    Example:
        >>> caption(7, "thick", "left", "theo")
        'the thick seven leaning left, said by theo'
        >>> caption(0, "", "")
        'the zero'
    """
    thick = f"{thickness} " if thickness else ""
    lean = f" leaning {slant}" if slant else ""
    voice = f", said by {speaker}" if speaker else ""
    return f"the {thick}{WORDS[digit]}{lean}{voice}"


def captions(speakers: Sequence[str | None] = (None,)) -> list[str]:
    """Every sentence of the grammar, counted up by digit, thickness, slant and, fastest, speaker."""
    return [caption(d, t, s, v) for d in range(len(WORDS)) for t in THICKNESSES for s in SLANTS for v in speakers]


def parse(text: str, speakers: Collection[str] | None = None) -> dict[str, Any] | None:
    """What a sentence says, or ``None`` where it is not exactly in the grammar.

    Args:
        text: the sentence.
        speakers: who may be named; anyone where left out.

    Returns:
        ``digit`` (int), ``thickness``, ``slant`` (names of classes) and ``speaker`` (``None`` where unnamed).

    Example:
        >>> parse("the thin two")
        {'digit': 2, 'thickness': 'thin', 'slant': '', 'speaker': None}
        >>> parse("the thin thin two") is None
        True
    """
    match = GRAMMAR.fullmatch(text)
    if match is None:
        return None
    thickness, word, slant, speaker = match.groups()
    if speaker is not None and speakers is not None and speaker not in speakers:
        return None
    return {"digit": WORDS.index(word), "thickness": thickness or "", "slant": slant or "", "speaker": speaker}


def classes(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.int64]:
    """Class of each measurement: 0 below ``low``, 2 above ``high``, 1 between. (N,) -> (N,)."""
    return (1 - (values < low) + (values > high)).astype(np.int64)
