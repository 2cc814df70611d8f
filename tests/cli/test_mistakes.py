"""What users get wrong is told in a sentence that says what to type."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import Result

MISTAKES = [
    (["trian"], "train"),
    (["train", "digits", "--stps", "4"], "--steps"),
    (["train", "digits"], "--out"),
    (["train", "digit", "--out", "x"], "Did you mean 'digits'?"),
    (["train", "nowhere", "--out", "x"], "no such folder or file"),
    (["train", "digits", "--out", "x", "--size", "tinny"], "Did you mean 'tiny'?"),
    (["train", "digits", "--out", "x", "--without", "digt=3"], "Did you mean 'digit'?"),
    (["train", "digits", "--out", "x", "--gamma", "-1"], "--gamma must be"),
    (["train", "digits", "--out", "x", "--lr", "0"], "--lr must be larger than 0"),
    (["train", "digits", "--out", "x", "--batch", "30"], "--batch must be a multiple of 4"),
    (["train", "digits", "--out", "x", "--loss", "hing"], "Did you mean 'hinge'?"),
    (["train", "digits", "--out", "x", "--penalty", "r3"], "Unknown --penalty 'r3'"),
    (["train", "digits", "--out", "x", "--precision", "fp16"], "Did you mean"),
    (["train", "digits", "--out", "x", "--steps", "3", "--minutes", "2"], "either --minutes or --steps"),
    (["train", "digits", "--out", "x", "--until", "coherenc=.9"], "Did you mean 'coherence'?"),
    (["train", "digits", "--out", "x", "--until", "coherence"], "METRIC=VALUE"),
    (["train", "digits", "--out", "x", "--recipe", "mnist"], "Did you mean 'mnist-mlp'?"),
    (["train", "digits", "--out", "x", "--kind", "imag=image"], "Did you mean 'image'?"),
    (["train", "digits", "--out", "x", "--kind", "image"], "NAME=KIND"),
    (["train", "digits", "--out", "FILE"], "is a file"),
    (["generate", "nowhere", "--out", "x"], "There is no run nowhere"),
    (["generate", "RUN", "--out", "x", "-n", "0"], "-n"),
    (["generate", "RUN", "--out", "x", "--checkpoint", "lst"], "Did you mean 'last'?"),
    (["generate", "RUN", "--out", "FULL"], "Name another with --out"),
    (["translate", "RUN", "digits", "--given", "imag", "--to", "text", "--out", "x"], "Did you mean 'image'?"),
    (["translate", "RUN", "digits", "--given", "image", "--to", "txt", "--out", "x"], "Did you mean 'text'?"),
    (["translate", "RUN", "--given", "image=none.png", "--to", "text", "--out", "x"], "there is no file none.png"),
    (["translate", "RUN", "--given", "image=FILE", "--to", "text", "--out", "x"], "not a picture"),
    (["translate", "RUN", "--given", "text=a", "--to", "text", "--out", "x"], "both --given and --to"),
    (["translate", "RUN", "--given", "text=a", "--given", "text=b", "--to", "image", "--out", "x"], "twice"),
    (["translate", "RUN", "--given", "text=", "--to", "image", "--out", "x"], "empty"),
    (["translate", "RUN", "--given", "image", "--to", "text", "--out", "x"], "--given image=VALUE"),
    (["translate", "RUN", "digits", "--given", "text=a", "--to", "image", "--out", "x"], "Drop digits"),
    (["translate", "RUN", "ring", "--given", "image", "--to", "text", "--out", "x"], "image"),
    (["complete", "RUN", "nowhere", "--out", "x"], "no such folder or file"),
    (["complete", "RUN", "OTHER", "--out", "x"], "none of the columns that the model knows"),
    (["embed", "RUN", "digits", "--out", "FILE"], "not overwritten"),
    (["search", "RUN", "digits", "--given", "text"], "--given text=VALUE"),
    (["search", "RUN", "digits", "--given", "txt=a"], "Did you mean 'text'?"),
    (["evaluate", "RUN", "digits", "--out", "x", "--train", "nowhere"], "no such folder or file"),
    (["inspect", "nowhere"], "no such folder or file"),
    (["inspect", "OTHER", "--kind", "a=picture"], "Unknown kind 'picture'"),
]


@pytest.mark.parametrize(("words", "told"), MISTAKES, ids=[" ".join(words) for words, _ in MISTAKES])
def test_a_mistake_gets_a_sentence(
    anygan: Callable[..., Result], tiny_run: Path, words: Sequence[str], told: str
) -> None:
    Path("FILE").write_text("some words")
    Path("OTHER").mkdir()
    Path("OTHER/metadata.csv").write_text("a,b\n1,2\n3,4\n")
    Path("FULL").mkdir()
    Path("FULL/keep.txt").write_text("mine")
    result = anygan(*(str(tiny_run) if word == "RUN" else word for word in words))
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "rror: " in result.stderr
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert not Path("x").exists()


def test_a_table_is_given_by_its_columns(anygan: Callable[..., Result], mixed_run: Path) -> None:
    for given, told in (("table=1", "age"), ("age=old", "number"), ("city=Paris", "Paris"), ("agee=3", "'age'")):
        result = anygan("translate", mixed_run, "--given", given, "--to", "note", "--out", "x")
        assert result.exit_code == 2, result.output
        assert told in result.stderr


def python(*words: str, code: str | None = None) -> subprocess.CompletedProcess[str]:
    import anygan

    source = str(Path(anygan.__file__).parents[1])
    start = ["-c", code] if code else ["-m", "anygan", *words]
    environment = os.environ | {"PYTHONPATH": source, "OMP_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, *start], capture_output=True, text=True, env=environment, timeout=120)


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["translate", "-h"], ["--version"]])
def test_help_does_not_load_torch(words: list[str]) -> None:
    code = f"""
import sys
from anygan.cli.app import app
app({words!r}, standalone_mode=False)
heavy = {{"torch", "numpy", "rich", "PIL", "pyarrow"}} & set(sys.modules)
assert not heavy, heavy
"""
    done = python(code=code)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_command_is_the_module() -> None:
    wrong = python("generate", "nowhere", "--out", "x")
    assert wrong.returncode == 2
    assert wrong.stdout == ""
    assert wrong.stderr == "error: There is no run nowhere. Train one with: anygan train DATA --out nowhere\n"
    assert python("--help").stdout.startswith("Usage: anygan ")


def test_a_real_command_in_a_process(tiny_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows"
    done = python("generate", str(tiny_run), "-n", "2", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.startswith(f"2 rows in {out}: image_file_name")
