"""Judges see pictures as people do: upright, and on white paper."""

import numpy as np
import PIL.Image

from anygan.judging.views import Pictures


def test_judges_see_pictures_upright_and_on_white() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28, 4), np.uint8)
    pixels[..., 3] = 255 * (pixels[..., 3] > 100)
    picture = PIL.Image.fromarray(pixels, "RGBA")
    picture.getexif()[0x0112] = 6  # to be turned by a quarter
    seen = np.rot90(np.where(pixels[..., 3:] > 0, pixels[..., :3], 255), -1).copy()
    assert np.array_equal(Pictures(colour=True)(picture).permute(1, 2, 0).numpy(), seen)


def test_a_hidden_colour_does_not_tell_pictures_apart() -> None:
    red, blue = (PIL.Image.new("RGBA", (28, 28), (*colour, 0)) for colour in ((255, 0, 0), (0, 0, 255)))
    view = Pictures.fit([red, blue])
    assert (view(red) == view(blue)).all()
