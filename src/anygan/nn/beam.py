"""Beam search: the likeliest sequences of a model that says one token after another.

Of every row the ``beams`` likeliest beginnings are kept, and each is gone on with by every token (Reddy, *Speech
understanding systems*, 1977). Greedy search is the case of one beam; it repeats or skips a word where two sentences
are about equally likely and begin differently.
"""

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["beam_search"]

NEVER = -1e9


def beam_search(
    step: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
    state: Tensor,
    beams: int,
    length: int,
    end: int,
    pad: int,
) -> tuple[Tensor, Tensor]:
    """The likeliest sequences of each row, the likeliest first, and their log probabilities.

    Args:
        step: tokens (N,) and state (N, ...) to logits (N, V) of the token that follows and the new state.
        state: (B, ...) before the first token; N is B times ``beams``, the beams of a row side by side.
        beams: how many are kept.
        length: most tokens of a sequence.
        end: the token that begins and ends a sequence; none is empty.
        pad: what stands after the end; it is never said before.

    Returns:
        Tokens (B, beams, length), and log probabilities (B, beams), about -1e9 where there are fewer sequences.
    """
    rows = len(state)
    state = state.repeat_interleave(beams, 0)
    token = torch.full((rows, beams), end, device=state.device)
    score = torch.full((rows, beams), NEVER, device=state.device)
    score[:, 0] = 0
    done = torch.zeros_like(token, dtype=torch.bool)
    said = torch.full((rows, beams, length), pad, device=state.device)
    for place in range(length):
        logits, new = step(token.flatten(), state)
        logits[:, pad] = -torch.inf
        if place == 0:
            logits[:, end] = -torch.inf
        grown = logits.float().log_softmax(1).view(rows, beams, -1)
        # A sequence that has ended stays as it is.
        grown = grown.masked_fill(done.unsqueeze(2), NEVER)
        grown[:, :, pad] = torch.where(done, 0.0, -torch.inf)
        score, best = (score.unsqueeze(2) + grown).flatten(1).topk(beams, 1)
        parent, token = best // grown.shape[2], best % grown.shape[2]
        state = new[(parent + beams * torch.arange(rows, device=parent.device).unsqueeze(1)).flatten()]
        said = said.gather(1, parent.unsqueeze(2).expand_as(said))
        said[:, :, place] = token
        done = done.gather(1, parent) | (token == end)
        if bool(done.all()):
            break
    return said, score
