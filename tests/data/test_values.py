"""What values say."""

from datetime import date, datetime

import numpy as np
import pytest

from anygan.data.values import is_missing, says_missing, to_boolean, to_date, to_number, to_vector, words_in


@pytest.mark.parametrize("text", ["", "abc", "1_000", "0x1f", "007", "1,5", "inf", "nan", "1e", ".", "--1", "\u0661"])
def test_these_are_no_numbers(text: str) -> None:
    assert to_number(text) is None


def test_numbers_keep_their_type() -> None:
    read = [to_number(v) for v in (" 3 ", "3.0", "1e3", True, np.int64(4), float("inf"))]
    assert read == [3, 3.0, 1000.0, None, 4, None]
    assert [type(v) for v in read[:3]] == [int, float, float]


def test_vectors_are_flat_and_finite() -> None:
    assert to_vector("[1, 2]") == to_vector([1, 2]) == to_vector(np.array([1, 2])) == [1.0, 2.0]
    assert to_vector("3") == [3.0]
    for other in ("[1, null]", "[]", "{}", "[NaN]", '["1"]', [[1]], "x"):
        assert to_vector(other) is None


def test_truths_are_true_or_false() -> None:
    assert [to_boolean(v) for v in (" TRUE", "false", True, np.bool_(False))] == [True, False, True, False]
    assert [to_boolean(v) for v in ("yes", "1", 1, 0.0, None)] == [None] * 5


def test_dates_are_told_as_iso_8601_writes_them() -> None:
    assert [to_date(v) for v in (" 2024-05-31", date(2024, 5, 31))] == ["2024-05-31"] * 2
    assert to_date(datetime(2024, 5, 31, 1)) == "2024-05-31T01:00:00"
    assert [to_date(v) for v in ("20240531", "31-05-2024", "2024-02-30", 20240531)] == [None] * 4


def test_what_is_empty_is_missing_and_a_word_may_say_so() -> None:
    assert all(is_missing(v) for v in (None, "", float("nan"), np.float32("nan")))
    assert not any(is_missing(v) for v in (" ", "NA", 0, False, []))
    assert all(says_missing(v) for v in ("NA", " n/a ", "None", ""))
    assert not any(says_missing(v) for v in ("nothing", "-", None, 0))


def test_words_are_parted_by_white_space_of_any_kind() -> None:
    for text in ("", "   ", "one", " two\twords\n", "three\u3000of\u00a0them", "a, b - c"):
        assert words_in(text) == len(text.split())
