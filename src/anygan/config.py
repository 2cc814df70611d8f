"""The configuration of a run: one frozen record in the words of the command line.

One dial, ``size``; the rest is derived from it and from the budget, and printed by ``--dry-run``.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from .errors import ConfigError, nearest

__all__ = ["LOSSES", "PENALTIES", "PRECISIONS", "SIZES", "Config"]

SIZES: dict[str, dict[str, int]] = {
    "tiny": {"width": 16, "features": 128, "code": 32, "style": 16},
    "small": {"width": 32, "features": 256, "code": 64, "style": 32},
    "base": {"width": 64, "features": 512, "code": 128, "style": 64},
    "large": {"width": 128, "features": 1024, "code": 256, "style": 128},
}
"""Size -> channels of the first layer, hidden features, size of the code, size of a style and of the prior's noise."""

PRECISIONS = ("auto", "fp32", "bf16")

LOSSES = ("relativistic", "minimax", "non-saturating", "least-squares", "hinge", "wasserstein")
"""What the players of a game minimise: the pairs of functions in ``losses.py``."""

PENALTIES = ("r1r2", "r1", "r2", "one-centred", "finite-r1r2", "finite-r1", "finite-r2", "spectral")
"""What holds discriminators back: the functions in ``penalties.py``."""


SMALL, LARGE, PASS = 64, 256, 8
"""Rows a step, on a GPU too, and at most on a GPU; and the fewest larger steps that a pass over the rows may take."""


@dataclass(frozen=True)
class Config:
    """All that shapes a run, apart from the data.

    Attributes:
        size: tiny, small, base or large.
        minutes: training time; ``steps`` takes its place when given.
        steps: number of steps.
        until: ``METRIC=VALUE`` that ends the run early.
        seed: of everything random.
        threads: CPU threads; 0 times a few steps and takes the fastest.
        precision: auto, fp32 or bf16; auto times a few steps.
        batch: rows a step, over all processes; 0 takes what suits the machine and the data (:meth:`settled`).
        lr: peak learning rate of generators, of which those of pictures and sounds take twice as much; discriminators
            learn three times as fast as their generator.
        encoder_lr: peak learning rate of the encoders.
        loss: of discriminators and generators, one of :data:`LOSSES`.
        penalty: on discriminators, one of :data:`PENALTIES`.
        gamma: twice the weight of the penalty (larger is steadier and slower; spectral normalisation has none);
            pictures and sounds of more than 28x28 values take as many times more.
        critic: width of discriminators, as a multiple of the generators'.
        ema: half-life of the averaged weights, as a share of the steps.
        canvas: largest share of the budget that learned canvases get before the game starts.
        rescue: whether a run that goes wrong is helped, or alarms only ring.
    """

    size: str = "small"
    minutes: float = 15.0
    steps: int | None = None
    until: str | None = None
    seed: int = 0
    threads: int = 0
    precision: str = "auto"
    batch: int = 0
    lr: float = 5e-4
    encoder_lr: float = 1e-3
    loss: str = "relativistic"
    penalty: str = "r1r2"
    gamma: float = 0.1
    critic: float = 1.0
    ema: float = 0.015
    canvas: float = 0.2
    rescue: bool = True
    width: int = 0
    features: int = 0
    code: int = 0
    style: int = 0

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise ConfigError(f"Unknown --size '{self.size}'.{nearest(self.size, SIZES)}")
        for name, known in (("precision", PRECISIONS), ("loss", LOSSES), ("penalty", PENALTIES)):
            if (value := getattr(self, name)) not in known:
                raise ConfigError(f"Unknown --{name} '{value}'.{nearest(value, known)}")
        for name, least in (
            ("minutes", 0),
            ("lr", 0),
            ("encoder_lr", 0),
            ("critic", 0),
            ("batch", -1),
            ("threads", -1),
        ):
            if getattr(self, name) <= least:
                raise ConfigError(f"--{name.replace('_', '-')} must be larger than {least}, not {getattr(self, name)}.")
        if self.steps is not None and self.steps < 1:
            raise ConfigError(f"--steps must be at least 1, not {self.steps}.")
        if not 0 <= self.gamma < math.inf:
            raise ConfigError(f"--gamma must be a number of at least 0, not {self.gamma}.")
        if self.batch % 4:
            raise ConfigError(f"--batch must be a multiple of 4 (a quarter of it is penalised), not {self.batch}.")
        for name, value in SIZES[self.size].items():
            if not getattr(self, name):
                object.__setattr__(self, name, value)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """A configuration from settings by name.

        Raises:
            ConfigError: for an unknown name, with the nearest known one.
        """
        known = [f.name for f in fields(cls)]
        for name in settings:
            if name not in known:
                raise ConfigError(f"Unknown setting '{name}'.{nearest(name, known)}")
        return cls(**settings)

    def but(self, **changes: Any) -> Self:
        """The same with changes."""
        return replace(self, **changes)

    def settled(self, rows: int, device: str) -> Self:
        """The same with the batch that suits so many rows and a device, where none was asked for.

        It is 64, and on a GPU, which would wait for most of so small a step, 256; but there no more than a sixteenth of
        the rows in steps of two, for rows that meet themselves teach nothing.
        """
        batch = self.batch or SMALL
        while not self.batch and device == "cuda" and batch < LARGE and 2 * batch * PASS <= rows:
            batch *= 2
        return self.but(batch=batch)

    def spec(self) -> dict[str, Any]:
        """All settings, ready for JSON."""
        return asdict(self)
