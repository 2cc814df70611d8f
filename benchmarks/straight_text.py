"""A rival way to write sentences: a decoder straight on code and style, by maximum likelihood.

    L = - log p(tokens | c, s),     half of the codes F(S) of the other cells, half F(all),     s noise

in place of the game on the latent of :mod:`anygan.modalities.text`. The latent itself stays, for the encoder reads it:
what is written is drawn on it again. The likeliest sentence of a beam is written; what a code leaves open is left to
the prior. One process only.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from anygan.modalities.text import BEAMS, END, PAD, TextCanvas
from anygan.model import gan
from anygan.model.generator import Generator
from anygan.nn.beam import beam_search
from anygan.nn.blocks import full
from anygan.rows import Batch
from anygan.tasks import model as opening
from anygan.training import players
from anygan.training.game import objective
from anygan.training.game.holes import closeness
from anygan.training.game.scene import COPIES, Crowd, Stage, scene
from anygan.training.parallel import World

__all__ = ["BUILDERS", "Speaker", "StraightGAN", "held", "paint", "whole"]

BUILDERS = (players, opening)
"""The modules that build an ``AnyGAN``: to train one, and to open one."""

HIDDEN = 0.2
"""Share of the tokens before that are hidden from the decoder while it learns, as in the autoencoder of a canvas."""


class Speaker(Generator):
    """Code (B, code) and style (B, style) to a plan (B, latent), and plans to tokens: the decoder of a text canvas."""

    def __init__(self, canvas: TextCanvas, own: Generator, features: int, code: int) -> None:
        super().__init__(canvas.shape, 1, features, code, own.style)
        tokens, width = canvas.embed.weight.shape
        (latent,), self.length = canvas.shape, canvas.length
        self.embed = nn.Embedding(tokens, width)
        self.start, self.recall = nn.Linear(latent, width), nn.Linear(latent, width)
        self.cell = nn.GRU(2 * width, width, batch_first=True)
        self.word = nn.Linear(width, tokens)
        nn.init.normal_(self.embed.weight, std=0.1)

    def loss(self, code: Tensor, style: Tensor, stored: Tensor) -> Tensor:
        """Cross-entropy of the tokens (B, length), a scalar."""
        plan, tokens = self(code, style), stored.long()
        before = torch.cat([torch.full_like(tokens[:, :1], END), tokens[:, :-1]], 1)
        shown = torch.rand(before.shape, generator=torch.Generator().manual_seed(int(tokens.sum()))) > HIDDEN
        x = self.embed(before) * shown.to(plan).unsqueeze(2)
        x = torch.cat([x, self.recall(plan).unsqueeze(1).expand_as(x)], 2)
        logits = self.word(self.cell(x, torch.tanh(self.start(plan)).unsqueeze(0))[0])
        return cross_entropy(full(logits.flatten(0, 1)), tokens.flatten(), ignore_index=PAD)

    def write(self, code: Tensor, style: Tensor) -> Tensor:
        """The likeliest tokens of a beam, (B, length)."""
        plan = self(code, style)
        recall = self.recall(plan).repeat_interleave(BEAMS, 0).unsqueeze(1)

        def step(token: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
            out, after = self.cell(torch.cat([self.embed(token.unsqueeze(1)), recall], 2), state.unsqueeze(0))
            return self.word(out[:, 0]), after.squeeze(0)

        said, _ = beam_search(step, torch.tanh(self.start(plan)), BEAMS, self.length, END, PAD)
        return said[:, 0].to(torch.int16)


class StraightGAN(gan.AnyGAN):
    """A model whose sentences are written by speakers.

    Attributes:
        said: the sentences of the newest batch, name -> (B, length).
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.said: dict[str, Tensor] = {}
        for place, name in enumerate(self.names):
            canvas = self.canvases[name]
            if isinstance(canvas, TextCanvas):
                own = self.generators[name]
                self.generators.members[place] = Speaker(canvas, own, self.config.features, self.code)

    def speakers(self) -> dict[str, Speaker]:
        """The speakers by modality."""
        made = {name: self.generators[name] for name in self.names}
        return {name: generator for name, generator in made.items() if isinstance(generator, Speaker)}

    def draw(self, batch: Batch) -> dict[str, Tensor]:
        """The canvases, and the sentences remembered for the loss."""
        self.said = {name: batch.values[name] for name in self.speakers()}
        return super().draw(batch)

    def paint(self, name: str, code: Tensor, style: Tensor) -> Tensor:
        """The canvas of one modality; a sentence's is that of the words that are written."""
        speaker = self.speakers().get(name)
        return super().paint(name, code, style) if speaker is None else self.canvases[name](speaker.write(code, style))


@torch.no_grad()
def whole(
    model: StraightGAN,
    crowd: Crowd,
    canvases: Mapping[str, Tensor],
    generator: torch.Generator,
    world: World,
    scarce: Collection[str],
) -> dict[str, Stage]:
    """A step's stages; the codes of sentences are those that know their row, never the prior's guesses at it."""
    stages = scene(model, crowd, canvases, generator, world, scarce)
    every = crowd.fuse(crowd.observed).repeat_interleave(COPIES, 0)
    for name in model.speakers():
        stage = stages[name]
        other = torch.rand(len(stage.rows), 1, generator=generator).to(every) < 0.5
        known = other & stage.condition.any(1, keepdim=True)
        code = torch.where(known, stage.condition, every[stage.rows.to(every.device)])
        stages[name] = replace(stage, code=code)
    return stages


def paint(model: StraightGAN, stages: Mapping[str, Stage]) -> dict[str, Tensor]:
    """What the other generators make: no discriminator sees a sentence."""
    return objective.paint(model, {name: stage for name, stage in stages.items() if name not in model.speakers()})


def held(model: StraightGAN, stages: Mapping[str, Stage], fakes: Mapping[str, Tensor]) -> Tensor:
    """How far what is made misses the truth: of tables' holes as ever, and of sentences their cross-entropy."""
    losses = [
        speaker.loss(stages[name].code, stages[name].style, _rows(model.said[name], stages[name]))
        for name, speaker in model.speakers().items()
        if len(stages[name].rows)
    ]
    return closeness(model, stages, fakes) + (torch.stack(losses).sum() if losses else 0)


def _rows(stored: Tensor, stage: Stage) -> Tensor:
    """The sentences of a stage's rows."""
    return stored.repeat_interleave(COPIES, 0)[stage.rows.to(stored.device)]
