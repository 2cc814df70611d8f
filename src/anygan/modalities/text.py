"""Sentences, played on a latent.

Maximum likelihood beats every adversarial loss on words (Caccia et al., *Language GANs falling short*, 2020), so words
are not trained adversarially here. A denoising autoencoder is trained first, by cross-entropy:

    z = E(tokens),  |z|^2 = d      L = - log p(tokens | z + noise)

then frozen, its latents whitened, and the game is played on the whitened latent.

A tokeniser of our own keeps every character: a word or mark together with the white space before it is one token when
it is frequent enough in the training sentences, and its UTF-8 bytes otherwise, so that no input is impossible and
decoding gives back exactly what was encoded.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, gelu, scaled_dot_product_attention
from torch.nn.utils.rnn import pack_padded_sequence

from ..errors import CellError, DataError
from ..nn.beam import beam_search
from ..nn.blocks import full
from ..rows import Cell
from .base import Canvas, Modality, Scale

__all__ = ["Text", "TextCanvas", "split"]

PAD, END, BYTES = 0, 1, 2
WORDS = BYTES + 256
LONGEST = 64
"""Characters of the longest word with a token of its own; what is longer is data, not language."""
_TOKEN = re.compile(r"\s?\w+|\s?[^\w\s]|\s")


def split(text: str) -> list[str]:
    """Words and marks, each with the white space before it. Joined, they are the text again.

    Example:
        >>> split("Ah, yes")
        ['Ah', ',', ' yes']
    """
    return list(_words(text))


def _words(text: str) -> Iterator[str]:
    return (match[0] for match in _TOKEN.finditer(text))


@dataclass(frozen=True)
class Text(Modality):
    """Sentences of at most ``length - 1`` tokens; a longer one is cropped at its end.

    Stored: (length,) int16 token numbers: 0 pads, 1 ends, 2 to 257 are bytes, the rest are ``words``.
    """

    kind: ClassVar[str] = "text"

    words: tuple[str, ...] = ()
    length: int = 16
    latent: int = 64
    width: int = 128

    @classmethod
    def fit(cls, name: str, cells: Sequence[Cell], scale: Scale) -> Self:
        texts = [cell for cell in cells if isinstance(cell, str) and cell]
        if not texts:
            raise DataError(f"Column '{name}' holds no text.")
        counts: Counter[str] = Counter()
        for text in texts:
            # What lies behind the last token of a sentence is never seen.
            counts.update(word for word in itertools.islice(_words(text), scale.tokens) if len(word) <= LONGEST)
        often = max(1, min(5, len(cells) // 1000))
        words = tuple(sorted(w for w, n in counts.most_common(scale.words) if n >= often))
        modality = cls(name, words, 0, scale.latent, scale.width)
        longest = max(len(modality.encode(text, scale.tokens)) for text in texts)
        return cls(name, words, min(longest + 1, scale.tokens), scale.latent, scale.width)

    def extended(self, cells: Sequence[Cell], scale: Scale) -> Self:
        """New words behind the old ones, and as many places as the longest sentence now needs."""
        found = self.fit(self.name, cells, scale)
        new = [word for word in found.words if word not in self.numbers]
        words = (*self.words, *new[: max(0, scale.words - len(self.words))])
        wide = replace(self, words=words)
        longest = max(len(wide.encode(cell, scale.tokens)) for cell in cells if isinstance(cell, str))
        return replace(wide, length=max(self.length, min(longest + 1, scale.tokens)))

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Word -> token number."""
        return {word: WORDS + i for i, word in enumerate(self.words)}

    def encode(self, text: str, most: int | None = None) -> list[int]:
        """Token numbers of a text of any length, without the end: all, or the first ones."""
        tokens: list[int] = []
        for word in _words(text):
            number = self.numbers.get(word)
            # A character is a byte or more.
            spelled = () if number is not None else word[:most].encode("utf-8", "surrogatepass")
            tokens += [number] if number is not None else [BYTES + b for b in spelled]
            if most is not None and len(tokens) >= most:
                break
        return tokens[:most]

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of token numbers, up to the end. Bytes that are no UTF-8, as a model may write, show as U+FFFD."""
        parts: list[bytes] = []
        for token in tokens:
            if token in (PAD, END):
                break
            word = (
                self.words[token - WORDS].encode("utf-8", "surrogatepass") if token >= WORDS else bytes([token - BYTES])
            )
            parts.append(word)
        return b"".join(parts).decode("utf-8", "replace")

    def read(self, cell: Cell) -> Tensor:
        if not isinstance(cell, str):
            raise CellError(f"expected a text, got {type(cell).__name__}")
        if not cell:
            raise CellError("the text is empty")
        tokens = [*self.encode(cell, self.length - 1), END]
        stored = torch.zeros(self.length, dtype=torch.int16)
        stored[: len(tokens)] = torch.tensor(tokens, dtype=torch.int16)
        return stored

    def blank(self) -> Tensor:
        return torch.zeros(self.length, dtype=torch.int16)

    def write(self, stored: Tensor) -> Cell:
        return self.decode(stored.tolist())

    def canvas(self) -> "TextCanvas":
        return TextCanvas(WORDS + len(self.words), self.length, self.latent, self.width)

    def preview(self, cells: Sequence[Cell], path: Path) -> Path | None:
        return None


def _trimmed(stored: Tensor) -> Tensor:
    """Tokens (B, length) as far as the longest sentence goes: most batches have none of the longest."""
    longest = int((stored != PAD).any(0).sum())
    return stored[:, : max(1, longest)].long()


BEAMS = 4
"""Sentences that are weighed before one is written."""

NEAR = 0.3
"""How much a sentence's squared distance from the canvas counts beside its log probability."""


class Attention(nn.Module):
    """One pre-normalised transformer block over (B, T, width), four heads, padded places masked out."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mix, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        b, t, w = x.shape
        q, k, v = self.mix(self.norm1(x)).view(b, t, 3, 4, w // 4).permute(2, 0, 3, 1, 4)
        y = scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :])
        x = x + self.out(y.transpose(1, 2).reshape(b, t, w))
        mixed: Tensor = x + self.down(gelu(self.up(self.norm2(x))))
        return mixed


class TextCanvas(Canvas):
    """Tokens to a whitened latent (B, latent), and a small causal decoder back to tokens."""

    learned = True
    noise = 0.125
    denoised = 0.5
    """Largest standard deviation of the noise that the decoder learns to undo."""

    mean: Tensor
    whiten: Tensor
    colour: Tensor

    def __init__(self, tokens: int, length: int, latent: int, width: int) -> None:
        super().__init__()
        self.shape = (latent,)
        self.length = length
        self.embed = nn.Embedding(tokens, width)
        self.place = nn.Parameter(0.02 * torch.randn(length, width))
        self.blocks = nn.ModuleList([Attention(width), Attention(width)])
        self.pool = nn.Linear(width, latent)
        self.start = nn.Linear(latent, width)
        self.recall = nn.Linear(latent, width)
        self.cell = nn.GRU(2 * width, width, batch_first=True)
        self.word = nn.Linear(width, tokens)
        nn.init.normal_(self.embed.weight, std=0.1)
        self.register_buffer("mean", torch.zeros(latent))
        self.register_buffer("whiten", torch.eye(latent))
        self.register_buffer("colour", torch.eye(latent))

    def latent(self, stored: Tensor) -> Tensor:
        """(B, length) tokens -> (B, latent) of unit mean square."""
        tokens = _trimmed(stored)
        mask = tokens != PAD
        mask[:, 0] = True
        x = self.embed(tokens) + self.place[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x, mask)
        weight = mask.unsqueeze(2).to(x)
        z: Tensor = full(self.pool((x * weight).sum(1) / weight.sum(1)))
        return z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-6)

    def hidden(self, z: Tensor) -> Tensor:
        """The decoder's first state, (1, B, width)."""
        return torch.tanh(self.start(z)).unsqueeze(0)

    def loss(self, stored: Tensor, generator: torch.Generator) -> Tensor:
        """Cross-entropy of the tokens given their noised latent; a fifth of the decoder's inputs are hidden from it."""
        tokens = _trimmed(stored)
        z = self.latent(stored)
        level = self.denoised * torch.rand(len(z), 1, generator=generator).to(z)
        z = z + level * torch.randn(z.shape, generator=generator).to(z)
        before = torch.cat([torch.full_like(tokens[:, :1], END), tokens[:, :-1]], 1)
        shown = torch.rand(before.shape, generator=generator).to(z) > 0.2
        x = self.embed(before) * shown.unsqueeze(2)
        x = torch.cat([x, self.recall(z).unsqueeze(1).expand_as(x)], 2)
        lengths = (tokens != PAD).sum(1).clamp(min=1).cpu()
        said, asked = (pack_padded_sequence(part, lengths, True, False) for part in (x, tokens.unsqueeze(2)))
        logits = self.word(self.cell(said, self.hidden(z))[0].data)
        return cross_entropy(full(logits), asked.data.squeeze(1), ignore_index=PAD)

    def settle(self, stored: Tensor) -> None:
        """Whiten: zero mean and, down to the noise that the decoder undoes anyway, unit covariance."""
        z = torch.cat([self.latent(part) for part in stored.split(1024)]).double()
        self.mean.copy_(z.mean(0))
        centred = z - z.mean(0)
        values, vectors = torch.linalg.eigh(centred.T @ centred / len(z))
        deviation = (values.clamp(min=0) + self.noise**2).sqrt()
        self.whiten.copy_((vectors / deviation) @ vectors.T)
        self.colour.copy_((vectors * deviation) @ vectors.T)

    def forward(self, stored: Tensor) -> Tensor:
        return (self.latent(stored) - self.mean) @ self.whiten

    def inverse(self, canvas: Tensor) -> Tensor:
        """Of the sentences that the decoder finds likeliest, one that is likely and, read again, near the canvas."""
        z = canvas @ self.colour + self.mean
        recall = self.recall(z).repeat_interleave(BEAMS, 0).unsqueeze(1)

        def step(token: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
            out, after = self.cell(torch.cat([self.embed(token.unsqueeze(1)), recall], 2), state.unsqueeze(0))
            return self.word(out[:, 0]), after.squeeze(0)

        said, likely = beam_search(step, self.hidden(z).squeeze(0), BEAMS, self.length, END, PAD)
        said = said.to(torch.int16)
        read = full(self(said.flatten(0, 1))).view(len(z), BEAMS, -1)
        best = (likely - NEAR * (read - canvas.unsqueeze(1)).square().sum(2)).argmax(1)
        return said[torch.arange(len(z), device=z.device), best]
