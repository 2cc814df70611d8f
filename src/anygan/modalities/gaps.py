"""Gaps in sentences: the words that a decoder puts between those that are known.

For each latent z the known words are forced and the gap's are the likeliest, one after the other, for every length up
to :data:`LONGEST`; the length is kept whose gap and following words are likeliest together. Of all latents the one
wins under which the whole sentence is likeliest: the known words choose it.
"""

import torch
from torch import Tensor

from .holes import PartialText
from .text import BYTES, END, PAD, WORDS, Text, TextCanvas

__all__ = ["LONGEST", "between"]

LONGEST = 6
"""Tokens in a gap."""


class _Reading:
    """Decoders half way through a sentence: a state, the last token and the log likelihood so far, each (K, ...)."""

    def __init__(self, canvas: TextCanvas, recall: Tensor, state: Tensor, token: Tensor, score: Tensor) -> None:
        self.canvas, self.recall, self.state, self.token, self.score = canvas, recall, state, token, score

    def step(self) -> tuple[Tensor, Tensor]:
        """Log probabilities (K, tokens) of what comes next, and the state behind them."""
        x = torch.cat([self.canvas.embed(self.token), self.recall], 2)
        out, state = self.canvas.cell(x, self.state)
        logits = self.canvas.word(out[:, 0])
        logits[:, PAD] = -torch.inf
        return logits.log_softmax(1), state

    def take(self, token: Tensor) -> "_Reading":
        """Go on with a token each, (K,)."""
        likely, state = self.step()
        score = self.score + likely.gather(1, token.unsqueeze(1)).squeeze(1)
        return _Reading(self.canvas, self.recall, state, token.unsqueeze(1), score)

    def force(self, tokens: list[int]) -> "_Reading":
        """Go on with the same tokens for all."""
        reading = self
        for token in tokens:
            reading = reading.take(torch.full_like(reading.token[:, 0], token))
        return reading

    def where(self, better: Tensor, other: "_Reading") -> "_Reading":
        """The other where it is better, (K,)."""
        return _Reading(
            self.canvas,
            self.recall,
            torch.where(better[None, :, None], other.state, self.state),
            torch.where(better[:, None], other.token, self.token),
            torch.where(better, other.score, self.score),
        )


def between(canvas: TextCanvas, latents: Tensor, partial: PartialText) -> tuple[list[str], float]:
    """What stands in each gap, for some canvases (K, latent); and the share of their likelihood that says so."""
    text = partial.modality
    z = latents @ canvas.colour + canvas.mean
    start = torch.full((len(z), 1), END, device=z.device)
    reading = _Reading(canvas, canvas.recall(z).unsqueeze(1), canvas.hidden(z), start, z.new_zeros(len(z)))
    reading = reading.force(text.encode(partial.parts[0]))
    filled: list[list[list[int]]] = [[] for _ in range(len(z))]
    for place, (space, part) in enumerate(zip(partial.spaces, partial.parts[1:], strict=True)):
        last = place == len(partial.spaces) - 1
        after = text.encode(part) + ([END] if last else [])
        reading, gaps = _gap(reading, text, space, after)
        for one, gap in zip(filled, gaps, strict=True):
            one.append(gap)
    chance = reading.score.softmax(0).tolist()
    told = [[text.decode(gap) for gap in one] for one in filled]
    best = told[max(range(len(told)), key=chance.__getitem__)]
    return best, sum(share for share, one in zip(chance, told, strict=True) if one == best)


def _gap(reading: _Reading, text: Text, space: str, after: list[int]) -> tuple[_Reading, list[list[int]]]:
    """Every latent's likeliest gap before the tokens that follow, and the reading behind those."""
    allowed = _allowed(text, space).to(reading.score.device)
    tokens: list[Tensor] = []
    best: _Reading | None = None
    length = torch.zeros_like(reading.token[:, 0])
    for count in range(1, LONGEST + 1):
        likely, _ = reading.step()
        shut = torch.zeros_like(likely[0]).masked_fill(~allowed, -torch.inf) if count == 1 else 0
        likely = likely + shut
        likely[:, END] = -torch.inf
        tokens.append(likely.argmax(1))
        reading = reading.take(tokens[-1])
        ended = reading.force(after)
        better = ended.score > best.score if best is not None else torch.ones_like(ended.score, dtype=torch.bool)
        best = ended if best is None else best.where(better, ended)
        length = torch.where(better, count, length)
    assert best is not None
    lists = torch.stack(tokens, 1).tolist()
    return best, [gap[:n] for gap, n in zip(lists, length.tolist(), strict=True)]


def _allowed(text: Text, space: str) -> Tensor:
    """Which tokens may begin a gap: those with that white space before them, or with none."""
    words = [bytes([b]).decode("latin-1") for b in range(256)] + list(text.words)
    fits = [word.startswith(space) if space else not word[:1].isspace() for word in words]
    return torch.tensor([False] * BYTES + fits)[: WORDS + len(text.words)]
