"""The ablations: each changes what it says and nothing once it is over, and what the benchmark makes of them."""

import itertools
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import ablations
import numpy as np
import pytest
import torch
from ablated import ABLATIONS
from lines import finished
from robustness import unrelated
from swaps import Swap, swapped
from torch import Tensor
from torch.nn.functional import normalize

from anygan import Config, DataSet, load_data, train
from anygan.data.store import Order, Store
from anygan.modalities import text
from anygan.modalities.audio import LogMel
from anygan.modalities.text import TextCanvas
from anygan.model.fusion import Fusion, directions
from anygan.model.gan import AnyGAN
from anygan.training import checkpoint, loop
from anygan.training.describe import learnable
from anygan.training.game.rules import Rules
from anygan.training.game.scene import PRIOR, Crowd, Stage
from anygan.training.parallel import World
from anygan.training.players import Players

SMALL: dict[str, Any] = {"size": "tiny", "threads": 1, "precision": "fp32", "batch": 16}
SMALL |= {"width": 2, "features": 16, "code": 8, "style": 4, "canvas": 0.1}
STEPS = 4
TRAINED = [name for name, made in ABLATIONS.items() if not made.answers]


@cache
def rows() -> DataSet:
    return load_data("digits:train").take(slice(0, 48))


@cache
def unchanged(folder: Path) -> tuple[list[dict[str, float]], dict[str, torch.Tensor]]:
    return trained("unchanged", folder / "unchanged")


def trained(name: str, out: Path) -> tuple[list[dict[str, float]], dict[str, torch.Tensor]]:
    """Losses of all steps, and the tensors at the end."""
    made = ABLATIONS[name]
    data = unrelated(rows()) if made.stranger else rows()
    with swapped(made.swaps):
        losses = [r.losses for r in train(data, out, Config(steps=STEPS, **SMALL | made.settings))]
    return losses, checkpoint.load(out / "last.safetensors")[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ablations")


class Thing:
    size = 1


class Heir(Thing):
    pass


def failing() -> None:
    """A block that is broken off."""
    with swapped([Swap(Thing, "size", 2), Swap(Thing, "size", 3), Swap(Heir, "size", 4)]):
        assert (Thing.size, Heir.size) == (3, 4)
        raise ZeroDivisionError


def test_what_was_swapped_is_there_again_also_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError):
        failing()
    assert (Thing.size, Heir.size) == (1, 1)
    assert "size" not in vars(Heir)


def test_what_is_not_there_cannot_be_swapped() -> None:
    with pytest.raises(AttributeError), swapped([Swap(Thing, "size", 2), Swap(Thing, "colour", 3)]):
        pass
    assert Thing.size == 1
    assert not hasattr(Thing, "colour")


@pytest.mark.parametrize("name", ABLATIONS)
def test_every_swap_replaces_something_and_is_undone(name: str) -> None:
    swaps = ABLATIONS[name].swaps
    before = [getattr(swap.owner, swap.name) for swap in swaps]
    with swapped(swaps):
        for swap, value in zip(swaps, before, strict=True):
            assert getattr(swap.owner, swap.name) is swap.value
            assert swap.value is not value
    assert all(getattr(swap.owner, swap.name) is value for swap, value in zip(swaps, before, strict=True))


@pytest.mark.parametrize("name", TRAINED)
def test_each_trains_and_changes_what_it_says(name: str, folder: Path) -> None:
    losses, tensors = trained(name, folder / f"own {name}")
    plain, weights = unchanged(folder)
    assert all(np.isfinite(list(lost.values())).all() for lost in losses)
    silent = {"no-contrast": "align", "no-recognise": "recognise", "no-imitate": "imitate", "no-echo": "echo"}
    silent |= {"no-reliability": "believe", "mean-fusion": "believe", "no-energy": "energy"}
    game = [lost for lost in losses if "judge" in lost]
    assert {key for lost in game for key in lost if lost[key] == 0} == ({silent[name]} if name in silent else set())
    same = {"unchanged", "no-health"}
    assert (losses == plain) == (name in same)
    if name in same:
        assert all(torch.equal(tensors[key], weights[key]) for key in weights)


@pytest.mark.parametrize(("name", "still"), [("no-prior", True), ("anchor-chain", True), ("unchanged", False)])
def test_without_a_prior_nothing_trains_one(name: str, still: bool, folder: Path) -> None:
    _, tensors = trained(name, folder / f"still {name}")
    fresh = fresh_players().model.prior.state_dict()
    assert all(torch.equal(tensors[f"model.prior.{key}"], weight) == still for key, weight in fresh.items())


def fresh_players() -> Players:
    """The networks as a run of seed 0 begins with them."""
    config = Config(steps=STEPS, **SMALL)
    return Players.meet(learnable(rows(), config), config, torch.device("cpu"))


def a_step(players: Players) -> tuple[Crowd, dict[str, Stage]]:
    """The rows of a step as they are seen, and its stages as the loop draws them."""
    model = players.model
    store = Store.read(rows(), model.modalities)
    batch = Order(store, 0, 16).batch(0)
    canvases = model.draw(batch)
    crowd = Crowd.gathered(players.mean, batch, canvases, World())
    return crowd, loop.scene(model, crowd, canvases, torch.Generator().manual_seed(0), World(), frozenset())


def evidence_and_given() -> tuple[Tensor, Tensor]:
    """Three cells a row, the first of which is hardly to be believed."""
    chance = torch.Generator().manual_seed(0)
    evidence = 0.9 * directions(torch.randn(4, 3, 8, generator=chance))
    evidence[:, 0] *= 0.1
    return evidence, torch.tensor([[1, 1, 1], [1, 1, 0], [0, 1, 1], [0, 0, 0]]).bool()


def fusion() -> Fusion:
    made = Fusion(3, 8)
    torch.nn.init.normal_(made.down.weight)
    return made


def test_without_residual_the_weighed_mean_is_left() -> None:
    (evidence, given), fuse = evidence_and_given(), fusion()
    mean = normalize((directions(evidence) * fuse.reliability(evidence, given).unsqueeze(2)).sum(1), dim=1)
    assert not fuse(evidence, given).allclose(mean, atol=1e-3)
    with swapped(ABLATIONS["no-residual"].swaps):
        assert fuse(evidence, given).allclose(mean, atol=1e-5)


def test_mean_fusion_is_the_plain_mean() -> None:
    (evidence, given), fuse = evidence_and_given(), fusion()
    mean = normalize((directions(evidence) * given.unsqueeze(2)).sum(1), dim=1)
    with swapped(ABLATIONS["no-residual"].swaps):
        assert not fuse(evidence, given).allclose(mean, atol=1e-3)
    with swapped(ABLATIONS["mean-fusion"].swaps):
        assert fuse(evidence, given).allclose(mean, atol=1e-5)


def test_without_mismatched_pairs_they_cost_nothing() -> None:
    _, stages = a_step(fresh_players())
    right, wrong = torch.randn(2, 5)
    assert Rules().mismatched(right, wrong, stages["image"]).all()
    with swapped(ABLATIONS["no-mismatched"].swaps):
        assert not Rules().mismatched(right, wrong, stages["image"]).any()


def test_without_drawn_codes_generators_meet_fused_ones_only() -> None:
    players = fresh_players()

    def fused() -> Tensor:
        """Which codes of pictures are some subset's of their row."""
        crowd, stages = a_step(players)
        sets = [torch.tensor(side).bool().expand(16, 3) for side in itertools.product((0, 1), repeat=3) if any(side)]
        codes = torch.stack([crowd.fuse(side) for side in sets])[:, stages["image"].rows]
        return (codes - stages["image"].code).norm(dim=2).amin(0) < 1e-5

    assert not fused().all()
    with swapped(ABLATIONS["no-drawn-codes"].swaps):
        assert fused().all()


@pytest.mark.parametrize(("name", "norm"), [("no-prior", 1.0), ("anchor-chain", 0.0)])
def test_without_a_prior_what_is_known_is_rendered_as_it_is(name: str, norm: float) -> None:
    with swapped(ABLATIONS[name].swaps):
        _, stages = a_step(fresh_players())
    stage = stages["image"]
    assert PRIOR not in stages
    known = stage.condition.any(1)
    asis = (stage.code == stage.condition).all(1)
    assert (known & asis).sum() > (known & ~asis).sum()
    assert not known.all()
    assert stage.code[~known].norm(dim=1).tolist() == pytest.approx([norm] * int((~known).sum()), abs=1e-6)


def test_the_anchor_is_one_modality_and_what_is_given_stays() -> None:
    model = fresh_players().mean
    given = torch.zeros(8, 8)
    given[:4] = normalize(torch.randn(4, 8), dim=1)
    seen: list[Tensor] = []

    def known(own: AnyGAN, evidence: Tensor, which: Tensor) -> Tensor:
        seen.append(which)
        return own.fusion(evidence, which)

    with torch.no_grad(), swapped([*ABLATIONS["anchor-chain"].swaps, Swap(AnyGAN, "known", known)]):
        code = model.complete(
            given, torch.ones(8, len(model.names), dtype=torch.bool), torch.Generator().manual_seed(0)
        )
    assert seen[0].sum(1).tolist() == [1] * 8
    assert len(seen[0].unique(dim=0)) > 1
    assert torch.equal(code[:4], given[:4])
    assert code[4:].norm(dim=1).tolist() == pytest.approx([1] * 4, abs=1e-5)


def test_a_stranger_is_heard() -> None:
    model, given = fresh_players().model, torch.ones(1, 3, dtype=torch.bool)
    model.bond[2] = 0
    assert model.heard(given).tolist() == [[True, True, False]]
    with swapped(ABLATIONS["stranger-heard"].swaps):
        assert model.heard(given).all()


def test_sounds_are_heard_as_they_are() -> None:
    sound, drawn = torch.rand(2, 1, 16, 16), torch.ones(2, 2, 2)
    canvas = LogMel(16, 16, -60.0, 10.0)
    assert not torch.equal(canvas.vary(sound, drawn), sound)
    with swapped(ABLATIONS["no-varied-sounds"].swaps):
        assert torch.equal(canvas.vary(sound, drawn), sound)


def test_captions_are_searched_for_with_fewer_beams_or_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    beams: list[int] = []
    read: list[int] = []
    torch.manual_seed(0)
    canvas = TextCanvas(260, 6, 8, 16)
    search, forward = text.beam_search, TextCanvas.forward
    monkeypatch.setattr(text, "beam_search", lambda *all_of_it: beams.append(all_of_it[2]) or search(*all_of_it))
    point = torch.randn(64, 8)
    with torch.no_grad():
        plain = canvas.inverse(point)
        for name in ("greedy-captions", "unread-captions"):
            with swapped(ABLATIONS[name].swaps):
                read.append(int((canvas.inverse(point) != plain).any(1).sum()))
    assert beams == [4, 1, 4]
    assert all(read)
    assert forward is TextCanvas.forward


def test_a_speaker_learns_what_it_is_to_say() -> None:
    torch.manual_seed(0)
    with swapped(ABLATIONS["straight-text"].swaps):
        model = fresh_players().model
    (speaker,) = model.speakers().values()
    stored = torch.tensor([[10, 11, 1, 0], [12, 1, 0, 0]], dtype=torch.int16)
    speaker.length = 4
    code, style = normalize(torch.randn(2, 8), dim=1), torch.zeros(2, 4)
    optimizer = torch.optim.Adam(speaker.parameters(), 1e-2)
    for _ in range(100):
        optimizer.zero_grad()
        speaker.loss(code, style, stored).backward()
        optimizer.step()
    with torch.no_grad():
        assert torch.equal(speaker.write(code, style), stored)


def test_sentences_are_held_to_the_truth_and_seen_by_no_discriminator() -> None:
    with swapped(ABLATIONS["straight-text"].swaps):
        players = fresh_players()
        _, stages = a_step(players)
        fakes = loop.paint(players.model, stages)
        loop.closeness(players.model, stages, fakes).backward()
    assert set(fakes) == {"image", "audio", PRIOR}
    (speaker,) = players.model.speakers().values()
    assert all(weight.grad is not None and weight.grad.any() for weight in speaker.parameters())


def test_held_out_rows_are_not_trained_on() -> None:
    kept, held = ablations.split(rows(), 8)
    shown = [set(part.pairing(epoch).index["image"]) for part in (kept, held) for epoch in range(2)]
    assert [len(part) for part in shown] == [40, 40, 8, 8]
    assert not shown[0] & shown[3]
    assert not shown[1] & shown[2]


def test_noise_is_on_the_pictures_alone() -> None:
    _, held = ablations.split(rows(), 8)
    spoilt = ablations.noised(held)
    for clean, noisy in zip(held.rows(), spoilt.rows(), strict=True):
        assert noisy["text"] == clean["text"]
        apart = np.abs(np.asarray(noisy["image"], float) - np.asarray(clean["image"], float))
        # Half of the noise is cut off on a black ground.
        assert 20 < apart.mean() < 110


class Oracle:
    """A bench that scores all answers alike, and counts them."""

    floor, sound_floor = 17.0, 2.0
    looked: ClassVar[list[int]] = []

    def __init__(self, *_: Any) -> None: ...

    def look(self, name: str, cells: list[Any]) -> dict[str, Any]:
        self.looked.append(len(cells))
        return {}

    def judge(self, given: Any, name: str, shown: Any) -> dict[str, float]:
        return {"digit": 0.5, "hand": 0.4, "speaker": 0.3, "grammar": 0.2, "frechet": 30.0}

    def joint(self, shown: Any) -> dict[str, float]:
        return {"agreement": 0.6, "smallest_class": 0.1, "grammar": 0.7, "frechet": 40.0}


def test_a_cell_is_trained_once_and_what_only_answers_takes_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = ablations.Cell.config
    small = lambda cell, *machine: made(cell, *machine).but(**SMALL)  # noqa: E731
    monkeypatch.setattr(ablations, "Bench", Oracle)
    monkeypatch.setattr(ablations, "load_data", lambda name: rows())
    monkeypatch.setattr(ablations.Cell, "config", small)
    monkeypatch.setenv("ANYGAN_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    words = "ablations --cells unchanged,no-echo,no-memory --steps 2 --seeds 1 --rows 6 --results lines.jsonl --out r"
    monkeypatch.setattr("sys.argv", words.split())
    for _ in range(2):
        ablations.main()
    lines = finished(tmp_path / "lines.jsonl")
    assert [line["cell"] for line in lines] == ["unchanged", "no-echo", "no-memory"]
    assert {(line["steps"], line["rows"], line["floor"], line["sound floor"]) for line in lines} == {(2, 6, 17.0, 2.0)}
    assert sorted(run.name for run in (tmp_path / "r").iterdir()) == ["no-echo-0-2-steps", "unchanged-0-2-steps"]
    assert set(Oracle.looked) == {6}
    capsys.readouterr()
    monkeypatch.setattr("sys.argv", ["ablations", "--table", "--results", "lines.jsonl"])
    ablations.main()
    page = capsys.readouterr().out
    assert "2 steps, 6 held-out training rows, floor of FD 17.0" in page
    assert page.count("+0.000") == 2 * 14


def test_a_table_compares_equal_seeds() -> None:
    def line(cell: str, seed: int, right: float) -> dict[str, Any]:
        directions = [f"{a}->{b}" for a, b in itertools.permutations(("image", "audio", "text"), 2)]
        scores = {name: Oracle().judge((), "", {}) | {"digit": right} for name in [*directions, ablations.NOISED]}
        told = {"cell": cell, "seed": seed, "budget": "9 steps", "rows": 5, "floor": 1.0, "steps": 9, "seconds": 18.0}
        told |= {"hardware": "an abacus", "threads": 1, "precision": "fp32"}
        return told | {"scores": scores | {"joint": Oracle().joint({})}}

    lines = [line("unchanged", seed, right) for seed, right in enumerate((0.1, 0.5, 0.9))]
    page = ablations.table([*lines, line("no-echo", 2, 0.7), line("stranger-heard", 0, 0.2)])
    assert "| unchanged |  | 3 | 9 | 2.00 | 0.500 (0.100 to 0.900) |" in page
    assert "| no-echo | unchanged | 1 | 9 | 2.00 | 0.700 (-0.200) |" in page
    assert "| stranger-heard | stranger | 1 | 9 | 2.00 | 0.200 |" in page


def test_every_ablation_says_what_it_tests() -> None:
    told = ablations.listed()
    assert all(f"{name}: " in told for name in ABLATIONS)
    assert all("Prediction: " in made.tells for name, made in ABLATIONS.items() if name != "unchanged")
    assert all(made.beside in ABLATIONS for made in ABLATIONS.values())
    with pytest.raises(SystemExit, match="no-ekko"):
        ablations.cells(["no-ekko"], 1, "2 steps")
