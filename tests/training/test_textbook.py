"""The textbook GAN does what the textbook says."""

import math

import pytest
import torch

from anygan.training.textbook import FORMS, generator, noise, play_textbook


def test_noise_is_uniform_in_the_cube() -> None:
    z = noise(2000, torch.Generator().manual_seed(0))
    assert z.shape == (2000, 100)
    assert z.min() >= -1
    assert z.max() <= 1
    assert z.var().item() == pytest.approx(1 / 3, rel=0.02)


def test_the_generator_has_the_textbooks_sizes() -> None:
    sizes = [p.shape for p in generator(784).parameters() if p.dim() == 2]
    assert sizes == [(128, 100), (256, 128), (784, 256)]


@pytest.mark.parametrize("form", FORMS)
def test_looks_come_at_their_steps_and_repeat_by_seed(form: str) -> None:
    pictures = torch.rand(50, 16, generator=torch.Generator().manual_seed(0))
    first = list(play_textbook(pictures, form, 25, every=10))
    assert [m.step for m in first] == [10, 20, 25]
    again = list(play_textbook(pictures, form, 25, every=10))
    assert [m.loss_g for m in first] == [m.loss_g for m in again]
    assert all(math.isfinite(m.loss_d) and math.isfinite(m.loss_g) for m in first)
    assert first[0].value == pytest.approx(-first[0].loss_d)


def test_the_non_saturating_form_learns_a_point() -> None:
    pictures = torch.full((100, 4), 0.8)
    *_, last = play_textbook(pictures, "non-saturating", 1500, every=1500)
    made = last.net(noise(100, torch.Generator().manual_seed(1)))
    assert (made.mean() - 0.8).abs() < 0.1
