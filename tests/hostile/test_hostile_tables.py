"""Tables with wrong quotes, other encodings, doubled or endless columns, and cells that are no numbers."""

import io
import json
import time
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from click.testing import CliRunner
from hostile_files import column, inspected, peak

from anygan import load_data
from anygan.cli.app import app
from anygan.data import readers
from anygan.errors import DataError

SENTENCES = "".join(f"a sentence with the number {i},{i}\n" for i in range(40))
LINES = "note,n\n" + SENTENCES


def written(folder: Path, content: str | bytes, name: str = "metadata.csv") -> Path:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return folder


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('a,b\n1,2\n"x"y,2\n', "row 2, about line 3: ',' expected after '\"'. Quotes must enclose a whole cell"),
        ('a,b\n1,2\n"x,2\n3,4\n', "row 2, about line 4: unexpected end of data. Quotes must"),
        ("a,b\n1,2\n1,2,3\n", "row 2: 3 cells, but the header names 2 columns"),
        ("a,b,a\n1,2,3\n", "two columns are called 'a'. Rename one"),
        ("\ufeffa,b,a\n1,2,3\n", "two columns are called 'a'. Rename one"),
        ("", "is empty: expected a line that names the columns"),
        ("\ufeff", "is empty: expected a line that names the columns"),
        ("\n\n\n", "is empty: expected a line that names the columns"),
        ("a,b\n", "holds no rows"),
        ("a,b", "holds no rows"),
        (" , \n1,2\n", "column 1 has no name"),
        (
            "n," + "h" * 1_000_000 + "\n1,2\n",
            "the name of column 2, 'hhhhhhhhhhhhhhhhhhhh...', has 1,000,000 characters",
        ),
        ("n,caf\udce9\n1,2\n", "line 1: the byte 0x"),
        (LINES.encode("utf-16"), "is UTF-16. Save it as UTF-8"),
        (LINES.encode("utf-16-be"), "NUL bytes in its first line"),
        (LINES.encode("utf-16-le"), "NUL bytes in its first line"),
        (("né,n\n" + "café,1\n" * 20).encode("latin-1"), "line 1: the byte 0xE9 is not UTF-8 (21 of 21 lines are not)"),
        (("note,n\n" + "the café,1\n" * 20).encode("cp1252"), "line 2: the byte 0xE9 is not UTF-8 (20 of 21 lines"),
    ],
)
def test_a_table_that_is_broken_as_a_whole_gets_a_sentence(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    found, told = inspected(written(tmp_path, content))
    assert found == {}
    assert told.startswith(f"error: {tmp_path}/metadata.csv")
    assert sentence in told


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('{"a": 1}\n{"a": 2, "a": 3}\n', "line 2: not JSON (two values are called 'a')"),
        ('{"a": 1}\n{"a": ' + "[" * 100_000, "line 2: not JSON (maximum recursion depth"),
        ('{"a": 1}\n{"a": ' + "[" * 100_000 + "]" * 100_000 + "}\n", "line 2: not JSON (maximum recursion depth"),
        ('{"a": 1}\n{"a": ' + "9" * 5000 + "}\n", "line 2: not JSON (Exceeds the limit (4300 digits)"),
        ('{"a\\ud800": 1}\n', "the name of column 1, 'a\\ud800', is not UTF-8 text"),
        ('{"": 1}\n', "column 1 has no name"),
        ("null\n", "line 1: expected an object"),
        ("{}\n{}\n", "every cell is empty"),
        ("", "holds no rows"),
    ],
)
def test_json_lines_that_are_broken_get_a_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    found, told = inspected(written(tmp_path, content, "metadata.jsonl"))
    assert found == {}
    assert sentence in told


def test_a_mark_at_the_beginning_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    found, _ = inspected(written(tmp_path, "\ufeff" + LINES))
    assert [c["headers"] for c in found["columns"]] == [["note"], ["n"]]
    assert found["rows"] == 40


def test_a_line_of_another_encoding_costs_its_cell_alone(tmp_path: Path) -> None:
    for name, head, line in (
        ("metadata.csv", "note,n\n", "the café,7"),
        ("m.jsonl", "", '{"note": "the café", "n": 7}'),
    ):
        lines = LINES if head else "".join(f'{{"note": "a sentence {i}", "n": {i}}}\n' for i in range(40))
        file = written(tmp_path, lines.encode() + line.encode("latin-1") + b"\n", name) / name
        found, _ = inspected(file)
        assert found["rows"] == 41
        assert found["bad"] == [
            "row 41, column 'note': the byte 0xE9 after 'the caf' is not UTF-8; save the file as UTF-8"
        ]
        assert column(found, "table")["given"] == 41


def test_half_a_character_costs_its_cell_alone(tmp_path: Path) -> None:
    lines = [{"note": "a whole sentence", "n": 1}, {"note": "cut off here \ud83d", "n": 2}]
    found, _ = inspected(written(tmp_path, "\n".join(map(json.dumps, lines)), "metadata.jsonl"))
    assert found["rows"] == 2
    assert found["bad"] == [
        "row 2, column 'note': after 'ut off here ' stands half a character (U+D83D); write the whole one"
    ]


NUMBERS = "a,b\n" + "".join(f"{i},{i % 7}.5\n" for i in range(80))
NO_NUMBERS = ("inf", "-Infinity", "1e999", "9" * 400, "9" * 5000, "0x1f")


def test_what_is_no_finite_number_is_a_bad_cell_and_nan_is_missing(tmp_path: Path) -> None:
    lines = NUMBERS + "".join(f"{word},1\n" for word in (*NO_NUMBERS, "NaN", "nan", "", "1e-99999999999999999999999"))
    found, _ = inspected(written(tmp_path, lines))
    assert found["rows"] == 90
    assert [line.partition(":")[0] for line in found["bad"]] == [f"row {i}, column 'a'" for i in range(81, 87)]
    assert all("expected a finite number, got" in line and len(line) < 100 for line in found["bad"])


def test_json_numbers_without_end_are_bad_cells(tmp_path: Path) -> None:
    lines = [f'{{"a": {i}, "v": [1, {i}]}}' for i in range(60)]
    lines += ['{"a": Infinity, "v": [1, -Infinity]}', '{"a": NaN, "v": [NaN, 1]}', f'{{"a": {"9" * 400}, "v": [1, 2]}}']
    found, _ = inspected(written(tmp_path, "\n".join(lines), "metadata.jsonl"))
    assert found["rows"] == 63
    assert [line.partition(":")[0] for line in found["bad"]] == [
        "row 61, column 'a'",
        "row 61, column 'v'",
        "row 62, column 'v'",
        "row 63, column 'a'",
    ]


def test_dates_that_leave_the_calendar_are_listed_and_their_rows_stay(tmp_path: Path) -> None:
    lines = [f"2024-01-{i:02}T00:00:00+02:00,{i}" for i in range(1, 29)]
    found, _ = inspected(written(tmp_path, "\n".join(["d,n", *lines, "0001-01-01T00:00:00+14:00,3"])))
    assert found["rows"] == 29
    assert next(c for c in column(found, "table")["scalars"] if c["name"] == "d")["type"] == "time"


def test_a_column_that_changes_its_kind_half_way_is_text(tmp_path: Path) -> None:
    half = "".join(f"{i},{i}\n" for i in range(50)) + "".join(f"the word number {i},{i}\n" for i in range(50))
    found, _ = inspected(written(tmp_path, "a,b\n" + half))
    assert (found["rows"], found["bad"]) == (100, [])
    assert column(found, "a")["kind"] == "text"
    assert column(found, "a")["given"] == 100


@pytest.mark.parametrize(("other", "name"), [("[1, 2]", "list"), ('{"b": 1}', "dict")])
def test_a_column_that_becomes_something_else_names_the_row(tmp_path: Path, other: str, name: str) -> None:
    lines = ['{"a": 1}'] * 50 + [f'{{"a": {other}}}'] * 50
    _, told = inspected(written(tmp_path, "\n".join(lines), "metadata.jsonl"))
    assert f"The kind of column 'a' cannot be told: it holds a {name} in row 51. Say it with --kind a=KIND." in told


def test_a_few_words_among_numbers_are_bad_cells(tmp_path: Path) -> None:
    found, _ = inspected(written(tmp_path, NUMBERS + "about five,1\n"))
    assert found["rows"] == 81
    assert found["bad"] == ["row 81, column 'a': expected a finite number, got 'about five'"]


def test_a_thousand_columns_of_numbers_are_one_table(tmp_path: Path) -> None:
    head = ",".join(f"c{i}" for i in range(1000))
    rows = "\n".join(",".join(str(i * j % 97) for i in range(1000)) for j in range(1, 31))
    found, _ = inspected(written(tmp_path, f"{head}\n{rows}\n"))
    assert (found["rows"], len(found["columns"]), len(column(found, "table")["scalars"])) == (30, 1, 1000)


def test_a_thousand_columns_of_words_are_inspected_in_bounded_time(tmp_path: Path) -> None:
    head = ",".join(f"c{i}" for i in range(1000))
    rows = "\n".join(",".join(f"some words here {i} {j}" for i in range(1000)) for j in range(5))
    written(tmp_path, f"{head}\n{rows}\n")
    began = time.process_time()
    found, _ = inspected(tmp_path)
    assert time.process_time() - began < 60
    assert (found["rows"], len(found["columns"])) == (5, 1000)


@pytest.mark.parametrize("dry", [["--dry-run"], []])
def test_more_modalities_than_can_learn_together_get_a_sentence(tmp_path: Path, dry: list[str]) -> None:
    head = ",".join(f"c{i}" for i in range(65))
    rows = "\n".join(",".join(f"some words here {i} {j}" for i in range(65)) for j in range(5))
    written(tmp_path, f"{head}\n{rows}\n")
    words = ["train", str(tmp_path), "--out", str(tmp_path / "run"), "--steps", "1", *dry]
    result = CliRunner().invoke(app, words, prog_name="anygan")
    assert result.exit_code == 2, result.output
    assert "has 65 modalities; expected at most 64 to learn together. Say --kind NAME=category" in result.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "long", ["word " * 2_000_000, "w" * 10_000_000, "," * 10_000_000], ids=["words", "word", "marks"]
)
def test_ten_megabytes_in_a_sentence(tmp_path: Path, long: str) -> None:
    written(tmp_path, f'{LINES}"{long}",3\n')
    assert peak(inspected, tmp_path) < 100
    began = time.process_time()
    found, _ = inspected(tmp_path)
    assert time.process_time() - began < 30
    assert (found["rows"], found["bad"], column(found, "note")["given"]) == (41, [], 41)


def test_a_name_of_ten_megabytes_is_cut_in_its_sentence(tmp_path: Path) -> None:
    lines = "".join(f"{i}.png,{i}\n" for i in range(3))
    found, _ = inspected(written(tmp_path, f"image_file_name,n\n{'w' * 10_000_000},1\n{lines}"))
    told = "\n".join(found["notes"])
    assert (
        "No cell of column 'image_file_name' can be read. The first: row 1, column 'image_file_name', file www" in told
    )
    assert len(told) < 2000


def test_what_moves_a_cursor_is_not_shown(tmp_path: Path) -> None:
    written(tmp_path, 'n\x1b[2J,c,p_file_name\n1,\x1b[31mred,\x1b[1A.png\n2,"[/bold] [red]",b.png\n' + "3,green,\n" * 9)
    result = CliRunner().invoke(app, ["inspect", str(tmp_path), "--kind", "p=text"], prog_name="anygan")
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.output
    assert "[/bold] [red]" in result.output
    wrong = CliRunner().invoke(app, ["inspect", str(tmp_path)], prog_name="anygan")
    assert wrong.exit_code == 0, wrong.output
    assert "No cell of column 'p_file_name' can be read" in wrong.output
    assert "\x1b" not in wrong.output


def parquet(folder: Path, table: pyarrow.Table) -> Path:
    pyarrow.parquet.write_table(table, folder / "metadata.parquet")
    return folder


def test_parquet_with_two_columns_of_one_name(tmp_path: Path) -> None:
    _, told = inspected(parquet(tmp_path, pyarrow.table([[1], [2]], names=["a", "a"])))
    assert "two columns are called 'a'. Rename one." in told


def test_a_small_parquet_file_of_a_thousand_million_cells_is_refused(tmp_path: Path) -> None:
    count = readers.MOST_CELLS // 10 + 1
    table = pyarrow.table({f"c{i}": pyarrow.nulls(count, pyarrow.int8()) for i in range(10)})
    parquet(tmp_path, table)
    assert (tmp_path / "metadata.parquet").stat().st_size < 1_000_000
    del table
    assert peak(inspected, tmp_path) < 50
    assert "holds 100,000,010 cells; expected at most 100,000,000. Split it." in inspected(tmp_path)[1]


@pytest.mark.parametrize("cut", [10, 0.5, -3])
def test_parquet_that_is_cut_off(tmp_path: Path, cut: float) -> None:
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"a": np.arange(100)}), file)
    content = file.getvalue()
    _, told = inspected(
        written(tmp_path, content[: int(cut * len(content)) if cut == 0.5 else int(cut)], "metadata.parquet")
    )
    assert "metadata.parquet cannot be read: " in told


def test_rows_in_memory_with_numbers_and_names_that_nobody_expects() -> None:
    rows = [{"a": 10**400, "b": "x y z", "s": {"array": "no", "sampling_rate": None}}]
    rows += [
        {"a": i, "b": "words of some length", "s": {"array": [0.0, 0.1], "sampling_rate": 8000}} for i in range(20)
    ]
    data = load_data(rows)
    assert len(data) == 21
    assert [(cell.row, cell.column) for cell in data.bad] == [(1, "a"), (1, "s")]
    with pytest.raises(DataError, match="--kind a=KIND"):
        load_data([{"a": object()}])


@pytest.mark.parametrize("vast", [10**5000, -(10**5000)], ids=["above", "below"])
def test_integers_too_long_to_be_written_out(vast: int) -> None:
    """Found by the fuzz: Python refuses to write more than 4,300 digits."""
    data = load_data([{"a": i, "b": str(i)} for i in range(20)] + [{"a": vast, "b": vast}], kinds={"b": "category"})
    assert len(data) == 21
    assert [(cell.row, cell.column) for cell in data.bad] == [(21, "a"), (21, "b")]
    assert load_data([{"a": vast, "n": 1}, {"a": "b", "n": 2}]).kinds == {"a": "text", "table": "table"}


def test_numbers_of_a_vector_that_its_floats_cannot_hold(tmp_path: Path) -> None:
    """Found by the fuzz: finite as JSON has it, infinite as vectors are kept, with a warning on the way."""
    lines = [f'{{"a": [0.0, {i}]}}' for i in range(20)] + ['{"a": [0.0, 3.4028235677973366e+38]}']
    found, _ = inspected(written(tmp_path, "\n".join(lines), "metadata.jsonl"))
    assert found["rows"] == 21
    assert found["bad"] == ["row 21, column 'a': expected numbers up to 3.4e+38, got [0.0, 3.4028235677973366e+38]"]
