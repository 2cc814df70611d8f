"""``--until METRIC=VALUE``: an observer that says when a run is good enough."""

import math
import time
from collections import deque
from collections.abc import Callable, Collection
from pathlib import Path

from ..errors import ConfigError, nearest
from ..training.loop import Record

__all__ = ["JUDGED", "RISING", "Until", "parse_until"]

JUDGED = ("coherence", "joint")
"""Metrics that judges measure on real data, so that more is better; of a signal of training, less is."""

RISING = ("fidelity",)
"""Signals of which more is better; they are told when a checkpoint is written, and taken as they are."""

SMOOTH = 50
"""Records over whose mean a signal is taken: single steps jump."""

SHARE, SECONDS = 0.1, 60.0
"""A judged metric is measured when this share of the budget has passed, or so many seconds, whatever is later."""

Measured = Callable[[Path], dict[str, float]]


def parse_until(text: str, signals: Collection[str]) -> tuple[str, float]:
    """The metric and its value.

    Raises:
        ConfigError: when the form is wrong or the metric unknown.

    Example:
        >>> parse_until("coherence=.95", ["align"])
        ('coherence', 0.95)
    """
    name, equals, said = text.partition("=")
    try:
        value = float(said)
    except ValueError:
        value = math.nan
    if not equals or not math.isfinite(value):
        raise ConfigError(f"Expected --until METRIC=VALUE, such as coherence=.95, got '{text}'.")
    known = [*JUDGED, *signals]
    if name not in known:
        raise ConfigError(f"Unknown metric '{name}' in --until {text}.{nearest(name, known)}")
    return name, value


class Until:
    """Whether a metric has reached its value.

    Args:
        metric: one of :data:`JUDGED`, or a name in a record's losses or health.
        value: what is to be reached: from below by judged metrics and rising signals, from above by the others.
        folder: the run, whose newest checkpoint is judged.
        measure: run folder -> judged metrics; needed for those alone.
    """

    def __init__(self, metric: str, value: float, folder: Path, measure: Measured | None = None) -> None:
        self.metric, self.value, self.folder, self.measure = metric, value, folder, measure
        self.latest: float | None = None
        self._recent: deque[float] = deque(maxlen=SMOOTH)
        self._share: float | None = None
        self._time = time.monotonic()

    def reached(self, record: Record) -> bool:
        """Take a record in and say whether the run may end."""
        if self.metric in JUDGED:
            return self._judged(record)
        signal = (record.losses | record.health).get(self.metric)
        if signal is None:
            return False
        if self.metric in RISING:
            self.latest = signal
            return signal >= self.value
        self._recent.append(signal)
        self.latest = sum(self._recent) / len(self._recent)
        return len(self._recent) == SMOOTH and self.latest <= self.value

    def _judged(self, record: Record) -> bool:
        assert self.measure is not None
        now = time.monotonic()
        self._share = record.position if self._share is None else self._share
        if record.position < self._share + SHARE or now < self._time + SECONDS or record.phase != "game":
            return False
        found = self.measure(self.folder)
        self._share, self._time = record.position, time.monotonic()
        if self.metric not in found:
            raise ConfigError(f"'{self.metric}' cannot be judged on these data: they have no labels that cells tell.")
        self.latest = found[self.metric]
        return self.latest >= self.value
