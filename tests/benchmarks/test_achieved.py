"""The benchmark of a step: what it counts, and that its parts add up."""

import achieved
import pytest
import torch
from achieved import Counter, Meter, metered, spent, typical

from anygan import Config, load_data
from anygan.training import loop


def test_flops_of_a_layer_its_gradient_and_the_slope_of_that() -> None:
    layer, x = torch.nn.Linear(8, 16, bias=False), torch.randn(4, 8, requires_grad=True)
    once = 2 * 4 * 8 * 16
    with Counter() as counter:
        (slope,) = torch.autograd.grad(layer(x).square().sum(), x, create_graph=True)
        assert counter.total == 2 * once
        slope.square().sum().backward()
    # To the slope's own two factors, and from there through the layer to its weights and to x.
    assert counter.total == 6 * once


def test_the_parts_of_a_step_add_up_to_it_and_nothing_stays_patched() -> None:
    ticks, before = iter(range(10**9)), loop.judge
    config = Config(size="tiny", steps=3, threads=torch.get_num_threads(), precision="fp32", batch=8)
    _, game, end = spent(load_data("ring"), config, Meter(lambda: float(next(ticks))))
    assert loop.judge is before
    for step in game:
        assert {"discriminators", "penalties", "generators", "data", "health", *achieved.TURNS} <= set(step)
        assert min(step.values()) >= 0
    assert end["checkpoint"] > 0


def test_a_part_is_closed_where_it_fails() -> None:
    clock = iter([0.0, 1.0, 4.0, 6.0])
    meter = Meter(lambda: next(clock))
    with pytest.raises(ValueError, match="no"), metered(meter), meter.part("within"):
        raise ValueError("no")
    assert meter.take() == {"rest": 3.0, "within": 3.0}


def test_an_interrupted_step_does_not_count_and_a_look_counts_a_fiftieth() -> None:
    steps = [{"networks": 2.0, "health": 10.0 if step % 50 == 9 else 0.0} for step in range(150)]
    steps[77]["networks"] = 1000.0
    assert typical(steps) == {"health": pytest.approx(0.2), "networks": pytest.approx(2.0)}
