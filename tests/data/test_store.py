"""The store: cells in memory."""

import numpy as np

from anygan.data.store import Store
from anygan.modalities import Vector
from anygan.rows import Column, DataSet, Pairing


def test_a_sample_is_of_good_cells_that_rows_hold_evenly_spaced() -> None:
    cells = [[float(i)] if i % 3 else ["no number"] for i in range(30)]
    pairing = Pairing({"x": np.array([*range(24), -1, 4])}, {})
    data = DataSet("some", {"x": Column("x", "vector", cells, ("x",))}, lambda epoch: pairing)
    store = Store.read(data, {"x": Vector("x", 1, (0.0,), (1.0,))})
    good = [i for i in range(24) if i % 3]
    assert store.sample("x", 100)[:, 0].tolist() == good
    assert store.sample("x", 16)[:, 0].tolist() == good
    assert store.sample("x", 8)[:, 0].tolist() == good[::2]
    assert store.sample("x", 7)[:, 0].tolist() == good[::3]
