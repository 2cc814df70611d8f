"""What a configuration derives, and what it refuses."""

import pytest

from anygan import Config
from anygan.errors import ConfigError


@pytest.mark.parametrize(
    ("rows", "device", "batch"),
    [
        (60_000, "cpu", 64),
        (100, "cpu", 64),
        (60_000, "cuda", 256),
        (2_048, "cuda", 256),
        (2_047, "cuda", 128),
        (1_023, "cuda", 64),
        (10, "cuda", 64),
    ],
)
def test_a_batch_that_nobody_asked_for_suits_machine_and_data(rows: int, device: str, batch: int) -> None:
    assert Config().settled(rows, device).batch == batch


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_batch_that_was_asked_for_stays(device: str) -> None:
    assert Config(batch=32).settled(60_000, device) == Config(batch=32)


def test_a_size_sets_what_is_not_set() -> None:
    config = Config(size="tiny", width=7)
    assert (config.width, config.features, config.code) == (7, 128, 32)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"batch": 6}, "multiple of 4"),
        ({"batch": -4}, "--batch must be larger than -1"),
        ({"steps": 0}, "--steps must be at least 1"),
        ({"gamma": float("nan")}, "--gamma must be a number"),
        ({"size": "smal"}, "Did you mean 'small'"),
        ({"loss": "hinges"}, "'hinge'"),
    ],
)
def test_what_makes_no_sense_is_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Config.of(settings)
