"""Health of a run: signals are read, alarms ring, and responses set in, relax again, and travel in the checkpoint.

Responses are levels, whole numbers from 0, none, to a cap:

    gamma     the penalties' weight times 10 a level, of the modality alone that an alarm is about
    gammas    the same of all, up to the default weight: where the prior shows that it is too small, it is for the
              others, too; beyond it of the prior's alone
    judges    the learning rate of the discriminators divided by 4 a level
    lr        that of discriminators, generators and prior; encoders, whom nobody fights, keep theirs
    augment   .2 more of the pairs a level are augmented before discriminators see them (:mod:`.augment`)

beside *skip*, a step whose gradients are no numbers changes no weight, and *back*, to the weights of the last moment at
which no reading was bad, and to the gammas of that moment but for those that are raised now: what was raised since was
no help. Weights go back, time does not: the order of the data and the budget go on. After some calm steps all levels
fall by one; that patience doubles with every alarm, or a trouble that stays would come back for ever. Nothing is
relaxed once the learning rates fall: a relapse would have no time to be mended.

Signals are read, and all is decided, by rank 0; every rank then takes the same numbers. What is decided depends on the
step, and on whether rates fall yet, so that a resumed run decides alike.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor

from ...config import Config
from ...data.store import Store
from ..game.scene import PRIOR, holes_of
from ..parallel import World
from ..players import Players
from .alarms import CONSTANT, CONSTANT_MEANS, LOOK, OPENING, READ, RULES, Rule, Watch, key
from .signals import Probe, constant

__all__ = ["CAPS", "RESPONSES", "Event", "Health", "broken"]

CAPS = {"gamma": 2, "judges": 1, "lr": 3, "augment": 3}
"""Highest level of each response."""

RESPONSES: dict[str, tuple[str | tuple[str, str], ...]] = {
    "not a number": ("back", "lr"),
    "discriminator won": ("gamma",),
    "discriminator exploded": ("back", ("judges", "lr")),
    "prior unchecked": ("gammas",),
    "generator collapsed": ("back", "gamma", "lr"),
    "condition ignored": ("gamma",),
    "noise ignored": ("gamma",),
    "memorising": ("augment",),
}
"""Alarm -> what is done: of a pair the second where the first is at its cap."""

MOST_BACK = 6
"""Times that weights go back in a run."""

KEEP = 100
"""Steps between two moments that weights may go back to."""

PATIENCE = 200
"""Calm steps before the first relaxation."""

LEAST_GAMMA = 0.01
"""What a gamma of nothing is taken for when it has to be raised."""

ENOUGH = Config().gamma
"""What all gammas are raised to at most on the word of the prior: ten times as much, and tables forget sentences."""

Event = dict[str, Any]
"""What rang, where, what it means and what was done: ``alarm``, ``where``, ``said``, ``done``."""

Rang = tuple[Rule, str]
"""An alarm, and the modality that it is about."""


@dataclass
class Health:
    """The state of a run's health.

    Attributes:
        rescue: whether anything is done beside ringing.
        watch: the signals so far.
        levels: of the responses that concern all players; ``gammas``, of each modality's penalties.
        ringing: alarms that have rung and are not over, as in :attr:`Watch.counts`.
        skipped: steps without a number so far; ``streak`` the latest in a row.
        went_back: times that weights went back.
        calm, patience: steps since the last alarm, and how many of them relax the levels.
        kept: the step of the weights that may be gone back to; ``tensors``, these; ``had``, their ``gammas``.
    """

    rescue: bool = True
    watch: Watch = field(default_factory=Watch)
    levels: dict[str, int] = field(default_factory=lambda: {"judges": 0, "lr": 0, "augment": 0})
    gammas: dict[str, int] = field(default_factory=dict)
    ringing: list[str] = field(default_factory=list)
    skipped: int = 0
    streak: int = 0
    went_back: int = 0
    calm: int = 0
    patience: int = PATIENCE
    kept: int = -1
    had: dict[str, int] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    probe: Probe | None = None

    def gamma(self, gamma: float) -> float:
        """The penalties' weight, before some modalities' is raised."""
        return gamma or (LEAST_GAMMA if self.raised else gamma)

    @property
    def raised(self) -> dict[str, float]:
        """Modality -> factor of its penalties' weight, where it is raised."""
        return {name: 10.0**level for name, level in self.gammas.items() if level}

    @property
    def lr(self) -> float:
        """Factor of the learning rates of discriminators, generators and prior."""
        return 0.25 ** self.levels["lr"]

    @property
    def judges(self) -> float:
        """Factor of the learning rate of discriminators alone, beside it."""
        return 0.25 ** self.levels["judges"]

    @property
    def augment(self) -> float:
        """Share of the pairs that are augmented beside those of modalities that are few."""
        return 0.2 * self.levels["augment"]

    def begin(self, players: Players, store: Store) -> list[Event]:
        """Before the first step: something to go back to, and what nothing can be learned of."""
        if self.kept < 0:
            names = [*players.model.names, PRIOR, *map(holes_of, players.model.fillers.names)]
            self.gammas = dict.fromkeys(names, 0)
            self.keep(players, 0)
            self.kept = max(0, self.kept)
            return [
                {"alarm": CONSTANT, "where": name, "said": CONSTANT_MEANS.format(where=name), "done": "nothing"}
                for name in constant(store)
            ]
        return []

    def keep(self, players: Players, step: int) -> None:
        """Keep these weights to go back to."""
        if self.rescue:
            self.kept, self.had = step, dict(self.gammas)
            self.tensors = {name: tensor.detach().clone() for name, tensor in players.state().items()}

    def count(self, broken: bool) -> list[Event]:
        """Count a step whose losses or gradients were no numbers; told the 1st, 2nd, 4th, 8th ... time."""
        self.streak = self.streak + 1 if broken else 0
        self.skipped += broken
        if not broken or self.skipped & (self.skipped - 1):
            return []
        done = "the step is skipped: no weight is changed" if self.rescue else "nothing"
        said = f"a loss or a gradient is infinite or no number, in {self.skipped:,} steps by now"
        return [{"alarm": RULES[0].name, "where": "", "said": said, "done": done}]

    def after(
        self,
        players: Players,
        store: Store,
        world: World,
        step: int,
        config: Config,
        told: dict[str, float],
        *,
        broken: bool,
        falling: bool,
    ) -> list[Event]:
        """Take a step of the game in: read, ring, respond. Signals of a look are added to ``told``.

        Args:
            step: steps of the game so far.
            config: of the run.
            told: the step's cheap signals.
            broken: whether its losses or gradients were no numbers.
            falling: whether the learning rates fall already.
        """
        events = self.count(broken)
        self.calm += 1
        rung: list[Rang] = []
        if world.rank == 0:
            self.watch.take(told)
            if step % READ == 0:
                cheap = self.watch.averages | {"/streak": float(self.streak)}
                rung = self.watch.read(cheap, looked=False)
                if step % LOOK == 0:
                    looked = self._look(players, store, step)
                    told |= looked
                    passes = step * config.batch / max(1, len(store.data))
                    rung += self.watch.read(looked, looked=True, passes=passes) if step >= OPENING else []
        if step % READ == 0:
            events += self._respond(rung, players, world, step, falling, config.gamma)
        return events if world.rank == 0 else []

    def _look(self, players: Players, store: Store, step: int) -> dict[str, float]:
        self.probe = self.probe or Probe.of(players.model, store, next(players.model.parameters()).device)
        return self.probe.look(players.model, players.mean, torch.Generator().manual_seed(step))

    def _respond(
        self, rung: Sequence[Rang], players: Players, world: World, step: int, falling: bool, gamma: float
    ) -> list[Event]:
        """Decide on rank 0, tell all ranks, act; what is to be told of it."""
        fresh = [(rule, where) for rule, where in rung if key(rule, where) not in self.ringing]
        self.ringing = [had for had in self.ringing if self.watch.counts.get(had)]
        high = any(self.levels.values()) or any(self.gammas.values())
        relaxed = not rung and self.watch.calm and self.calm >= self.patience and high and not falling
        back, keep, levels, gammas = self._decided(rung, relaxed, step, world, gamma)
        done = self._changes(levels, gammas)
        self.levels, self.gammas = levels, gammas
        if back:
            players.restore({name: tensor.clone() for name, tensor in self.tensors.items()})
            self.went_back += 1
            done.insert(0, f"back to the weights of step {self.kept:,} of the game")
        if keep:
            self.keep(players, step)
        events = self._events(rung if done else fresh, done, relaxed)
        self.ringing += [key(rule, where) for rule, where in fresh]
        if rung or relaxed:
            self.calm = 0
        if rung and done:
            self.patience *= 2
            self.ringing = []
            if back:
                self.watch.begin_again()
            else:
                self.watch.counts |= {key(rule, where): 0 for rule, where in rung}
        return events

    def _decided(
        self, rung: Sequence[Rang], relaxed: bool, step: int, world: World, gamma: float
    ) -> tuple[bool, bool, dict[str, int], dict[str, int]]:
        """Whether weights go back, whether these are kept, and the new levels: rank 0's answer, on every rank."""
        asked = [(self._next(wish), where) for rule, where in rung for wish in RESPONSES[rule.name] if self.rescue]
        wanted = {response for response, _ in asked}
        pressed = {where for response, where in asked if response == "gamma"}
        back = "back" in wanted and self.went_back < MOST_BACK and bool(self.tensors)
        if "gammas" in wanted and not back:
            # A prior is steep, too, whose rate ran away.
            least = gamma or LEAST_GAMMA
            pressed |= {PRIOR, *(n for n, level in self.gammas.items() if least * 10 ** (level + 1) <= ENOUGH)}

        def moved(level: int, up: bool, cap: int) -> int:
            return max(0, min(cap, level + up - relaxed))

        levels = {name: moved(level, name in wanted, CAPS[name]) for name, level in self.levels.items()}
        gammas = self.gammas | ({n: level for n, level in self.had.items() if n not in pressed} if back else {})
        gammas = {name: moved(level, name in pressed, CAPS["gamma"]) for name, level in gammas.items()}
        keep = not rung and self.watch.calm and step % KEEP == 0
        first, second, *shared = map(int, world.share([back, keep, *levels.values(), *gammas.values()]))
        own, theirs = shared[: len(levels)], shared[len(levels) :]
        return bool(first), bool(second), dict(zip(levels, own, strict=True)), dict(zip(gammas, theirs, strict=True))

    def _next(self, wish: str | tuple[str, str]) -> str:
        """The response itself, or of two the one that can still be raised."""
        first, then = wish if isinstance(wish, tuple) else (wish, wish)
        return first if self.levels.get(first, 0) < CAPS.get(first, 1) else then

    def _changes(self, levels: Mapping[str, int], gammas: Mapping[str, int]) -> list[str]:
        """What new levels change, in words."""
        after = Health(levels=dict(levels))
        told = [f"gamma of {n} times {10**level}" for n, level in gammas.items() if level != self.gammas[n]]
        if len(told) == len(gammas) > 1 and len(set(gammas.values())) == 1:
            told = [f"all gammas times {10 ** next(iter(gammas.values()))}"]
        if levels["lr"] != self.levels["lr"]:
            told.append(f"learning rates times {after.lr:g}")
        if levels["judges"] != self.levels["judges"]:
            told.append(f"the discriminators' learning rate alone times {after.judges:g}")
        if levels["augment"] != self.levels["augment"]:
            told.append(f"{after.augment:.0%} of the pairs augmented more")
        return told

    def _events(self, rung: Sequence[Rang], done: list[str], relaxed: bool) -> list[Event]:
        """An event for each alarm, or one for a relaxation."""
        if relaxed:
            return [{"alarm": "", "where": "", "said": f"calm for {self.calm} steps", "done": ", ".join(done)}]
        what = ", ".join(done) or ("nothing is left to try" if self.rescue else "nothing")
        return [
            {"alarm": rule.name, "where": where, "said": rule.means.format(where=where), "done": what}
            for rule, where in rung
        ]

    def state(self) -> dict[str, Any]:
        """All that decides, ready for JSON, but the kept weights."""
        spared = ("rescue", "tensors", "probe")
        told = {n: v for n, v in vars(self).items() if n not in spared}
        return told | {"watch": asdict(self.watch)}

    def restore(self, told: Mapping[str, Any]) -> None:
        """Undo :meth:`state`."""
        for name, value in told.items():
            setattr(self, name, Watch(**value) if name == "watch" else value)


def broken(losses: Mapping[str, float]) -> bool:
    """Whether a loss is infinite or no number."""
    return not all(math.isfinite(value) for value in losses.values())
