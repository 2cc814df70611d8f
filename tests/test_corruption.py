"""What is done to a canvas is what is said to be done."""

import pytest
import torch

from anygan.corruption import cover, noise, normal, power


def chance() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_noise_has_the_level_of_its_row() -> None:
    levels = torch.tensor([0.0, 0.5, 2.0])
    added = noise(torch.zeros(3, 1, 64, 64), levels, chance()).flatten(1)
    assert torch.allclose(added.std(1), levels, rtol=0.05)


def test_noise_is_standard_normal_and_the_same_for_the_same_seed() -> None:
    here = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    generator = chance()
    drawn, next_one = (normal((64, 64, 8), generator, here) for _ in range(2))
    assert drawn.device.type == here.type
    assert abs(float(drawn.mean())) < 0.02
    assert abs(float(drawn.std()) - 1) < 0.02
    assert torch.equal(drawn, normal((64, 64, 8), chance(), here))
    assert not torch.equal(drawn, next_one)


def test_power_is_the_signal_of_a_unit_canvas() -> None:
    assert torch.allclose(power(torch.tensor([0.0, 1.0, 3.0])), torch.tensor([1.0, 0.5, 0.1]))


@pytest.mark.parametrize("shape", [(4000,), (1, 1000), (1, 64, 64), (3, 28, 40)])
def test_the_share_that_is_covered_is_the_share_asked_for(shape: tuple[int, ...]) -> None:
    shares = torch.tensor([0.0, 0.25, 0.5, 1.0])
    shown = cover(torch.ones(4, *shape), shares, chance()).flatten(1)
    assert set(shown.unique().tolist()) <= {0.0, 1.0}
    assert torch.allclose(1 - shown.mean(1), shares, atol=0.05)


def test_a_box_covers_all_channels_alike() -> None:
    shown = cover(torch.ones(8, 3, 16, 16), torch.full((8,), 0.3), chance())
    assert torch.equal(shown[:, 0], shown[:, 2])
