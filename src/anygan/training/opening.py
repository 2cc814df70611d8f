"""Opening a run: a new one, one that begins with what another has learned, or the one that a folder holds already."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from torch import Tensor

from ..config import Config
from ..data.store import Order, Store
from ..device import device
from ..errors import DataError, RunError
from ..modalities import from_spec
from ..rows import DataSet
from . import checkpoint
from .describe import learnable
from .inherit import Heritage
from .machine import exact
from .parallel import World
from .players import Players
from .resume import agreed, position_kept, restarted, same_data, trim
from .run import LOG, Run
from .schedule import Clock

__all__ = ["open_run"]


def open_run(
    data: DataSet,
    folder: Path,
    config: Config,
    resume: bool = False,
    change: bool = False,
    origin: Path | None = None,
) -> Run:
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
        config = agreed(config, Config.of(told["config"]), folder, change)
    known = {str(spec["name"]): from_spec(spec) for spec in told.get("modalities", [])}
    heritage = Heritage.of(origin, config) if origin is not None and tensors is None else None
    modalities = known or learnable(data, config, heritage)
    for name in modalities:
        if name not in data.columns:
            raise DataError(f"The run {folder} knows a column '{name}' that '{data.name}' lacks.")
    store = Store.read(data, modalities)
    if "holds" in told and not change:
        same_data(told["holds"], store.holds, folder)
    here = device()
    if here.type == "cuda":
        exact()
    config = config.settled(len(data), here.type)
    players = Players.meet(modalities, config, here)
    run = Run(folder, config, modalities, store, Order(store, config.seed, config.batch), players, Clock(), world, here)
    run.health.rescue = config.rescue
    if tensors is not None:
        _go_on(run, tensors, told)
    else:
        _begin(run, heritage)
    return run


def _go_on(run: Run, tensors: Mapping[str, Tensor], told: Mapping[str, Any]) -> None:
    """Be as a checkpoint was, whose configuration may have been another."""
    run.players.restore(tensors)
    clock, had = told["clock"], Config.of(told["config"])
    run.clock = Clock(clock["step"], clock["seconds"], tuple(clock["game"]) if clock["game"] else None)
    run.precision, run.threads, run.best = told["precision"], told["threads"], told["best"]
    if run.config != had:
        position_kept(run.clock, had, run.config)
        run.threads = run.config.threads or run.threads
        run.precision = run.precision if run.config.precision == "auto" else run.config.precision
    run.kept = tuple(told.get("kept", ()))
    run.health.restore(told.get("health", {}))
    if run.healthy.exists():
        run.health.tensors, run.stored = checkpoint.load(run.healthy)[0], run.health.kept
    if run.world.rank == 0:
        trim(run.folder / LOG, run.clock.step)
        # A run that is finished saves nothing more, which would sweep as well; where nothing can be deleted it may lie.
        with suppress(OSError):
            checkpoint.sweep(run.folder)


def _begin(run: Run, heritage: Heritage | None) -> None:
    """Be new, or begin with what another run has learned."""
    if heritage is not None:
        heritage.give(run.players, run.modalities)
        taught = [name for name, _ in run.learned() if heritage.settled(run.modalities[name])]
        run.kept = tuple(name for name in taught if run.faithful([name]))
    if not run.learned():
        run.clock.game = (0, 0.0)
