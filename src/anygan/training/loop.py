"""The loop: the one place where gradients are cleared and taken, and weights change."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from ..config import Config
from ..penalties import iterate
from ..rows import Batch, DataSet
from .ema import average, twins
from .game.holes import HELD, closeness
from .game.objective import echo, energy, imitate, judge, paint
from .game.reading import align, believe, read, recognise
from .game.rules import SPECTRAL, Rules
from .game.scene import PRIOR, Crowd, scene
from .health.augment import augmented
from .health.health import Event, broken
from .machine import tune
from .opening import open_run
from .players import Players
from .run import Run
from .schedule import rate

__all__ = ["Record", "train"]

LOOK = 10
"""Steps between two looks at whether learned canvases give back what they were given."""

TURNS = 8
"""Updates of the learned canvases in one step."""

ECHO = 0.6
"""Weight of the echo beside the adversarial loss."""

ENERGY = 4.0
"""Weight of the prior's energy score beside the adversarial loss."""

BOND = 0.02
"""How fast what a modality is known to share with the rest follows what a step tells of it."""

RECOGNISE, BELIEVE = 0.3, 2.0
"""Weights of knowing a row again, and of knowing what is left of its cells, beside the contrast of its modalities."""


@dataclass(frozen=True)
class Record:
    """What one step tells.

    Attributes:
        step: steps done.
        position: share of the budget spent.
        seconds: training time so far.
        phase: ``canvas`` while learned canvases train, then ``game``.
        losses: of encoders (align, recognise, believe), discriminators (judge) and generators and prior (imitate,
            echo, energy, holes); or of the canvases.
        health: accuracy, gap, R1 and R2 of each discriminator, as ``modality/signal``; where a checkpoint was
            written its ``fidelity``; every fifty steps the signals of :mod:`.health.signals`; ``skipped`` where
            gradients were no numbers and no weight was changed.
        events: alarms that rang, and what was done.
    """

    step: int
    position: float
    seconds: float
    phase: str
    losses: dict[str, float]
    health: dict[str, float] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)


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
    run = open_run(data, Path(out), config or Config(), resume, change, Path(origin) if origin is not None else None)
    config, clock, weights = run.config, run.clock, twins(run.players.mean, run.players.model)
    tune(run, play)
    saved = time.monotonic()
    began, first = saved - clock.seconds, clock.step
    while clock.position(config) < 1:
        chance = run.chance()
        health: dict[str, float] = {}
        events: list[Event] = []
        if clock.game is None:
            losses = draw(run, chance)
            events += run.health.count(broken(losses))
        else:
            events += run.health.begin(run.players, run.store)
            factor = rate(clock.played(config))
            losses, health = play(run, run.batch(clock.step), chance, factor)
        clock.step += 1
        clock.seconds = run.world.agree(time.monotonic() - began)
        if clock.game is not None:
            gone, lost = clock.step - clock.game[0], "skipped" in health or broken(losses)
            if "skipped" not in health:
                average(*weights, clock.half_life(config), gone)
            state, of = run.health, (run.players, run.store, run.world)
            events += state.after(*of, gone, config, health, broken=lost, falling=factor < 1)
        elif clock.position(config) >= config.canvas or (clock.step % LOOK == 0 and run.faithful()):
            run.settle()
        if time.monotonic() - saved > run.interval and clock.position(config) < 1:
            health["fidelity"] = run.save(brief=True)
            saved = time.monotonic()
        record = Record(clock.step, clock.position(config), clock.seconds, run.phase, losses, health, events)
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
    """One step of the game: encoders, then discriminators, then generators and prior. Returns losses and health.

    It ends where a gradient is no number: neither that player's weights nor those of the players after it change.
    """
    players, world, config, state = run.players, run.world, run.config, run.health
    fought = config.lr * factor * state.lr
    model, critics, rules = players.model, players.critics, Rules(config.loss, config.penalty)
    with run.autocast():
        canvases = model.draw(batch)
        crowd = Crowd.gathered(players.mean, batch, canvases, world)
        evidence, observed, damage = read(model, crowd, canvases, chance, world)
        aligned, shared = align(model, evidence, observed, damage, chance, world)
        known = recognise(model, evidence, damage, crowd, chance, world)
        believed = believe(model, evidence, observed, damage, chance, world)
    remember(players, shared, crowd.whole)
    players.readers.zero_grad()
    (aligned + RECOGNISE * known + BELIEVE * believed).backward()
    losses = {"align": aligned, "recognise": known, "believe": believed}
    if not run.descend(players.readers, config.encoder_lr * factor):
        return _told(losses), {"skipped": 1.0}

    with run.autocast():
        if rules.penalty == SPECTRAL:
            iterate(critics)
        stages = scene(model, crowd, canvases, chance, world, run.scarce)
        fakes = paint(model, stages)
        shares = {name: state.augment + run.few.get(name, 0.0) for name in fakes}
        seen_stages, seen_fakes = augmented(stages, fakes, shares, chance, world)
        judged, health = judge(critics, seen_stages, seen_fakes, state.gamma(config.gamma), rules, state.raised)
    players.judges.zero_grad()
    judged.backward()
    losses["judge"] = judged
    if not run.descend(players.judges, fought * state.judges):
        return _told(losses), _told(health) | {"skipped": 1.0}

    players.hold(True)
    with run.autocast():
        imitated = imitate(critics, seen_stages, seen_fakes, rules)
        echoed, missed = echo(players.mean, stages, fakes), closeness(model, stages, fakes)
        scored = energy(model, stages, fakes)
    players.makers.zero_grad()
    (imitated + ECHO * echoed + ENERGY * scored + HELD * missed).backward()
    players.hold(False)
    losses |= {"imitate": imitated, "echo": echoed}
    losses |= ({"energy": scored} if PRIOR in stages else {}) | ({"holes": missed} if model.fillers.names else {})
    taken = run.descend(players.makers, fought)
    return _told(losses), _told(health) | ({} if taken else {"skipped": 1.0})


def remember(players: Players, shared: Tensor, whole: Tensor) -> None:
    """What is learned without a gradient: what each modality shares with the rest, (M,), and words from whole codes.

    NaN tells nothing.
    """
    for net in (players.model, players.mean):
        net.bond.lerp_(torch.where(shared.isfinite(), shared.to(net.bond), net.bond), BOND)
        if net.words is not None:
            net.words.sort(whole)


def _told(values: Mapping[str, Tensor]) -> dict[str, float]:
    return {name: float(value.detach()) for name, value in values.items()}
