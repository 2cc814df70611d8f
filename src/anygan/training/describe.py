"""What there is to learn: the modalities of a data set, found by looking at its cells."""

from ..config import Config
from ..errors import DataError
from ..modalities import KINDS, Modality, Scale
from ..rows import Column, DataSet
from .game.scene import PRIOR
from .inherit import Heritage

__all__ = ["describe", "described", "learnable", "scale"]

MODALITIES = 64
"""Modalities that learn together at most: each has four networks of its own."""


def scale(config: Config) -> Scale:
    """How much detail the canvases of a model size hold."""
    small = config.size == "tiny"
    return Scale(side=32 if small else 64, latent=config.code, width=64 if small else 128)


def describe(data: DataSet, config: Config, heritage: Heritage | None = None) -> dict[str, Modality]:
    """The modalities of a data set, in the order of its columns, found by looking at its cells; or at what is known."""
    if not data.columns:
        raise DataError(f"'{data.name}' has no column to learn from.")
    if PRIOR in data.columns:
        raise DataError(f"A column of '{data.name}' is called '{PRIOR}', which names a part of the model. Rename it.")
    if heritage is None:
        return {name: described(data, column, config) for name, column in data.columns.items()}
    for column in data.columns.values():
        _check_cells(data, column)
    return heritage.describe(data, scale(config))


def described(data: DataSet, column: Column, config: Config) -> Modality:
    """The modality of one column.

    Raises:
        DataError: when no cell can be read.
    """
    _check_cells(data, column)
    return KINDS[column.kind].fit(column.name, column.cells, scale(config))


def _check_cells(data: DataSet, column: Column) -> None:
    first = next((cell for cell in data.bad if cell.column in column.headers), None)
    if not column.cells and first is not None:
        raise DataError(f"No cell of column '{first.column}' can be read. The first: {first}. Mend or delete it.")


def learnable(data: DataSet, config: Config, heritage: Heritage | None = None) -> dict[str, Modality]:
    """The modalities of a data set, as :func:`describe` finds them, where they are few enough to learn together."""
    if len(data.columns) > MODALITIES:
        raise DataError(
            f"'{data.name}' has {len(data.columns):,} modalities; expected at most {MODALITIES} to learn together. Say "
            "--kind NAME=category where a column is no sentence, which makes it part of the table, or delete some."
        )
    return describe(data, config, heritage)
