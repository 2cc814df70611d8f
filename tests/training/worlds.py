"""Gradients of one whole step in float64, alone or as one of several ranks: run by tests/training/test_parallel.py."""

import os
import sys
from copy import deepcopy
from pathlib import Path

import torch
import torch.distributed as dist
from safetensors.torch import save_file

from anygan.config import LOSSES, PENALTIES, Config
from anygan.modalities import Image, Table, Text, Vector
from anygan.modalities.scalars import Scalar
from anygan.penalties import iterate, spectral
from anygan.rows import Batch
from anygan.training.game.holes import closeness
from anygan.training.game.objective import echo, energy, imitate, judge, paint
from anygan.training.game.reading import align, believe, read, recognise
from anygan.training.game.rules import SPECTRAL, Rules
from anygan.training.game.scene import Crowd, scene
from anygan.training.parallel import World
from anygan.training.players import Players

ROWS = 16

NUMBERS = [Scalar(name, "number", 0, (0.0, 1.0, 2.0), ()) for name in "ab"]
COLUMNS = (*NUMBERS, Scalar("c", "category", 0, (), ("x", "y", "z")))

RULES = [Rules(), *(Rules(loss=name) for name in LOSSES[1:]), *(Rules(penalty=name) for name in PENALTIES[1:])]
"""The default, then every loss and every penalty."""


def make_batch() -> Batch:
    """Sixteen rows; the first half has no text, some of the second half no image, the table holes."""
    chance = torch.Generator().manual_seed(1)
    values = {
        "image": torch.randint(0, 256, (ROWS, 1, 8, 8), generator=chance, dtype=torch.uint8),
        "text": torch.randint(1, 200, (ROWS, 6), generator=chance).to(torch.int16),
        "vector": torch.randn(ROWS, 3, generator=chance),
        "table": torch.randint(0, 3, (ROWS, 3), generator=chance).double(),
    }
    values["table"][::5, 1] = torch.nan
    present = {name: torch.ones(ROWS, dtype=torch.bool) for name in values}
    present["text"][: ROWS // 2] = False
    present["image"][ROWS // 2 :: 3] = False
    return Batch(values, present)


def main(out: Path) -> None:
    torch.set_num_threads(1)
    world = World.join()
    torch.set_default_dtype(torch.float64)
    modalities = {
        "image": Image("image", 8, 8, "L", 8, 8),
        "text": Text("text", (), 6, 8, 16),
        "vector": Vector("vector", 3, (0.0,) * 3, (1.0,) * 3),
        "table": Table("table", COLUMNS, True),
    }
    config = Config(size="tiny", batch=ROWS, width=2, features=8, code=8, style=4)
    players = Players.meet(modalities, config, torch.device("cpu"))
    for part in (players.model, players.mean, players.critics):
        part.double()
    players.model.canvases.requires_grad_(False)
    rows = make_batch()
    batch = Batch(
        {n: world.mine(v) for n, v in rows.values.items()}, {n: world.mine(p) for n, p in rows.present.items()}
    )
    chance = torch.Generator().manual_seed(2)
    canvases = {n: c.double() for n, c in players.model.draw(batch).items()}
    crowd = Crowd.gathered(players.mean, batch, canvases, world)
    evidence, observed, damage = read(players.model, crowd, canvases, chance, world)
    losses = [
        align(players.model, evidence, observed, damage, chance, world)[0],
        recognise(players.model, evidence, damage, crowd, chance, world),
        believe(players.model, evidence, observed, damage, chance, world),
    ]
    torch.stack(losses).sum().backward()
    stages = scene(players.model, crowd, canvases, chance, world, ["table"])
    fakes = paint(players.model, stages)
    gradients = {}
    for rules in RULES:
        critics = players.critics
        if rules.penalty == SPECTRAL:
            critics = deepcopy(critics)
            torch.manual_seed(0)
            spectral(critics)
            iterate(critics)
        judge(critics, stages, fakes, config.gamma, rules)[0].backward()
        critics.requires_grad_(False)
        # The encoders' own gradients, the echo's, the energy score's and those of what holes miss are in the first.
        last = torch.zeros(())
        if rules == RULES[0]:
            last = echo(players.mean, stages, fakes) + energy(players.model, stages, fakes)
            last = last + closeness(players.model, stages, fakes)
        (imitate(critics, stages, fakes, rules) + last).backward(retain_graph=True)
        critics.requires_grad_(True)
        for part, module in (("model", players.model), ("critics", critics)):
            named = [(n, p) for n, p in module.named_parameters() if p.requires_grad]
            world.sum_gradients([p for _, p in named])
            # Fused optimisers walk memory as it lies: weights and their gradients must lie alike.
            assert all(p.grad.stride() == p.stride() for _, p in named if p.grad is not None)
            own = {n: p.grad.clone() for n, p in named if p.grad is not None}
            gradients |= {f"{rules.loss}, {rules.penalty}: {part}.{n}": grad for n, grad in own.items()}
            module.zero_grad()
    if world.rank == 0:
        save_file({n: g.contiguous() for n, g in gradients.items()}, out)
    if dist.is_initialized():
        dist.barrier()
        # Torn down in good order, gloo's threads now and then abort the process.
        os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
