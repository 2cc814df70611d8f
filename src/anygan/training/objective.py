r"""What one step of training minimises.

A step has these losses, over three disjoint sets of weights, and the loop alone steps on them:

    align      encoders, fusion:      InfoNCE between F(A) and F(B), A and B disjoint sets of observed modalities
    believe    encoders, fusion:      cross-entropy of each cell's reliability with what is left of it
    judge      discriminators:        for each m, softplus(D(x'|c) - D(x|c)) + softplus(D(x|c-) - D(x|c)) + penalties
    imitate    generators, prior:     for each m, softplus(D(x|c) - D(x'|c))
    echo       generators:            for each m, -log softmax_j(E_m(jitter(x'_i)) . c'_j / T)_{j=i}

where c = F(S) is the code of a set S of the *other* observed modalities, c- that of another row, and the generated
x' = G(c', s) is drawn from c' = F(S), F(all) or P(u, F(S)). The prior plays the same game on codes. Encoders learn from
real data only, some cells of which go wrong on purpose (:mod:`anygan.training.damage`). Whatever discriminators,
generators and the prior see are codes of the averaged encoders, without gradient.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from ..alignment import info_nce
from ..losses import relativistic_d, relativistic_g
from ..model.discriminator import Discriminator
from ..model.fusion import directions
from ..model.gan import AnyGAN, Critics
from ..penalties import slope
from ..rows import Batch
from .damage import Damage
from .parallel import World
from .scene import PRIOR, Stage, subsets

__all__ = ["Verdict", "align", "believe", "echo", "health", "imitate", "judge", "paint", "read", "splits"]

SPLITS = 6

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


def read(
    model: AnyGAN, batch: Batch, canvases: Mapping[str, Tensor], generator: torch.Generator, world: World
) -> tuple[Tensor, Tensor, Damage]:
    """Evidence (B, M, code) of all ranks' rows after some cells went wrong, which of it is there, and the damage."""
    observed = world.gather(batch.observed().to(next(iter(canvases.values())).device, torch.uint8)).bool()
    damage = Damage.draw(observed.cpu(), generator)
    evidence = world.gather(model.evidence(damage.touch(canvases, generator, world)))
    return damage.swap(evidence), observed, damage


def align(
    model: AnyGAN, evidence: Tensor, observed: Tensor, damage: Damage, generator: torch.Generator, world: World
) -> Tensor:
    """The contrast of all splits, averaged over rows and splits: a scalar.

    Each side of a split must hold a cell of its own row: one that is swapped does not say what its row says.
    """
    own = observed & ~damage.swapped.to(observed.device)
    drawn = splits(len(model.names), generator)
    if not drawn:
        return evidence.sum() * 0
    a, b = (torch.stack(sides).to(observed.device) for sides in zip(*drawn, strict=True))
    left, right = _fused(model, evidence, observed, torch.stack([a, b]))
    there = (own & a.unsqueeze(1)).any(2) & (own & b.unsqueeze(1)).any(2)
    lost = info_nce(left, right, model.log_scale.exp(), there).sum(1) / there.sum(1).clamp(min=1)
    contrast: Tensor = lost.mean() / world.size
    return contrast


def _fused(model: AnyGAN, evidence: Tensor, observed: Tensor, sides: Tensor) -> Tensor:
    """The codes (..., B, code) of what is observed of each side (..., M), each distinct side fused once."""
    distinct, which = torch.unique(sides.flatten(0, -2), dim=0, return_inverse=True)
    given = observed & distinct.unsqueeze(1)
    many = evidence.expand(len(distinct), *evidence.shape).flatten(0, 1)
    codes: Tensor = model.fusion(many, given.flatten(0, 1)).unflatten(0, given.shape[:2])
    fused: Tensor = codes[which].unflatten(0, sides.shape[:-1])
    return fused


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
        else:
            fakes[name] = model.paint(name, stage.code, stage.style)
    return fakes


@dataclass(frozen=True)
class Verdict:
    """What one discriminator said of a stage's n pairs, real and generated.

    Attributes:
        loss: its own, a scalar.
        gap: (n,) D(x|c) - D(x'|c), without gradient.
        norms: (2,) mean |grad D|^2 of the penalised rows, real and generated.
        slope: (p, *shape) grad_x' D of the penalised generated rows, which come first.
        shown: (2 (n - p), *shape) the real and the generated canvases of all others, whose gradient ``loss`` leaves.
    """

    loss: Tensor
    gap: Tensor
    norms: Tensor
    slope: Tensor
    shown: Tensor

    def pull(self, count: int) -> Tensor:
        """The gradient of the generator's loss in each generated canvas, (n, *shape), once ``loss`` has gone backward.

        Both losses are functions of the gap, so their gradients in x' are one slope, grad_x' D, times a factor a row:
        sigmoid(-gap) for the discriminator, -sigmoid(gap) for the generator. No second look is needed.
        """
        assert self.shown.grad is not None
        rows = self.gap.view(-1, *[1] * (self.shown.dim() - 1))
        left = self.shown.grad.chunk(2)[1] * count / (-rows[len(self.slope) :]).sigmoid().clamp(min=1e-8)
        return torch.cat([self.slope, left]) * -rows.sigmoid() / count


def judge(
    critics: Critics, stages: Mapping[str, Stage], fakes: Mapping[str, Tensor], gamma: float
) -> dict[str, Verdict]:
    """What the discriminators say of each stage; the sum of their losses is what they minimise."""
    verdicts = {}
    for name, fake in fakes.items():
        critic, weight = (critics.codes, PRIOR_GAMMA) if name == PRIOR else (critics.canvases[name], 1.0)
        verdicts[name] = _verdict(critic, stages[name], fake.detach(), weight * gamma)
    return verdicts


def _verdict(critic: Discriminator, stage: Stage, fake: Tensor, gamma: float) -> Verdict:
    real = stage.real
    if stage.blur is not None:
        real, fake = real + stage.blur[0], fake + stage.blur[1]
    first = stage.penalised if gamma > 0 else 0
    near, far = (torch.cat([real[part], fake[part]]).requires_grad_() for part in (slice(first), slice(first, None)))
    seen = [critic(both).chunk(2) for both in (near, far)]
    known = stage.condition[:first]
    slopes = slope(torch.cat([critic.score(half, known) for half in seen[0]]), near).chunk(2)
    norms = torch.stack([half.flatten(1).square().sum() for half in slopes])
    seen_real, seen_fake = (torch.cat(parts) for parts in zip(*seen, strict=True))
    score_real, score_fake = critic.score(seen_real, stage.condition), critic.score(seen_fake, stage.condition)
    lost = relativistic_d(score_real, score_fake) + relativistic_d(score_real, critic.score(seen_real, stage.wrong))
    loss = lost.sum() / stage.count + gamma / 2 * norms.sum() / max(1, stage.quarter)
    gap = (score_real - score_fake).detach()
    return Verdict(loss, gap, norms.detach() / max(1, first), slopes[1].detach(), far)


def health(verdicts: Mapping[str, Verdict]) -> dict[str, Tensor]:
    """The state of every game: pair accuracy, gap, R1 and R2, as ``stage/signal``."""
    signals: dict[str, Tensor] = {}
    for name, verdict in verdicts.items():
        r1, r2 = verdict.norms
        told = {"accuracy": (verdict.gap > 0).float().mean(), "gap": verdict.gap.mean(), "r1": r1, "r2": r2}
        signals |= {f"{name}/{key}": value for key, value in told.items()}
    return signals


def imitate(verdicts: Mapping[str, Verdict], stages: Mapping[str, Stage], fakes: Mapping[str, Tensor]) -> Tensor:
    """The loss of generators and prior, a scalar, from what the discriminators said before they moved."""
    losses = []
    for name, fake in fakes.items():
        verdict, count = verdicts[name], stages[name].count
        value = relativistic_g(verdict.gap, torch.zeros_like(verdict.gap)).sum() / count
        losses.append(value + ((fake - fake.detach()) * verdict.pull(count)).sum())
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
        logits = mean.log_scale.exp() * (directions(mean.encoders[name](heard)) @ stage.codes.T)
        losses.append(cross_entropy(logits, stage.place, reduction="sum") / stage.count)
    return torch.stack(losses).sum() if losses else torch.zeros(())
