"""evaluate --inception: the figure in both reports, and mistakes that are told before any judge is trained."""

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch
from click.testing import Result
from every_kind import given, mixed
from scripted import scripted, stand_in
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance

from anygan import load
from anygan.tasks.generate import generate

Command = Callable[..., Result]

ROWS = 12


class Many(nn.Module):
    """More features than there are test rows."""

    def forward(self, img: Tensor, return_features: bool = False) -> Tensor:
        return img.float().flatten(2)[:, 0, :15]


@pytest.fixture
def test_rows() -> Path:
    return mixed(Path("test"), [given(i) for i in range(ROWS)])


def test_the_figure_is_in_both_reports(anygan: Command, mixed_run: Path, test_rows: Path) -> None:
    result = anygan("evaluate", mixed_run, "test", "--out", "card", "--rows", ROWS, "--inception", stand_in(Path()))
    assert result.exit_code == 0, result.output
    figures = json.loads(Path("card/report.json").read_text())
    for one in figures["translating"]["directions"]:
        assert ("inception_fid" in one) == (one["to"] == "image")
    (drawn,) = [one["inception_fid"] for one in figures["sampling"].values() if "inception_fid" in one]
    found = [drawn, *(o["inception_fid"] for o in figures["translating"]["directions"] if "inception_fid" in o)]
    assert len(found) > 4
    for fid in found:
        assert fid["value"] > 0
        assert fid["floor"] == drawn["floor"] > 0
        assert fid["count"] == fid["real"] == ROWS
        assert fid["judge"] == "stand-in.pt"
    assert drawn["value"] == pytest.approx(by_hand(mixed_run, Path("stand-in.pt")), rel=1e-4)
    assert Path("card/report.html").read_text().count("Inception FID (torchmetrics)") == 2


def by_hand(run: Path, file: Path) -> float:
    """Torchmetrics' own figure of the rows that the seed draws, by the network itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        network = torch.jit.load(file)

    class Features(nn.Module):
        num_features = 6

        def forward(self, img: Tensor) -> Tensor:
            return network(img, return_features=True)

    model = load(run)
    real = [row["image"] for row in model.data("test").rows()]
    made = [row["image"] for row in generate(model.net, ROWS, seed=0)]
    metric = FrechetInceptionDistance(feature=Features())
    for cells, is_real in ((real, True), (made, False)):
        metric.update(torch.stack([as_bytes(cell) for cell in cells]), real=is_real)
    return float(metric.compute())


def as_bytes(cell: object) -> Tensor:
    picture = PIL.Image.open(cell) if isinstance(cell, Path) else cell
    assert isinstance(picture, PIL.Image.Image)
    grey = torch.from_numpy(np.array(picture.convert("L")))
    return grey.expand(3, -1, -1)


def refused(result: Result, *told: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "error: " in result.stderr
    for words in told:
        assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert not Path("card").exists()


@pytest.fixture
def untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No judge may be trained."""

    def fail(*things: object, **named: object) -> None:
        raise AssertionError("judges were called before the mistake was told")

    monkeypatch.setattr("anygan.evaluation.evaluate.Measure", fail)


@pytest.mark.usefixtures("untried")
def test_mistakes_get_a_sentence_before_judges_are_trained(
    anygan: Command,
    mixed_run: Path,
    test_rows: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = ("evaluate", mixed_run, "test", "--out", "card", "--inception")
    refused(anygan(*words, "none.pt"), "There is no file none.pt")
    refused(anygan(*words, "test/metadata.csv"), "no TorchScript file", "inception-2015-12-05.pt")
    known, many = stand_in(Path()), scripted(Many(), Path("many.pt"))
    refused(anygan(*words, many), "as many pictures as many.pt has features, 15: got 12 of image from", "--rows 15")
    refused(anygan(*words, known, "--rows", 5), "6: got 5 of image", "--rows 6")
    monkeypatch.setitem(sys.modules, "torchmetrics.image.fid", None)
    refused(anygan(*words, known), "pip install torchmetrics")


@pytest.mark.usefixtures("untried")
def test_data_without_pictures_have_no_figure(anygan: Command, mixed_run: Path) -> None:
    Path("notes.csv").write_text("note\na note\nanother\n")
    refused(
        anygan("evaluate", mixed_run, "notes.csv", "--out", "card", "--inception", stand_in(Path())),
        "'notes.csv' has none that the model knows",
    )
