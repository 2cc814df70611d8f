"""A month later: a new run that begins with what another has learned.

Modalities of the same name are extended: words, categories and columns that are new stand behind the known ones.
Weights are taken by their name, and where a layer has grown its known part is: rows and columns of what is new, and
networks of a new modality, are fresh. Optimisers begin anew.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from ..config import Config
from ..errors import AnyGANWarning, DataError, RunError
from ..modalities import KINDS, Modality, Scale, from_spec
from ..rows import DataSet
from . import checkpoint
from .players import Players
from .resume import FIXED

__all__ = ["Heritage"]

COUNTED = {"scale": 2, "offset": 2, "place": 1, "bond": 1}
"""Weights, of the fusion most, -> how many of their axes count modalities."""


@dataclass(frozen=True)
class Heritage:
    """What a run has left.

    Attributes:
        folder: of the run.
        tensors: all its weights.
        modalities: what it knew, in its order.
        played: whether its canvases had been settled, and the game had begun.
    """

    folder: Path
    tensors: Mapping[str, Tensor]
    modalities: Mapping[str, Modality]
    played: bool = True

    @classmethod
    def of(cls, folder: Path, config: Config) -> "Heritage":
        """The newest checkpoint of a run.

        Raises:
            RunError: when there is none, or its networks are of another size than ``config`` asks for.
        """
        tensors, told = checkpoint.newest(folder)
        had = Config.of(told["config"])
        differ = [name for name in FIXED if getattr(had, name) != getattr(config, name)]
        if differ:
            raise RunError(
                f"{folder} is of size {had.size} ({differ[0]} {getattr(had, differ[0])}), and its weights do not fit a "
                f"model of {differ[0]} {getattr(config, differ[0])}. Add --size {had.size}, or train without --from."
            )
        modalities = {str(spec["name"]): from_spec(spec) for spec in told["modalities"]}
        return cls(folder, tensors, modalities, told["clock"]["game"] is not None)

    def describe(self, data: DataSet, scale: Scale) -> dict[str, Modality]:
        """The modalities of more data, in the order of its columns: those that are known extended, the others new.

        Raises:
            DataError: when a column is of another kind than it was.
        """
        found: dict[str, Modality] = {}
        for name, column in data.columns.items():
            known = self.modalities.get(name)
            if known is None:
                found[name] = KINDS[column.kind].fit(name, column.cells, scale)
            elif known.kind != column.kind:
                raise DataError(
                    f"Column '{name}' of '{data.name}' is of kind {column.kind}, and {self.folder} learned it as "
                    f"{known.kind}. Say --kind {name}={known.kind} where it is, or rename the column."
                )
            else:
                found[name] = known.extended(column.cells, scale)
        if not any(name in self.modalities for name in found):
            raise DataError(f"'{data.name}' has none of the columns that {self.folder} knows. Train it without --from.")
        lost = [f"'{name}'" for name in self.modalities if name not in found]
        if lost:
            warnings.warn(
                f"{self.folder} knows {', '.join(lost)}, which '{data.name}' lacks: the new run will not know it.",
                AnyGANWarning,
                stacklevel=2,
            )
        return found

    def settled(self, modality: Modality) -> bool:
        """Whether a modality is what it was, so that its canvas has nothing to learn."""
        return self.played and self.modalities.get(modality.name) == modality

    @torch.no_grad()
    def give(self, players: Players, modalities: Mapping[str, Modality]) -> None:
        """Put the weights in their places in fresh networks."""
        parts: dict[str, nn.Module] = {"model": players.model, "mean": players.mean, "critics": players.critics}
        order = list(self.modalities)
        for part, module in parts.items():
            for name, fresh in module.state_dict().items():
                owner, was = _before(f"{part}.{name}", list(modalities), order)
                if was not in self.tensors:
                    continue
                places = modalities[owner].places(self.modalities[owner]) if owner else None
                both = [n for n in order if n in modalities]
                moved = [order.index(n) for n in both], [list(modalities).index(n) for n in both]
                counted = COUNTED.get(name.removeprefix("fusion."), 0)
                fresh.copy_(_grown(fresh.cpu(), self.tensors[was], places, moved, counted))


def _before(name: str, now: Sequence[str], before: Sequence[str]) -> tuple[str, str]:
    """The modality that a tensor belongs to, empty where to all, and the tensor's name in a run of other modalities.

    Example:
        >>> _before("model.encoders.members.1.length.bias", ["audio", "image"], ["image"])
        ('image', 'model.encoders.members.0.length.bias')
        >>> _before("model.encoders.members.0.length.bias", ["audio", "image"], ["image"])
        ('', '')
    """
    head, member, tail = name.partition(".members.")
    if not member:
        return "", name
    number, _, rest = tail.partition(".")
    owner = now[int(number)]
    return (owner, f"{head}.members.{before.index(owner)}.{rest}") if owner in before else ("", "")


def _grown(
    fresh: Tensor, known: Tensor, places: Sequence[int] | None, moved: tuple[Sequence[int], Sequence[int]], counted: int
) -> Tensor:
    """Fresh weights with the known ones in their places.

    Args:
        places: where the entries of a canvas have gone, for the axis whose length is theirs; else they are the first.
        moved: numbers of the modalities that both runs have, in the old one and in the new one.
        counted: how many axes, from the first, count modalities.
    """
    if fresh.dim() == 0:
        return known
    taken, put = [torch.arange(size) for size in known.shape], [torch.arange(size) for size in known.shape]
    for axis, (now, before) in enumerate(zip(fresh.shape, known.shape, strict=True)):
        if axis < counted:
            taken[axis], put[axis] = map(torch.tensor, moved)
        elif places is not None and before == len(places) and now != before:
            put[axis] = torch.tensor(places)
        elif now < before:
            return fresh
    grown = fresh.clone()
    grown[torch.meshgrid(*put, indexing="ij")] = known[torch.meshgrid(*taken, indexing="ij")].to(grown)
    return grown
