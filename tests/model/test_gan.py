"""Every part of the model, over canvases with no, one and two axes."""

import pytest
import torch
from torch import nn

from anygan.config import Config
from anygan.modalities import Audio, Image, Modality, Vector
from anygan.modalities.image import playable
from anygan.model.discriminator import Discriminator
from anygan.model.encoder import Encoder
from anygan.model.fusion import Fusion
from anygan.model.gan import MANY, AnyGAN, Critics
from anygan.model.generator import Generator
from anygan.rows import Batch

SHAPES = [(5,), (16, 64), (1, 28, 28), (3, 32, 32), (3, 64, 48), (1, 8, 8), (1, 4, 96), (1, 14, 6)]


@pytest.mark.parametrize("shape", SHAPES)
def test_parts_fit_any_canvas(shape: tuple[int, ...]) -> None:
    canvas, code, style = torch.randn(2, *shape), torch.randn(2, 8), torch.randn(2, 4)
    length = Encoder(shape, 4, 16, 8)(canvas).norm(dim=1)
    assert ((length > 0.5) & (length < 1)).all()
    assert Generator(shape, 4, 16, 8, 4)(code, style).shape == canvas.shape
    critic = Discriminator(shape, 4, 16, 8)
    assert critic.score(critic(canvas), code).shape == (2,)


@pytest.mark.parametrize("side", sorted({playable(side) for side in range(1, 30)}))
def test_parts_fit_every_size_that_is_played(side: int) -> None:
    shape = 1, side, playable(side + 3)
    assert Encoder(shape, 4, 16, 8)(torch.randn(2, *shape)).shape == (2, 8)
    assert Generator(shape, 4, 16, 8, 4)(torch.randn(2, 8), torch.randn(2, 4)).shape == (2, *shape)


def test_a_fresh_generator_draws_no_dots() -> None:
    torch.manual_seed(0)
    canvas = Generator((1, 32, 32), 16, 64, 8, 4)(torch.randn(64, 8), torch.randn(64, 4))
    power = torch.fft.rfft2(canvas[:, 0]).abs().square().mean(0)
    assert power[16, 16] < 0.01 * (power.sum() - power[0, 0])


def test_a_zero_code_gives_the_score_of_the_canvas_alone() -> None:
    critic = Discriminator((5,), 4, 16, 8)
    features = critic(torch.randn(3, 5))
    assert torch.equal(critic.score(features, torch.zeros(3, 8)), critic.alone(features).squeeze(1))


def test_fusion_is_a_direction_whatever_is_missing() -> None:
    evidence = torch.nn.functional.normalize(torch.randn(4, 3, 8), dim=2)
    given = torch.tensor([[1, 1, 1], [1, 0, 0], [0, 0, 0], [0, 1, 1]]).bool()
    fusion = Fusion(3, 8)
    nn.init.normal_(fusion.down.weight)
    code = fusion(evidence, given)
    assert code.norm(dim=1).allclose(torch.tensor([1.0, 1.0, 0.0, 1.0]))
    hidden = torch.where(given.unsqueeze(2), evidence, torch.randn(4, 3, 8))
    assert torch.allclose(fusion(hidden, given), code, atol=1e-6)


def test_fusion_begins_as_the_mean_weighed_by_reliability() -> None:
    evidence = 0.8 * torch.nn.functional.normalize(torch.randn(4, 3, 8), dim=2)
    given = torch.tensor([[1, 1, 1], [1, 0, 0], [1, 1, 0], [0, 1, 1]]).bool()
    fusion = Fusion(3, 8)
    trust = fusion.reliability(evidence, given)
    assert not trust[~given].any()
    mean = torch.nn.functional.normalize((evidence * trust.unsqueeze(2)).sum(1), dim=1)
    assert torch.allclose(fusion(evidence, given), mean, atol=1e-6)


def test_of_three_cells_the_one_that_contradicts_is_believed_least() -> None:
    said = torch.nn.functional.normalize(torch.randn(8, 1, 64), dim=2).repeat(1, 3, 1)
    said[:, 2] = said[:, 0].roll(1, 0)
    fusion = Fusion(3, 64)
    trust = fusion.reliability(0.9 * said, torch.ones(8, 3, dtype=torch.bool))
    assert (trust.argmin(1) == 2).all()
    assert (fusion(0.9 * said, torch.ones(8, 3, dtype=torch.bool)) * said[:, 0]).sum(1).min() > 0.9


def test_agreement_does_not_talk_noise_away() -> None:
    said = torch.nn.functional.normalize(torch.randn(4, 1, 64), dim=2).repeat(1, 2, 1)
    trust = Fusion(2, 64).reliability(said * torch.tensor([0.6, 0.9]).view(1, 2, 1), torch.ones(4, 2).bool())
    assert trust.allclose(torch.tensor([0.6, 0.9]), atol=0.05)


def test_a_cell_alone_is_believed_as_far_as_it_shows() -> None:
    evidence = 0.7 * torch.nn.functional.normalize(torch.randn(4, 3, 8), dim=2)
    alone = torch.tensor([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]).bool()
    assert torch.allclose(Fusion(3, 8).reliability(evidence, alone), 0.7 * alone, atol=1e-5)


def test_sizes_have_about_the_promised_parameters() -> None:
    modalities: dict[str, Modality] = {
        "image": Image("image", 28, 28, "L", 28, 28),
        "audio": Audio("audio", 8000, 8192, 256, 128, 64, -31.0, 39.0),
        "vector": Vector("vector", 8, (0.0,) * 8, (1.0,) * 8),
    }
    for size, least, most in (("tiny", 0.6e6, 1.6e6), ("small", 3e6, 5.5e6)):
        config = Config(size=size)
        model = AnyGAN(modalities, config)
        count = sum(p.numel() for part in (model, Critics(model, config)) for p in part.parameters())
        assert least < count < most, (size, count)


def test_any_column_name_makes_a_model() -> None:
    names = ["a.b", "keys", "forward", "type", "training"]
    modalities: dict[str, Modality] = {n: Vector(n, 2, (0.0,) * 2, (1.0,) * 2) for n in names}
    model = AnyGAN(modalities, Config(size="tiny"))
    assert set(model.render(torch.zeros(1, 32), names, torch.Generator())) == set(names)


def test_looking_at_what_is_there_costs_nothing_for_what_is_not() -> None:
    modalities: dict[str, Modality] = {
        name: Vector(name, size, (0.0,) * size, (1.0,) * size) for name, size in (("a", 3), ("b", 5))
    }
    model = AnyGAN(modalities, Config(size="tiny"))
    there = {"a": torch.tensor([True, False]), "b": torch.tensor([False, False])}
    batch = Batch({"a": torch.randn(2, 3), "b": torch.full((2, 5), float("nan"))}, there)
    seen = model.look(batch)
    assert torch.equal(seen[:, 0], model.evidence(model.draw(batch))[:, 0])
    assert not seen[:, 1].any()
    fused = model.fusion(seen, batch.observed())
    assert fused.isfinite().all()
    assert not fused[1].any()


def test_points_that_are_alone_are_rendered_from_words() -> None:
    config = Config(size="tiny")
    model = AnyGAN({"v": Vector("v", 2, (0.0,) * 2, (1.0,) * 2, ((-1.0, 0.0, 1.0),) * 2)}, config)
    assert model.words is not None
    given = torch.nn.functional.normalize(torch.randn(500, config.code), dim=1)
    for _ in range(50):
        model.words.sort(given)
    assert torch.equal(model.told(given), model.words(given)), "a discriminator is told no more than the word"
    drawn = model.sample(torch.zeros(500, config.code), torch.Generator().manual_seed(0))
    assert {tuple(word) for word in drawn.tolist()} <= {tuple(word) for word in model.words.words.tolist()}
    assert len(drawn.unique(dim=0)) > 32
    chance = torch.Generator().manual_seed(0)
    for whole in (True, False):
        assert torch.equal(model.complete(given, torch.full((500, 1), whole), chance), model.words(given))


def test_any_other_modality_that_is_alone_is_rendered_from_signs() -> None:
    config = Config(size="tiny")
    model = AnyGAN({"v": Vector("v", 2, (0.0,) * 2, (1.0,) * 2)}, config)
    assert model.words is None
    assert AnyGAN({"i": Image("i", 28, 28, "L", 28, 28)}, config).words is None, (
        "under heaps a thousand kinds collapsed"
    )
    codes = model.sample(torch.zeros(500, config.code), torch.Generator().manual_seed(0))
    assert codes.norm(dim=1).allclose(torch.ones(500))
    assert len(codes.abs().unique()) == 2
    assert len(codes.unique(dim=0)) > 400
    given = torch.nn.functional.normalize(torch.randn(500, config.code), dim=1)
    drawn = model.complete(given, torch.ones(500, 1, dtype=torch.bool), torch.Generator().manual_seed(0))
    assert torch.equal(drawn, codes)


def test_styles_of_pictures_and_sounds_beside_others_are_wider() -> None:
    picture, point = Image("i", 28, 28, "L", 28, 28), Vector("v", 2, (0.0,) * 2, (1.0,) * 2)
    sound, tiny = Audio("a", 8000, 8192, 256, 128, 64, -31.0, 39.0), Config(size="tiny")
    mixed, alone = AnyGAN({"i": picture, "a": sound, "v": point}, tiny), AnyGAN({"i": picture}, tiny)
    drawn = mixed.styles(4000, torch.Generator().manual_seed(0), torch.device("cpu"))
    assert drawn.std((0, 2)).tolist() == pytest.approx([1.25, 1.4, 1.0], rel=0.02)
    assert alone.styles(4000, torch.Generator(), torch.device("cpu")).std() == pytest.approx(1.0, rel=0.02)


def test_many_pictures_may_be_painted_in_bf16_and_few_or_points_are_not() -> None:
    modalities = {"picture": Image("picture", 8, 8, "L", 8, 8), "numbers": Vector("numbers", 3, (0.0,) * 3, (1.0,) * 3)}
    model = AnyGAN(modalities, Config(size="tiny")).requires_grad_(False)
    code, style = torch.randn(MANY, model.code), torch.randn(MANY, model.style)

    @torch.inference_mode()
    def off(name: str, rows: int) -> float:
        model.bf16 = False
        plain = model.paint(name, code[:rows], style[:rows])
        model.bf16 = True
        halved = model.paint(name, code[:rows], style[:rows])
        assert halved.dtype == torch.float32
        return float((halved - plain).abs().max())

    assert 0 < off("picture", MANY) < 0.05
    assert off("picture", MANY - 1) == off("numbers", MANY) == 0


def test_where_there_are_several_modalities_a_code_is_told_as_it_is() -> None:
    knots = ((-1.0, 0.0, 1.0),) * 2
    model = AnyGAN({n: Vector(n, 2, (0.0,) * 2, (1.0,) * 2, knots) for n in "ab"}, Config(size="tiny"))
    code = torch.nn.functional.normalize(torch.randn(5, model.code), dim=1)
    assert model.words is None
    assert model.told(code) is code


def test_discriminators_may_be_narrower_than_generators() -> None:
    config = Config(size="tiny", critic=0.25)
    model = AnyGAN({"image": Image("image", 28, 28, "L", 28, 28)}, config)
    narrow, wide = (Critics(model, c).canvases["image"] for c in (config, config.but(critic=1.0)))
    assert narrow.alone.in_features == 32
    assert wide.alone.in_features == 128
    first = model.generators["image"].film[0]
    assert [layer.weight.shape[0] for layer in narrow.trunk.layers] == [4, 8, 16]
    assert isinstance(first, nn.Linear)
