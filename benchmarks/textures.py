"""Five textures made by rule, and digits painted on crops of them in inverted ink, as in PolyMNIST
(Sutter, Daunhawer, Vogt, *Generalized multimodal ELBO*, 2021, https://arxiv.org/abs/2105.02470).

    picture = ink (255 - texture) + (1 - ink) texture

Every texture is a tile that lies between two colours, both well away from the middle grey, which ink would not change.
"""

from collections.abc import Callable, Sequence
from typing import overload

import numpy as np
import PIL.Image
from numpy.typing import NDArray

__all__ = ["TEXTURES", "Painted", "tile"]

Grid = NDArray[np.float64]
Bytes = NDArray[np.uint8]

SIDE = 256
"""Side of a tile, pixels."""


def waves(y: Grid, x: Grid, chance: np.random.Generator) -> Grid:
    """Bent stripes."""
    light: Grid = 0.5 + 0.5 * np.sin(0.8 * x + 3 * np.sin(y / 11))
    return light


def checks(y: Grid, x: Grid, chance: np.random.Generator) -> Grid:
    """A chessboard of squares of five pixels."""
    return (y // 5 + x // 5) % 2


def clouds(y: Grid, x: Grid, chance: np.random.Generator) -> Grid:
    """Smooth noise of three sizes."""
    return sum((_smooth(chance.random((n, n))) for n in (8, 16, 32)), np.zeros_like(x)) / 3


def spots(y: Grid, x: Grid, chance: np.random.Generator) -> Grid:
    """Round spots here and there."""
    nearest = np.full_like(x, np.inf)
    for row, column in chance.random((500, 2)) * SIDE:
        nearest = np.minimum(nearest, (y - row) ** 2 + (x - column) ** 2)
    light: Grid = np.clip(4 - np.sqrt(nearest), 0, 1)
    return light


def grain(y: Grid, x: Grid, chance: np.random.Generator) -> Grid:
    """Noise drawn out to fibres."""
    return _smooth(chance.random((SIDE, 16)))


def _smooth(noise: Grid) -> Grid:
    """Noise of any size enlarged to a tile."""
    small = PIL.Image.fromarray(noise.astype(np.float32))
    light: Grid = np.asarray(small.resize((SIDE, SIDE), PIL.Image.Resampling.BICUBIC), np.float64)
    return light


Rule = Callable[[Grid, Grid, np.random.Generator], Grid]
TEXTURES: dict[str, tuple[Rule, tuple[int, int, int], tuple[int, int, int]]] = {
    "waves": (waves, (10, 30, 90), (40, 90, 60)),
    "checks": (checks, (230, 190, 170), (250, 240, 200)),
    "clouds": (clouds, (90, 10, 80), (60, 90, 10)),
    "spots": (spots, (180, 240, 180), (250, 180, 220)),
    "grain": (grain, (90, 30, 0), (10, 80, 90)),
}
"""Name -> how light it is at each pixel, from 0 to 1, and the colours of its darkest and lightest places."""


def tile(name: str) -> Bytes:
    """A texture as uint8 (256, 256, 3), always the same."""
    rule, dark, light = TEXTURES[name]
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float64)
    share = np.clip(rule(y, x, np.random.default_rng(0)), 0, 1)[..., None]
    coloured: Bytes = np.round((1 - share) * np.array(dark) + share * np.array(light)).astype(np.uint8)
    return coloured


class Painted(Sequence[Bytes]):
    """Digits on textures, uint8 (side, side, 3), painted when asked for.

    Args:
        digits: (N, 28, 28) the ink, enlarged where ``side`` is larger.
        tiles: textures, uint8 (256, 256, 3) each.
        seed: of each digit's tile, its crop and, with ``hues``, the order of its colour channels.
        side: of the pictures.
        hues: whether the colour channels change places from picture to picture.
    """

    def __init__(self, digits: Bytes, tiles: Sequence[Bytes], seed: int, side: int = 28, hues: bool = False) -> None:
        chance = np.random.default_rng(seed)
        self.digits, self.tiles, self.side = digits, tiles, side
        self.texture = chance.integers(len(tiles), size=len(digits))
        self.corner = chance.integers(SIDE - side + 1, size=(len(digits), 2))
        self.channels = np.tile(np.arange(3), (len(digits), 1))
        if hues:
            self.channels = chance.permuted(self.channels, axis=1)

    def __len__(self) -> int:
        return len(self.digits)

    @overload
    def __getitem__(self, i: int) -> Bytes: ...
    @overload
    def __getitem__(self, i: slice) -> list[Bytes]: ...
    def __getitem__(self, i: int | slice) -> Bytes | list[Bytes]:
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        top, left = self.corner[i]
        crop = self.tiles[self.texture[i]][top : top + self.side, left : left + self.side].astype(np.float32)
        ink = _enlarged(self.digits[i], self.side)[..., None].astype(np.float32) / 255
        painted: Bytes = np.round(ink * (255 - crop) + (1 - ink) * crop).astype(np.uint8)[..., self.channels[i]]
        return painted


def _enlarged(digit: Bytes, side: int) -> Bytes:
    if digit.shape == (side, side):
        return digit
    return np.asarray(PIL.Image.fromarray(digit).resize((side, side), PIL.Image.Resampling.BICUBIC))
