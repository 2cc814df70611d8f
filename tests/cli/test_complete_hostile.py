"""anygan complete on a folder that would like to be given what lies outside of it."""

import os
from collections.abc import Callable
from pathlib import Path

from click.testing import Result
from every_kind import given, mixed, read_csv


def test_a_column_that_the_model_does_not_know_brings_nothing_from_outside(
    anygan: Callable[..., Result], mixed_run: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    names = ["inside.txt", "link.txt", "../secret.txt", str(tmp_path / "secret.txt"), "pipe", "n" * 5000, "nul\0", ""]
    rows = [given(i) | {"extra_file_name": name} for i, name in enumerate(names)]
    rows[0]["note"] = ""
    data = mixed(tmp_path / "data", rows)
    (data / "inside.txt").write_text("inside")
    os.symlink(tmp_path / "secret.txt", data / "link.txt")
    os.mkfifo(data / "pipe")
    result = anygan("complete", mixed_run, data, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    # The cells stand as they stood; of the files that they name, one alone is the folder's own.
    assert [row["extra_file_name"] for row in read_csv(tmp_path / "out" / "metadata.csv")] == names
    assert [p.name for p in (tmp_path / "out").iterdir() if p.suffix == ".txt"] == ["inside.txt"]


def test_bytes_of_another_encoding_go_back_as_they_came(
    anygan: Callable[..., Result], mixed_run: Path, tmp_path: Path
) -> None:
    data = mixed(tmp_path / "data", [given(i) | {"extra": "plain"} for i in range(20)])
    table = data / "metadata.csv"
    table.write_bytes(table.read_bytes().replace(b"plain", b"caf\xe9", 1))
    result = anygan("complete", mixed_run, data, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "metadata.csv").read_bytes().count(b"caf\xe9") == 1
