"""The verbs on a model that has not learned anything: what they promise holds all the same."""

import numpy as np
import pytest
import torch

from anygan.config import Config
from anygan.data.load import load_data
from anygan.errors import ConfigError
from anygan.model.gan import AnyGAN
from anygan.rows import DataSet
from anygan.tasks.complete import complete
from anygan.tasks.embed import embed, search
from anygan.tasks.generate import generate
from anygan.tasks.translate import translate
from anygan.training.describe import describe

CONFIG = Config(size="tiny", width=2, features=16, code=8, style=4)


@pytest.fixture(scope="module")
def data() -> DataSet:
    chance = np.random.default_rng(0)
    rows = [
        {
            "image": chance.integers(0, 256, (8, 8), dtype=np.uint8) if i % 3 else None,
            "text": f"number {i}" if i % 4 else None,
            "size": i if i % 5 else None,
            "colour": ["red", "blue"][i % 2] if i % 2 else None,
        }
        for i in range(30)
    ]
    return load_data(rows, kinds={"text": "text", "image": "image"})


@pytest.fixture(scope="module")
def net(data: DataSet) -> AnyGAN:
    torch.manual_seed(0)
    return AnyGAN(describe(data, CONFIG), CONFIG).eval()


def test_generate_fills_every_modality_and_repeats_by_seed(net: AnyGAN) -> None:
    rows = list(generate(net, 5, seed=1))
    assert len(rows) == 5
    assert all(list(row) == net.names for row in rows)
    again, other = list(generate(net, 5, seed=1)), list(generate(net, 5, seed=2))
    assert [np.asarray(r["image"]).tolist() for r in rows] == [np.asarray(r["image"]).tolist() for r in again]
    assert [np.asarray(r["image"]).tolist() for r in rows] != [np.asarray(r["image"]).tolist() for r in other]


def test_translate_keeps_order_draws_and_given_cells(net: AnyGAN, data: DataSet) -> None:
    made = list(translate(net, data, ["text"], ["image"], draws=2))
    assert [m.row for m in made] == [i for i in range(30) for _ in range(2)]
    assert all(list(m.cells) == ["text", "image"] for m in made)
    given = [row["text"] for row in data.rows()]
    assert [m.cells["text"] for m in made[::2]] == given
    assert all(m.cells["image"].size == (8, 8) for m in made)


@pytest.mark.parametrize(
    ("given", "to", "words"),
    [
        (["txt"], ["image"], "Did you mean 'text'"),
        (["text"], ["imag"], "Did you mean 'image'"),
        (["text"], ["text"], "both"),
        ([], ["text"], "--given"),
        (["text"], [], "--to"),
    ],
)
def test_translate_refuses_what_makes_no_sense(
    net: AnyGAN, data: DataSet, given: list[str], to: list[str], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        list(translate(net, data, given, to))


def test_complete_touches_no_given_cell_and_leaves_none_empty(net: AnyGAN, data: DataSet) -> None:
    for before, after in zip(data.rows(), complete(net, data), strict=True):
        for name, cell in before.items():
            if name == "table":
                given = {k: v for k, v in (cell or {}).items() if v is not None}
                assert given.items() <= after.cells[name].items()
                assert all(value is not None for value in after.cells[name].values())
            elif cell is None:
                assert after.cells[name] is not None
                assert name in after.filled
            else:
                assert after.cells[name] is cell
                assert name not in after.filled
        assert all(0 <= sure <= 1 for sure in after.filled.values())
        holes = {k for k in ("size", "colour") if (before["table"] or {}).get(k) is None}
        assert set(after.holes) == holes


def test_embed_gives_unit_codes_or_none(net: AnyGAN, data: DataSet) -> None:
    codes = list(embed(net, data))
    code, used = np.concatenate([c.code for c in codes]), np.concatenate([c.used for c in codes])
    sure = np.concatenate([c.sure for c in codes])
    assert code.shape == (30, 8)
    assert np.allclose(np.linalg.norm(code, axis=1), used.any(1), atol=1e-5)
    trust = np.concatenate([c.reliability for c in codes])
    assert np.array_equal(trust > 0, used)
    assert np.array_equal(sure, trust.max(1))
    only = np.concatenate([c.used for c in embed(net, data, ["text"])])
    assert not only[:, [i for i, n in enumerate(net.names) if n != "text"]].any()


def test_search_finds_the_nearest_first() -> None:
    codes = np.eye(5, dtype=np.float32)
    rows, cosine = search(codes, np.array([0, 0.6, 0.8, 0, 0], np.float32), 2)
    assert rows.tolist() == [2, 1]
    assert cosine.tolist() == pytest.approx([0.8, 0.6])
    assert len(search(codes, codes[0], 99)[0]) == 5
    with pytest.raises(ConfigError, match="-k"):
        search(codes, codes[0], 0)
