"""Data: rows of cells, where they come from, and where they go.

:mod:`.rows` has the words; :mod:`.load` opens any data; :mod:`.readers`, :mod:`.folders`, :mod:`.shards` and
:mod:`.frames` make a :mod:`.sheet` of what they find, :mod:`.assemble` a data set of a sheet; :mod:`.writer` makes
files of rows; :mod:`.store` holds cells as tensors; the rest are the built-in sets.
"""

# The writer and the store stay out: they need the modalities, which need the words in ``rows``.
from ..rows import BadCell, Batch, Cell, Column, DataSet, Pairing, Source
from .load import BUILT_IN, load_data
from .readers import open_data
from .sheet import from_rows

__all__ = [
    "BUILT_IN",
    "BadCell",
    "Batch",
    "Cell",
    "Column",
    "DataSet",
    "Pairing",
    "Source",
    "from_rows",
    "load_data",
    "open_data",
]
