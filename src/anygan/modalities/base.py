"""What a modality is: a kind of cell that can be read, learned and written.

A modality lives in two halves. :class:`Modality` is a frozen description found by looking at the training cells (size,
rate, vocabulary); it reads a cell into a *stored* tensor, compact and exact, and writes a stored tensor as a cell
again. :class:`Canvas` is the part of the model that turns stored tensors into the *canvas* on which the adversarial
game is played, and back:

    cell --read--> stored --Canvas.forward--> canvas --Canvas.inverse--> stored --write--> cell

A new kind is one file in this folder with one subclass of each, named in ``modalities/__init__.py``; the tests in
``tests/modalities/test_contract.py`` then run over it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

import torch
from torch import Tensor, nn

from ..errors import CellError, DataError
from ..rows import Cell

__all__ = ["Canvas", "Modality", "Scale", "tried"]

Look = TypeVar("Look")


def tried(name: str, what: str, look: Callable[[Cell], Look], cells: Sequence[Cell], count: int) -> list[Look]:
    """What ``look`` finds in about ``count`` cells or all of them, evenly spaced; those it cannot read are left out.

    Args:
        name: of the modality.
        what: a cell of it in a word: 'picture'.

    Raises:
        DataError: when none can be read.
    """
    found: list[Look] = []
    reason = "there is none"
    for i in range(0, len(cells), -(-len(cells) // count) or 1):
        try:
            found.append(look(cells[i]))
        except CellError as error:
            reason = str(error)
    if not found:
        raise DataError(
            f"No {what} of '{name}' can be read: {reason}. If these are no {what}s, say --kind {name}=KIND."
        )
    return found


@dataclass(frozen=True)
class Scale:
    """How much detail the model size allows: bounds that :meth:`Modality.fit` keeps.

    Attributes:
        side: longest side of a picture's canvas, pixels.
        frames: frames of a sound's canvas.
        tokens: longest sentence, tokens.
        words: most frequent words that get a token of their own.
        latent: size of a sentence's latent.
        width: hidden width of the text autoencoder.
    """

    side: int = 64
    frames: int = 64
    tokens: int = 64
    words: int = 8192
    latent: int = 64
    width: int = 128


class Canvas(nn.Module, ABC):
    """Stored tensors to the canvas of the game and back.

    Attributes:
        shape: (channels, *axes) of one canvas.
        noise: standard deviation of the noise that real and generated canvases get before the discriminator sees them.
        styled: whether discriminators also tell the style of a canvas, so that generators use it: cells of which much
            stays open when all the rest of a row is known.
        wide: standard deviation of the styles that verbs draw where the modality is not alone. Generators learn them at
            1 and make little of what is rare: draws of a caption would be less far apart than real rows with it.
        toned: how many values of a canvas :meth:`tone` treats alike; 0 where it learns nothing.
        clumped: whether cells may lie in a few clumps that are apart: where such a modality is alone, its rows are
            sorted into heaps (:mod:`anygan.model.words`).
        learned: whether the canvas itself is trained, before the game starts, by :meth:`loss`.
    """

    shape: tuple[int, ...]
    noise: float = 0.0
    styled: bool = False
    wide: float = 1.0
    toned: int = 0
    clumped: bool = False
    learned: bool = False

    @property
    def axes(self) -> int:
        """How many axes a canvas has: none of a vector, two of a picture, and of a sound, which is drawn as one."""
        return len(self.shape) - 1

    @abstractmethod
    def forward(self, stored: Tensor) -> Tensor:
        """Stored cells (B, ...) to canvases (B, *shape), float32, about [-1, 1]."""

    @abstractmethod
    def inverse(self, canvas: Tensor) -> Tensor:
        """Canvases (B, *shape), perhaps generated, to stored cells (B, ...) that :meth:`Modality.write` takes."""

    def tone(self, made: Tensor, stored: Tensor) -> None:
        """Learn how the values of generated canvases (B, *shape) are to be written, from real stored cells (N, ...)."""

    def snap(self, canvas: Tensor) -> Tensor:
        """Canvases as they look once written and read again: no more than a cell can hold."""
        return self(self.inverse(canvas))  # type: ignore[no-any-return]

    def vary(self, canvas: Tensor, drawn: Tensor) -> Tensor:
        """Canvases that say the same in another way, for encoders to learn from: (B, *shape), by numbers in [-1, 1].

        Args:
            canvas: (B, *shape).
            drawn: (B, 2, axes): how far each is moved and stretched along each axis, as a share of the most that the
                kind allows; by zero it stays as it is. A kind that allows nothing returns what it was given.
        """
        return canvas

    def finish(self, raw: Tensor) -> Tensor:
        """What ends a generator: any real numbers (B, *shape) to the canvas's range. Differentiable."""
        return raw

    def loss(self, stored: Tensor, generator: torch.Generator) -> Tensor:
        """The canvas's own loss, where it is learned: a scalar."""
        raise NotImplementedError(f"{type(self).__name__} is not learned")

    def settle(self, stored: Tensor) -> None:
        """After its training: measure on stored cells (N, ...) whatever is then fixed, such as whitening."""


@dataclass(frozen=True)
class Modality(ABC):
    """A named part of a row together with its kind.

    The fields are plain numbers, strings and tuples: they travel as JSON in every checkpoint.
    """

    kind: ClassVar[str]
    suffix: ClassVar[str] = ""
    """Ending of the files that hold its cells; empty where the cell stands in the table itself."""

    name: str

    @classmethod
    @abstractmethod
    def fit(cls, name: str, cells: Sequence[Cell], scale: Scale) -> Self:
        """Describe the modality by its training cells. Cells that cannot be read are passed over.

        Raises:
            DataError: when no cell can be read.
        """

    def extended(self, cells: Sequence[Cell], scale: Scale) -> Self:
        """The modality with whatever is new in more cells, where a kind can take it in; what it knew keeps its place.

        A picture's size or a sound's rate stays: what was learned is worth nothing at another.
        """
        return self

    def places(self, before: Self) -> list[int] | None:
        """Of each entry of the vector canvas that ``before`` has its place in this one's; None where none moved."""
        return None

    @abstractmethod
    def read(self, cell: Cell) -> Tensor:
        """One cell as a stored tensor of a fixed shape and dtype.

        Raises:
            CellError: with the reason, when the cell cannot be read.
        """

    @abstractmethod
    def blank(self) -> Tensor:
        """What stands in a batch where the cell is missing: of the stored shape and dtype."""

    @abstractmethod
    def write(self, stored: Tensor) -> Cell:
        """One stored tensor as a cell in memory (no ``Path``): what :meth:`read` takes again."""

    def write_all(self, stored: Tensor) -> list[Cell]:
        """Stored tensors (B, ...) as cells: :meth:`write` of each, faster where a kind can."""
        return [self.write(one) for one in stored]

    def save(self, cell: Cell, path: Path) -> None:
        """Write a cell as a file, where :attr:`suffix` says that cells are files."""
        raise NotImplementedError(f"{self.kind} cells stand in the table itself")

    @abstractmethod
    def canvas(self) -> Canvas:
        """A new canvas module for this modality."""

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """(channels, *axes) of one canvas: one is made to tell it, once."""
        return self.canvas().shape

    @abstractmethod
    def preview(self, cells: Sequence[Cell], path: Path) -> Path | None:
        """Draw cells for a person to look at, as a PNG at ``path``; ``None`` where there is nothing to draw."""

    def spec(self) -> dict[str, Any]:
        """All fields and the kind, ready for JSON."""
        return {"kind": self.kind, **asdict(self)}
