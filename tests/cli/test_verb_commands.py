"""generate, translate, embed, search and evaluate, from the command line to the files."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pyarrow.parquet as pq
import pytest
import soundfile
from click.testing import Result
from every_kind import given, mixed, read_csv

from anygan.data.readers import open_data

Command = Callable[..., Result]


def test_generate_writes_rows_that_are_read_again(anygan: Command, tiny_run: Path) -> None:
    result = anygan("generate", tiny_run, "-n", 5, "--out", "rows", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["columns"] == ["image_file_name", "audio_file_name", "text"]
    data = open_data(Path("rows"), {"text": "text"})
    assert len(data) == 5
    assert all(cell is not None for row in data.rows() for cell in row.values())
    with PIL.Image.open("rows/image/000000.png") as picture:
        assert picture.size == (28, 28)
    assert soundfile.info("rows/audio/000000.wav").samplerate == 8000


def test_previews_lie_beside_the_rows(anygan: Command, tiny_run: Path) -> None:
    told = json.loads(anygan("generate", tiny_run, "-n", 2, "--out", "rows", "--json").stdout)
    assert [Path(path).name for path in told["previews"]] == ["image.png", "audio.png"]
    assert {path.name for path in Path("rows").iterdir()} == {"metadata.csv", "image", "audio"}
    assert {path.name for path in Path("rows-previews").iterdir()} == {"image.png", "audio.png"}


def test_generate_depends_on_its_seed_alone(anygan: Command, tiny_run: Path) -> None:
    for out, seed in (("a", 3), ("b", 3), ("c", 4)):
        anygan("generate", tiny_run, "-n", 2, "--out", out, "--seed", seed)
    a, b, c = (Path(out, "image", "000001.png").read_bytes() for out in "abc")
    assert a == b != c


def test_literals_keep_their_commas_and_files(anygan: Command, tiny_run: Path) -> None:
    soundfile.write("clip.flac", 0.1 * np.sin(np.arange(4000) / 5), 8000)
    text = "the thick seven, said = by 'me'"
    words = ("--given", f"text={text}", "--given", "audio=clip.flac", "--to", "image", "-n", 3, "--out", "out")
    result = anygan("translate", tiny_run, *words)
    assert result.exit_code == 0, result.output
    rows = read_csv(Path("out/metadata.csv"))
    assert list(rows[0]) == ["audio_file_name", "text", "image_file_name"]
    assert [row["text"] for row in rows] == [text] * 3
    assert Path("out", rows[2]["audio_file_name"]).read_bytes() == Path("clip.flac").read_bytes()
    assert len({row["image_file_name"] for row in rows}) == 3


def test_a_data_set_is_translated_row_by_row(anygan: Command, mixed_run: Path) -> None:
    rows = [given(i) for i in range(4)]
    rows[1] |= {"note": "", "age": "", "born": ""}
    mixed(Path("data"), rows)
    words = ("--given", "note,city", "--given", "image", "--to", "speech", "-n", 2, "--out", "out")
    result = anygan("translate", mixed_run, "data", *words)
    assert result.exit_code == 0, result.output
    found = read_csv(Path("out/metadata.csv"))
    assert list(found[0]) == ["note", "age", "city", "born", "file_name", "speech_file_name"]
    assert len(found) == 8
    for i, row in enumerate(found):
        assert {k: row[k] for k in ("note", "age", "city", "born")} == {
            k: rows[i // 2][k] for k in ("note", "age", "city", "born")
        }
        assert Path("out", row["file_name"]).read_bytes() == Path("data", rows[i // 2]["file_name"]).read_bytes()
        assert row["speech_file_name"]


def test_columns_of_a_table_are_named_and_given_one_by_one(anygan: Command, mixed_run: Path) -> None:
    words = ("--given", "age=31.5", "--given", "city=Oslo", "--to", "point,note", "--out", "out")
    result = anygan("translate", mixed_run, *words)
    assert result.exit_code == 0, result.output
    (row,) = read_csv(Path("out/metadata.csv"))
    assert (row["age"], row["city"]) == ("31.5", "Oslo")
    assert len(json.loads(row["point"])) == 3
    result = anygan("translate", mixed_run, "--given", "note=a", "--to", "born", "--out", "table")
    assert result.exit_code == 0, result.output
    assert all(read_csv(Path("table/metadata.csv"))[0].values())


def test_few_cells_are_of_the_models_kinds(anygan: Command, tiny_run: Path) -> None:
    # Alone, one repeated word would be a category, and a number a number.
    Path("few.csv").write_text("text\nseven\nseven\nseven\n7\n")
    result = anygan("translate", tiny_run, "few.csv", "--given", "text", "--to", "image", "--out", "out")
    assert result.exit_code == 0, result.output
    assert [row["text"] for row in read_csv(Path("out/metadata.csv"))] == ["seven", "seven", "seven", "7"]


def test_embed_writes_a_code_a_row(anygan: Command, tiny_run: Path) -> None:
    Path("few.csv").write_text('text\nthe seven\n""\nthe one\n')
    for _ in range(2):  # codes may be written anew
        result = anygan("embed", tiny_run, "few.csv", "--out", "codes.parquet")
        assert result.exit_code == 0, result.output
    table = pq.read_table("codes.parquet")
    assert table.column_names == [
        *("id", "code", "sure"),
        *(f"{what}_{name}" for what in ("used", "reliability") for name in ("image", "audio", "text")),
    ]
    assert table["id"].to_pylist() == [0, 1, 2]
    assert table["used_text"].to_pylist() == [True, False, True]
    assert not any(table["used_image"].to_pylist())
    np.testing.assert_allclose(np.linalg.norm(table["code"].to_pylist()[0]), 1, rtol=1e-5)
    assert str(table.schema.field("code").type).startswith("fixed_size_list<")
    result = anygan("embed", tiny_run, "few.csv", "--out", "few.csv")
    assert result.exit_code == 2
    assert "the one" in Path("few.csv").read_text()


def test_search_finds_a_row_by_itself(anygan: Command, tiny_run: Path) -> None:
    Path("few.csv").write_text("text\nthe thin one\nthe thick seven\nthe zero leaning left\n")
    words = ("--given", "text=the thick seven", "-k", 2, "--out", "found")
    result = anygan("search", tiny_run, "few.csv", *words, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["searched"] == 3
    assert told["found"][0]["id"] == 1
    assert told["found"][0]["cosine"] == pytest.approx(1, abs=1e-4)
    assert read_csv(Path("found/metadata.csv"))[0] == {"text": "the thick seven"}
    assert "the thick seven" in anygan("search", tiny_run, "few.csv", *words[:4]).stdout


def test_evaluate_writes_a_card(anygan: Command, mixed_run: Path) -> None:
    mixed(Path("test"), [given(i) for i in range(20)])
    words = ("--out", "card", "--rows", 12, "--json")
    result = anygan("evaluate", mixed_run, "test", *words)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert Path(told["report"]).read_text("utf-8").startswith("<!DOCTYPE html>")
    assert json.loads(Path("card/report.json").read_text())["data"]["rows"] == 12
    # Nobody brought Inception, and so nothing is said of it.
    assert not any("inception" in file.read_text("utf-8").lower() for file in Path("card").iterdir())
