"""The whole model: one encoder, generator and discriminator per modality, meeting in one code.

:class:`AnyGAN` is what a trained model is; :class:`Critics` are the discriminators, which training alone needs.
"""

import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from ..config import Config
from ..modalities import Canvas, Modality, Table
from ..modalities.table import CodedRow
from ..nn.blocks import Family, full
from ..rows import Batch
from .discriminator import Discriminator
from .encoder import Encoder
from .filler import Filler
from .fusion import Fusion
from .generator import Generator
from .memory import Memory
from .prior import Prior
from .words import Words

__all__ = ["AnyGAN", "Critics"]

WORD = 12
"""Signs in the code of a modality that is alone, and not clumped."""

SHARED = 0.02
"""Share of what there is to know about its row from which on a modality is no stranger."""

MANY = 16
"""Canvases from which on bf16 is quicker: weights are converted for each call."""


class AnyGAN(nn.Module):
    """Everything that generates, translates, completes and embeds.

    Modalities have a fixed order, that of ``modalities``; (B, M) tensors follow it.

    Attributes:
        bond: (M,) what each modality shares with the rest of its row, as training last saw it: 0 nothing, 1 everything.
        words: what a modality that is alone is made from where its canvas is clumped; else ``None``.
        memory: what brings codes that are drawn near to those of rows; ``None`` of a modality that is alone.
        bf16: whether many pictures or sounds at once are painted in bf16, where no gradient is wanted; set on loading.
    """

    bond: Tensor

    def __init__(self, modalities: Mapping[str, Modality], config: Config) -> None:
        super().__init__()
        self.modalities = dict(modalities)
        self.names = list(modalities)
        self.config, self.code, self.style = config, config.code, config.style
        self.bf16 = False
        self.canvases: Family[Canvas] = Family(self.names, lambda name: self.modalities[name].canvas())
        shapes = {name: self.canvases[name].shape for name in self.names}
        width, features, code, style = config.width, config.features, config.code, config.style
        self.encoders = Family(self.names, lambda name: Encoder(shapes[name], width, features, code))
        self.generators = Family(self.names, lambda name: Generator(shapes[name], width, features, code, style))
        self.fusion = Fusion(len(self.names), code)
        self.log_scale = nn.Parameter(torch.tensor(math.log(10.0)))
        self.prior = Prior(style, code, features)
        clumped = len(self.names) == 1 and self.canvases[self.names[0]].clumped
        self.words = Words(code) if clumped else None
        latents = {i: shapes[name][0] for i, name in enumerate(self.names) if self.canvases[name].learned}
        self.memory = Memory(len(self.names), code, latents) if len(self.names) > 1 else None
        self.register_buffer("bond", torch.ones(len(self.names)))
        holed = [name for name, modality in self.modalities.items() if isinstance(modality, Table) and modality.fills]
        self.fillers = Family(holed, lambda name: Filler(shapes[name][0], features, code, style))

    def draw(self, batch: Batch) -> dict[str, Tensor]:
        """The canvas of every modality, name -> (B, *shape). No gradient: canvases are fixed while the game runs."""
        with torch.no_grad():
            return {name: self.canvases[name](batch.values[name]) for name in self.names}

    def evidence(self, canvases: Mapping[str, Tensor]) -> Tensor:
        """Evidence of every modality side by side, (B, M, code)."""
        return torch.stack([self.encoders[name](canvases[name]) for name in self.names], 1)

    def seen(self, batch: Batch) -> dict[str, Tensor]:
        """Canvases (B, *shape) of a batch's own cells, of the modalities that any row of it has."""
        return {n: self.canvases[n](batch.values[n]) for n in self.names if bool(batch.present[n].any())}

    def read(self, seen: Mapping[str, Tensor], rows: int) -> Tensor:
        """Evidence (rows, M, code) of what is seen: zeros, which fusion does not read, of any other modality."""
        blank = self.log_scale.new_zeros(rows, self.code)
        return torch.stack([self.encoders[name](seen[name]) if name in seen else blank for name in self.names], 1)

    def look(self, batch: Batch) -> Tensor:
        """Evidence (B, M, code) of a batch's own cells."""
        return self.read(self.seen(batch), len(batch))

    def shares(self) -> Tensor:
        """Which modalities share something with the rest of their row, (M,) bool: all, where not even two do.

        So it is too where only two of them together tell of a third, until that is learned.
        """
        kept = self.bond > SHARED
        return kept | (kept.sum() < 2)

    def heard(self, given: Tensor) -> Tensor:
        """Which of the given modalities (B, M) have a say in what is rendered: not strangers, which share nothing.

        What only a stranger knows would be noise to the others' generators.
        """
        return given & self.shares().to(given.device)

    def known(self, evidence: Tensor, given: Tensor) -> Tensor:
        """The code (B, code) to render from that given cells have in common, from their evidence (B, M, code)."""
        code: Tensor = self.fusion(evidence, self.heard(given))
        return code

    def styles(self, rows: int, generator: torch.Generator, device: torch.device) -> Tensor:
        """A style for every modality from its prior, (rows, M, style)."""
        wide = torch.tensor([1.0 if self.memory is None else self.canvases[name].wide for name in self.names])
        drawn = torch.randn(rows, len(self.names), self.style, generator=generator)
        return (wide.unsqueeze(1) * drawn).to(device)

    def told(self, given: Tensor) -> Tensor:
        """What a discriminator is told of given codes (B, code): the codes, or the words of points that are alone.

        It could read off the whole code of a canvas what it is to judge.
        """
        said: Tensor = given if self.words is None else self.words(given)
        return said

    def sample(self, given: Tensor, generator: torch.Generator) -> Tensor:
        """A complete code for each given one (B, code); zero rows are drawn from the unconditional prior.

        The model that trains keeps no codes, and its draws are the prior's; the averaged one, which is used, does.

        The complete codes of points that are alone are their words. Of any other modality that is alone they are words
        of signs, which say nothing. A continuous image of Gaussian noise alone cannot leave out what lies between
        things that are apart (Tanielian et al., *Learning disconnected manifolds: a no GAN's land*, 2020); but under
        words that say something a thousand kinds of picture became four hundred (docs/log.md).
        """
        if self.words is not None:
            return torch.where(given.any(1, keepdim=True), self.words(given), self.words.draw(len(given), generator))
        if self.memory is None:
            word = torch.randn(given.shape, generator=generator).sign()
            word[:, WORD:] = 0
            return normalize(word.to(given.device), dim=1)
        return self.recall(given, generator)[0]

    def recall(self, given: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """What the prior draws beside the given, brought to where rows are, (B, code), and which rows those are."""
        assert self.memory is not None
        noise = torch.randn(len(given), self.style, generator=generator).to(given.device)
        recalled: tuple[Tensor, Tensor] = self.memory(given, self.prior(noise, given), self.log_scale.exp())
        return recalled

    def complete(self, given: Tensor, shown: Tensor, generator: torch.Generator) -> Tensor:
        """The codes (B, code) to render rows from: P(u, F(S)) decides what the given code F(S) leaves open.

        ``shown`` (B, M) bool is S. What the two say together comes back to where rows are, but for what is given that
        no row like it has shown (:mod:`anygan.model.memory`). Where everything is given there is nothing to decide; but
        a modality that is alone is always rendered from a word.
        """
        if self.memory is None:
            return self.sample(given, generator)
        drawn, near = self.recall(given, generator)
        answer = self.memory.beyond(given, drawn, near, self.log_scale.exp(), self.heard(shown), self.known)
        return torch.where(shown.all(1, keepdim=True), given, answer)

    def paint(self, name: str, code: Tensor, style: Tensor) -> Tensor:
        """The canvas of one modality, (B, *shape), in range; latents as far as memory helps (:meth:`Memory.rest`)."""
        half = self.bf16 and self.canvases[name].axes > 0 and len(code) >= MANY and not torch.is_grad_enabled()
        with torch.autocast(code.device.type, torch.bfloat16) if half else nullcontext():
            raw = full(self.generators[name](code, style))
        if self.memory is not None and self.canvases[name].learned:
            raw = raw + self.memory.rest(self.names.index(name), code, self.log_scale.exp())
        return self.canvases[name].finish(raw)

    def refill(self, name: str, seen: Tensor, code: Tensor, noise: Tensor) -> Tensor:
        """The canvas of a table, (B, row), whole, from what is seen of it and a code of other modalities."""
        canvas = self.canvases[name]
        assert isinstance(canvas, CodedRow)
        return canvas.whole(full(self.fillers[name](seen, code, noise)), seen)

    def render(self, code: Tensor, names: Sequence[str], generator: torch.Generator) -> dict[str, Tensor]:
        """Canvases of the named modalities for each code, with fresh styles."""
        styles = self.styles(len(code), generator, code.device)
        return {name: self.paint(name, code, styles[:, self.names.index(name)]) for name in names}


class Critics(nn.Module):
    """A discriminator for each canvas, and one for codes."""

    def __init__(self, model: AnyGAN, config: Config) -> None:
        super().__init__()
        width, features = (max(1, round(config.critic * size)) for size in (config.width, config.features))
        code = config.code
        shapes = {name: model.canvases[name].shape for name in model.names}
        styles = {name: config.style * model.canvases[name].styled for name in model.names}
        self.canvases = Family(shapes, lambda name: Discriminator(shapes[name], width, features, code, styles[name]))
        self.codes = Discriminator((code,), width, features, code)
        rows = {name: 2 * model.canvases[name].shape[0] for name in model.fillers.names}
        self.fillers = Family(rows, lambda name: Discriminator((rows[name],), width, features, code))
