"""Judges see pictures as people do: upright, and on white paper."""

import numpy as np
import PIL.Image
import pytest

from anygan.judging.views import Pictures, open_picture
from anygan.modalities.pictures import opened


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_white_to_judges(mode: str) -> None:
    picture = PIL.Image.new("P", (4, 4), 0) if mode == "P" else PIL.Image.new(mode, (4, 4))
    if mode == "P":
        picture.info["transparency"] = 0
    assert np.unique(np.asarray(open_picture(picture))).tolist() == [255]


def test_judges_see_the_picture_that_the_model_sees() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 9, 4), np.uint8)
    picture = PIL.Image.fromarray(pixels, "RGBA")
    picture.getexif()[0x0112] = 6
    seen = open_picture(picture)
    assert seen.size == (6, 9)
    assert np.array_equal(np.asarray(seen), np.asarray(opened(picture, None)))


def test_a_hidden_colour_does_not_tell_pictures_apart() -> None:
    red, blue = (PIL.Image.new("RGBA", (28, 28), (*colour, 0)) for colour in ((255, 0, 0), (0, 0, 255)))
    view = Pictures.fit([red, blue])
    assert (view(red) == view(blue)).all()
