"""The loop: the one place where gradients are cleared and taken, and weights change."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from ..config import Config
from ..rows import Batch, DataSet
from .ema import average
from .machine import tune
from .objective import align, believe, echo, imitate, judge, paint, read
from .run import Run
from .scene import scene
from .schedule import rate

__all__ = ["Record", "train"]

LOOK = 10
"""Steps between two looks at whether learned canvases give back what they were given."""

TURNS = 8
"""Updates of the learned canvases in one step."""

ECHO = 0.6
"""Weight of the echo beside the adversarial loss."""


@dataclass(frozen=True)
class Record:
    """What one step tells.

    Attributes:
        step: steps done.
        position: share of the budget spent.
        seconds: training time so far.
        phase: ``canvas`` while learned canvases train, then ``game``.
        losses: of encoders (align, believe), discriminators (judge) and generators (imitate, echo); or of the canvases.
        health: accuracy, gap, R1 and R2 of each discriminator, as ``modality/signal``; where a checkpoint was
            written its ``fidelity``.
    """

    step: int
    position: float
    seconds: float
    phase: str
    losses: dict[str, float]
    health: dict[str, float] = field(default_factory=dict)


def train(
    data: DataSet,
    out: Path | str,
    config: Config | None = None,
    *,
    resume: bool = False,
    change: bool = False,
    origin: Path | str | None = None,
) -> Iterator[Record]:
    """Train into the run folder ``out`` and yield a record a step. Closing the iterator early ends with a checkpoint.

    With ``resume`` a run that the folder holds is gone on with: at the bits of the run that was never stopped, or with
    ``change`` under another configuration or on other data. A new run may begin with what another, in the folder
    ``origin``, has learned: of more rows, words, categories or modalities.

    Raises:
        RunError: when ``out`` holds a run and ``resume`` is not set, or a checkpoint cannot be used or written.
        DataError: when nothing can be learned from the data.

    Example:
        >>> from anygan import Config, load_data, train
        >>> for record in train(load_data("ring"), "runs/ring", Config(size="tiny", steps=100)):  # doctest: +SKIP
        ...     print(record.step, record.losses)
    """
    run = Run.open(data, Path(out), config or Config(), resume, change, Path(origin) if origin is not None else None)
    config, clock, model, mean = run.config, run.clock, run.players.model, run.players.mean
    tune(run, play)
    saved = time.monotonic()
    began, first = saved - clock.seconds, clock.step
    while clock.position(config) < 1:
        chance = run.chance()
        health: dict[str, float] = {}
        if clock.game is None:
            losses = draw(run, chance)
        else:
            losses, health = play(run, run.batch(clock.step), chance, rate(clock.played(config)))
        clock.step += 1
        clock.seconds = run.world.agree(time.monotonic() - began)
        if clock.game is not None:
            average(mean, model, clock.half_life(config), clock.step - clock.game[0])
        elif clock.position(config) >= config.canvas or (clock.step % LOOK == 0 and run.faithful()):
            run.settle()
        if time.monotonic() - saved > run.interval:
            health["fidelity"] = run.save()
            saved = time.monotonic()
        record = Record(clock.step, clock.position(config), clock.seconds, run.phase, losses, health)
        run.log(asdict(record))
        away = time.monotonic()
        try:
            yield record
        except GeneratorExit:
            run.save()
            raise
        # What is done with a record is not training time.
        began += time.monotonic() - away
    if clock.step > first or not run.last.exists():
        run.save()


def draw(run: Run, chance: torch.Generator) -> dict[str, float]:
    """One step of the learned canvases: several small updates, together about as long as a step of the game."""
    canvases = run.learned()
    losses: dict[str, float] = {}
    for turn in range(TURNS):
        batch = run.batch(TURNS * run.clock.step + turn)
        lost: dict[str, Tensor] = {}
        with run.autocast():
            for name, canvas in canvases:
                rows = batch.values[name][batch.present[name]]
                if len(rows):
                    lost[name] = canvas.loss(rows, chance)
        run.players.drawers.zero_grad()
        if lost:
            torch.stack(list(lost.values())).sum().backward()
        run.descend(run.players.drawers)
        losses |= {name: float(loss.detach()) for name, loss in lost.items()}
    return losses


def play(run: Run, batch: Batch, chance: torch.Generator, factor: float) -> tuple[dict[str, float], dict[str, float]]:
    """One step of the game: encoders, then discriminators, then generators and prior. Returns losses and health."""
    players, world, config = run.players, run.world, run.config
    model, critics = players.model, players.critics
    with run.autocast():
        canvases = model.draw(batch)
        seen = read(model, batch, canvases, chance, world)
        aligned, believed = align(model, *seen, chance, world), believe(model, *seen, chance, world)
    players.readers.zero_grad()
    (aligned + believed).backward()
    run.descend(players.readers, config.encoder_lr * factor)

    with run.autocast():
        stages = scene(model, players.mean, batch, canvases, chance, world)
        fakes = paint(model, stages)
        judged, health = judge(critics, stages, fakes, config.gamma)
    players.judges.zero_grad()
    judged.backward()
    run.descend(players.judges, config.lr * factor)

    critics.requires_grad_(False)
    with run.autocast():
        imitated = imitate(critics, stages, fakes)
        echoed = echo(players.mean, stages, fakes)
    players.makers.zero_grad()
    (imitated + ECHO * echoed).backward()
    critics.requires_grad_(True)
    run.descend(players.makers, config.lr * factor)
    losses = {"align": aligned, "believe": believed, "judge": judged, "imitate": imitated, "echo": echoed}
    return {k: float(v.detach()) for k, v in losses.items()}, {k: float(v) for k, v in health.items()}
