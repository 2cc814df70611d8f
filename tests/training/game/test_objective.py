"""What a step shares and minimises."""

from dataclasses import replace
from unittest import mock

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from anygan.config import LOSSES, PENALTIES, Config
from anygan.modalities import Audio, Image, Modality, Vector
from anygan.modalities.audio import LogMel
from anygan.rows import Batch
from anygan.training.ema import average, twins
from anygan.training.game.damage import Damage
from anygan.training.game.objective import RECALL, echo, energy, imitate, judge, paint, recall
from anygan.training.game.reading import align, believe, read, recognise, splits
from anygan.training.game.rules import Rules
from anygan.training.game.scene import COPIES, PRIOR, Crowd, Stage, scene, subsets
from anygan.training.loop import BELIEVE, RECOGNISE
from anygan.training.parallel import World
from anygan.training.players import Players

CONFIG = Config(size="tiny", batch=16, width=2, features=16, code=8, style=4)
ALONE = World()


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def players(*names: str, clumped: bool = False) -> Players:
    knots = ((-3.0, -1.0, 0.0, 1.0, 3.0),) * 3 if clumped else ()
    return Players.meet({n: Vector(n, 3, (0.0,) * 3, (1.0,) * 3, knots) for n in names}, CONFIG, torch.device("cpu"))


def batch(*names: str, rows: int = 16) -> Batch:
    values = {n: torch.randn(rows, 3, generator=chance(i)) for i, n in enumerate(names)}
    return Batch(values, {n: torch.ones(rows, dtype=torch.bool) for n in names})


def look(game: Players, rows: Batch, seed: int = 0) -> dict[str, Stage]:
    return scene(game.model, crowd(game, rows), game.model.draw(rows), chance(seed), ALONE, ())


def crowd(game: Players, rows: Batch) -> Crowd:
    return Crowd.gathered(game.mean, rows, game.model.draw(rows), ALONE)


def meet(game: Players, rows: Batch, chances: torch.Generator) -> tuple[torch.Tensor, torch.Tensor, Damage]:
    return read(game.model, crowd(game, rows), game.model.draw(rows), chances, ALONE)


@given(st.integers(2, 6), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_splits_are_disjoint_and_not_empty(modalities: int, seed: int) -> None:
    drawn = splits(modalities, chance(seed))
    assert len(drawn) == {2: 1, 3: 6}.get(modalities, 25)
    alone = {int(a.int().argmax()) for a, b in drawn if a.sum() == 1 and torch.equal(b, ~a)}
    alone |= {int(b.int().argmax()) for a, b in drawn if b.sum() == 1 and torch.equal(a, ~b)}
    assert alone == set(range(modalities))
    for a, b in drawn:
        assert a.any()
        assert b.any()
        assert not (a & b).any()


def test_up_to_four_modalities_every_split_is_there() -> None:
    for modalities, count in ((2, 1), (3, 6), (4, 25)):
        assert len({(tuple(a.tolist()), tuple(b.tolist())) for a, b in splits(modalities, chance())}) == count


@given(st.integers(1, 5), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_subsets_stay_within_what_is_allowed(modalities: int, seed: int) -> None:
    allowed = torch.rand(64, modalities, generator=chance(seed)) < 0.6
    drawn = subsets(allowed, chance(seed + 1))
    assert not (drawn & ~allowed).any()
    assert torch.equal(drawn.any(1), allowed.any(1))


def test_a_stage_is_never_conditioned_on_its_own_modality() -> None:
    """Changing one modality's cells must not move what its discriminator is conditioned on."""
    game, rows = players("a", "b", "c"), batch("a", "b", "c")
    other = Batch({**rows.values, "a": rows.values["a"] + 5}, rows.present)
    before, after = look(game, rows), look(game, other)
    assert torch.equal(before["a"].condition, after["a"].condition)
    assert not torch.equal(before["b"].condition, after["b"].condition)


def test_a_clumped_modality_that_is_alone_plays_under_its_own_word() -> None:
    game, rows = players("a", clumped=True), batch("a", rows=256)
    seen, model = crowd(game, rows), game.mean
    assert model.words is not None
    assert game.model.words is not None
    for _ in range(20):
        for words in (model.words, game.model.words):
            words.sort(seen.whole)
    stage = look(game, rows)["a"]
    own = model.words(seen.whole).repeat_interleave(COPIES, 0)[stage.rows]
    known = stage.condition.any(1)
    assert 0.4 < known.float().mean() < 0.6, "half of the rows: the score of a canvas alone is learned as well"
    assert torch.equal(stage.condition[known], own[known])
    assert torch.equal(stage.code[known], own[known]), "what is generated stands beside a row of its word"
    assert {tuple(word) for word in stage.code.tolist()} <= {tuple(word) for word in model.words.words.tolist()}
    both = (stage.wrong != stage.condition).any(1)
    assert (both <= known).all()
    assert both.float().mean() > 0.15


def test_missing_cells_take_no_part() -> None:
    game, rows = players("a", "b"), batch("a", "b")
    rows.present["b"][:10] = False
    changed = Batch({**rows.values, "b": torch.where(rows.present["b"][:, None], rows.values["b"], 99.0)}, rows.present)
    before, after = look(game, rows), look(game, changed)
    assert before["b"].count == 6 * COPIES
    for name in ("a", "b", PRIOR):
        assert torch.equal(before[name].condition, after[name].condition)
        assert torch.equal(before[name].real, after[name].real)


def test_nothing_known_means_a_zero_condition_and_no_mismatch() -> None:
    game, rows = players("a", "b"), batch("a", "b")
    rows.present["b"][:] = False
    stages = look(game, rows)
    assert not stages["a"].condition.any()
    assert torch.equal(stages["a"].wrong, stages["a"].condition)
    assert "b" not in paint(game.model, stages)


def test_the_prior_is_given_nothing_some_or_all_but_one() -> None:
    """What is known must never say everything, or the prior learns to copy; but often enough all but one."""
    game, rows = players("a", "b", "c"), batch("a", "b", "c", rows=256)
    stage = look(game, rows)[PRIOR]
    mean = game.mean
    evidence = mean.evidence(mean.draw(rows))
    given = torch.ones(256, 3, dtype=torch.bool)

    def share(mask: list[bool]) -> float:
        code = mean.fusion(evidence, given & torch.tensor(mask)).repeat_interleave(COPIES, 0)[stage.rows]
        return float(((stage.condition - code).norm(dim=1) < 1e-5).float().mean())

    assert share([True, True, True]) == 0
    assert 0.4 < float((stage.condition == 0).all(1).float().mean()) < 0.6
    pairs = sum(share([m != spared for m in range(3)]) for spared in range(3))
    assert 0.15 < pairs < 0.35


def test_each_loss_moves_its_own_weights_only() -> None:
    game, rows = players("a", "b"), batch("a", "b")
    model, critics = game.model, game.critics

    def moved() -> set[str]:
        names = {n.split(".")[0] for n, p in model.named_parameters() if p.grad is not None and p.grad.any()}
        names |= {"critics"} if any(p.grad is not None and p.grad.any() for p in critics.parameters()) else set()
        model.zero_grad()
        critics.zero_grad()
        return names

    seen = meet(game, rows, chance())
    align(model, *seen, chance(), ALONE)[0].backward(retain_graph=True)
    assert moved() == {"encoders", "fusion", "log_scale"}
    recognise(model, seen[0], seen[2], crowd(game, rows), chance(), ALONE).backward(retain_graph=True)
    assert moved() == {"encoders", "fusion", "log_scale"}
    believe(model, *seen, chance(), ALONE).backward()
    assert moved() == {"encoders", "fusion"}
    stages = look(game, rows)
    fakes = paint(model, stages)
    judge(critics, stages, fakes, 0.1)[0].backward()
    assert moved() == {"critics"}
    critics.requires_grad_(False)
    imitate(critics, stages, fakes).backward(retain_graph=True)
    assert moved() == {"generators", "prior"}
    echo(game.mean, stages, fakes).backward(retain_graph=True)
    assert moved() == {"generators"}
    energy(model, stages, fakes).backward()
    assert moved() == {"prior"}


def test_energy_is_least_where_draws_are_as_far_apart_as_whole_codes() -> None:
    """Neither the mean of what may be, which a distance alone would ask for, nor anything wider."""
    game, rows = players("a", "b"), 4096
    size = game.model.code**0.5
    real, noise = (torch.randn(rows, 4, generator=chance(seed)) for seed in (0, 1))

    def wide(level: float, drawn: torch.Tensor) -> torch.Tensor:
        spread = torch.nn.functional.pad(level * drawn, (0, 4))
        return torch.nn.functional.normalize(spread + 2 * torch.eye(8)[7], dim=1)

    stage = replace(
        look(game, batch("a", "b"))[PRIOR],
        real=wide(1.0, real) * size,
        code=torch.ones(rows, 8),
        styles=noise,
        style=noise,
        place=torch.arange(rows),
        count=rows,
    )
    told = {}
    for level in (0.0, 0.5, 1.0, 2.0):
        fakes = {PRIOR: wide(level, noise) * size}
        with mock.patch.object(game.model.prior, "forward", lambda drawn, _, level=level: wide(level, drawn)):
            told[level] = float(energy(game.model, {PRIOR: stage}, fakes))
    assert min(told, key=lambda level: told[level]) == 1.0, told


def test_no_energy_where_nothing_is_given_and_for_a_modality_that_is_alone() -> None:
    game, rows = players("a", "b"), batch("a", "b")
    stages = look(game, rows)
    given = stages[PRIOR].code.any(1)
    fakes = {name: fake.detach().requires_grad_() for name, fake in paint(game.model, stages).items()}
    energy(game.model, stages, fakes).backward()
    moved = fakes[PRIOR].grad
    assert moved is not None
    assert torch.equal(moved.any(1), given)
    alone = look(players("a"), batch("a"))
    assert energy(players("a").model, alone, paint(players("a").model, alone)) == 0


def test_of_a_stranger_there_is_no_echo() -> None:
    game, rows = players("a", "b", "c"), batch("a", "b", "c")
    game.mean.bond.copy_(torch.tensor([0.5, 0.5, 0.0]))
    stages = look(game, rows)
    fakes = {name: fake.detach().requires_grad_() for name, fake in paint(game.model, stages).items()}
    echo(game.mean, stages, fakes).backward()
    assert {name for name, fake in fakes.items() if fake.grad is not None} == {"a", "b"}


def test_a_swapped_cell_alone_is_no_positive() -> None:
    """Of two modalities one of which is swapped, no side of the only split says what the row says."""
    game, rows = players("a", "b"), batch("a", "b")
    evidence, observed, damage = meet(game, rows, chance())
    assert damage.swapped.any()
    whole = Damage(damage.level, damage.hidden, torch.arange(16).unsqueeze(1).expand(16, 2))
    kept = (~damage.swapped).all(1)
    one = align(game.model, evidence, observed, damage, chance(), ALONE)[0]
    other = align(game.model, evidence[kept], observed[kept], take(whole, kept), chance(), ALONE)[0]
    assert torch.allclose(one, other)


def take(damage: Damage, rows: torch.Tensor) -> Damage:
    count = int(rows.sum())
    return Damage(damage.level[rows], damage.hidden[rows], torch.arange(count).unsqueeze(1).expand(count, 2))


def test_reliability_learns_which_cell_lies() -> None:
    """Three views of one vector; after a little training the swapped view of a row is believed the least."""
    game = players("a", "b", "c")
    model, chances = game.model, chance()
    readers = torch.optim.AdamW([*model.encoders.parameters(), *model.fusion.parameters(), model.log_scale], 3e-3)

    def views(rows: int) -> Batch:
        shared = torch.randn(rows, 3, generator=chances)
        return Batch(dict.fromkeys("abc", shared), {n: torch.ones(rows, dtype=torch.bool) for n in "abc"})

    for _ in range(150):
        rows = views(64)
        seen = meet(game, rows, chances)
        loss = align(model, *seen, chances, ALONE)[0] + believe(model, *seen, chances, ALONE)
        readers.zero_grad()
        loss.backward()
        readers.step()
    rows = views(256)
    evidence = model.evidence(model.draw(rows))
    evidence[:, 1] = evidence[:, 1].roll(1, 0)
    trust = model.fusion.reliability(evidence, rows.observed())
    assert (trust.argmin(1) == 1).float().mean() > 0.9
    clean = model.fusion.reliability(model.evidence(model.draw(rows)), rows.observed())
    assert clean.mean() > 0.8 > trust[:, 1].mean()


def test_a_row_is_not_known_again_by_a_cell_of_another() -> None:
    """Rows whose only cell is swapped take no part: whatever their evidence, the loss stays."""
    game, rows = players("a", "b"), batch("a", "b")
    evidence, _, damage = meet(game, rows, chance())
    everyone = Crowd(game.mean, game.model.evidence(game.model.draw(rows)), rows.observed())
    one = recognise(game.model, evidence, damage, everyone, chance(), ALONE)
    given = subsets(rows.observed(), chance())
    wrong = (damage.swapped & given).any(1)
    assert wrong.any()
    evidence = torch.where(wrong.view(-1, 1, 1), evidence.roll(1, 2), evidence)
    assert torch.equal(one, recognise(game.model, evidence, damage, everyone, chance(), ALONE))


def test_what_only_two_modalities_together_tell_stays_in_their_code() -> None:
    """Of three bits each is the exclusive or of the others: a contrast between them alone drops the pairs' bits."""
    game, chances = players("a", "b", "c"), chance()
    model = game.model
    readers = torch.optim.AdamW([*model.encoders.parameters(), *model.fusion.parameters(), model.log_scale], 3e-3)

    def bits(rows: int) -> Batch:
        a, b = torch.randint(2, (2, rows, 1), generator=chances).float()
        values = {"a": a.expand(-1, 3), "b": b.expand(-1, 3), "c": (a - b).abs().expand(-1, 3)}
        return Batch(values, {n: torch.ones(rows, dtype=torch.bool) for n in "abc"})

    for _ in range(150):
        rows = bits(32)
        seen = meet(game, rows, chances)
        known = recognise(model, seen[0], seen[2], crowd(game, rows), chances, ALONE)
        believed = believe(model, *seen, chances, ALONE)
        readers.zero_grad()
        (align(model, *seen, chances, ALONE)[0] + RECOGNISE * known + BELIEVE * believed).backward()
        readers.step()
        average(*twins(game.mean, model), 5.0, 1000)
    rows = bits(64)
    pair = torch.tensor([True, True, False]).expand(64, 3)
    codes = model.fusion(model.evidence(model.draw(rows)), pair)
    numbers = (rows.values["a"][:, 0] + 2 * rows.values["b"][:, 0]).long()
    middles = torch.stack([codes[numbers == k].mean(0) for k in range(4)])
    alike = (middles @ middles.T)[~torch.eye(4, dtype=torch.bool)]
    assert alike.max() < 0.95


def test_a_stranger_shares_nothing() -> None:
    """Two modalities say the same of each row, a third anything: what each shares with the rest tells them apart."""
    game, rows = players("a", "b", "c"), batch("a", "b", "c", rows=64)
    said = torch.nn.functional.normalize(torch.randn(64, 3, CONFIG.code, generator=chance(1)), dim=2)
    said[:, 1] = said[:, 0]
    whole = Damage.draw(rows.observed(), chance())
    whole = Damage(whole.level * 0, whole.hidden * 0, torch.arange(64).unsqueeze(1).expand(64, 3))
    shared = align(game.model, 0.9 * said, rows.observed(), whole, chance(), ALONE)[1]
    assert min(shared[0], shared[1]) > 0.5
    assert shared[2] < 0.05


def test_strangers_have_no_say_unless_all_are() -> None:
    model, given = players("a", "b", "c").model, torch.tensor([[True, True, True], [False, False, True]])
    assert torch.equal(model.heard(given), given)
    model.bond.copy_(torch.tensor([0.7, 0.3, 0.01]))
    assert model.heard(given).tolist() == [[True, True, False], [False, False, False]]
    evidence = torch.randn(2, 3, CONFIG.code, generator=chance())
    assert torch.equal(model.known(evidence, given)[0], model.fusion(evidence, model.heard(given))[0])
    assert not model.known(evidence, given)[1].any()
    for bond in ([0.0, 0.0, 0.0], [0.7, 0.01, 0.01]):
        model.bond.copy_(torch.tensor(bond))
        assert torch.equal(model.heard(given), given), "one that shares with nobody is no company"


def pictures() -> tuple[Players, Batch]:
    """A game of pictures beside vectors, and its rows."""
    kinds: dict[str, Modality] = {"a": Image("a", 8, 8, "L", 8, 8), "b": Vector("b", 3, (0.0,) * 3, (1.0,) * 3)}
    rows = batch("a", "b")
    drawn = torch.randint(256, (16, 1, 8, 8), generator=chance(), dtype=torch.uint8)
    game = Players.meet(kinds, CONFIG, torch.device("cpu"))
    return game, Batch({**rows.values, "a": drawn}, rows.present)


def test_styles_are_told_of_pictures_alone() -> None:
    game, _ = pictures()
    assert not LogMel(8, 8, -40.0, 40.0).styled
    assert game.critics.canvases["a"].recall is not None
    assert game.critics.canvases["b"].recall is None
    assert game.critics.codes.recall is None


def test_recall_is_the_cross_entropy_of_the_batchs_styles() -> None:
    game, rows = pictures()
    stage, critic = look(game, rows)["a"], game.critics.canvases["a"]
    seen = torch.randn(16, CONFIG.features, generator=chance())
    assert critic.recall is not None
    told = torch.log_softmax(critic.recall(seen) @ stage.styles.T / CONFIG.style**0.5, 1)
    assert torch.equal(stage.styles[stage.place], stage.style)
    assert recall(critic, seen, stage).allclose(-told[range(16), stage.place].mean())
    with torch.no_grad():
        # A real canvas for the generated one: a pair of a canvas with itself, which loses nothing to Wasserstein.
        lost = judge(game.critics, {"a": stage}, {"a": stage.real}, 0.0, Rules("wasserstein"))[0]
        seen = critic(stage.real)
        mismatched = critic.score(seen, stage.wrong) - critic.score(seen, stage.condition)
        assert lost.allclose(mismatched.mean() + RECALL * recall(critic, seen, stage), atol=1e-5)


def test_what_pays_for_styles_makes_one_codes_pictures_differ() -> None:
    game, rows = pictures()
    makers = torch.optim.Adam([*game.model.generators.parameters(), *game.critics.canvases["a"].parameters()], 1e-2)
    code = torch.nn.functional.normalize(torch.randn(1, CONFIG.code, generator=chance()), dim=1).expand(16, -1)

    def spread() -> float:
        style = torch.randn(16, CONFIG.style, generator=chance(1))
        return float(game.model.paint("a", code, style).detach().std(0).mean())

    before = spread()
    for step in range(100):
        stages = {"a": look(game, rows, step)["a"]}
        seen = game.critics.canvases["a"](paint(game.model, stages)["a"])
        lost = recall(game.critics.canvases["a"], seen, stages["a"])
        makers.zero_grad()
        lost.backward()
        makers.step()
    assert float(lost.detach()) < 1.5
    assert spread() > 1.5 * before


def test_one_modality_is_the_plain_game() -> None:
    game, rows = players("a"), batch("a")
    stages = look(game, rows)
    assert set(stages) == {"a"}
    assert not stages["a"].condition.any()
    assert stages["a"].code.norm(dim=1).allclose(torch.ones(16 * COPIES))


def test_signals_tell_the_state_of_every_game() -> None:
    game, rows = players("a", "b"), batch("a", "b")
    stages = look(game, rows)
    signals = judge(game.critics, stages, paint(game.model, stages), 0.1)[1]
    assert set(signals) == {f"{n}/{s}" for n in ("a", "b", PRIOR) for s in ("accuracy", "gap", "r1", "r2")}
    assert all(0 <= signals[f"{n}/accuracy"] <= 1 for n in ("a", "b"))


def picture(side: int, mode: str) -> tuple[Modality, torch.Tensor]:
    """A modality and eight of its stored cells."""
    cells = torch.randint(256, (8, len(mode), side, side), dtype=torch.uint8, generator=chance())
    return Image("a", side, side, mode, side, side), cells


def sound() -> tuple[Modality, torch.Tensor]:
    """The same, of 64 bands by 64 frames."""
    cells = 40 * torch.rand(8, 64, 64, generator=chance()) - 31
    return Audio("a", 8000, 8192, 256, 128, 64, -31.0, 39.0), cells.half()


@pytest.mark.parametrize(
    ("cells", "times"),
    [
        (picture(16, "RGB"), 1),
        (picture(28, "L"), 1),
        (picture(56, "L"), 4),
        (picture(64, "RGB"), 16 - 16 / 49),
        (sound(), 4096 / 784),
    ],
)
def test_pictures_and_sounds_of_many_values_are_held_back_as_much_more(
    cells: tuple[Modality, torch.Tensor], times: float
) -> None:
    modality, stored = cells
    game = Players.meet({"a": modality}, CONFIG, torch.device("cpu"))
    rows = Batch({"a": stored}, {"a": torch.ones(8, dtype=torch.bool)})
    stages = look(game, rows)
    fakes = paint(game.model, stages)
    free, held = (judge(game.critics, stages, fakes, gamma) for gamma in (0.0, 0.2))
    paid = held[1]["a/r1"] + held[1]["a/r2"]
    assert paid > 0
    assert float((held[0] - free[0]).detach()) == pytest.approx(float(times * 0.1 * paid), rel=1e-2)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_canvas_is_no_mismatch_of_itself(loss: str) -> None:
    """Where nothing is known, right and wrong code are one: what the pair adds must move no weight."""
    game, rows = players("a"), batch("a")
    stages = look(game, rows)
    score = torch.randn(16 * COPIES, generator=chance()).requires_grad_(True)
    Rules(loss).mismatched(score, score, stages["a"]).sum().backward()
    assert score.grad is not None
    assert score.grad.abs().max() < 1e-6


@pytest.mark.parametrize("rules", [Rules(loss=n) for n in LOSSES] + [Rules(penalty=n) for n in PENALTIES], ids=str)
def test_rules_reach_the_weights(rules: Rules) -> None:
    """A loss of another name, or a penalty of another, is another gradient; a generated canvas wants another score."""
    game, rows = players("a", "b"), batch("a", "b")
    stages = look(game, rows)
    fakes = paint(game.model, stages)

    def slope(rules: Rules, gamma: float) -> torch.Tensor:
        game.critics.zero_grad()
        judge(game.critics, stages, fakes, gamma, rules)[0].backward()
        return torch.cat([p.grad.flatten() for p in game.critics.parameters() if p.grad is not None])

    given = slope(rules, 1.0)
    assert torch.isfinite(given).all()
    assert torch.equal(given, slope(Rules(), 1.0)) == (rules == Rules())
    assert torch.equal(given, slope(rules, 0.0)) == (rules.penalty == "spectral")
    game.critics.requires_grad_(False)
    imitate(game.critics, stages, fakes, rules).backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in game.model.generators.parameters())
