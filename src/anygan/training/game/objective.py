r"""What one step of training minimises.

A step has these losses, over three disjoint sets of weights, and the loop alone steps on them:

    align      encoders, fusion:      InfoNCE between F(A) and F(B), A and B disjoint sets of observed modalities
    recognise  encoders, fusion:      InfoNCE between F(S) of cells gone wrong and the averaged F(S) of the whole cells
    believe    encoders, fusion:      cross-entropy of each cell's reliability with what is left of it
    judge      discriminators:        for each m, loss_d(D(x|c), D(x'|c)) + loss_d(D(x|c), D(x|c-)) + penalty
    imitate    generators, prior:     for each m, loss_g(D(x|c), D(x'|c))
    echo       generators:            for each m that shares something with the others,
                                      -log softmax_j(E_m(jitter(x'_i)) . c'_j / T)_{j=i}
    energy     prior:                 |P(u, c) - F(all)| - |P(u, c) - P(v, c)| / 2, where something is given
    recall     discriminators, generators: for each m whose canvas is styled,
                                      -log softmax_j(R_m f_m(x'_i) . s_j / sqrt(style))_{j=i}

where c = F(S) is the code of a set S of the *other* observed modalities, c- that of another row, and the generated
x' = G(c', s) is drawn from c' = F(S), F(all) or P(u, F(S)). The prior plays the same game on codes. Encoders learn from
real data only (:mod:`anygan.training.game.reading`, where their three losses are). Whatever discriminators,
generators and the prior see are codes of the averaged encoders, without gradient. Losses and penalty are those of
:class:`~anygan.training.game.rules.Rules`: relativistic pairing with R1 and R2, if nothing else is asked for.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ...model.discriminator import Discriminator
from ...model.fusion import directions
from ...model.gan import AnyGAN, Critics
from ...nn.blocks import full
from .holes import refill
from .rules import SPECTRAL, Rules
from .scene import PRIOR, Stage, holes_of

__all__ = ["echo", "energy", "imitate", "judge", "paint", "recall"]

PRIOR_GAMMA = 10.0
"""Weight of the prior's penalties, as a multiple of the canvases'."""

VALUES = 28 * 28
"""Values of the pictures that the weight of penalties was set on."""

TINY = 1e-6
"""Squared distance that makes no difference."""

RECALL = 0.3
"""Weight of telling styles, for discriminators and generators, beside the adversarial loss."""

DEFAULT = Rules()
NOWHERE: Mapping[str, float] = {}


def paint(model: AnyGAN, stages: Mapping[str, Stage]) -> dict[str, Tensor]:
    """What the generators make of each stage, name -> (n, *shape); of the prior's, codes (n, code)."""
    fakes = {}
    for name, stage in stages.items():
        if len(stage.rows) == 0:
            continue
        if name == PRIOR:
            fakes[name] = model.prior(stage.style, stage.code) * math.sqrt(model.code)
        elif name in model.names:
            fakes[name] = model.paint(name, stage.code, stage.style)
    for name in model.fillers.names:
        if len(stages[holes_of(name)].rows):
            fakes[holes_of(name)] = refill(model, name, stages[holes_of(name)])
    return fakes


def _critic(critics: Critics, name: str) -> Discriminator:
    """The discriminator of a stage."""
    if name == PRIOR:
        return critics.codes
    holed = next((table for table in critics.fillers.names if holes_of(table) == name), None)
    return critics.canvases[name] if holed is None else critics.fillers[holed]


def judge(
    critics: Critics,
    stages: Mapping[str, Stage],
    fakes: Mapping[str, Tensor],
    gamma: float,
    rules: Rules = DEFAULT,
    raised: Mapping[str, float] = NOWHERE,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The discriminators' loss, a scalar, and the state of the game: pair accuracy, gap, R1 and R2 of each stage.

    ``gamma`` is the penalties' weight, for pictures and sounds of many values as many times more, and ``raised`` a
    factor of it where a modality needs more. R1 and R2 are what a real and a generated canvas pay on average, whatever
    the penalty.
    """
    losses = []
    punishing = gamma > 0 and rules.penalty != SPECTRAL
    signals: dict[str, Tensor] = {}
    for name, fake in fakes.items():
        stage, critic = stages[name], _critic(critics, name)
        real, fake = stage.real, fake.detach()
        if stage.blur is not None:
            real, fake = real + stage.blur[0], fake + stage.blur[1]
        weight = (PRIOR_GAMMA if name == PRIOR else _fineness(real)) * gamma * raised.get(name, 1.0)
        features, penalty = [], real.new_zeros(2)
        for part, punish in ((slice(0, stage.penalised), punishing), (slice(stage.penalised, None), False)):
            if len(real[part]) == 0:
                continue
            both = torch.cat([real[part], fake[part]])
            seen = critic(both.requires_grad_(punish))
            if punish:
                paid = rules.paid(critic, stage, both, seen)
                penalty = torch.stack([half.sum() for half in paid.chunk(2)])
            features.append(seen.chunk(2))
        seen_real, seen_fake = (torch.cat([f[side] for f in features]) for side in (0, 1))
        score_real, score_fake = critic.score(seen_real, stage.condition), critic.score(seen_fake, stage.condition)
        loss = rules.judged(score_real, score_fake)
        loss = loss + rules.mismatched(score_real, critic.score(seen_real, stage.wrong), stage)
        losses.append(loss.sum() / stage.count + weight / 2 * penalty.sum() / max(1, stage.quarter))
        losses.append(RECALL * recall(critic, seen_fake, stage))
        r1, r2 = penalty.detach() / max(1, stage.penalised)
        gap = (score_real - score_fake).detach()
        told = {"accuracy": (gap > 0).float().mean(), "gap": gap.mean(), "r1": r1, "r2": r2}
        signals |= {f"{name}/{key}": value for key, value in told.items()}
    return torch.stack(losses).sum(), signals


def _fineness(canvas: Tensor) -> float:
    """How many times more values pictures (n, C, H, W) have than those that the penalties' weight was set on, or 1.

    The same picture at twice the side has a slope of half the length: what is to hold it back must weigh four times as
    much (the rule of Karras et al., *Analyzing and improving the image quality of StyleGAN*, 2020, is a multiple of the
    pixels, too). Sounds are played as pictures: 64 bands by 64 frames pay five times as much.
    """
    return max(1.0, math.prod(canvas.shape[1:]) / VALUES) if canvas.dim() == 4 else 1.0


def imitate(
    critics: Critics, stages: Mapping[str, Stage], fakes: Mapping[str, Tensor], rules: Rules = DEFAULT
) -> Tensor:
    """The loss of generators and prior, a scalar. The critics' own weights should not require grad here."""
    losses = []
    for name, fake in fakes.items():
        stage, critic = stages[name], _critic(critics, name)
        real = stage.real
        if stage.blur is not None:
            real, fake = real + stage.blur[0], fake + stage.blur[1]
        with torch.no_grad():
            score_real = critic.score(critic(real), stage.condition)
        seen = critic(fake)
        losses.append(rules.imitated(score_real, critic.score(seen, stage.condition)).sum() / stage.count)
        losses.append(RECALL * recall(critic, seen, stage))
    return torch.stack(losses).sum()


def energy(model: AnyGAN, stages: Mapping[str, Stage], fakes: Mapping[str, Tensor]) -> Tensor:
    """How far the prior's codes lie from whole ones, less half of how far two of its draws do: a scalar.

    The energy score of two draws, which is least where they are distributed as whole codes are, given the same
    (Gneiting, Raftery, *Strictly proper scoring rules, prediction, and estimation*, 2007). A critic alone tells whether
    a code may stand beside what is given; how far draws should lie apart it tells late. Where nothing is given there is
    no one code to be near to, and the score would drown what the others say.
    """
    if PRIOR not in fakes:
        return torch.zeros(())
    stage, one, unit = stages[PRIOR], fakes[PRIOR], math.sqrt(model.code)
    noise = stage.styles.roll(1, 0)[stage.place]
    two = model.prior(noise, stage.code) * unit
    near = (_apart(one, stage.real) + _apart(two, stage.real)) / 2
    scored = (near - _apart(one, two) / 2) * stage.code.any(1)
    return scored.sum() / stage.count / unit


def _apart(a: Tensor, b: Tensor) -> Tensor:
    """Distances (n,) of rows (n, d); their gradient is finite where two are the same."""
    return ((a - b).square().sum(1) + TINY).sqrt()


def recall(critic: Discriminator, seen: Tensor, stage: Stage) -> Tensor:
    """How badly styles are told from among the batch's by features (n, features) of what was made of them: a scalar.

    Unless it pays to use a style generators learn to do without, and all draws of a caption are one picture.
    """
    if critic.recall is None:
        return torch.zeros((), device=seen.device)
    logits = full(critic.recall(seen)) @ stage.styles.T / math.sqrt(stage.styles.shape[1])
    return cross_entropy(logits, stage.place, reduction="sum") / stage.count


def echo(mean: AnyGAN, stages: Mapping[str, Stage], fakes: Mapping[str, Tensor]) -> Tensor:
    """How badly the averaged encoders recover the codes of generated canvases from among the batch's: a scalar.

    A cycle in code space, never in pixels. The encoders' weights do not require grad, and what they hear is shifted and
    noised first: otherwise generators would learn to whisper to them (Chu et al., *CycleGAN, a master of
    steganography*, 2017). Of a stranger there is no echo: a code says nothing of it, and to be heard it would have to
    turn into a cipher of the others, one look for each of what they say.
    """
    losses = []
    echoing = [name for name, shares in zip(mean.names, mean.shares().tolist(), strict=True) if shares]
    for name, fake in fakes.items():
        if name not in echoing or len(mean.names) == 1:
            continue
        stage = stages[name]
        heard = (
            (fake + stage.jitter).roll(stage.shift, tuple(range(2, fake.dim()))) if stage.shift else fake + stage.jitter
        )
        logits = mean.log_scale.exp() * (directions(mean.encoders[name](heard)) @ stage.codes.T)
        losses.append(cross_entropy(logits, stage.place, reduction="sum") / stage.count)
    return torch.stack(losses).sum() if losses else torch.zeros(())
