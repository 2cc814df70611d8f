r"""Memory: whole codes of training rows, the way back to them, what is new beside them, and what generators left out.

    M(c, u) = direction of  sum_j p_j w_j,      p = softmax_j (k (c + u) . w_j)

where w_j are kept codes, c is the code of what is given, or 0, and u a draw of the prior. Contrast trains T c . w_j to
be, but for a constant, the log chance that row j is the one that c is of (van den Oord et al., *Representation learning
with contrastive predictive coding*, 2018), and k is a few times T. A draw of the prior, or the code of a cell that was
never trained on, may lie where no row is, and generators were never asked there: what M says is a mean of codes that
they know. It is one step of a mean shift (Fukunaga, Hostetler, 1975), or the answer of a modern Hopfield network
(Ramsauer et al., *Hopfield networks is all you need*, 2021), begun at what is known and what is imagined together. So
sharply do they fall off that the nearest few say all there is to say.

A mean of rows cannot say what no row has shown: of an unheard combination it makes one that was heard. So what is given
beyond what the nearest rows would have given comes on top, a local line in place of a local mean (Cleveland, *Robust
locally weighted regression*, 1979):

    direction of  M + g(|r| / s) r,      r = c - sum_j p_j F_S(row j),      g(x) = x^8 / (x^8 + 2^8)

S is what is given of the row, and s the standard deviation of what those rows would have given. Codes of two pictures
of one thing differ, too, which is no news: g leaves out what is less than two deviations off.

Of a few hundred sentences a generator learns the latents only by and by, and a latent that is half right is no word. So
they have their local line, too, through what the generator makes of the kept codes, with no style:

    x(c, s) = G(c, s) + sum_j p_j (x_j - G(w_j, 0)),      p = softmax_j (k c . w_j)
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

__all__ = ["NEAR", "Memory"]

SHARP = 8.0
"""How many times as sharply as contrast the memory tells rows apart."""

STEPS = 2
"""Steps of the shift."""

NEAR = 64
"""Rows that have a say: after 15 minutes of spoken-mnist three to sixteen weigh as much as all."""

ASKED = 8
"""Rows that are asked what they would have given."""

NEWS = 2.0
"""Deviations by which what is given must be off what they would have given to be new by half."""

LEAST = 0.02
"""What is added to a deviation: of rows that say the same to the letter it is nothing, but for rounding."""

Fuse = Callable[[Tensor, Tensor], Tensor]
"""Evidence (B, M, code) and which of it is given (B, M) bool to codes (B, code)."""


class Memory(nn.Module):
    """Codes of the given, unit or zero, and draws of the prior, (B, code) each, to codes (B, code): unit vectors.

    Beside them the numbers (B, N) of the kept rows they are a mean of. While nothing is kept, the draws as they are.

    Attributes:
        codes: (K, code) whole codes of training rows, unit vectors.
        evidence: (K, M, code) of their cells, in half precision; ``cells`` (K, M) bool, which there are.
        latents: number of each modality whose canvas is a latent -> its length. What each of theirs is beyond what the
            generator makes of its row's code is kept as ``rest_NUMBER``, (K, length), in half precision.
    """

    codes: Tensor
    evidence: Tensor
    cells: Tensor

    def __init__(self, modalities: int, code: int, latents: Mapping[int, int]) -> None:
        super().__init__()
        self.latents = dict(latents)
        self.register_buffer("codes", torch.zeros(0, code))
        self.register_buffer("evidence", torch.zeros(0, modalities, code, dtype=torch.float16))
        self.register_buffer("cells", torch.zeros(0, modalities, dtype=torch.bool))
        for number, length in self.latents.items():
            self.register_buffer(f"rest_{number}", torch.zeros(0, length, dtype=torch.float16))

    def forward(self, given: Tensor, drawn: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        """``scale``, a scalar, is the contrast's."""
        if len(self.codes) == 0:
            return drawn, torch.zeros(len(drawn), 0, dtype=torch.long, device=drawn.device)
        row = ((given + drawn) @ self.codes.T).topk(min(NEAR, len(self.codes)), dim=1, sorted=False).indices
        near = self.codes[row]
        for _ in range(STEPS):
            weight = _match(given + drawn, near, scale).softmax(1)
            drawn = normalize((weight.unsqueeze(1) @ near).squeeze(1), dim=1)
        return drawn, row

    def beyond(self, given: Tensor, answer: Tensor, near: Tensor, scale: Tensor, shown: Tensor, fuse: Fuse) -> Tensor:
        """The answer (B, code) and what ``given`` (B, code), fused of ``shown`` (B, M), says beyond rows like it.

        Those are among the rows ``near`` (B, N) that the answer is a mean of. Rows that lack a cell of what is shown
        are not asked; where none of the nearest is, nothing is added.
        """
        if near.shape[1] == 0 or not bool(shown.any()):
            return answer
        match, place = _match(given + answer, self.codes[near], scale).topk(min(ASKED, near.shape[1]), dim=1)
        row = near.gather(1, place)
        asked = (self.cells[row] | ~shown.unsqueeze(1)).all(2) & shown.any(1, keepdim=True)
        alike = shown.repeat_interleave(row.shape[1], 0)
        said = fuse(self.evidence[row].flatten(0, 1).to(answer), alike).unflatten(0, row.shape)
        weight = match.softmax(1) * asked
        news = weight.sum(1, keepdim=True) * given - (weight.unsqueeze(2) * said).sum(1)
        even = asked / asked.sum(1, keepdim=True).clamp(min=1)
        middle = (even.unsqueeze(2) * said).sum(1, keepdim=True)
        spread = (even * (said - middle).square().sum(2)).sum(1, keepdim=True).sqrt()
        off = (news.norm(dim=1, keepdim=True) / (spread + LEAST) / NEWS).pow(8)
        return normalize(answer + off / (off + 1) * news, dim=1)

    def rest(self, number: int, code: Tensor, scale: Tensor) -> Tensor:
        """What latents of rows like these codes (B, code) are beyond what generators make of them: (B, length)."""
        rest: Tensor = getattr(self, f"rest_{number}")
        there = self.cells[:, number]
        if not bool(there.any()):
            return code.new_zeros(len(code), rest.shape[1])
        near = (code @ self.codes.T).masked_fill(~there, -torch.inf)
        row = near.topk(min(NEAR, len(rest)), dim=1, sorted=False).indices
        weight = _match(code, self.codes[row], scale).masked_fill(~there[row], -torch.inf).softmax(1)
        left: Tensor = (weight.unsqueeze(1) @ rest[row].to(weight)).squeeze(1)
        return left

    def keep(self, codes: Tensor, evidence: Tensor, cells: Tensor, rests: Mapping[int, Tensor]) -> None:
        """Keep these codes (K, code), evidence (K, M, code), which cells there are (K, M) and what is left of latents.

        And no others.
        """
        self.codes, self.evidence = codes.detach().clone(), evidence.detach().to(torch.float16)
        self.cells = cells.detach().clone()
        for number in self.latents:
            setattr(self, f"rest_{number}", rests[number].detach().to(torch.float16))

    def forget(self) -> None:
        """Keep nothing."""
        for name, buffer in list(self.named_buffers()):
            setattr(self, name, buffer[:0])

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *rest: Any) -> None:
        """As many as were kept, whatever is kept now."""
        for name, buffer in list(self.named_buffers()):
            kept = state_dict.get(f"{prefix}{name}")
            if kept is not None:
                setattr(self, name, buffer.new_zeros(kept.shape))
        super()._load_from_state_dict(state_dict, prefix, *rest)


def _match(asked: Tensor, near: Tensor, scale: Tensor) -> Tensor:
    """How well each code (B, N, code) fits what is asked (B, code), (B, N): log chances but for a constant."""
    match: Tensor = SHARP * scale * (near @ asked.unsqueeze(2)).squeeze(2)
    return match
