"""Inception: features of pictures as its file gives them, torchmetrics' number, and files that are none."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from scripted import scripted, stand_in
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance

from anygan.errors import ConfigError, DataError
from anygan.judging.inception import open_inception
from anygan.metrics import frechet


class Blind(nn.Module):
    """Knows no features."""

    def forward(self, img: Tensor) -> Tensor:
        return img.float().flatten(1)


class Maps(nn.Module):
    """Gives maps, not a matrix."""

    def forward(self, img: Tensor, return_features: bool = False) -> Tensor:
        return img.float()


class Endless(nn.Module):
    """Gives no numbers of white pictures."""

    def forward(self, img: Tensor, return_features: bool = False) -> Tensor:
        return 1 / (255 - img.float().flatten(2).mean(2))


class Pixels(nn.Module):
    """As many features as a picture is wide, of pictures that are no higher than wide."""

    def forward(self, img: Tensor, return_features: bool = False) -> Tensor:
        assert img.shape[2] <= img.shape[3], "too high"
        return img[:, 0, 0].float()


class Several(nn.Module):
    """Gives more than one thing."""

    def forward(self, img: Tensor, return_features: bool = False) -> tuple[Tensor, Tensor]:
        return img.float().flatten(1), img.float()


class Direct(nn.Module):
    """The network of a file as torchmetrics itself would be given it."""

    num_features = 6

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, img: Tensor) -> Tensor:
        return self.network(img, return_features=True)


def pictures(count: int, seed: int, brightest: int = 255, *shape: int) -> list[PIL.Image.Image]:
    rng = np.random.default_rng(seed)
    return [PIL.Image.fromarray(rng.integers(0, brightest, shape or (12, 10, 3), np.uint8)) for _ in range(count)]


def stacked(cells: list[PIL.Image.Image]) -> Tensor:
    return torch.stack([torch.from_numpy(np.array(cell.convert("RGB"))).permute(2, 0, 1) for cell in cells])


def test_the_number_is_that_of_torchmetrics_and_ours(tmp_path: Path) -> None:
    inception = open_inception(stand_in(tmp_path))
    assert (inception.name, inception.size) == ("stand-in.pt", 6)
    real, made = pictures(150, 0), pictures(90, 1, 200)
    direct = FrechetInceptionDistance(feature=Direct(inception.network))
    direct.update(stacked(real), real=True)
    direct.update(stacked(made), real=False)
    features = inception.features(real), inception.features(made)
    assert features[1].shape == (90, 6)
    found = inception.distance(*features)
    assert found > 0.01
    assert found == pytest.approx(float(direct.compute()), rel=1e-4)
    assert found == pytest.approx(frechet(*features), rel=1e-9)
    assert inception.distance(features[0], features[0]) == pytest.approx(0, abs=1e-9)


def test_grey_pictures_have_three_channels_of_one(tmp_path: Path) -> None:
    inception = open_inception(stand_in(tmp_path))
    grey = pictures(3, 0, 255, 8, 8)
    assert inception.features(grey).equal(inception.features([cell.convert("RGB") for cell in grey]))


def test_pictures_of_all_sizes_keep_their_order(tmp_path: Path) -> None:
    inception = open_inception(stand_in(tmp_path))
    cells = [*pictures(3, 0), *pictures(2, 1, 255, 40, 30, 3), *pictures(1, 2)]
    single = torch.cat([inception.features([cell]) for cell in cells])
    torch.testing.assert_close(inception.features(cells), single)
    assert inception.features([]).shape == (0, 6)


@pytest.mark.parametrize(
    ("network", "told"),
    [(Blind(), "return_features"), (Maps(), r"shape \(2, 3, 32, 32\)"), (Several(), "got tuple")],
    ids=["Blind", "Maps", "Several"],
)
def test_a_network_without_features_is_refused(network: nn.Module, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"gives no features.*{told}") as caught:
        open_inception(scripted(network, tmp_path / "other.pt"))
    assert "\n" not in str(caught.value)


def test_features_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    inception = open_inception(scripted(Endless(), tmp_path / "endless.pt"))
    assert inception.features(pictures(1, 0)).isfinite().all()
    with pytest.raises(DataError, match=r"endless\.pt"):
        inception.features([PIL.Image.new("RGB", (4, 4), "white")])


def test_features_that_depend_on_the_size_are_refused(tmp_path: Path) -> None:
    inception = open_inception(scripted(Pixels(), tmp_path / "pixels.pt"))
    assert inception.features(pictures(1, 0, 255, 9, 32)).shape == (1, 32)
    with pytest.raises(ConfigError, match="32 features of some pictures and 10 of others"):
        inception.features(pictures(1, 0, 255, 8, 10))
    with pytest.raises(ConfigError, match=r"1 x 3 x 12 x 10.*too high"):
        inception.features(pictures(1, 0))


def test_what_is_no_torchscript_is_refused(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, tmp_path / "weights.pt")
    (tmp_path / "words.pt").write_text("some words")
    for name in ("weights.pt", "words.pt"):
        with pytest.raises(ConfigError, match=rf"{name} is no TorchScript file.*inception-2015-12-05\.pt"):
            open_inception(tmp_path / name)
    for missing in (tmp_path / "none.pt", tmp_path):
        with pytest.raises(ConfigError, match=r"There is no file.*inception-2015-12-05\.pt"):
            open_inception(missing)


def test_without_torchmetrics_it_says_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchmetrics.image.fid", None)
    with pytest.raises(ConfigError, match="pip install torchmetrics"):
        open_inception(stand_in(tmp_path))


def test_a_torchvision_that_does_not_fit_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> Any:
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr("anygan.judging.inception.importlib.import_module", fail)
    with pytest.raises(ConfigError, match="torchvision::nms"):
        open_inception(stand_in(tmp_path))
