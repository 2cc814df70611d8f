"""What the losses of a step share: for each modality the rows, the codes and the noise of its game.

For modality m the condition is c = F(S), S a set of the *other* observed modalities, so that a discriminator cannot
read off its condition what it is to judge; the generator is given c' = F(S), F(all) or P(u, F(S)). All codes are of the
averaged encoders and without gradient. Everything random is drawn here, for the global batch, from one generator.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ...corruption import normal
from ...modalities.table import CodedRow
from ...model.gan import AnyGAN
from ...rows import Batch
from ..parallel import World

__all__ = ["COPIES", "PENALISED", "PRIOR", "Crowd", "Stage", "holes_of", "scene", "subsets"]

PRIOR = "(prior)"
"""Name of the prior's stage, which no column may have: a run refuses it."""

PENALISED = 4
"""One row in four is penalised, in every step."""

COPIES = 4
"""Draws a row of the prior and of canvases without axes: a larger batch makes their small games steadier."""

VAGUE = (0.0, 1.0, 2.0, 4.0, 8.0, 100.0, 100.0, math.inf)
"""Deviations of the noise on the code that a scarce table's holes are filled by, each as often; the last one tells
nothing. Codes of few rows know them by heart, as no other code does: of 324 cars a filler would miss a fifth of a
deviation, and of any others two thirds. How far codes are to be believed differs from set to set: what is asked of it
with all of them at once learns what holds for each.
"""

JITTER = 0.05
"""Standard deviation of the noise that generated canvases must survive to be heard by the encoders."""


def holes_of(name: str) -> str:
    """Name of the stage of a table's holes."""
    return f"{name} (holes)"


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
        codes, styles: (B, code) and (B, style), what all rows of the global batch are generated from; ``place`` (n,),
            which are these.
        jitter: (n, *shape) and ``shift``, a step along every axis: what generated canvases must survive to be heard.
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
    styles: Tensor
    place: Tensor
    jitter: Tensor
    shift: tuple[int, ...]


@dataclass(frozen=True)
class Crowd:
    """The rows of the global batch as the averaged encoders see them, perhaps several times each.

    Attributes:
        evidence: (B, M, code), without gradient.
        observed: (B, M) bool, on the CPU, where what is drawn of it is drawn.
        copies: how many times each row stands in it; ``single``, the same rows once, where that is several times.
    """

    mean: AnyGAN
    evidence: Tensor
    observed: Tensor
    copies: int = 1
    single: "Crowd | None" = None

    @classmethod
    @torch.no_grad()
    def gathered(cls, mean: AnyGAN, batch: Batch, canvases: Mapping[str, Tensor], world: World) -> "Crowd":
        """All ranks' rows, of which ``batch`` and ``canvases`` are this rank's."""
        evidence = world.gather(mean.evidence(canvases))
        return cls(mean, evidence, world.gather(batch.observed().to(evidence.device, torch.uint8)).bool().cpu())

    def fuse(self, given: Tensor) -> Tensor:
        """The codes (B, code) of subsets (B, M), without what strangers know."""
        return self.mean.known(self.evidence, given.to(self.evidence.device))

    @cached_property
    def whole(self) -> Tensor:
        """The codes (B, code) of all that is observed of each row."""
        once = self.single
        return self.fuse(self.observed) if once is None else once.whole.repeat_interleave(self.copies, 0)

    def times(self, copies: int) -> "Crowd":
        """Every row so many times."""
        evidence, observed = self.evidence.repeat_interleave(copies, 0), self.observed.repeat_interleave(copies, 0)
        return Crowd(self.mean, evidence, observed, copies, self)


@torch.no_grad()
def scene(
    model: AnyGAN,
    crowd: Crowd,
    canvases: Mapping[str, Tensor],
    generator: torch.Generator,
    world: World,
    scarce: Collection[str],
) -> dict[str, Stage]:
    """Draw all that a step needs, as the averaged encoders see its rows: a stage per modality.

    The prior's stage, where several modalities make one, is called :data:`PRIOR`. ``generator`` must be in the same
    state on every rank: what it draws is drawn for the global batch.
    ``scarce`` names modalities of few different cells.
    """
    many = crowd.times(COPIES)
    stages = {}
    for m, name in enumerate(model.names):
        small = model.canvases[name].axes == 0
        real = canvases[name].repeat_interleave(COPIES, 0) if small else canvases[name]
        stages[name] = _stage(model, many if small else crowd, m, real, generator, world)
    if len(model.names) > 1:
        stages[PRIOR] = _prior_stage(model, many, generator, world)
    for name in model.fillers.names:
        vague = name in scarce
        stages[holes_of(name)] = _hole_stage(model, crowd, name, canvases[name], vague, generator, world)
    return stages


def _stage(model: AnyGAN, crowd: Crowd, m: int, real: Tensor, generator: torch.Generator, world: World) -> Stage:
    """The stage of modality number m: a condition from the others, and a code that may know more.

    A point that is alone has no others: its condition is its own word, in half of the rows. In the others nothing is
    known, or a word that settles where nothing real is would hardly be told.
    """
    rows, device = len(crowd.observed), crowd.evidence.device
    allowed = crowd.observed.clone()
    if model.words is None:
        allowed[:, m] = False
    way = torch.randint(4, (rows, 1), generator=generator)
    known = way != 3 if model.words is None else way < 2
    given = crowd.fuse(subsets(allowed, generator) & known)
    condition = crowd.mean.told(given)
    apart = crowd.copies * int(torch.randint(1, max(2, rows // crowd.copies), (1,), generator=generator))
    other = condition.roll(apart, 0)
    both = (condition.any(1) & other.any(1)).unsqueeze(1)
    code = model.sample(given, generator)
    if len(model.names) > 1:
        way = way.to(device)
        code = torch.where((way == 0) & condition.any(1, keepdim=True), condition, code)
        code = torch.where(way == 1, crowd.whole, code)
    style = torch.randn(rows, model.style, generator=generator).to(device)
    codes = condition, torch.where(both, other, condition), code, style
    return _mine(crowd.observed[:, m], real, codes, model.canvases[model.names[m]].noise, generator, world)


def _prior_stage(model: AnyGAN, crowd: Crowd, generator: torch.Generator, world: World) -> Stage:
    """The stage of the prior: nothing known in half of the rows, and never everything: all but one in its place."""
    observed, rows = crowd.observed, len(crowd.observed)
    known = subsets(observed, generator) & (torch.rand(rows, 1, generator=generator) < 0.5)
    spared = torch.rand(observed.shape, generator=generator).masked_fill(~observed, 2.0).argmin(1, keepdim=True)
    known = torch.where((known == observed).all(1, keepdim=True), known.scatter(1, spared, False), known)
    given, noise = crowd.fuse(known), torch.randn(rows, model.style, generator=generator).to(crowd.evidence.device)
    real = world.mine(crowd.whole) * math.sqrt(model.code)
    return _mine(torch.ones(rows, dtype=torch.bool), real, (given, given, given, noise), 0.0, generator, world)


def _hole_stage(
    model: AnyGAN, crowd: Crowd, name: str, real: Tensor, vague: bool, generator: torch.Generator, world: World
) -> Stage:
    """The stage of a table's holes: real rows beside what is seen of them, several copies that differ in noise alone.

    The condition is from the other modalities, as everywhere, or ``vague``. How much is seen differs from row to row.
    """
    canvas, m, rows = model.canvases[name], model.names.index(name), len(crowd.observed)
    assert isinstance(canvas, CodedRow)
    share = torch.rand(rows, 1, generator=generator)
    keep = torch.rand(rows, canvas.columns, generator=generator) >= share
    seen = canvas.seen(real, world.mine(keep).to(real.device))
    allowed = crowd.observed.clone()
    allowed[:, m] = False
    condition = crowd.fuse(subsets(allowed, generator))
    condition = _vague(condition, generator) if vague else condition
    other = condition.roll(int(torch.randint(1, max(2, rows), (1,), generator=generator)), 0)
    both = (condition.any(1) & other.any(1)).unsqueeze(1)
    condition, wrong = (code.repeat_interleave(COPIES, 0) for code in (condition, torch.where(both, other, condition)))
    noise = torch.randn(rows * COPIES, model.style, generator=generator).to(condition)
    there = crowd.observed[:, m].repeat_interleave(COPIES, 0)
    pair = torch.cat([real, seen], 1).repeat_interleave(COPIES, 0)
    return _mine(there, pair, (condition, wrong, condition, noise), canvas.noise, generator, world)


def _vague(code: Tensor, generator: torch.Generator) -> Tensor:
    """Codes (B, code) with noise of some deviation of :data:`VAGUE` each, where entries have a mean square of 1."""
    level = torch.tensor(VAGUE)[torch.randint(len(VAGUE), (len(code), 1), generator=generator)].to(code)
    noise = torch.randn(code.shape, generator=generator).to(code) / math.sqrt(code.shape[1])
    told = code.any(1, keepdim=True) & level.isfinite()
    return torch.where(told, normalize(code + level * noise, dim=1), 0)


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
        noise = normal((len(there), *real.shape[1:]), generator, real.device).mul_(level)
        return world.mine(noise)[here]

    condition, wrong, code, style = (world.mine(part)[here] for part in codes)
    counts = int(first.sum()), int(there.sum()), int(there[::PENALISED].sum())
    noise = (drawn(blur), drawn(blur)) if blur else None
    place = here + world.rank * (len(there) // world.size)
    shift = tuple(torch.randint(-1, 2, (real.dim() - 2,), generator=generator).tolist())
    return Stage(
        numbers, *counts, real[here], condition, wrong, code, style, noise, *codes[2:], place, drawn(JITTER), shift
    )
