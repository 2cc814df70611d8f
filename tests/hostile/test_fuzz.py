"""A few hundred inputs of every trial; ``benchmarks/fuzz.py`` tries many more."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from trials import TRIALS


@pytest.mark.parametrize("name", TRIALS)
def test_a_data_set_or_a_sentence(name: str) -> None:
    tried, whole = 0, 0

    @settings(max_examples=200, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(TRIALS[name].inputs)
    def holds(value: Any) -> None:
        nonlocal tried, whole
        tried += 1
        whole += TRIALS[name].check(value)

    holds()
    assert tried >= 200
    # A trial whose inputs are all refused would try the first check alone.
    assert whole >= 20
