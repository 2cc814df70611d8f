"""What can be taken from the model, one thing at a time, from outside: functions and weights of the package, replaced.

An :class:`Ablation` says what is replaced while a model is trained and answers (:mod:`swaps`), what that tests, and
what was predicted before it was measured. The package itself knows nothing of it: whatever turns out to earn nothing
can be deleted there, and no option is left behind.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import straight_text
import torch
from swaps import Swap, swapped
from torch import Tensor

from anygan.modalities import Canvas, text
from anygan.modalities.audio import LogMel
from anygan.model import prior
from anygan.model.fusion import Fusion
from anygan.model.gan import AnyGAN
from anygan.model.memory import Memory
from anygan.training import loop
from anygan.training.game import damage, objective, rules
from anygan.training.game import scene as scenes
from anygan.training.health import health

__all__ = ["ABLATIONS", "Ablation"]


@dataclass(frozen=True)
class Ablation:
    """A model that lacks something.

    Attributes:
        swaps: what is replaced, in training and in answering.
        settings: of the configuration.
        beside: the ablation that it is compared with.
        answers: whether only answering is changed: the run of ``beside`` is judged again, nothing is trained.
        stranger: whether a fourth modality, which has nothing to do with the rest, stands beside the three.
        tells: what it tests, and what was predicted.
    """

    tells: str
    swaps: tuple[Swap, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    beside: str = "unchanged"
    answers: bool = False
    stranger: bool = False


def nothing(*_: Any) -> Tensor:
    """A loss of nothing."""
    return torch.zeros(())


def silent(model: AnyGAN, *_: Any) -> tuple[Tensor, Tensor]:
    """In place of the contrast: no loss, and nothing told of what modalities share."""
    return torch.zeros(()), torch.full((len(model.names),), math.nan)


def unweighed(fusion: Fusion, evidence: Tensor, given: Tensor) -> Tensor:
    """Every given cell is believed."""
    return given.to(evidence)


def unsaid(fusion: Fusion, said: Tensor, trust: Tensor, mean: Tensor, given: Tensor) -> Tensor:
    """The mean says it all."""
    return torch.zeros_like(mean)


def unmatched(own: rules.Rules, right: Tensor, wrong: Tensor, stage: scenes.Stage) -> Tensor:
    """Nothing is lost on real canvases beside another row's code."""
    return torch.zeros_like(right)


def as_given(model: AnyGAN, given: Tensor, generator: torch.Generator) -> Tensor:
    """The code of what is given, as it is; zero where nothing is, so that noise is the style's alone."""
    return given


def anywhere(model: AnyGAN, given: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The code of what is given, or where nothing is any point of the sphere, and the memory's answer to that."""
    drawn = torch.nn.functional.normalize(torch.randn(given.shape, generator=generator).to(given), dim=1)
    assert model.memory is not None
    asked = torch.where(given.any(1, keepdim=True), given, drawn)
    recalled: tuple[Tensor, Tensor] = model.memory(given, asked, model.log_scale.exp())
    return recalled


def alone(*arguments: Any) -> dict[str, scenes.Stage]:
    """A step's stages without the prior's."""
    return {name: stage for name, stage in SCENE(*arguments).items() if name != scenes.PRIOR}


def undrawn(model: AnyGAN, crowd: scenes.Crowd, *rest: Any) -> dict[str, scenes.Stage]:
    """A step's stages, in which generators are given fused codes alone: the row's own, where nothing is known."""
    every = crowd.fuse(crowd.observed)

    def own(model: AnyGAN, given: Tensor, generator: torch.Generator) -> Tensor:
        return torch.where(given.any(1, keepdim=True), given, every.repeat_interleave(len(given) // len(every), 0))

    with swapped([Swap(AnyGAN, "sample", own)]):
        return SCENE(model, crowd, *rest)


def known(mean: AnyGAN, stages: Mapping[str, scenes.Stage], fakes: Mapping[str, Tensor]) -> Tensor:
    """The echo of canvases that were made of a code: of no code there is nothing to recover."""
    some = {name: stages[name].code.any(1) for name in fakes}
    heard = {name: fake[some[name]] for name, fake in fakes.items()}
    left = {
        name: replace(stages[name], place=stages[name].place[rows], jitter=stages[name].jitter[rows])
        for name, rows in some.items()
    }
    return objective.echo(mean, left, heard)


def anchored(model: AnyGAN, given: Tensor, shown: Tensor, generator: torch.Generator) -> Tensor:
    """The code of what is given, as it is; where nothing is, a chain from one modality, drawn from its own noise."""
    nothing = ~given.any(1, keepdim=True)
    place = torch.randint(len(model.names), (len(given),), generator=generator)
    heard = torch.nn.functional.one_hot(place, len(model.names)).bool().to(given.device)
    code = torch.zeros_like(given)
    for _ in range(LOOKS):
        rendered = model.render(code, model.names, generator)
        seen = model.evidence({name: model.canvases[name].snap(canvas) for name, canvas in rendered.items()})
        code, heard = model.known(seen, heard), torch.ones_like(heard)
    return torch.where(nothing, code, given)


def forgetful(memory: Memory, given: Tensor, drawn: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """What comes is given back, and no row is like it."""
    return drawn, torch.zeros(len(drawn), 0, dtype=torch.long)


def restless(memory: Memory, number: int, code: Tensor, scale: Tensor) -> Tensor:
    """Generators have left nothing out."""
    return code.new_zeros(())


def untold(*_: Any, **__: Any) -> list[health.Event]:
    """No signal is read, and nothing is done."""
    return []


def everyone(model: AnyGAN, given: Tensor) -> Tensor:
    """Strangers have a say too."""
    return given


SCENE: Callable[..., dict[str, scenes.Stage]] = scenes.scene
LOOKS = 3
"""How often a chain looks at what it has rendered: at the one modality first, then at all."""

BELIEVED = (Swap(Fusion, "reliability", unweighed), Swap(loop, "believe", nothing))
PLAIN = Swap(Fusion, "residual", unsaid)
NO_PRIOR = Swap(loop, "scene", alone)
SPOKEN = (
    *(Swap(module, "AnyGAN", straight_text.StraightGAN) for module in straight_text.BUILDERS),
    Swap(loop, "scene", straight_text.whole),
    Swap(loop, "paint", straight_text.paint),
    Swap(loop, "closeness", straight_text.held),
)


ABLATIONS = {
    "unchanged": Ablation("The model as it is."),
    "no-prior": Ablation(
        "The memory is asked with codes as they are fused, and for rows from noise with any point of the sphere. "
        "Prediction: joint agreement within two points, its classes as far from even as one to three; single "
        "directions stay within a point, draws of a caption are alike in all but style.",
        (NO_PRIOR, Swap(AnyGAN, "recall", anywhere)),
    ),
    "anchor-chain": Ablation(
        "In place of the prior one modality is drawn from its own noise, looked at again, and the rest rendered from "
        "that. Prediction: joint agreement within three points of the prior's, since each generator learns rows of "
        "nothing given anyway; hand and speaker lose, for nobody decides what a single cell leaves open.",
        (NO_PRIOR, Swap(AnyGAN, "sample", as_given), Swap(loop, "echo", known), Swap(AnyGAN, "complete", anchored)),
    ),
    "no-mismatched": Ablation(
        "Discriminators never see a real canvas beside another row's code. Prediction: coherence falls three points at "
        "few steps, captions most, and pictures come nearer to real ones.",
        (Swap(rules.Rules, "mismatched", unmatched),),
    ),
    "no-contrast": Ablation(
        "Nothing pulls the codes of one row's cells together but knowing the row again. Prediction: codes of "
        "different modalities do not meet, and cross coherence falls to near chance.",
        (Swap(loop, "align", silent),),
    ),
    "no-reliability": Ablation(
        "Every cell is believed alike, and nothing learns what is left of one. Prediction: no figure of clean cells "
        "changes by a point; the one of noised cells falls by five.",
        BELIEVED,
    ),
    "no-residual": Ablation(
        "Fusion is the mean weighed by reliability. Prediction: two inputs dilute each other, so the prior learns "
        "worse codes: speaker and hand lose three points, single directions none.",
        (PLAIN,),
    ),
    "mean-fusion": Ablation(
        "Fusion is the plain mean. Prediction: as without the residual, and noised cells as without reliability.",
        (*BELIEVED, PLAIN),
    ),
    "straight-text": Ablation(
        "Captions are written by a decoder straight on code and style, by maximum likelihood, and not adversarially. "
        "Prediction: more grammatical at few steps, and as coherent.",
        SPOKEN,
    ),
    "no-recognise": Ablation(
        "Rows need not be known again. Prediction: captions from pictures lose three points, as was measured when it "
        "came in; pictures are no further.",
        (Swap(loop, "recognise", nothing),),
    ),
    "no-varied-sounds": Ablation(
        "Encoders hear every sound as it is. Prediction: heard voices gain half a point (unheard ones, which are not "
        "measured here, are what it is for).",
        (Swap(LogMel, "vary", Canvas.vary),),
    ),
    "no-damage": Ablation(
        "No cell goes wrong on purpose while encoders learn. Prediction: clean figures gain a point, that of noised "
        "cells falls by twenty.",
        (Swap(damage, "RATE", 0.0),),
    ),
    "no-imitate": Ablation(
        "Generators and prior are not taught by discriminators, generators by the echo alone. Prediction: Fréchet "
        "distances rise tenfold, and joint coherence is lost with the prior; the encoders alone are satisfied.",
        (Swap(loop, "imitate", nothing),),
    ),
    "no-echo": Ablation(
        "Generators need not be understood by the encoders. Prediction: speaker and hand lose five points.",
        (Swap(loop, "echo", nothing),),
    ),
    "no-recall": Ablation(
        "Styles need not be told from what was made of them. Prediction: pictures of a caption lose a tenth of their "
        "spread, rows from noise gain a point of agreement.",
        (Swap(objective, "RECALL", 0.0),),
    ),
    "no-energy": Ablation(
        "The prior is taught by its critic alone. Prediction: its codes lie half again as far from whole ones, given "
        "one form; pictures from sounds and sounds from pictures lose a tenth of their nearness.",
        (Swap(loop, "energy", nothing),),
    ),
    "no-kept": Ablation(
        "The prior has to copy what is given through its layers. Prediction: the hand from a caption loses three "
        "points.",
        (Swap(prior, "KEPT", 0.0),),
    ),
    "no-drawn-codes": Ablation(
        "Generators are painted from fused codes alone, never from the prior's draws. Prediction: pictures from noise "
        "are further off and joint coherence loses three points, for sampling then meets codes that no generator saw.",
        (Swap(loop, "scene", undrawn),),
    ),
    "no-health": Ablation(
        "No signal is read, nothing is done, no gradient asked whether it is a number. Prediction: at equal steps in "
        "single precision the very same bits, where no alarm would ring; a point of time saved.",
        (Swap(health.Health, "after", untold),),
        {"rescue": False},
    ),
    "greedy-captions": Ablation(
        "The likeliest word after word is written. Prediction: five points of grammar are lost, one of coherence.",
        (Swap(text, "BEAMS", 1),),
        answers=True,
    ),
    "unread-captions": Ablation(
        "Of four sentences the likeliest is written, and none is read again. Prediction: three points of grammar.",
        (Swap(text, "NEAR", 0.0),),
        answers=True,
    ),
    "no-memory": Ablation(
        "Rows are rendered from the prior's draw as it is. Prediction: two points of coherence, twelve of joint "
        "agreement, twenty of the hand from two (one run of 600 steps had been seen).",
        (Swap(Memory, "forward", forgetful), Swap(Memory, "rest", restless)),
        answers=True,
    ),
    "stranger": Ablation(
        "A fourth modality has nothing to do with the rest. Prediction: two points of coherence at equal minutes.",
        stranger=True,
    ),
    "stranger-heard": Ablation(
        "The same, and the stranger has its say in every code. Prediction: two more points, text -> image most.",
        (Swap(AnyGAN, "heard", everyone),),
        beside="stranger",
        stranger=True,
    ),
}
