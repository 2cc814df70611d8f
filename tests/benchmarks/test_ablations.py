"""The ablations: each changes what it says and nothing once it is over, and what the benchmark makes of them."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import ablations
import numpy as np
import pytest
import straight_text
import torch
from ablated import ABLATIONS
from lines import finished
from robustness import unrelated
from swaps import Swap, swapped

from anygan import Config, DataSet, load, load_data, train
from anygan.modalities import LogMel, TextCanvas
from anygan.model.fusion import Fusion, directions
from anygan.model.gan import AnyGAN
from anygan.tasks import generate
from anygan.training import checkpoint
from anygan.training.parallel import World
from anygan.training.rules import Rules
from anygan.training.scene import PRIOR, Crowd, scene

SMALL: dict[str, Any] = {"size": "tiny", "threads": 1, "precision": "fp32", "batch": 16}
SMALL |= {"width": 2, "features": 16, "code": 8, "style": 4, "canvas": 0.1}
STEPS = 4
TRAINED = [name for name, made in ABLATIONS.items() if not made.answers]


@cache
def rows() -> DataSet:
    return load_data("digits:train").take(slice(0, 48))


@cache
def unchanged(folder: Path) -> tuple[list[dict[str, float]], dict[str, torch.Tensor]]:
    return trained("unchanged", folder / "unchanged")


def trained(name: str, out: Path) -> tuple[list[dict[str, float]], dict[str, torch.Tensor]]:
    """Losses of all steps, and the tensors at the end."""
    made = ABLATIONS[name]
    data = unrelated(rows()) if made.stranger else rows()
    with swapped(made.swaps):
        losses = [r.losses for r in train(data, out, Config(steps=STEPS, **SMALL | made.settings))]
    return losses, checkpoint.load(out / "last.safetensors")[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ablations")


class Thing:
    size = 1


class Heir(Thing):
    pass


def test_what_was_swapped_is_there_again_also_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), swapped([Swap(Thing, "size", 2), Swap(Thing, "size", 3), Swap(Heir, "size", 4)]):
        assert (Thing.size, Heir.size) == (3, 4)
        raise ZeroDivisionError
    assert (Thing.size, Heir.size) == (1, 1)
    assert "size" not in vars(Heir)


def test_what_is_not_there_cannot_be_swapped() -> None:
    with pytest.raises(AttributeError), swapped([Swap(Thing, "size", 2), Swap(Thing, "colour", 3)]):
        pass
    assert Thing.size == 1
    assert not hasattr(Thing, "colour")


@pytest.mark.parametrize("name", ABLATIONS)
def test_every_swap_replaces_something_and_is_undone(name: str) -> None:
    swaps = ABLATIONS[name].swaps
    before = [getattr(swap.owner, swap.name) for swap in swaps]
    with swapped(swaps):
        for swap, value in zip(swaps, before, strict=True):
            assert getattr(swap.owner, swap.name) is swap.value
            assert swap.value is not value
    assert all(getattr(swap.owner, swap.name) is value for swap, value in zip(swaps, before, strict=True))


@pytest.mark.parametrize("name", TRAINED)
def test_each_trains_and_changes_what_it_says(name: str, folder: Path) -> None:
    losses, tensors = trained(name, folder / f"own {name}")
    plain, weights = unchanged(folder)
    assert all(np.isfinite(list(lost.values())).all() for lost in losses)
    silent = {"no-contrast": "align", "no-recognise": "recognise", "no-imitate": "imitate", "no-echo": "echo"}
    silent |= {"no-reliability": "believe", "mean-fusion": "believe"}
    game = [lost for lost in losses if "judge" in lost]
    assert {key for lost in game for key in lost if lost[key] == 0} == ({silent[name]} if name in silent else set())
    same = {"unchanged", "no-health"}
    assert (losses == plain) == (name in same)
    if name in same:
        assert all(torch.equal(tensors[key], weights[key]) for key in weights)


@pytest.mark.parametrize(("name", "still"), [("no-prior", True), ("anchor-chain", True), ("unchanged", False)])
def test_without_a_prior_nothing_trains_one(name: str, still: bool, folder: Path) -> None:
    _, tensors = trained(name, folder / f"still {name}")
    assert ("makers.model.prior" in "".join(tensors)) is False
    steps = [key for key in tensors if key.startswith("model.prior.")]
    fresh = fresh_model().state_dict()
    assert all(torch.equal(tensors[key], fresh[key.removeprefix("model.")]) == still for key in steps)


def fresh_model() -> AnyGAN:
    """The networks as a run of seed 0 begins with them."""
    from anygan.training.describe import learnable
    from anygan.training.players import Players

    config = Config(steps=STEPS, **SMALL)
    return Players.meet(learnable(rows(), config, None), config, torch.device("cpu")).model
