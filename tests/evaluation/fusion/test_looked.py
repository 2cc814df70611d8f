"""Rows looked at once tell what looking again would."""

import numpy as np
import pytest
import torch

from anygan.config import Config
from anygan.data.load import load_data
from anygan.evaluation.fusion.looked import Looked
from anygan.model.gan import AnyGAN
from anygan.rows import DataSet
from anygan.tasks.embed import embed
from anygan.training.describe import describe

CONFIG = Config(size="tiny", width=2, features=16, code=8, style=4)


@pytest.fixture(scope="module")
def data() -> DataSet:
    rng = np.random.default_rng(0)
    rows = [
        {
            "image": rng.integers(0, 256, (8, 8), dtype=np.uint8) if i % 3 else None,
            "size": i if i % 5 else None,
            "point": rng.normal(size=3),
        }
        for i in range(300)
    ]
    return load_data(rows, kinds={"image": "image", "point": "vector"})


@pytest.fixture(scope="module")
def looked(data: DataSet) -> Looked:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AnyGAN(describe(data, CONFIG), CONFIG).eval()
    return Looked.of(model, data, data.columns, canvases=True)


def test_codes_and_reliability_are_those_of_embed(looked: Looked, data: DataSet) -> None:
    parts = list(embed(looked.model, data))
    code = np.concatenate([part.code for part in parts])
    assert looked.fuse(looked.evidence, looked.given).numpy() == pytest.approx(code, abs=1e-6)
    trust = np.concatenate([part.reliability for part in parts])
    assert looked.trust(looked.evidence, looked.given).numpy() == pytest.approx(trust, abs=1e-6)
    assert looked.given[:, looked.place("image")].tolist() == [i % 3 != 0 for i in range(300)]


def test_noise_touches_one_modality_and_grows(looked: Looked) -> None:
    levels = [0.0, 0.001, 2.0]
    found = looked.noised("image", levels, seed=0)
    again = looked.noised("image", levels, seed=0)
    place, others = looked.place("image"), [looked.place(name) for name in looked.model.names if name != "image"]
    assert torch.equal(found[0.0], looked.evidence)
    far = [float((found[level] - looked.evidence)[:, place].norm(dim=1).mean()) for level in levels]
    assert 0 == far[0] < far[1] < far[2]
    assert far[1] < 0.01 * far[2]
    for level in levels:
        assert torch.equal(found[level][:, others], looked.evidence[:, others])
        assert torch.equal(found[level], again[level])


def test_everyone_gets_another_cell_and_nobody_a_missing_one(looked: Looked) -> None:
    place = looked.place("image")
    evidence, other, partner = looked.swapped("image", seed=3)
    has = looked.given[:, place]
    assert torch.equal(other, has)
    assert sorted(partner.tolist()) == list(range(300))
    assert has[torch.from_numpy(partner)][other].all()
    assert torch.equal(evidence[:, place], looked.evidence[torch.from_numpy(partner), place])
    assert torch.equal(evidence[~has], looked.evidence[~has])


def test_of_labels_only_others_count_as_swapped(looked: Looked) -> None:
    parity = np.arange(300) % 2
    labelled = Looked(looked.model, looked.canvases, looked.evidence, looked.given, {"parity": parity})
    _, other, partner = labelled.swapped("image", seed=3, label="parity")
    assert 0 < other.sum() < looked.given[:, looked.place("image")].sum()
    assert (parity[partner] != parity)[other.numpy()].all()


def test_taken_rows_keep_what_is_theirs(looked: Looked) -> None:
    rows = np.array([7, 2, 290])
    part = looked.take(rows)
    assert len(part) == 3
    assert torch.equal(part.evidence, looked.evidence[[7, 2, 290]])
    assert torch.equal(part.canvases["image"][1], looked.canvases["image"][2])
    assert part.among(["image"]).sum(1).tolist() == [1, 1, 1]
