"""Holes of tables: what is hidden in training, how draws are held to the truth, and that a bare table learns it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from anygan import Config, load, load_data, train
from anygan.config import Config as Settings
from anygan.data.store import Store
from anygan.modalities import Table
from anygan.modalities.table import CodedRow
from anygan.model.gan import AnyGAN, Critics
from anygan.training.describe import describe
from anygan.training.game.holes import closeness, refill
from anygan.training.game.objective import imitate, judge, paint
from anygan.training.game.scene import COPIES, Crowd, holes_of, scene
from anygan.training.parallel import World

ROWS = 64
SMALL = Settings(size="tiny", width=2, features=16, code=8, style=4)


def rows(count: int, seed: int = 0) -> list[dict[str, object]]:
    """b is twice a, the word says whether a is large, and c has nothing to do with either."""
    chance = np.random.default_rng(seed)
    return [
        {"a": round(a, 3), "b": round(2 * a, 3), "word": "large" if a > 0 else "small", "c": round(c, 3)}
        for a, c in chance.normal(size=(count, 2)).tolist()
    ]


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_a_stage_shows_rows_beside_what_is_seen_of_them(world: World) -> None:
    data = load_data([row | ({"b": None} if i % 3 == 0 else {}) for i, row in enumerate(rows(16))])
    table = Table.fit("table", data.columns["table"].cells, None)  # type: ignore[arg-type]
    torch.manual_seed(0)
    net, critics = AnyGAN({"table": table}, SMALL), Critics(AnyGAN({"table": table}, SMALL), SMALL)
    store = Store.read(data, {"table": table})
    batch = store.batch(store.pairing(0), np.arange(16))
    canvases = net.draw(batch)
    crowd = Crowd.gathered(net, batch, canvases, world)
    stages = scene(net, crowd, canvases, torch.Generator().manual_seed(0), world, ())
    stage = stages[holes_of("table")]
    real, seen = stage.real.chunk(2, 1)
    canvas = net.canvases["table"]
    assert isinstance(canvas, CodedRow)
    shown, there = seen[:, canvas.values :], real[:, canvas.values :]
    assert ((shown == 0) | (there == 1)).all()
    assert 0 < shown.sum() < there.sum()
    assert (seen[:, : canvas.values] == real[:, : canvas.values] * shown[:, canvas.owner]).all()
    order = stage.rows.argsort()
    assert (seen[order].view(16, COPIES, -1).std(1) == 0).all()
    fakes = paint(net, stages)
    fake = fakes[holes_of("table")]
    assert torch.equal(fake, refill(net, "table", stage))
    made, beside = fake.chunk(2, 1)
    assert torch.equal(beside, seen)
    visible = shown[:, canvas.owner] > 0
    assert torch.equal(made[:, : canvas.values][visible], real[:, : canvas.values][visible])
    assert (made[:, canvas.values :] == there).all()
    assert (made[:, : canvas.values][there[:, canvas.owner] == 0] == 0).all()
    lost, health = judge(critics, stages, fakes, 0.1)
    assert f"{holes_of('table')}/accuracy" in health
    (lost + imitate(critics, stages, fakes) + closeness(net, stages, fakes)).backward()
    assert all(p.grad is not None for p in net.fillers.parameters())
    assert all(p.grad is not None for p in critics.fillers.parameters())


def test_draws_are_held_to_the_truth_by_a_proper_score() -> None:
    table = Table.fit("table", rows(200), None)  # type: ignore[arg-type]
    canvas = table.canvas()
    real = canvas(torch.stack([table.read(row) for row in rows(1)]))
    keep = torch.tensor([[True, False, False, True]])
    seen = canvas.seen(real, keep)
    right = real.unsqueeze(1).expand(1, 4, -1)
    assert canvas.missed(right, real, seen).item() == pytest.approx(0, abs=1e-5)
    off = right.clone()
    off[:, :, 2] += 1  # a third number: it is seen
    assert canvas.missed(off, real, seen).item() == pytest.approx(0, abs=1e-5)
    off = right.clone()
    off[:, :, 1] += 0.5
    assert canvas.missed(off, real, seen).item() == pytest.approx(0.5, abs=1e-5)
    # Of a standard normal truth, draws that are spread likewise score best.
    chance = torch.Generator().manual_seed(0)
    truth = real.expand(4000, -1).clone()
    truth[:, 1] = torch.randn(4000, generator=chance)
    told = []
    for spread in (0.0, 1.0, 2.0):
        draws = truth.unsqueeze(1).repeat(1, 4, 1)
        draws[:, :, 1] = spread * torch.randn(4000, 4, generator=chance)
        told.append(canvas.missed(draws, truth, canvas.seen(truth, keep)).mean().item())
    assert told[1] < min(told[0], told[2])


def test_runs_of_before_have_no_filler() -> None:
    table = Table.fit("table", rows(20), None)  # type: ignore[arg-type]
    assert table.fills
    spec = {key: value for key, value in table.spec().items() if key not in ("kind", "fills")}
    assert not AnyGAN({"table": Table(**spec)}, SMALL).fillers.names


def test_a_bare_table_learns_to_fill_its_holes(tmp_path: Path) -> None:
    config = Config(size="tiny", steps=250, threads=1, precision="fp32")
    for _ in train(load_data(rows(400)), tmp_path / "run", config):
        pass
    model, truth = load(tmp_path / "run"), rows(300, seed=1)
    hidden = [dict(row) for row in truth]
    for i, row in enumerate(hidden):
        row[("a", "b", "word")[i % 3]] = None
    filled = [row.cells["table"] for row in model.complete(hidden)]
    off = np.array([filled[i]["b"] - truth[i]["b"] for i in range(1, 300, 3)])  # type: ignore[operator]
    assert np.sqrt(np.square(off).mean()) < 0.5 * np.std([float(str(row["b"])) for row in truth])
    assert np.mean([filled[i]["word"] == truth[i]["word"] for i in range(2, 300, 3)]) > 0.9
    sure = [row.holes["word"] for row in model.complete(hidden) if "word" in row.holes]
    assert np.mean(sure) > 0.85


def test_the_codes_that_scarce_tables_are_filled_by_are_vague(world: World) -> None:
    """Some as they are, some a little off, some not what they were, some not there; copies alike; of others exact."""
    data = load_data([{"v": np.full(3, float(i)), **row} for i, row in enumerate(rows(ROWS))])
    modalities = describe(data, SMALL)
    torch.manual_seed(0)
    net, store = AnyGAN(modalities, SMALL), Store.read(data, modalities)
    batch = store.batch(store.pairing(0), np.arange(ROWS))
    canvases = net.draw(batch)
    crowd = Crowd.gathered(net, batch, canvases, world)
    told = {}
    for scarce in ((), ("table",)):
        stage = scene(net, crowd, canvases, torch.Generator().manual_seed(0), world, scarce)[holes_of("table")]
        told[scarce] = stage.condition[stage.rows.argsort()]
    exact, vague = (codes[::COPIES] for codes in told.values())
    assert all(codes.equal(codes[::COPIES].repeat_interleave(COPIES, 0)) for codes in told.values())
    near = torch.cdist(exact, crowd.fuse(torch.tensor([[name != "table" for name in net.names]] * ROWS))).min(1).values
    assert near.max() < 0.01
    untold = ~vague.any(1)
    assert 0 < untold.sum() < ROWS / 2
    assert vague[~untold].norm(dim=1).allclose(torch.ones(int((~untold).sum())))
    alike = (exact * vague).sum(1)[~untold]
    assert (alike > 0.999).any()
    assert ((alike > 0.5) & (alike < 0.95)).any()
    assert (alike < 0.2).any()
