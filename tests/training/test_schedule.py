"""The schedule depends on the position alone."""

import pytest

from anygan.config import Config
from anygan.training.schedule import Clock, rate


def test_position_counts_steps_or_minutes() -> None:
    clock = Clock(step=30, seconds=90.0)
    assert clock.position(Config(steps=60)) == 0.5
    assert clock.position(Config(minutes=3.0)) == 0.5
    assert Clock(step=70).position(Config(steps=60)) == 1.0


def test_the_game_begins_where_canvases_settled() -> None:
    config = Config(steps=100)
    assert Clock(step=10).played(config) == 0.0
    assert Clock(step=10, game=(10, 0.1)).played(config) == 0.0
    assert Clock(step=55, game=(10, 0.1)).played(config) == pytest.approx(0.5)
    assert Clock(step=100, game=(10, 0.1)).played(config) == pytest.approx(1.0)


def test_half_life_is_a_share_of_the_games_steps() -> None:
    config = Config(steps=1000, ema=0.02)
    assert Clock(step=550, game=(100, 0.1)).half_life(config) == pytest.approx(0.02 * 900)


@pytest.mark.parametrize(("played", "factor"), [(0.0, 1.0), (0.75, 1.0), (0.875, 0.5), (1.0, 0.0)])
def test_rate_is_one_then_falls_to_zero(played: float, factor: float) -> None:
    assert rate(played) == pytest.approx(factor)
