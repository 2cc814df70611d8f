"""complete: what is given stays as it is, what is missing is filled, and what was bad is told."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from every_kind import given, mixed, read_csv

from anygan.data.readers import open_data

HOLES = {
    0: {"note": "", "file_name": ""},
    1: {"age": "NA", "point": ""},
    2: {"age": "old"},
    3: {"file_name": "pics/none.png"},
    4: {"file_name": "pics/bad.png", "speech_file_name": ""},
    5: {"city": "Paris", "age": "7.50", "born": ""},
    6: dict.fromkeys(given(0), ""),
    7: {"note": ' spaces , "q"\nline '},
    8: {"city": "Paris", "age": "", "born": ""},
}
"""Row -> what stands there instead; a city that was never seen, alone or not, is a value nevertheless."""

FILLED = {(0, "note"), (0, "file_name"), (1, "age"), (1, "point"), (2, "age"), (3, "file_name"), (4, "file_name")}
FILLED |= {(4, "speech_file_name"), (5, "born"), (8, "age"), (8, "born"), *((6, name) for name in given(0))}
BAD = {(2, "age"), (3, "file_name"), (4, "file_name")}


@pytest.fixture
def holed(tmp_path: Path) -> list[dict[str, str]]:
    rows = [given(i) | HOLES.get(i, {}) | {"extra": f" x,{i}", "doc_file_name": "docs/a.txt"} for i in range(10)]
    mixed(tmp_path / "data", rows)
    (tmp_path / "data/docs").mkdir()
    (tmp_path / "data/docs/a.txt").write_text("hello")
    (tmp_path / "data/pics/bad.png").write_bytes(b"no picture")
    return rows


def test_given_cells_stay_and_missing_ones_are_filled(
    anygan: Callable[..., Result], mixed_run: Path, holed: list[dict[str, str]]
) -> None:
    result = anygan("complete", mixed_run, "data", "--out", "done")
    assert result.exit_code == 0, result.output
    found = read_csv(Path("done/metadata.csv"))
    assert list(found[0]) == list(holed[0])
    changed = {(i, name) for i, row in enumerate(holed) for name, cell in row.items() if found[i][name] != cell}
    assert changed == FILLED
    assert all(found[i][name] for i, name in FILLED)
    for i, row in enumerate(holed):
        for name in ("file_name", "speech_file_name", "doc_file_name"):
            if row[name] and (i, name) not in FILLED:
                assert Path("done", found[i][name]).read_bytes() == Path("data", row[name]).read_bytes()
    assert "row 4, column 'file_name', file pics/none.png: there is no such file" in result.stdout


def test_what_was_filled_is_told_beside(
    anygan: Callable[..., Result], mixed_run: Path, holed: list[dict[str, str]]
) -> None:
    result = anygan("complete", mixed_run, "data", "--out", "done", "--json")
    told = read_csv(Path("done/filled.csv"))
    assert {(int(line["row"]), line["column"]) for line in told} == FILLED
    assert {(int(line["row"]), line["column"]) for line in told if line["note"]} == BAD
    assert all(0 <= float(line["sure"]) <= 1 for line in told)
    assert sum(json.loads(result.stdout)["filled"].values()) == len(FILLED)


def test_the_output_is_complete_itself(
    anygan: Callable[..., Result], mixed_run: Path, holed: list[dict[str, str]]
) -> None:
    anygan("complete", mixed_run, "data", "--out", "done")
    kinds = {"note": "text", "city": "category", "extra": "text"}
    rows = read_csv(Path("done/metadata.csv"))
    Path("done/metadata.csv").write_text(
        Path("done/metadata.csv").read_text("utf-8").replace("docs/a.txt", ""), "utf-8"
    )
    # A column that nothing is left of is left out, and named.
    assert "Column 'doc_file_name' is left out" in open_data(Path("done"), kinds).notes[0]
    again = anygan("complete", mixed_run, "done", "--out", "twice", "--json")
    assert again.exit_code == 0, again.output
    assert sum(json.loads(again.stdout)["filled"].values()) == 0
    kept = [name for name in rows[0] if name != "doc_file_name"]
    assert [[row[n] for n in kept] for row in read_csv(Path("twice/metadata.csv"))] == [
        [r[n] for n in kept] for r in rows
    ]


def test_a_column_without_any_cell_is_filled(anygan: Callable[..., Result], mixed_run: Path) -> None:
    Path("few.jsonl").write_text('{"born": null, "point": [1, 2, 3], "note": "a"}\n{"born": null, "point": null}\n')
    result = anygan("complete", mixed_run, "few.jsonl", "--out", "done")
    assert result.exit_code == 0, result.output
    found = read_csv(Path("done/metadata.csv"))
    assert found[0]["point"] == "[1, 2, 3]"
    assert all(row["born"] and row["note"] for row in found)


def test_names_that_climb_stay_in_the_output(anygan: Callable[..., Result], mixed_run: Path) -> None:
    rows = [given(i) for i in range(3)]
    rows[0]["file_name"] = "../data/pics/sub/0.png"
    rows[1]["file_name"] = str(Path("data/pics/sub/1.png").absolute())
    mixed(Path("data"), rows)
    result = anygan("complete", mixed_run, "data", "--out", "done")
    assert result.exit_code == 0, result.output
    names = [row["file_name"] for row in read_csv(Path("done/metadata.csv"))]
    assert names == ["pics/sub/0.png", "pics/sub/1.png", "./pics/sub/2.png"]
    assert all(Path("done", name).is_file() for name in names)


def test_a_filled_file_takes_no_given_ones_place(anygan: Callable[..., Result], mixed_run: Path) -> None:
    rows = [given(i) for i in range(2)]
    mixed(Path("data"), rows)
    Path("data/filled/image").mkdir(parents=True)
    Path("data/pics/sub/1.png").rename("data/filled/image/000000.png")
    text = Path("data/metadata.csv").read_text("utf-8")
    text = text.replace("./pics/sub/0.png", "").replace("./pics/sub/1.png", "filled/image/000000.png")
    Path("data/metadata.csv").write_text(text, "utf-8")
    assert anygan("complete", mixed_run, "data", "--out", "done").exit_code == 0
    first, second = (row["file_name"] for row in read_csv(Path("done/metadata.csv")))
    assert first != second == "filled/image/000000.png"
    assert Path("done", second).read_bytes() == Path("data", second).read_bytes()


def test_a_built_in_set_has_nothing_to_fill(anygan: Callable[..., Result], tiny_run: Path) -> None:
    result = anygan("complete", tiny_run, "digits:test", "--out", "done", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["filled"] == {"image": 0, "audio": 0, "text": 0}
    assert len(read_csv(Path("done/metadata.csv"))) == 360
