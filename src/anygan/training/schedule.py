"""Where in its budget a run is, and what follows from the position alone."""

from dataclasses import dataclass

from ..config import Config

__all__ = ["Clock", "rate"]


@dataclass
class Clock:
    """The position of a run.

    Attributes:
        step: steps done.
        seconds: training time so far, over all sittings.
        game: step and position at which the game began, once learned canvases had settled; None before.
    """

    step: int = 0
    seconds: float = 0.0
    game: tuple[int, float] | None = None

    def position(self, config: Config) -> float:
        """Share of the whole budget that is spent, 0 to 1."""
        spent = self.step / config.steps if config.steps is not None else self.seconds / (60 * config.minutes)
        return min(1.0, spent)

    def played(self, config: Config) -> float:
        """Share of the game's part of the budget that is spent, 0 to 1."""
        if self.game is None:
            return 0.0
        start = self.game[1]
        return min(1.0, max(0.0, (self.position(config) - start) / max(1e-9, 1 - start)))

    def half_life(self, config: Config) -> float:
        """Half-life of the averaged weights in steps: a fixed share of the steps that the game will have had."""
        assert self.game is not None
        done, played = self.step - self.game[0], self.played(config)
        return config.ema * (done / played if played > 0 else 1.0)


FALL = 0.25
"""Share of the game, its last, in which the learning rates fall: weights are averaged, which settles them as well."""


def rate(played: float) -> float:
    """Factor of the learning rates: one, and in the end straight to zero."""
    return min(1.0, (1 - played) / FALL)
