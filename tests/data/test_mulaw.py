"""Mu-law keeps silence silent and errs in proportion."""

import numpy as np

from anygan.data.mulaw import compress, expand


def test_samples_come_back_within_their_step() -> None:
    sound = np.linspace(-1, 1, 2001).astype(np.float32)
    back = expand(compress(sound))
    assert back.dtype == np.float32
    assert np.all(np.abs(back - sound) <= 0.0225 * (np.abs(sound) + 1 / 255))


def test_every_byte_is_its_own_image_and_the_ends_are_one() -> None:
    coded = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(compress(expand(coded)), coded)
    assert (expand(coded)[0], expand(coded)[-1]) == (-1, 1)
    assert np.abs(expand(compress(np.zeros(1, np.float32)))) < 1e-4
