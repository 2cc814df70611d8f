import numpy as np
import PIL.Image
import pytest
import torch
from torch import Tensor

from anygan.modalities.base import Scale
from anygan.modalities.image import Image, Pixels, playable

RNG = np.random.default_rng(0)


def smooth(height, width, *channels):
    """A picture that resizing does little to."""
    y, x = np.mgrid[0:height, 0:width]
    grey = 127 + 60 * np.sin(3 * x / width) + 60 * np.cos(2 * y / height)
    return np.broadcast_to(grey[(..., *[None] * len(channels))], (height, width, *channels)).astype(np.uint8).copy()


def test_playable_is_even_and_can_be_halved_until_4_to_8():
    for size in range(1, 300):
        n = playable(size)
        assert n % 2 == 0
        assert abs(n - size) <= max(4 - size, size / 8, size % 2)
        while n > 8:
            assert n % 2 == 0
            n //= 2
        assert 4 <= n <= 8


def test_playable_keeps_what_is_playable_and_its_limit():
    assert [playable(n) for n in (28, 32, 48, 56, 64)] == [28, 32, 48, 56, 64]
    assert all(playable(size, limit) <= limit for size in range(1, 200) for limit in (4, 7, 60, 100))


@pytest.mark.parametrize(
    ("size", "canvas"),
    [((28, 28), (28, 28)), ((100, 100), (64, 64)), ((100, 50), (64, 32)), ((3, 200), (4, 64)), ((48, 20), (48, 20))],
)
def test_canvas_size(size, canvas):
    image = Image.fit("i", [RNG.integers(0, 256, size, np.uint8)], Scale(side=64))
    assert (image.height, image.width) == size
    assert (image.canvas_height, image.canvas_width) == canvas
    assert image.write(image.read(RNG.integers(0, 256, size, np.uint8))).size == size[::-1]


def test_grey_pictures_come_back_to_the_bit(tmp_path):
    cells = [RNG.integers(0, 256, (28, 28), np.uint8) for _ in range(3)]
    image = Image.fit("i", cells, Scale())
    canvas = image.canvas()
    picture = image.write(canvas.inverse(canvas(image.read(cells[0])[None]))[0])
    image.save(picture, tmp_path / "a.png")
    with PIL.Image.open(tmp_path / "a.png") as saved:
        assert saved.mode == "L"
        assert (np.asarray(saved) == cells[0]).all()
    assert torch.equal(image.read(tmp_path / "a.png"), image.read(cells[0]))


def test_the_commonest_size_wins_or_else_the_median():
    def fit(*sides):
        return Image.fit("i", [np.zeros((s, s), np.uint8) for s in sides], Scale())

    assert fit(10, 20, 20, 20, 40).height == 20
    assert fit(10, 20, 22, 30, 40).height == 22


def test_one_coloured_picture_makes_all_coloured():
    cells = [smooth(8, 8), smooth(8, 8, 3)]
    image = Image.fit("i", cells, Scale())
    assert image.mode == "RGB"
    assert image.read(cells[0]).shape == (3, 8, 8)
    assert Image.fit("i", cells[:1], Scale()).read(cells[1]).shape == (1, 8, 8)


def test_fit_looks_at_a_bounded_sample():
    seen = []

    class Watched(list):
        def __getitem__(self, i):
            seen.append(i)
            return super().__getitem__(i)

    Image.fit("i", Watched([np.zeros((8, 8), np.uint8)] * 5000), Scale())
    assert 256 <= len(seen) <= 512
    assert seen[-1] > 4900


def test_a_large_jpeg_is_read_like_a_small_one(tmp_path):
    PIL.Image.fromarray(smooth(800, 600, 3)).save(tmp_path / "large.jpg", quality=95)
    image = Image.fit("i", [tmp_path / "large.jpg"], Scale(side=32))
    assert (image.height, image.width) == (800, 600)
    wanted = torch.from_numpy(smooth(32, 24, 3)).permute(2, 0, 1)
    assert (image.read(tmp_path / "large.jpg").float() - wanted.float()).abs().mean() < 6


def test_a_picture_is_varied_by_moving_and_stretching_it() -> None:
    """A lone spot moves down and right for negative draws; where a picture is read beyond its side the side goes on."""
    canvas, x = Pixels(1, 40, 40), -torch.ones(1, 1, 40, 40)
    x[..., 20, 10], x[..., :, -1] = 1.0, 0.5

    def varied(*drawn: tuple[float, float]) -> Tensor:
        return canvas.vary(x, torch.tensor([drawn]))[0, 0]

    assert divmod(int(varied((0.0, 0.0), (0.0, 0.0)).argmax()), 40) == (20, 10)
    assert divmod(int(varied((-1.0, -1.0), (0.0, 0.0)).argmax()), 40) == (22, 12)
    assert varied((0.0, 1.0), (0.0, 0.0))[0, -3:].min() > 0.4
    assert divmod(int(varied((0.0, 0.0), (0.0, 1.0)).argmax()), 40) == (20, 11)


def test_what_is_generated_is_written_in_the_levels_of_real_pictures() -> None:
    """Blacks that are almost black become black, channel by channel; the brighter of two never becomes darker.

    Brighter by a thousandth, that is: of pixels that are the same some are in brighter company.
    """
    canvas, chance = Pixels(2, 16, 16), torch.Generator().manual_seed(0)
    dark = torch.rand(64, 2, 16, 16, generator=chance) < 0.7
    real = torch.where(dark, -1.0, 2 * torch.rand(dark.shape, generator=chance) - 1)
    made = torch.where(dark, -0.97 + 0.02 * torch.rand(dark.shape, generator=chance), 0.8 * real)
    made[:, 1] = -made[:, 1]
    real[:, 1] = -real[:, 1]
    made = (made * 1000).round() / 1000
    stored = canvas.inverse(real)
    before = canvas.inverse(made)
    canvas.tone(made, stored)
    after = canvas.inverse(made)
    assert (before[:, 0] == 0).float().mean() < 0.01
    for channel in (0, 1):
        levels = [x[:, channel].flatten().long().bincount(minlength=256) for x in (after, stored)]
        assert int((levels[0] - levels[1]).abs().max()) <= 1, "as frequent as among real pixels"
        value, level = (x[:, channel].flatten() for x in ((made * 1000).round().long() + 1000, after.long()))
        least = torch.full((2001,), 256).scatter_reduce(0, value, level, "amin")
        most = torch.full((2001,), -1).scatter_reduce(0, value, level, "amax")
        there = most >= 0
        assert (least[there][1:] >= most[there][:-1]).all()
        assert (least[there] < most[there]).any()
    assert canvas.inverse(torch.full((1, 2, 16, 16), -1.0))[:, 0].unique().tolist() == [0], "beyond what was seen"


def test_beyond_what_was_drawn_there_is_nothing_that_real_pictures_lack() -> None:
    canvas, chance = Pixels(1, 8, 8), torch.Generator().manual_seed(0)
    stored = torch.randint(20, 201, (300, 1, 8, 8), generator=chance).to(torch.uint8)
    canvas.tone(torch.rand(300, 1, 8, 8, generator=chance) - 0.5, stored)
    ends = [int(canvas.inverse(torch.full((1, 1, 8, 8), end)).unique()) for end in (-1.0, 1.0)]
    assert ends == [20, 200]


def test_a_written_picture_that_is_read_again_is_the_same_until_tones_are_learned() -> None:
    stored = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    for order in (stored, stored.flip(2), stored.transpose(2, 3)):
        canvas = Pixels(1, 16, 16)
        assert torch.equal(canvas.inverse(canvas(order)), order)


def test_pictures_that_are_all_alike_are_written_as_what_is_real() -> None:
    canvas = Pixels(1, 8, 8)
    canvas.tone(torch.zeros(4, 1, 8, 8), torch.zeros(4, 1, 8, 8, dtype=torch.uint8))
    assert canvas.inverse(torch.zeros(1, 1, 8, 8)).unique().tolist() == [0]
