"""Who learns how fast, and that nobody is left out or learns twice."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from small_runs import SMALL

from anygan import Config
from anygan.modalities import Audio, Image, Modality, Scale, Table, Text, Vector
from anygan.training.players import LEAD, Players


@pytest.fixture(scope="module")
def players() -> Players:
    chance = np.random.default_rng(0)
    pictures = [chance.integers(256, size=(8, 8), dtype=np.uint8) for _ in range(8)]
    sounds = [(chance.standard_normal(800).astype(np.float32), 8000) for _ in range(8)]
    points = [chance.standard_normal(3).astype(np.float32) for _ in range(8)]
    rows: list[dict[str, Any]] = [{"city": "Rome", "size": float(i)} for i in range(8)]
    modalities: list[Modality] = [
        Image.fit("image", pictures, Scale()),
        Audio.fit("audio", sounds, Scale()),
        Text.fit("text", ["a word", "two words"], Scale()),
        Vector.fit("point", points, Scale()),
        Table.fit("table", rows, Scale()),
    ]
    return Players.meet({m.name: m for m in modalities}, Config(**SMALL), torch.device("cpu"))


def pace(optimizer: torch.optim.Optimizer, network: torch.nn.Module) -> float:
    """How fast all weights of a network learn."""
    own = {id(weights) for weights in network.parameters()}
    found = {g["pace"] for g in optimizer.param_groups for weights in g["params"] if id(weights) in own}
    (only,) = found
    return float(only)


def test_every_weight_of_the_game_belongs_to_one_player(players: Players) -> None:
    held = Counter(
        id(weights)
        for optimizer in (players.readers, players.judges, players.makers, players.drawers)
        for group in optimizer.param_groups
        for weights in group["params"]
    )
    trained = {id(w) for net in (players.model, players.critics) for w in net.parameters()}
    assert set(held) == trained
    assert set(held.values()) == {1}


def test_pictures_and_sounds_learn_faster_and_discriminators_lead_all(players: Players) -> None:
    paces = {name: pace(players.makers, players.model.generators[name]) for name in players.model.names}
    assert paces["image"] == paces["audio"] == 2 * paces["point"] == 2 * paces["table"]
    for name in ("image", "audio", "point", "table"):
        assert pace(players.judges, players.critics.canvases[name]) == LEAD * paces[name]
    assert pace(players.judges, players.critics.codes) == LEAD * pace(players.makers, players.model.prior)
