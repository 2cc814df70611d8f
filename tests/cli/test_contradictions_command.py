"""anygan inspect DATA --model RUN: which rows are listed, in what order, and what is said."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from every_kind import given, mixed

Command = Callable[..., Result]


def test_rows_are_listed_most_contradictory_first(anygan: Command, tiny_run: Path) -> None:
    result = anygan("inspect", "digits", "--model", tiny_run, "-k", 5, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["data"] == "digits:test"
    assert told["compared"] == told["rows"] == 360
    scores = [one["conflict"] for one in told["found"]]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)
    for one in told["found"]:
        assert one["conflict"] == pytest.approx(1 - one["reliability"][one["least"]], abs=2e-4)
        assert set(one["cells"]) == {"image", "audio", "text"}
    shown = anygan("inspect", "digits", "--model", tiny_run, "-k", 5).stdout
    assert "360 rows of 360 in digits:test can be compared with themselves" in shown
    assert told["found"][0]["why"] in shown


def test_twenty_are_listed_unless_told_otherwise(anygan: Command, tiny_run: Path) -> None:
    assert len(json.loads(anygan("inspect", "digits", "--model", tiny_run, "--json").stdout)["found"]) == 20


def test_a_folder_of_every_kind_with_gaps(anygan: Command, mixed_run: Path) -> None:
    rows = [given(i) for i in range(6)]
    rows[2] |= {"file_name": "", "speech_file_name": ""}
    rows[4] = dict.fromkeys(rows[4], "") | {"note": "alone"}
    mixed(Path("data"), rows)
    result = anygan("inspect", "data", "--model", mixed_run, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["rows"], told["compared"]) == (6, 5)
    found = {one["row"]: one for one in told["found"]}
    assert 4 not in found
    assert found[0]["files"]["image"].endswith("0.png")
    assert "image" not in found[2]["reliability"]
    assert set(found[2]["files"]) == set()


def test_single_cells_cannot_contradict_themselves(anygan: Command, tiny_run: Path) -> None:
    Path("few.csv").write_text("text\nthe seven\nthe one\n")
    result = anygan("inspect", "few.csv", "--model", tiny_run)
    assert result.exit_code == 0, result.output
    assert "one cell cannot contradict itself" in result.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["digits", "--model", "nowhere"], "There is no run nowhere"),
        (["digits", "--model", "EMPTY"], "There is no checkpoint"),
        (["ring", "--model", "RUN"], "none of the model's modalities"),
        (["other.csv", "--model", "RUN"], "none of the columns that the model knows"),
        (["digits", "-k", "3"], "--model RUN"),
        (["digits", "--model", "RUN", "-k", "0"], "-k"),
        (["digits", "--model", "RUN", "--kind", "text=text"], "Drop --kind"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_gets_a_sentence(anygan: Command, tiny_run: Path, words: list[str], told: str) -> None:
    Path("EMPTY").mkdir()
    Path("other.csv").write_text("a,b\n1,2\n3,4\n")
    result = anygan("inspect", *(str(tiny_run) if word == "RUN" else word for word in words))
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert told in result.stderr
    assert "Traceback" not in result.stderr
