"""A run: the folder, the data, and everything that changes while it trains.

The folder holds ``last.safetensors`` (weights, averages, optimisers, position, configuration), the one before it as
``previous.safetensors``, ``best.safetensors`` (what verbs need of the checkpoint whose fidelity was highest),
``healthy-STEP.safetensors`` (what a run that goes wrong goes back to) and ``log.jsonl``. Nothing random is kept from
step to step: each step's draws are seeded by the run's seed and the number of the step, so that going on from a
checkpoint gives the bits of the run that was never stopped.
"""

import json
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from ..config import Config
from ..data.store import Order, Store
from ..errors import RunError
from ..modalities import Canvas, Modality
from ..rows import Batch
from . import checkpoint
from .fidelity import fidelity, gives_back
from .health.augment import few, scarce
from .health.health import Health
from .keep import KEPT, keep
from .parallel import World
from .players import Players
from .schedule import Clock
from .tones import ROWS, develop

__all__ = ["LOG", "Run", "named"]

INTERVAL = {"tiny": 5.0}
"""Seconds between checkpoints; a minute for the sizes not named here."""

LOG, EVERY = "log.jsonl", 10
"""The log, and steps between two lines of the log."""

BRIEF = 8
"""As many times fewer rows are looked at for a checkpoint on the way: looking takes as long as a few steps."""

LISTED = 1000
"""Bad cells that a checkpoint names at most; it counts them all."""


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
    kept: tuple[str, ...] = ()
    """Modalities whose canvas another run has trained."""
    health: Health = field(default_factory=Health)
    stored: int = -1

    @property
    def last(self) -> Path:
        """The newest checkpoint."""
        return self.folder / checkpoint.LAST

    def chance(self) -> torch.Generator:
        """The source of everything random in the step that comes next."""
        return torch.Generator().manual_seed(self.config.seed * 1_000_003 + self.clock.step)

    @cached_property
    def few(self) -> dict[str, float]:
        """Modality -> share of its pairs that is augmented from the start."""
        return few(self.store, self.modalities)

    @cached_property
    def scarce(self) -> frozenset[str]:
        """The modalities of few different cells."""
        return scarce(self.store)

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
        return replace(self, players=players, clock=Clock(game=(0, 0.0)), precision=precision, health=Health())

    def learned(self) -> list[tuple[str, Canvas]]:
        """The canvases that train before the game."""
        canvases = [(n, self.players.model.canvases[n]) for n in self.modalities if n not in self.kept]
        return [(name, canvas) for name, canvas in canvases if canvas.learned]

    def descend(self, optimizer: Optimizer, lr: float | None = None) -> bool:
        """Sum the gradients over all ranks and take a step; not if they are no numbers. Whether it was taken."""
        for group in optimizer.param_groups:
            group["lr"] = group["lr"] if lr is None else lr * group.get("pace", 1.0)
            self.world.sum_gradients(group["params"])
        taken = not self.config.rescue or finite([p.grad for g in optimizer.param_groups for p in g["params"]])
        if taken:
            optimizer.step()
        return taken

    def faithful(self, names: Collection[str] | None = None) -> bool:
        """Whether every learned canvas gives back a sample of cells exactly, through the noise of the game.

        Args:
            names: the modalities to look at; else all that are learned.
        """
        return all(
            gives_back(canvas, self.store.sample(name, 512).to(self.device), self.chance())
            for name, canvas in self.learned()
            if names is None or name in names
        )

    @torch.no_grad()
    def settle(self) -> None:
        """End the training of the canvases and begin the game."""
        for name, canvas in self.learned():
            canvas.settle(self.store.sample(name, 8192).to(self.device))
        self.players.model.canvases.requires_grad_(False)
        self.clock.game = (self.clock.step, self.clock.position(self.config))

    @property
    def phase(self) -> str:
        """``canvas`` while learned canvases train, then ``game``."""
        return "canvas" if self.clock.game is None else "game"

    @property
    def interval(self) -> float:
        """Seconds between checkpoints."""
        return INTERVAL.get(self.config.size, 60.0)

    def log(self, record: Mapping[str, Any]) -> None:
        """Append a record to ``log.jsonl``: one step in ten, and those that have events; rank 0 alone does."""
        if self.world.rank == 0 and (self.clock.step % EVERY == 0 or record.get("events")):
            log = self.folder / LOG
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                with log.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(record) + "\n")
            except OSError as error:
                raise RunError(
                    f"The log {log} cannot be written: {error.strerror or error}. The last checkpoint is whole: mend "
                    "this and go on with --resume."
                ) from error

    def save(self, *, brief: bool = False) -> float:
        """Write the newest checkpoint, and the best one when this is it; rank 0 alone does. Returns its fidelity.

        A ``brief`` one is sooner done: it keeps the codes of fewer rows.
        """
        playing, part = self.clock.game is not None, BRIEF if brief else 1
        told = self.players.mean, self.store, self.device, self.config.seed
        if playing:
            keep(self.players.mean, self.store, self.device, KEPT // part)
            develop(*told, ROWS // part)
        reached = fidelity(*told) if playing else 0.0
        better, self.best = reached >= self.best, max(self.best, reached)
        if self.world.rank == 0:
            tensors = self.players.state()
            description = {
                "config": self.config.spec(),
                "modalities": [m.spec() for m in self.modalities.values()],
                "clock": asdict(self.clock),
                "precision": self.precision,
                "threads": self.threads,
                "device": named(self.device),
                "fidelity": reached,
                "best": self.best,
                "data": self.store.data.name,
                "holds": self.store.holds,
                "kept": list(self.kept),
                "bad": [str(cell) for cell in self.store.bad[:LISTED]],
                "bad_count": len(self.store.bad),
                "health": self.health.state(),
                "time": time.time(),
            }
            self._save_healthy(description)
            checkpoint.save(self.last, tensors, description, self.folder / checkpoint.PREVIOUS)
            # The one before goes back to weights of its own.
            for old in sorted(self.folder.glob("healthy-*.safetensors"), key=lambda path: (len(path.name), path))[:-2]:
                old.unlink()
            if better:
                used = {k: v for k, v in tensors.items() if k.startswith(("mean.", "model.canvases."))}
                checkpoint.save(self.folder / "best.safetensors", used, description)
        return reached

    @property
    def healthy(self) -> Path:
        """What weights go back to: named by its step, so that the newest checkpoint finds its own."""
        return self.folder / f"healthy-{self.health.kept}.safetensors"

    def _save_healthy(self, description: Mapping[str, Any]) -> None:
        if self.health.tensors and self.stored != self.health.kept:
            checkpoint.save(self.healthy, self.health.tensors, description)
            self.stored = self.health.kept


def named(device: torch.device) -> str:
    """What a device calls itself; the processor is ``cpu``."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def finite(gradients: Sequence[Tensor | None]) -> bool:
    """Whether all gradients are numbers: a norm each, and one look at their sum."""
    there = [gradient for gradient in gradients if gradient is not None]
    return not there or bool(torch.stack(torch._foreach_norm(there)).sum().isfinite())
