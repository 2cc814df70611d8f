"""Rows that are left out, in every pass."""

import numpy as np
import pytest

from anygan.data.store import Order, Store
from anygan.errors import ConfigError
from anygan.modalities import Vector
from anygan.rows import Column, DataSet, Pairing

ROWS = 40


def told(epoch: int) -> Pairing:
    """Every row's speaker is drawn anew in every pass."""
    speakers = np.random.default_rng(epoch).choice(["ann", "bob", "cyd"], ROWS)
    return Pairing({"x": np.arange(ROWS)}, {"speaker": speakers})


@pytest.fixture
def data() -> DataSet:
    cells = [np.full(2, i, np.float32) for i in range(ROWS)]
    return DataSet("rows", {"x": Column("x", "vector", cells, ("x",))}, told)


def test_what_is_left_out_stays_out_of_every_pass(data: DataSet) -> None:
    left = data.without("speaker", ["bob"])
    assert 0 < len(left) < ROWS
    for epoch in range(4):
        assert set(left.pairing(epoch).labels["speaker"]) == {"ann", "cyd"}
        assert len(left.pairing(epoch)) == (told(epoch).labels["speaker"] != "bob").sum()


def test_training_never_sees_it(data: DataSet) -> None:
    """Passes of unlike length still give every step its rows."""
    left = data.without("speaker", ["bob", "cyd"])
    store = Store.read(left, {"x": Vector("x", 2, (0.0,) * 2, (1.0,) * 2)})
    order = Order(store, seed=0, batch=4)
    seen = 0
    for step in range(40):
        epoch = step * 4 // order.rows
        ann = {e: set(np.flatnonzero(told(e).labels["speaker"] == "ann")) for e in (epoch, epoch + 1)}
        rows = {int(x) for x in order.batch(step).values["x"][:, 0]}
        assert rows <= ann[epoch] | ann[epoch + 1]
        seen += len(rows)
    assert seen > 100


def test_an_unknown_label_or_value_is_refused(data: DataSet) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'speaker'"):
        data.without("speakr", ["ann"])
    with pytest.raises(ConfigError, match="Did you mean 'ann'"):
        data.without("speaker", ["anna"])
    with pytest.raises(ConfigError, match="Nothing is left"):
        data.without("speaker", ["ann", "bob", "cyd"])
