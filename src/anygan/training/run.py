"""A run: the folder, the data, and everything that changes while it trains.

The folder holds ``last.safetensors`` (weights, averages, optimisers, position, configuration), the one before it as
``previous.safetensors``, ``best.safetensors`` (what verbs need of the checkpoint whose fidelity was highest),
``healthy-STEP.safetensors`` (what a run that goes wrong goes back to) and ``log.jsonl``. Nothing random is kept from step
to step: each step's draws are seeded by the run's seed and the number of the step, so that going on from a checkpoint
gives the bits of the run that was never stopped.
"""

import json
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
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
from .health import Health
from .inherit import Heritage
from .parallel import World
from .players import Players
from .resume import agreed, position_kept, restarted, same_data, trim
from .scene import PRIOR
from .schedule import Clock

__all__ = ["Run", "describe", "learnable", "scale"]

INTERVAL = {"tiny": 5.0}
"""Seconds between checkpoints; a minute for the sizes not named here."""

PROBE = 256
"""Rows of the sample that checkpoints are compared on."""

LOG, EVERY = "log.jsonl", 10
"""The log, and steps between two lines of the log."""

MODALITIES = 64
"""Modalities that learn together at most: each has four networks of its own."""

LISTED = 1000
"""Bad cells that a checkpoint names at most; it counts them all."""


def scale(config: Config) -> Scale:
    """How much detail the canvases of a model size hold."""
    small = config.size == "tiny"
    return Scale(side=32 if small else 64, latent=config.code, width=64 if small else 128)


def describe(data: DataSet, config: Config, heritage: Heritage | None = None) -> dict[str, Modality]:
    """The modalities of a data set, in the order of its columns, found by looking at its cells; or at what is known."""
    if not data.columns:
        raise DataError(f"'{data.name}' has no column to learn from.")
    if PRIOR in data.columns:
        raise DataError(f"A column of '{data.name}' is called '{PRIOR}', which names a part of the model. Rename it.")
    for column in data.columns.values():
        first = next((cell for cell in data.bad if cell.column in column.headers), None)
        if not column.cells and first is not None:
            raise DataError(f"No cell of column '{first.column}' can be read. The first: {first}. Mend or delete it.")
    if heritage is not None:
        return heritage.describe(data, scale(config))
    return {name: KINDS[c.kind].fit(name, c.cells, scale(config)) for name, c in data.columns.items()}


def learnable(data: DataSet, config: Config, heritage: Heritage | None = None) -> dict[str, Modality]:
    """The modalities of a data set, as :func:`describe` finds them, where they are few enough to learn together."""
    if len(data.columns) > MODALITIES:
        raise DataError(
            f"'{data.name}' has {len(data.columns):,} modalities; expected at most {MODALITIES} to learn together. Say "
            "--kind NAME=category where a column is no sentence, which makes it part of the table, or delete some."
        )
    return describe(data, config, heritage)


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

    @torch.no_grad()
    def faithful(self, names: Collection[str] | None = None) -> bool:
        """Whether every learned canvas gives back a sample of cells exactly, through the noise of the game.

        Args:
            names: the modalities to look at; else all that are learned.
        """
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
            if names is None or name in names
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
                "holds": self.store.holds,
                "kept": list(self.kept),
                "bad": [str(cell) for cell in self.store.bad[:LISTED]],
                "bad_count": len(self.store.bad),
                "health": self.health.state(),
                "time": time.time(),
            }
            self._save_healthy(description)
            checkpoint.save(self.last, tensors, description, self.folder / checkpoint.PREVIOUS)
            for old in self.folder.glob("healthy-*.safetensors"):
                if old != self.healthy:
                    old.unlink()
            if better:
                used = {k: v for k, v in tensors.items() if k.startswith(("mean.", "model.canvases."))}
                checkpoint.save(self.folder / "best.safetensors", used, description)
        return fidelity

    @property
    def healthy(self) -> Path:
        """What weights go back to: named by its step, so that the newest checkpoint finds its own."""
        return self.folder / f"healthy-{self.health.kept}.safetensors"

    def _save_healthy(self, description: Mapping[str, Any]) -> None:
        if self.health.tensors and self.stored != self.health.kept:
            checkpoint.save(self.healthy, self.health.tensors, description)
            self.stored = self.health.kept

    @classmethod
    def open(
        cls,
        data: DataSet,
        folder: Path,
        config: Config,
        resume: bool = False,
        change: bool = False,
        origin: Path | None = None,
    ) -> "Run":
        """A new run, or with ``resume`` the one that the folder holds, with ``change`` under another configuration.

        A new one begins with what the run in ``origin`` has learned, where there is one.

        Raises:
            RunError: when the folder holds a run and ``resume`` is not set, or it cannot be gone on with.
            DataError: when nothing can be learned from the data.
        """
        world = World.join()
        tensors: dict[str, Tensor] | None = None
        told: dict[str, Any] = {}
        if checkpoint.exists(folder):
            if not (resume or restarted()):
                raise RunError(
                    f"{folder} holds a run already. Go on with it: add --resume. Start anew: give another --out."
                )
            tensors, told = checkpoint.newest(folder, aside=world.rank == 0)
            had = Config.of(told["config"])
            config = agreed(config, had, folder, change)
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        known = {str(spec["name"]): from_spec(spec) for spec in told.get("modalities", [])}
        heritage = Heritage.of(origin, config) if origin is not None and tensors is None else None
        modalities = known or learnable(data, config, heritage)
        for name in modalities:
            if name not in data.columns:
                raise DataError(f"The run {folder} knows a column '{name}' that '{data.name}' lacks.")
        store = Store.read(data, modalities)
        if "holds" in told and not change:
            same_data(told["holds"], store.holds, folder)
        players = Players.meet(modalities, config, device)
        run = cls(
            folder, config, modalities, store, Order(store, config.seed, config.batch), players, Clock(), world, device
        )
        run.health.rescue = config.rescue
        if tensors is not None:
            players.restore(tensors)
            clock = told["clock"]
            run.clock = Clock(clock["step"], clock["seconds"], tuple(clock["game"]) if clock["game"] else None)
            run.precision, run.threads, run.best = told["precision"], told["threads"], told["best"]
            if config != had:
                position_kept(run.clock, had, config)
                run.threads = config.threads or run.threads
                run.precision = run.precision if config.precision == "auto" else config.precision
            run.kept = tuple(told.get("kept", ()))
            run.health.restore(told.get("health", {}))
            if run.healthy.exists():
                run.health.tensors, run.stored = checkpoint.load(run.healthy)[0], run.health.kept
            if world.rank == 0:
                trim(folder / LOG, run.clock.step)
        else:
            if heritage is not None:
                heritage.give(players, modalities)
                run.kept = tuple(n for n, _ in run.learned() if heritage.settled(modalities[n]) and run.faithful([n]))
            if not run.learned():
                run.clock.game = (0, 0.0)
        return run


def _noised(canvas: Tensor, level: float, chance: torch.Generator) -> Tensor:
    return canvas + level * torch.randn(canvas.shape, generator=chance).to(canvas)


def finite(gradients: Sequence[Tensor | None]) -> bool:
    """Whether all gradients are numbers: a norm each, and one look at their sum."""
    there = [gradient for gradient in gradients if gradient is not None]
    return not there or bool(torch.stack(torch._foreach_norm(there)).sum().isfinite())
