"""Alarms: what is wrong with a game, told from its signals; each with its threshold and the reason for it.

A rule looks at the signals of one modality: the cheap ones of :func:`anygan.training.game.objective.judge`, averaged
over some twenty steps, and those of :mod:`.signals`. It rings when they have been bad in so many readings in a row that
a healthy run, which passes through bad readings while it opens up, does not get there. The thresholds lie far from what
short healthy runs of ``digits``, ``ring`` and ``grid`` showed at size tiny, which the comments say; which alarms ring
in runs that are broken on purpose is told by ``benchmarks/health.py``.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..game.scene import PRIOR

__all__ = ["ADVICE", "CONSTANT", "CONSTANT_MEANS", "LOOK", "OPENING", "READ", "RULES", "Rule", "Watch", "key"]

Signals = Mapping[str, float]

READ = 10
"""Steps between two readings of the cheap signals."""

LOOK = 50
"""Steps between two looks at generated rows."""

OPENING = 150
"""Steps of the game before which looks count for nothing: generators begin with all outputs alike."""


@dataclass(frozen=True)
class Rule:
    """When an alarm rings, and what it means.

    Attributes:
        name: of the alarm.
        bad: signals of one modality -> whether they are bad. A signal that is lacking is NaN, of which nothing is bad.
        times: readings in a row that must be bad.
        looked: whether readings are those of looks at generated rows, every LOOK steps, or the cheap ones.
        of: the one part of the model that it is about; nothing where it is about each.
        means: what happened, in words, of a modality.
        advice: what to change.
    """

    name: str
    bad: Callable[[Signals], bool]
    times: int
    looked: bool
    means: str
    advice: str
    of: str | None = None


RULES = (
    # Steps without a number, in a row. One bad cell costs the steps that hold it; many in a row are no cell's fault.
    Rule(
        "not a number",
        lambda s: s["streak"] >= 5,
        1,
        False,
        "losses or gradients are infinite or no numbers, step after step",
        "Look for cells that are far out of range (anygan inspect DATA), or lower --lr to a quarter.",
    ),
    # A gap of 8 is odds of e^8 = 3,000 to 1 in the mean pair. Healthy runs stay below 6.5 and soon fall, those of
    # colour pictures alone pass 8 for two readings at most; those of a thousand kinds of picture are told apart for
    # hundreds of steps, and open up all the same.
    Rule(
        "discriminator won",
        lambda s: s["accuracy"] > 0.97 and s["gap"] > 8,
        10,
        False,
        "the discriminator of {where} tells all generated cells from real ones: the generator learns nothing from it",
        "Raise --gamma tenfold. If it is still so, train on more rows.",
    ),
    # At the default gamma a squared slope of 28 costs as much as both losses of a draw, 2 log 2. Healthy runs reach
    # 2 at most.
    Rule(
        "discriminator exploded",
        lambda s: max(s["r1"], s["r2"]) > 30,
        3,
        False,
        "the slope of the discriminator of {where} has run away, and the generator chases it",
        "Lower --lr to a quarter, or raise --gamma tenfold.",
    ),
    # Codes have unit length in every run, so that one slope is steep in each. Healthy runs stay below .2, but for six
    # steps or so in which it may reach 40; a hundredth of the default gamma brings 2 to 4, a discriminator ten times as
    # fast 1 to 250.
    Rule(
        "prior unchecked",
        lambda s: min(s["r1"], s["r2"]) > 0.3,
        2,
        False,
        "the discriminator of {where} is steep, for its penalty is too small: cells of a row from noise may disagree",
        "Raise --gamma tenfold.",
        of=PRIOR,
    ),
    # Healthy runs lie at .8 to 1.2 once open, colour pictures alone at .55; .35 of the rank is seen in early sentences.
    Rule(
        "generator collapsed",
        lambda s: s["spread"] < 0.2 or s["rank"] < 0.1,
        3,
        True,
        "the generator of {where} makes nearly the same cell of everything",
        "Raise --gamma tenfold, lower --lr to a quarter, or go back to the best checkpoint: --checkpoint best.",
    ),
    # Of what real cells tell of their row, generated ones tell a quarter. Healthy runs lie near 1.
    Rule(
        "condition ignored",
        lambda s: s["informed"] > 0.5 and s["condition"] < s["informed"] / 4,
        3,
        True,
        "the generator of {where} does not heed what it is given",
        "Raise --gamma, train longer, or check that the other columns say something about {where}.",
    ),
    # Two draws differ a twentieth of what real cells of near conditions do. Healthy runs lie above .25.
    Rule(
        "noise ignored",
        lambda s: s["varied"] > 0.2 and s["noise"] < 0.05,
        3,
        True,
        "the generator of {where} gives one answer where many are right",
        "Raise --gamma; what one row of {where} alone knows is then drawn from its style again.",
    ),
    # Half as far from the nearest training cell as that is from its own: a copy. Healthy runs lie above .75.
    Rule(
        "memorising",
        lambda s: s["passes"] > 20 and s["novelty"] < 0.5,
        3,
        True,
        "rows of {where} that are drawn from noise are copies of training rows",
        "Train on more rows, or stop sooner: --checkpoint best, fewer --minutes.",
    ),
)


def key(rule: Rule, where: str) -> str:
    """What an alarm of a modality is counted under."""
    return f"{rule.name}\t{where}"


CONSTANT = "nothing to learn"
CONSTANT_MEANS = "all cells of {where} are the same: nothing can be learned of it, and nothing from it"
CONSTANT_ADVICE = "Leave the column out."
"""The alarm that is told from the data alone, before the game begins."""

ADVICE = {rule.name: rule.advice for rule in RULES} | {CONSTANT: CONSTANT_ADVICE}
"""Alarm -> what to change, in words; ``{where}`` stands for the modality."""

SMOOTH = 0.05
"""Share of the newest step in the average of a cheap signal."""

SLOPES = ("r1", "r2")
"""Cheap signals whose logarithms are averaged: six steep steps, which the penalty mends by itself, are no trend."""

CHEAP = ("accuracy", "gap")

LEAST = 1e-12
"""What a slope of nothing is taken for."""


class _Lacking(dict[str, float]):
    def __missing__(self, name: str) -> float:
        return math.nan


@dataclass
class Watch:
    """The averages of the cheap signals, and how often in a row each rule was broken by each modality.

    Attributes:
        averages: ``modality/signal`` -> its average.
        counts: ``alarm`` and ``modality``, a tab between -> bad readings in a row.
    """

    averages: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def take(self, told: Signals) -> None:
        """The cheap signals of a step."""
        for name, value in told.items():
            signal = name.rpartition("/")[2]
            if signal in SLOPES and math.isfinite(value):
                slope = max(value, LEAST)
                had = max(self.averages.get(name, slope), LEAST)
                self.averages[name] = had * (slope / had) ** SMOOTH
            elif signal in CHEAP and math.isfinite(value):
                had = self.averages.get(name, value)
                self.averages[name] = had + SMOOTH * (value - had)

    def read(self, signals: Signals, *, looked: bool, **shared: float) -> list[tuple[Rule, str]]:
        """Count the bad readings and return the rules that ring, each with its modality.

        Args:
            signals: as ``modality/signal``; what belongs to no modality as ``/signal``.
            looked: whether these are signals of a look.
            shared: signals that all modalities have in common.
        """
        by_modality: dict[str, _Lacking] = {}
        for name, value in signals.items():
            where, _, signal = name.rpartition("/")
            by_modality.setdefault(where, _Lacking(shared))[signal] = value
        rung = []
        for where, found in by_modality.items():
            for rule in RULES:
                if rule.looked == looked and rule.of in (None, where):
                    name = key(rule, where)
                    self.counts[name] = self.counts.get(name, 0) + 1 if rule.bad(found) else 0
                    if self.counts[name] >= rule.times:
                        rung.append((rule, where))
        return rung

    @property
    def calm(self) -> bool:
        """Whether no newest reading was bad."""
        return not any(self.counts.values())

    def begin_again(self) -> None:
        """Forget what was: after weights went back, it tells nothing."""
        self.averages.clear()
        self.counts.clear()
