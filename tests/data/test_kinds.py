"""What columns are taken for."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from anygan.data.kinds import is_file_column, modality_of, tell, tell_scalar
from anygan.errors import DataError

SENTENCES = ["the thin seven", "the eight leaning left", "the nine"]


@pytest.mark.parametrize(
    ("header", "values", "kind"),
    [
        ("file_name", ["a.png", "b.JPG", ""], "image"),
        ("x_file_name", ["a.wav", None, "c.flac"], "audio"),
        ("x_file_name", ["a.png", "b.png", "c.xyz"], "image"),
        ("x", [Path("a.png")], "image"),
        ("x", [PIL.Image.new("L", (2, 2)), None], "image"),
        ("x", [np.zeros((2, 2, 3), np.uint8)], "image"),
        ("x", [(np.zeros(9, np.float32), 8000)], "audio"),
        ("x", [{"array": np.zeros(9), "sampling_rate": 8000}], "audio"),
        ("x", [{"bytes": b"", "path": "a.wav"}], "audio"),
        ("x", [{"bytes": b"", "path": "a.png"}], "image"),
        ("x", [np.zeros(3)], "vector"),
        ("x", [[1, 2.5], None], "vector"),
        ("x", ["[1, 2.5]", "", "[]", "[3, 4]"] + ["[0, 1]"] * 9, "vector"),
        ("x", ["1", "2.5", "", "-3e4", ".5"], "number"),
        ("x", [1, 2.5, float("nan"), np.float32(3)], "number"),
        ("x", ["1"] * 9 + ["n/a"] * 9, "number"),
        ("x", ["1"] * 18 + ["?", "??"], "number"),
        ("x", ["true", "False", ""], "boolean"),
        ("x", [True, False, None], "boolean"),
        ("x", ["2024-05-31", "2024-06-01"], "date"),
        ("x", ["2024-05-31 10:00", "2024-06-01T11:00:00"], "date"),
        ("x", [date(2024, 5, 31), datetime(2024, 5, 31, 1)], "date"),
        ("x", ["red", "blue", "red", "red"], "category"),
        ("x", ["light blue", "dark red"] * 5, "category"),
        ("x", ["01234", "04567"] * 3, "category"),
        ("x", ["1", "one", "1", "one"], "category"),
        ("x", ["NA", "NA", "NA"], "category"),
        ("x", ["anna", "bert", "carl", "dora"], "text"),
        ("x", SENTENCES * 50, "text"),
        ("x", [f"name {i}" for i in range(30)] * 5, "text"),
        ("x", ["[citation needed] is here", "{braces} too"], "text"),
    ],
)
def test_kinds_are_told_from_cells(header: str, values: list[Any], kind: str) -> None:
    assert tell(header, values).kind == kind


@pytest.mark.parametrize(
    ("header", "values", "reason"),
    [
        ("x", ["", None, float("nan")], "all its cells are empty"),
        ("x_file_name", ["", ""], "all its cells are empty"),
        ("x_file_name", ["a.png", "b.wav"], "pictures and sounds"),
        ("x_file_name", ["a.xyz"], "'.xyz'"),
        ("x_file_name", ["a"], "lack endings"),
        ("x", [object()], "holds a object"),
        ("x", [[[1, 2], [3, 4]]], "holds a list"),
        ("x", [["a", "b"]], "holds a list"),
    ],
)
def test_what_cannot_be_told_is_asked_for(header: str, values: list[Any], reason: str) -> None:
    with pytest.raises(DataError, match=rf"'{header}' cannot be told: .*{reason}.*--kind x=KIND"):
        tell(header, values)


def test_scalars_stay_scalars_however_many_differ() -> None:
    assert tell_scalar("x", ["anna", "bert", "carl"]).kind == "category"
    with pytest.raises(DataError, match="--kind x=KIND"):
        tell_scalar("x", [])


def test_file_columns_name_their_modality() -> None:
    assert is_file_column("file_name")
    assert is_file_column("left_eye_file_name")
    assert not is_file_column("_file_name")
    assert not is_file_column("profile_name")
    assert modality_of("left_eye_file_name", "image") == "left_eye"
