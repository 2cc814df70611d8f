"""A trained model in the hand: ``anygan.load(run)``, and the five verbs as its methods."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ..config import Config
from ..device import bf16_ratio, device
from ..errors import RunError, nearest
from ..modalities import Modality, from_spec
from ..model.gan import AnyGAN
from ..rows import Cell, DataSet
from ..training import checkpoint
from .complete import Completed, complete
from .contradict import Contradiction, contradictions
from .embed import Codes, embed
from .generate import generate
from .look import Rows, open_rows
from .portions import Portions
from .sureness import Sureness
from .translate import Translated, translate

__all__ = ["CHECKPOINTS", "Model", "load"]

CHECKPOINTS = ("last", "best")

QUICK = 0.75
"""Time of a bf16 product over that of an fp32 one below which pictures and sounds are painted in bf16: so far from one
that a model chooses alike each time it is loaded."""


@dataclass(frozen=True)
class Model:
    """A trained model. Rows may be a data set, its name or path, or dicts.

    Attributes:
        net: the averaged networks.
        config: what it was trained with.
        story: the checkpoint's description: steps, seconds, the data's name.
    """

    net: AnyGAN
    config: Config
    story: dict[str, Any]

    @classmethod
    def load(cls, run: Path | str, checkpoint_name: str = "last") -> Self:
        """The model of a run folder, on a GPU where there is one.

        Raises:
            RunError: when there is no such run or checkpoint, or it is not whole.
        """
        if checkpoint_name not in CHECKPOINTS:
            raise RunError(f"Unknown --checkpoint '{checkpoint_name}'.{nearest(checkpoint_name, CHECKPOINTS)}")
        if checkpoint_name == "last":
            tensors, story = checkpoint.newest(Path(run))
        else:
            tensors, story = checkpoint.load(Path(run) / f"{checkpoint_name}.safetensors")
        config = Config.of(story["config"])
        net = AnyGAN({spec["name"]: from_spec(spec) for spec in story["modalities"]}, config)
        state = {k.removeprefix("mean."): v for k, v in tensors.items() if k.startswith("mean.")}
        state |= {k.removeprefix("model."): v for k, v in tensors.items() if k.startswith("model.canvases.")}
        net.load_state_dict(state)
        place = device()
        # On GPUs nobody has measured yet whether it pays.
        net.bf16 = place.type == "cpu" and bf16_ratio() < QUICK
        return cls(net.to(place).eval().requires_grad_(False), config, story)

    @property
    def modalities(self) -> dict[str, Modality]:
        """Modality name -> what it is, in the order of the columns."""
        return self.net.modalities

    def data(self, rows: Rows, data_dir: Path | None = None) -> DataSet:
        """Rows as a data set, columns taken to be of the model's own kinds; built-in sets give their test split."""
        return open_rows(self.modalities, rows, data_dir)

    def portions(self, rows: Rows, data_dir: Path | None = None) -> Portions:
        """The same a part at a time; of a file no more than a part is in memory."""
        return Portions.open(self.modalities, rows, data_dir)

    def generate(self, count: int, *, seed: int = 0) -> Iterator[dict[str, Cell]]:
        """New rows, every modality filled."""
        return generate(self.net, count, seed=seed)

    def translate(
        self, rows: Rows, given: Collection[str], to: Sequence[str], *, draws: int = 1, seed: int = 0
    ) -> Iterator[Translated]:
        """The wanted modalities of every row, from the given ones."""
        return translate(self.net, self.data(rows), given, to, draws=draws, seed=seed)

    def complete(self, rows: Rows, *, seed: int = 0, partial: bool = False) -> Iterator[Completed]:
        """Every row with its missing cells filled, and with ``partial`` what is missing within cells.

        Of a file no more than a part is in memory at a time.
        """
        sure = None
        for first, part in self.portions(rows).parts(0):
            sure = sure or Sureness.tried(self.net, part, seed, partial=partial)
            yield from complete(self.net, part, seed=seed, first=first, sure=sure, partial=partial)

    def embed(self, rows: Rows, given: Collection[str] | None = None) -> Iterator[Codes]:
        """The codes of every row."""
        return embed(self.net, self.data(rows), given)

    def contradictions(self, rows: Rows) -> Iterator[Contradiction]:
        """How well the cells of every row go together."""
        return contradictions(self.net, self.data(rows))


def load(run: Path | str, checkpoint: str = "last") -> Model:
    """The model of a run folder: ``anygan.load("runs/demo")``."""
    return Model.load(run, checkpoint)
