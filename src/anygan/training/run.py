"""A run: the folder, the data, and everything that changes while it trains.

The folder holds ``last.safetensors`` (weights, averages, optimisers, position, configuration), ``best.safetensors``
(what verbs need of the checkpoint whose fidelity was highest) and
``log.jsonl``. Nothing random is kept from step to step: each step's draws are seeded by the run's seed and the number
of the step, so that going on from a checkpoint gives the bits of the run that was never stopped.
"""

import json
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

from ..config import Config
from ..data.store import Order, Store
from ..errors import DataError, RunError
from ..modalities import KINDS, Canvas, Modality, Scale, from_spec
from ..rows import Batch, DataSet
from ..training import checkpoint
from .parallel import World
from .players import Players
from .scene import PRIOR
from .schedule import Clock

__all__ = ["Run", "describe", "learnable", "scale"]

INTERVAL = {"tiny": 5.0}
"""Seconds between checkpoints; a minute for the sizes not named here."""

PROBE = 256
"""Rows of the sample that checkpoints are compared on."""

EVERY = 10
"""Steps between two lines of the log."""

MODALITIES = 64
"""Modalities that learn together at most: each has four networks of its own."""

LISTED = 1000
"""Bad cells that a checkpoint names at most; it counts them all."""


def scale(config: Config) -> Scale:
    """How much detail the canvases of a model size hold."""
    small = config.size == "tiny"
    return Scale(side=32 if small else 64, latent=config.code, width=64 if small else 128)


def describe(data: DataSet, config: Config) -> dict[str, Modality]:
    """The modalities of a data set, in the order of its columns, found by looking at its cells."""
    if not data.columns:
        raise DataError(f"'{data.name}' has no column to learn from.")
    if PRIOR in data.columns:
        raise DataError(f"A column of '{data.name}' is called '{PRIOR}', which names a part of the model. Rename it.")
    for column in data.columns.values():
        first = next((cell for cell in data.bad if cell.column in column.headers), None)
        if not column.cells and first is not None:
            raise DataError(f"No cell of column '{first.column}' can be read. The first: {first}. Mend or delete it.")
    return {name: KINDS[c.kind].fit(name, c.cells, scale(config)) for name, c in data.columns.items()}


def learnable(data: DataSet, config: Config) -> dict[str, Modality]:
    """The modalities of a data set, as :func:`describe` finds them, where they are few enough to learn together."""
    if len(data.columns) > MODALITIES:
        raise DataError(
            f"'{data.name}' has {len(data.columns):,} modalities; expected at most {MODALITIES} to learn together. Say "
            "--kind NAME=category where a column is no sentence, which makes it part of the table, or delete some."
        )
    return describe(data, config)


@dataclass
class Run:
    """A run folder in use."""

    folder: Path
    config: Config
    modalities: dict[str, Modality]
    store: Store
    order: Order
    players: Players
    clock: Clock
    world: World
    device: torch.device
    precision: str = "fp32"
    threads: int = 0
    best: float = -1.0

    @property
    def last(self) -> Path:
        """The newest checkpoint."""
        return self.folder / "last.safetensors"

    def chance(self) -> torch.Generator:
        """The source of everything random in the step that comes next."""
        return torch.Generator().manual_seed(self.config.seed * 1_000_003 + self.clock.step)

    def batch(self, number: int) -> Batch:
        """This rank's rows of the batch of a number."""
        rows = self.order.batch(number)
        if self.world.size > 1:
            rows = Batch(
                {n: self.world.mine(v) for n, v in rows.values.items()},
                {n: self.world.mine(p) for n, p in rows.present.items()},
            )
        return rows.to(self.device)

    def autocast(self) -> AbstractContextManager[Any]:
        """Mixed precision, where it was chosen."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16")

    def scratch(self, precision: str) -> "Run":
        """A copy to try things on: other weights, the same data."""
        players = Players.meet(self.modalities, self.config, self.device)
        return replace(self, players=players, clock=Clock(game=(0, 0.0)), precision=precision)

    def learned(self) -> list[tuple[str, Canvas]]:
        """The canvases that train before the game."""
        canvases = [(name, self.players.model.canvases[name]) for name in self.modalities]
        return [(name, canvas) for name, canvas in canvases if canvas.learned]

    def descend(self, optimizer: Optimizer, lr: float | None = None) -> None:
        """Sum the gradients over all ranks and take a step."""
        for group in optimizer.param_groups:
            group["lr"] = group["lr"] if lr is None else lr * group.get("pace", 1.0)
            self.world.sum_gradients(group["params"])
        optimizer.step()

    @torch.no_grad()
    def faithful(self) -> bool:
        """Whether every learned canvas gives back a sample of cells exactly, through the noise of the game."""
        return all(
            bool(
                (canvas.inverse(_noised(canvas(cells), canvas.noise, self.chance())) == cells)
                .flatten(1)
                .all(1)
                .float()
                .mean()
                > 0.998
            )
            for name, canvas in self.learned()
            for cells in [self.sample(name, 512)]
        )

    @torch.no_grad()
    def settle(self) -> None:
        """End the training of the canvases and begin the game."""
        for name, canvas in self.learned():
            canvas.settle(self.sample(name, 8192))
        self.players.model.canvases.requires_grad_(False)
        self.clock.game = (self.clock.step, self.clock.position(self.config))

    def sample(self, name: str, count: int) -> Tensor:
        """At most ``count`` cells of a modality, evenly spaced."""
        good = torch.from_numpy(self.store.good[name]).nonzero().squeeze(1)
        return self.store.cells[name][good[:: -(-len(good) // count)]].to(self.device)

    @property
    def phase(self) -> str:
        """``canvas`` while learned canvases train, then ``game``."""
        return "canvas" if self.clock.game is None else "game"

    @property
    def interval(self) -> float:
        """Seconds between checkpoints."""
        return INTERVAL.get(self.config.size, 60.0)

    def log(self, record: Mapping[str, Any]) -> None:
        """Append a record to ``log.jsonl``, one step in ten; rank 0 alone does."""
        if self.world.rank == 0 and (self.clock.step % EVERY == 0):
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / "log.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")

    @torch.no_grad()
    def fidelity(self) -> float:
        """How well what is rendered says what it was rendered from: a measure that needs no labels, 0 to 1.

        For a fixed sample of rows and each modality: the share of rows whose cell, rendered from the code of the
        others and looked at again, is nearest to that code among all rows. The encoders judge here, so it is an
        optimist; it tells good checkpoints of a run from bad ones, not good runs from bad ones.
        """
        mean = self.players.mean
        if len(mean.names) == 1 or self.clock.game is None:
            return 0.0
        pairing = self.store.pairing(0)
        batch = self.store.batch(pairing, np.linspace(0, len(pairing) - 1, PROBE).astype(np.int64)).to(self.device)
        canvases, observed = mean.draw(batch), batch.observed()
        evidence, shares = mean.evidence(canvases), []
        chance = torch.Generator().manual_seed(self.config.seed)
        for m, name in enumerate(mean.names):
            others = observed.clone()
            others[:, m] = False
            rows = others.any(1)
            if int(rows.sum()) > 1:
                code = mean.fusion(evidence[rows], others[rows])
                canvas = mean.canvases[name].snap(mean.render(code, [name], chance)[name])
                near = (mean.encoders[name](canvas) @ code.T).argmax(1)
                # Rows whose codes coincide, such as those of one caption, count for each other.
                alike = (code @ code.T).gather(1, near.unsqueeze(1)).squeeze(1) > 0.99
                shares.append(float((alike | (near == torch.arange(len(near), device=near.device))).float().mean()))
        return sum(shares) / max(1, len(shares))

    def save(self) -> float:
        """Write the newest checkpoint, and the best one when this is it; rank 0 alone does. Returns its fidelity."""
        fidelity = self.fidelity()
        better, self.best = fidelity > self.best, max(self.best, fidelity)
        if self.world.rank == 0:
            tensors = self.players.state()
            description = {
                "config": self.config.spec(),
                "modalities": [m.spec() for m in self.modalities.values()],
                "clock": asdict(self.clock),
                "precision": self.precision,
                "threads": self.threads,
                "fidelity": fidelity,
                "best": self.best,
                "data": self.store.data.name,
                "bad": [str(cell) for cell in self.store.bad[:LISTED]],
                "bad_count": len(self.store.bad),
                "time": time.time(),
            }
            checkpoint.save(self.last, tensors, description)
            if better:
                used = {k: v for k, v in tensors.items() if k.startswith(("mean.", "model.canvases."))}
                checkpoint.save(self.folder / "best.safetensors", used, description)
        return fidelity

    @classmethod
    def open(cls, data: DataSet, folder: Path, config: Config, resume: bool = False) -> "Run":
        """A new run, or with ``resume`` the one that the folder holds.

        Raises:
            RunError: when the folder holds a run and ``resume`` is not set, or it cannot be gone on with.
            DataError: when nothing can be learned from the data.
        """
        last, tensors = folder / "last.safetensors", None
        told: dict[str, Any] = {}
        if last.exists():
            if not resume:
                raise RunError(
                    f"{folder} holds a run already. Go on with it: add --resume. Start anew: give another --out."
                )
            tensors, told = checkpoint.load(last)
            config = _agreed(config, Config.of(told["config"]), folder)
        world = World.join()
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        known = {str(spec["name"]): from_spec(spec) for spec in told.get("modalities", [])}
        modalities = known or learnable(data, config)
        for name in modalities:
            if name not in data.columns:
                raise DataError(f"The run {folder} knows a column '{name}' that '{data.name}' lacks.")
        store = Store.read(data, modalities)
        players = Players.meet(modalities, config, device)
        run = cls(
            folder, config, modalities, store, Order(store, config.seed, config.batch), players, Clock(), world, device
        )
        if tensors is not None:
            players.restore(tensors)
            clock = told["clock"]
            run.clock = Clock(clock["step"], clock["seconds"], tuple(clock["game"]) if clock["game"] else None)
            run.precision, run.threads, run.best = told["precision"], told["threads"], told["best"]
        elif not any(canvas.learned for canvas in players.model.canvases.members):
            run.clock.game = (0, 0.0)
        return run


def _agreed(asked: Config, had: Config, folder: Path) -> Config:
    """The configuration to go on with: the run's own. What was asked for differently is an error that shows it."""
    differ = [name for name, value in asked.spec().items() if value != had.spec()[name]]
    if differ:
        shown = ", ".join(f"{n.replace('_', '-')} {getattr(had, n)} (now {getattr(asked, n)})" for n in differ)
        raise RunError(
            f"{folder} was started with other settings: {shown}. Resume it with those, or give another --out."
        )
    return had


def _noised(canvas: Tensor, level: float, chance: torch.Generator) -> Tensor:
    return canvas + level * torch.randn(canvas.shape, generator=chance).to(canvas)
