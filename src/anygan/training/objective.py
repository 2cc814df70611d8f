r"""What one step of training minimises.

A step has these losses, over three disjoint sets of weights, and the loop alone steps on them:

    align      encoders, fusion:      InfoNCE between F(A) and F(B), A and B disjoint sets of observed modalities
    recognise  encoders, fusion:      InfoNCE between F(S) of cells gone wrong and the averaged F(S) of the whole cells
    believe    encoders, fusion:      cross-entropy of each cell's reliability with what is left of it
    judge      discriminators:        for each m, loss_d(D(x|c), D(x'|c)) + loss_d(D(x|c), D(x|c-)) + penalty
    imitate    generators, prior:     for each m, loss_g(D(x|c), D(x'|c))
    echo       generators:            for each m, -log softmax_j(E_m(jitter(x'_i)) . c'_j / T)_{j=i}

where c = F(S) is the code of a set S of the *other* observed modalities, c- that of another row, and the generated
x' = G(c', s) is drawn from c' = F(S), F(all) or P(u, F(S)). The prior plays the same game on codes. Encoders learn from
real data only, some cells of which go wrong on purpose (:mod:`anygan.training.damage`). Whatever discriminators,
generators and the prior see are codes of the averaged encoders, without gradient. Losses and penalty are those of
:class:`~anygan.training.rules.Rules`: relativistic pairing with R1 and R2, if nothing else is asked for.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import product

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from ..alignment import info_nce
from ..model.discriminator import Discriminator
from ..model.fusion import directions
from ..model.gan import AnyGAN, Critics
from .damage import Damage
from .holes import refill
from .parallel import World
from .rules import SPECTRAL, Rules
from .scene import PRIOR, Crowd, Stage, holes_of, subsets

__all__ = ["align", "believe", "echo", "imitate", "judge", "paint", "read", "recognise", "splits"]

SPLITS = 25
"""Splits of a step: all there are up to four modalities, and as many drawn of more."""

TELLING = 8
"""Rows from which on a batch tells what a modality shares with the rest."""

VARIED = 0.5
"""Share of the cells that encoders meet as another cell that says the same."""

PRIOR_GAMMA = 10.0
"""Weight of the prior's penalties, as a multiple of the canvases'."""

DEFAULT = Rules()
NOWHERE: Mapping[str, float] = {}


def splits(modalities: int, generator: torch.Generator) -> list[tuple[Tensor, Tensor]]:
    """Pairs (A, B) of disjoint non-empty sets as masks (M,): all up to four modalities.

    Of more as many, each modality against the rest among them, the others drawn.
    """
    if modalities <= 4:
        sides = [s for s in product((0, 1, 2), repeat=modalities) if 1 in s and 2 in s and s.index(1) < s.index(2)]
    else:
        sides = [tuple(1 if n == m else 2 for n in range(modalities)) for m in range(modalities)]
        while len(sides) < SPLITS:
            drawn = tuple(torch.randint(3, (modalities,), generator=generator).tolist())
            if 1 in drawn and 2 in drawn:
                sides.append(drawn)
    table = torch.tensor(sides).reshape(-1, modalities)
    return [(side == 1, side == 2) for side in table]


def read(
    model: AnyGAN, crowd: Crowd, canvases: Mapping[str, Tensor], generator: torch.Generator, world: World
) -> tuple[Tensor, Tensor, Damage]:
    """Evidence (B, M, code) of all ranks' rows after some cells went wrong, which of it is there, and the damage."""
    damage = Damage.draw(crowd.observed, generator)
    evidence = world.gather(model.evidence(damage.touch(varied(model, canvases, generator, world), generator, world)))
    return damage.swap(evidence), crowd.observed.to(evidence.device), damage


def varied(
    model: AnyGAN, canvases: Mapping[str, Tensor], generator: torch.Generator, world: World
) -> dict[str, Tensor]:
    """The canvases, half of them as another cell that says the same (:meth:`~anygan.modalities.Canvas.vary`)."""
    changed = {}
    for name, canvas in canvases.items():
        rows = world.size * len(canvas)
        drawn = 2 * torch.rand(rows, 2, canvas.dim() - 2, generator=generator) - 1
        drawn *= torch.rand(rows, 1, 1, generator=generator) < VARIED
        changed[name] = model.canvases[name].vary(canvas, world.mine(drawn).to(canvas.device))
    return changed


def align(
    model: AnyGAN, evidence: Tensor, observed: Tensor, damage: Damage, generator: torch.Generator, world: World
) -> tuple[Tensor, Tensor]:
    """The contrast of all splits, averaged over rows and splits, a scalar; and what each modality shares with the rest.

    Each side of a split must hold a cell of its own row: one that is swapped does not say what its row says. What
    modality m shares, (M,), is the share of log n, what there is to know of which of n rows is which, that the split of
    m from all the others has learned; NaN where no row can tell.
    """
    own = observed & ~damage.swapped.to(observed.device)
    drawn = splits(len(model.names), generator)
    if not drawn:
        return evidence.sum() * 0, evidence.new_full((len(model.names),), math.nan)
    a, b = (torch.stack(sides).to(observed.device) for sides in zip(*drawn, strict=True))
    whole = [_from_rest(m, a, b) for m in range(len(model.names))]
    a, b = _without_strangers(model, a, whole), _without_strangers(model, b, whole)
    left, right = _fused(model, evidence, observed, torch.stack([a, b]))
    there = (own & a.unsqueeze(1)).any(2) & (own & b.unsqueeze(1)).any(2)
    rows = there.sum(1)
    lost = info_nce(left, right, model.log_scale.exp(), there).sum(1) / rows.clamp(min=1)
    shared = torch.where(rows >= TELLING, 1 - lost.detach() / rows.log(), math.nan)
    return lost.sum() / (rows > 0).sum().clamp(min=1) / world.size, shared[whole]


def _without_strangers(model: AnyGAN, side: Tensor, whole: Sequence[int]) -> Tensor:
    """One side of all splits (S, M) without strangers, but for each one's own split from the rest: it may yet learn."""
    kept = model.heard(torch.ones_like(side[0]))
    own = torch.zeros_like(side[:, 0])
    own[[place for place, heard in zip(whole, kept.tolist(), strict=True) if not heard]] = True
    return side & (kept | own.unsqueeze(1))


def _from_rest(m: int, a: Tensor, b: Tensor) -> int:
    """Which of the splits (S, M) is that of modality number m from all the others."""
    alone = torch.arange(a.shape[1], device=a.device) == m
    split = ((a == alone).all(1) & (b == ~alone).all(1)) | ((b == alone).all(1) & (a == ~alone).all(1))
    return int(split.nonzero()[0])


def _fused(model: AnyGAN, evidence: Tensor, observed: Tensor, sides: Tensor) -> Tensor:
    """The codes (..., B, code) of what is observed of each side (..., M), each distinct side fused once."""
    distinct, which = torch.unique(sides.flatten(0, -2), dim=0, return_inverse=True)
    given = observed & distinct.unsqueeze(1)
    many = evidence.expand(len(distinct), *evidence.shape).flatten(0, 1)
    codes: Tensor = model.fusion(many, given.flatten(0, 1)).unflatten(0, given.shape[:2])
    fused: Tensor = codes[which].unflatten(0, sides.shape[:-1])
    return fused


def recognise(
    model: AnyGAN, evidence: Tensor, damage: Damage, crowd: Crowd, generator: torch.Generator, world: World
) -> Tensor:
    """How badly a row is known again by a subset of its cells that went wrong, among the batch's whole ones: a scalar.

    Contrast between different modalities alone would let the code forget what only several of them together tell
    about a third (each bit of an exclusive or), and what a cell tells besides. The other side is that of the averaged
    encoders, without gradient (He et al., *Momentum contrast*, 2020). Rows in which the subset holds a swapped cell
    take no part.
    """
    given = subsets(crowd.observed, generator)
    given = model.heard(given.to(evidence.device))
    with torch.no_grad():
        whole = crowd.mean.fusion(crowd.evidence, given)
    there = given.any(1) & ~(damage.swapped.to(given.device) & given).any(1)
    lost = info_nce(model.fusion(evidence, given), whole, model.log_scale.exp(), there)
    known: Tensor = lost.sum() / there.sum().clamp(min=1) / world.size
    return known


def believe(
    model: AnyGAN, evidence: Tensor, observed: Tensor, damage: Damage, generator: torch.Generator, world: World
) -> Tensor:
    """Cross-entropy of reliability with the truth, of all that is observed and of a subset, averaged over cells."""
    truth = damage.truth().to(evidence)
    given = torch.stack([observed, subsets(observed.cpu(), generator).to(observed.device)])
    belief = model.fusion.belief(evidence.expand(2, *evidence.shape).flatten(0, 1), given.flatten(0, 1))
    lost = binary_cross_entropy_with_logits(belief.view_as(given), truth.expand(given.shape), reduction="none")
    return ((lost * given).sum((1, 2)) / given.sum((1, 2)).clamp(min=1)).mean() / world.size


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

    ``gamma`` is the penalties' weight, and ``raised`` a factor of it where a modality needs more. R1 and R2 are what a
    real and a generated canvas pay on average, whatever the penalty.
    """
    losses = []
    punishing = gamma > 0 and rules.penalty != SPECTRAL
    signals: dict[str, Tensor] = {}
    for name, fake in fakes.items():
        stage, critic = stages[name], _critic(critics, name)
        real, fake = stage.real, fake.detach()
        if stage.blur is not None:
            real, fake = real + stage.blur[0], fake + stage.blur[1]
        weight = (PRIOR_GAMMA if name == PRIOR else 1.0) * gamma * raised.get(name, 1.0)
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
        r1, r2 = penalty.detach() / max(1, stage.penalised)
        gap = (score_real - score_fake).detach()
        told = {"accuracy": (gap > 0).float().mean(), "gap": gap.mean(), "r1": r1, "r2": r2}
        signals |= {f"{name}/{key}": value for key, value in told.items()}
    return torch.stack(losses).sum(), signals


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
        losses.append(rules.imitated(score_real, critic.score(critic(fake), stage.condition)).sum() / stage.count)
    return torch.stack(losses).sum()


def echo(mean: AnyGAN, stages: Mapping[str, Stage], fakes: Mapping[str, Tensor]) -> Tensor:
    """How badly the averaged encoders recover the codes of generated canvases from among the batch's: a scalar.

    A cycle in code space, never in pixels. The encoders' weights do not require grad, and what they hear is shifted and
    noised first: otherwise generators would learn to whisper to them (Chu et al., *CycleGAN, a master of
    steganography*, 2017).
    """
    losses = []
    for name, fake in fakes.items():
        if name not in mean.names or len(mean.names) == 1:
            continue
        stage = stages[name]
        heard = (
            (fake + stage.jitter).roll(stage.shift, tuple(range(2, fake.dim()))) if stage.shift else fake + stage.jitter
        )
        logits = mean.log_scale.exp() * (directions(mean.encoders[name](heard)) @ stage.codes.T)
        losses.append(cross_entropy(logits, stage.place, reduction="sum") / stage.count)
    return torch.stack(losses).sum() if losses else torch.zeros(())
