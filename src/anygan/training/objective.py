r"""What one step of training minimises.

A step has these losses, over three disjoint sets of weights, and the loop alone steps on them:

    align      encoders, fusion:      InfoNCE between F(A) and F(B), A and B disjoint sets of observed modalities
    judge      discriminators:        for each m, softplus(D(x'|c) - D(x|c)) + softplus(D(x|c-) - D(x|c)) + penalties
    imitate    generators, prior:     for each m, softplus(D(x|c) - D(x'|c))
    echo       generators:            for each m, -log softmax_j(E_m(jitter(x'_i)) . c'_j / T)_{j=i}

where c = F(S) is the code of a set S of the *other* observed modalities, c- that of another row, and the generated
x' = G(c', s) is drawn from c' = F(S), F(all) or P(u, F(S)). The prior plays the same game on codes. Encoders learn from
real data only: whatever discriminators, generators and the prior see are codes of the averaged encoders, without
gradient.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ..alignment import info_nce
from ..data.rows import Batch
from ..losses import relativistic_d, relativistic_g
from ..model.gan import AnyGAN, Critics
from ..penalties import gradient_norm
from .parallel import World

__all__ = ["PRIOR", "Stage", "align", "echo", "imitate", "judge", "paint", "scene", "splits", "subsets"]

PRIOR = "(prior)"
"""Name of the prior's stage. Column names of a data set never begin with a bracket: readers see to that."""

SPLITS = 6
PENALISED = 4
"""One row in four is penalised, in every step."""

COPIES = 4
"""Draws a row of the prior and of canvases without axes: a larger batch makes their small games steadier."""

JITTER = 0.05
"""Standard deviation of the noise that generated canvases must survive to be heard by the encoders."""

PRIOR_GAMMA = 10.0
"""Weight of the prior's penalties, as a multiple of the canvases'."""


def splits(modalities: int, generator: torch.Generator) -> list[tuple[Tensor, Tensor]]:
    """Pairs (A, B) of disjoint non-empty sets as masks (M,): all of them up to three modalities, else six drawn."""
    if modalities <= 3:
        sides = [s for s in product((0, 1, 2), repeat=modalities) if 1 in s and 2 in s and s.index(1) < s.index(2)]
    else:
        sides = []
        while len(sides) < SPLITS:
            drawn = tuple(torch.randint(3, (modalities,), generator=generator).tolist())
            if 1 in drawn and 2 in drawn:
                sides.append(drawn)
    table = torch.tensor(sides).reshape(-1, modalities)
    return [(side == 1, side == 2) for side in table]


def subsets(allowed: Tensor, generator: torch.Generator) -> Tensor:
    """A random subset of each row's allowed set, (B, M) bool -> (B, M) bool.

    A third of the rows draw a single modality, a third a random subset, a third all; never more than allowed, and never
    nothing where something is allowed.
    """
    rows, count = allowed.shape
    chance = torch.rand(rows, count, generator=generator).masked_fill(~allowed, 2.0)
    single = torch.zeros_like(allowed).scatter_(1, chance.argmin(1, keepdim=True), True) & allowed
    some = (chance < 0.5) | single
    way = torch.randint(3, (rows, 1), generator=generator)
    return torch.where(way == 0, single, torch.where(way == 1, some, allowed))


@dataclass(frozen=True)
class Stage:
    """One modality's part of a step: the rows of this rank in which it is present, (n, ...), penalised ones first.

    Attributes:
        rows: (n,) their numbers among this rank's rows.
        penalised: how many of them are penalised: those whose number in the global batch is a multiple of four.
        count: rows of the global batch in which it is present; ``quarter``, how many of those are penalised.
        real: (n, *shape) canvases.
        condition: (n, code) c: what is given beside the modality, zero where nothing is.
        wrong: (n, code) c-: the same of another row; equal to ``condition`` where either is zero.
        code: (n, code) c': what the generator is given.
        style: (n, style) for the generator; for the prior its noise.
        blur: two of (n, *shape), noise for real and generated canvases; or nothing.
        codes: (B, code) the codes that all rows of the global batch are generated from; ``place`` (n,), which are
        these. jitter: (n, *shape) and ``shift``, a step along every axis: what generated canvases must survive to be
        heard.
    """

    rows: Tensor
    penalised: int
    count: int
    quarter: int
    real: Tensor
    condition: Tensor
    wrong: Tensor
    code: Tensor
    style: Tensor
    blur: tuple[Tensor, Tensor] | None
    codes: Tensor
    place: Tensor
    jitter: Tensor
    shift: tuple[int, ...]


@dataclass(frozen=True)
class Crowd:
    """The rows of the global batch as the averaged encoders see them, perhaps several times each.

    Attributes:
        evidence: (B, M, code).
        observed: (B, M) bool, on the CPU, where what is drawn of it is drawn.
        copies: how many times each row stands in it.
    """

    mean: AnyGAN
    evidence: Tensor
    observed: Tensor
    copies: int = 1

    def fuse(self, given: Tensor) -> Tensor:
        """The codes (B, code) of subsets (B, M)."""
        fused: Tensor = self.mean.fusion(self.evidence, given.to(self.evidence.device))
        return fused

    def times(self, copies: int) -> "Crowd":
        """Every row so many times."""
        evidence, observed = self.evidence.repeat_interleave(copies, 0), self.observed.repeat_interleave(copies, 0)
        return Crowd(self.mean, evidence, observed, copies)


@torch.no_grad()
def scene(
    model: AnyGAN, mean: AnyGAN, batch: Batch, canvases: Mapping[str, Tensor], generator: torch.Generator, world: World
) -> dict[str, Stage]:
    """Look at this rank's rows with the averaged encoders and draw all that a step needs: a stage per modality.

    The prior's stage, where several modalities make one, is called :data:`PRIOR`. ``generator`` must be in the same
    state on every rank: what it draws is drawn for the global batch.
    """
    evidence = world.gather(mean.evidence(canvases))
    observed = world.gather(batch.observed().to(evidence.device, torch.uint8)).bool().cpu()
    crowd = Crowd(mean, evidence, observed)
    many = crowd.times(COPIES)
    stages = {}
    for m, name in enumerate(model.names):
        small = len(model.canvases[name].shape) == 1
        real = canvases[name].repeat_interleave(COPIES, 0) if small else canvases[name]
        stages[name] = _stage(model, many if small else crowd, m, real, generator, world)
    if len(model.names) > 1:
        stages[PRIOR] = _prior_stage(model, many, generator, world)
    return stages


def _stage(model: AnyGAN, crowd: Crowd, m: int, real: Tensor, generator: torch.Generator, world: World) -> Stage:
    """The stage of modality number m: a condition from the others, and a code that may know more."""
    rows, device = len(crowd.observed), crowd.evidence.device
    allowed = crowd.observed.clone()
    allowed[:, m] = False
    way = torch.randint(4, (rows, 1), generator=generator)
    condition = crowd.fuse(subsets(allowed, generator) & (way != 3))
    apart = crowd.copies * int(torch.randint(1, max(2, rows // crowd.copies), (1,), generator=generator))
    other = condition.roll(apart, 0)
    both = (condition.any(1) & other.any(1)).unsqueeze(1)
    code = model.sample(condition, generator)
    if len(model.names) > 1:
        way = way.to(device)
        code = torch.where((way == 0) & condition.any(1, keepdim=True), condition, code)
        code = torch.where(way == 1, crowd.fuse(crowd.observed), code)
    style = torch.randn(rows, model.style, generator=generator).to(device)
    codes = condition, torch.where(both, other, condition), code, style
    return _mine(crowd.observed[:, m], real, codes, model.canvases[model.names[m]].noise, generator, world)


def _prior_stage(model: AnyGAN, crowd: Crowd, generator: torch.Generator, world: World) -> Stage:
    """The stage of the prior: nothing known in half of the rows, and never everything."""
    observed, rows = crowd.observed, len(crowd.observed)
    known = subsets(observed, generator) & (torch.rand(rows, 1, generator=generator) < 0.5)
    known &= ~(known == observed).all(1, keepdim=True)
    given, noise = crowd.fuse(known), torch.randn(rows, model.style, generator=generator).to(crowd.evidence.device)
    real = world.mine(crowd.fuse(observed)) * math.sqrt(model.code)
    return _mine(torch.ones(rows, dtype=torch.bool), real, (given, given, given, noise), 0.0, generator, world)


def _mine(
    there: Tensor,
    real: Tensor,
    codes: tuple[Tensor, Tensor, Tensor, Tensor],
    blur: float,
    generator: torch.Generator,
    world: World,
) -> Stage:
    """This rank's part of a stage, from what was drawn for the global batch: condition, wrong, code and style."""
    numbers = world.mine(there).nonzero().squeeze(1)
    first = numbers % PENALISED == 0
    numbers = torch.cat([numbers[first], numbers[~first]])
    here = numbers.to(real.device)

    def drawn(level: float) -> Tensor:
        noise = level * torch.randn(len(there), *real.shape[1:], generator=generator)
        return world.mine(noise)[numbers].to(real.device)

    condition, wrong, code, style = (world.mine(part)[here] for part in codes)
    counts = int(first.sum()), int(there.sum()), int(there[::PENALISED].sum())
    noise = (drawn(blur), drawn(blur)) if blur else None
    place = here + world.rank * (len(there) // world.size)
    shift = tuple(torch.randint(-1, 2, (real.dim() - 2,), generator=generator).tolist())
    return Stage(
        numbers, *counts, real[here], condition, wrong, code, style, noise, codes[2], place, drawn(JITTER), shift
    )


def align(
    model: AnyGAN, batch: Batch, canvases: Mapping[str, Tensor], generator: torch.Generator, world: World
) -> Tensor:
    """The contrast of all splits, averaged over rows and splits: a scalar."""
    evidence = world.gather(model.evidence(canvases))
    observed = world.gather(batch.observed().to(evidence.device, torch.uint8)).bool()
    total = evidence.sum() * 0
    drawn = splits(len(model.names), generator)
    for a, b in drawn:
        left, right = observed & a.to(observed.device), observed & b.to(observed.device)
        rows = (left.any(1) & right.any(1)).nonzero().squeeze(1)
        if len(rows) > 1:
            pair = model.fusion(evidence[rows], left[rows]), model.fusion(evidence[rows], right[rows])
            total = total + info_nce(*pair, model.log_scale.exp()).mean()
    return total / (max(1, len(drawn)) * world.size)


def paint(model: AnyGAN, stages: Mapping[str, Stage]) -> dict[str, Tensor]:
    """What the generators make of each stage, name -> (n, *shape); of the prior's, codes (n, code)."""
    fakes = {}
    for name, stage in stages.items():
        if len(stage.rows) == 0:
            continue
        if name == PRIOR:
            fakes[name] = model.prior(stage.style, stage.code) * math.sqrt(model.code)
        else:
            fakes[name] = model.paint(name, stage.code, stage.style)
    return fakes


def judge(
    critics: Critics, stages: Mapping[str, Stage], fakes: Mapping[str, Tensor], gamma: float
) -> tuple[Tensor, dict[str, Tensor]]:
    """The discriminators' loss, a scalar, and the state of the game: pair accuracy, gap, R1 and R2 of each stage."""
    losses = []
    signals: dict[str, Tensor] = {}
    for name, fake in fakes.items():
        stage, critic = stages[name], critics.codes if name == PRIOR else critics.canvases[name]
        real, fake = stage.real, fake.detach()
        if stage.blur is not None:
            real, fake = real + stage.blur[0], fake + stage.blur[1]
        weight = PRIOR_GAMMA * gamma if name == PRIOR else gamma
        features, penalty = [], real.new_zeros(2)
        for part, punish in ((slice(0, stage.penalised), gamma > 0), (slice(stage.penalised, None), False)):
            if len(real[part]) == 0:
                continue
            both = torch.cat([real[part], fake[part]])
            seen = critic(both.requires_grad_(punish))
            if punish:
                norms = gradient_norm(critic.score(seen, stage.condition[part].repeat(2, 1)), both)
                penalty = torch.stack([half.sum() for half in norms.chunk(2)])
            features.append(seen.chunk(2))
        seen_real, seen_fake = (torch.cat([f[side] for f in features]) for side in (0, 1))
        score_real, score_fake = critic.score(seen_real, stage.condition), critic.score(seen_fake, stage.condition)
        loss = relativistic_d(score_real, score_fake) + relativistic_d(score_real, critic.score(seen_real, stage.wrong))
        losses.append(loss.sum() / stage.count + weight / 2 * penalty.sum() / max(1, stage.quarter))
        r1, r2 = penalty.detach() / max(1, stage.penalised)
        gap = (score_real - score_fake).detach()
        told = {"accuracy": (gap > 0).float().mean(), "gap": gap.mean(), "r1": r1, "r2": r2}
        signals |= {f"{name}/{key}": value for key, value in told.items()}
    return torch.stack(losses).sum(), signals


def imitate(critics: Critics, stages: Mapping[str, Stage], fakes: Mapping[str, Tensor]) -> Tensor:
    """The loss of generators and prior, a scalar. The critics' own weights should not require grad here."""
    losses = []
    for name, fake in fakes.items():
        stage, critic = stages[name], critics.codes if name == PRIOR else critics.canvases[name]
        real = stage.real
        if stage.blur is not None:
            real, fake = real + stage.blur[0], fake + stage.blur[1]
        with torch.no_grad():
            score_real = critic.score(critic(real), stage.condition)
        losses.append(relativistic_g(score_real, critic.score(critic(fake), stage.condition)).sum() / stage.count)
    return torch.stack(losses).sum()


def echo(mean: AnyGAN, stages: Mapping[str, Stage], fakes: Mapping[str, Tensor]) -> Tensor:
    """How badly the averaged encoders recover the codes of generated canvases from among the batch's: a scalar.

    A cycle in code space, never in pixels. The encoders' weights do not require grad, and what they hear is shifted and
    noised first: otherwise generators would learn to whisper to them (Chu et al., *CycleGAN, a master of
    steganography*, 2017).
    """
    losses = []
    for name, fake in fakes.items():
        if name == PRIOR or len(mean.names) == 1:
            continue
        stage = stages[name]
        heard = (
            (fake + stage.jitter).roll(stage.shift, tuple(range(2, fake.dim()))) if stage.shift else fake + stage.jitter
        )
        logits = mean.log_scale.exp() * (mean.encoders[name](heard) @ stage.codes.T)
        losses.append(cross_entropy(logits, stage.place, reduction="sum") / stage.count)
    return torch.stack(losses).sum() if losses else torch.zeros(())
