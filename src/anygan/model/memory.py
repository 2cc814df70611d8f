r"""Memory: whole codes of training rows, and the way back to them.

    M(c, u) = direction of  sum_j p_j w_j,      p = softmax_j (k (c + u) . w_j)

where w_j are kept codes, c is the code of what is given, or 0, and u a draw of the prior. Contrast trains T c . w_j to
be, but for a constant, the log chance that row j is the one that c is of (van den Oord et al., *Representation learning
with contrastive predictive coding*, 2018), and k is a few times T. A draw of the prior, or the code of a cell that was
never trained on, may lie where no row is, and generators were never asked there: what M says is a mean of codes that
they know. It is one step of a mean shift (Fukunaga, Hostetler, 1975), or the answer of a modern Hopfield network
(Ramsauer et al., *Hopfield networks is all you need*, 2021), begun at what is known and what is imagined together.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

__all__ = ["Memory"]

SHARP = 8.0
"""How many times as sharply as contrast the memory tells rows apart."""


STEPS = 2
"""Steps of the shift."""


class Memory(nn.Module):
    """Codes of the given, unit or zero, and draws of the prior, (B, code) each, to codes (B, code): unit vectors.

    While nothing is kept, the draws as they are.

    Attributes:
        codes: (K, code) whole codes of training rows, unit vectors.
    """

    codes: Tensor

    def __init__(self, code: int) -> None:
        super().__init__()
        self.register_buffer("codes", torch.zeros(0, code))

    def forward(self, given: Tensor, drawn: Tensor, scale: Tensor) -> Tensor:
        """``scale``, a scalar, is the contrast's."""
        if len(self.codes) == 0:
            return drawn
        for _ in range(STEPS):
            near = (SHARP * scale * (given + drawn) @ self.codes.T).softmax(1)
            drawn = normalize(near @ self.codes, dim=1)
        return drawn

    def keep(self, codes: Tensor) -> None:
        """Keep these codes (K, code) and no others."""
        self.codes = codes.detach().clone()

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *rest: Any) -> None:
        """As many as were kept, whatever is kept now."""
        kept = state_dict.get(f"{prefix}codes")
        if kept is not None:
            self.codes = self.codes.new_zeros(kept.shape)
        super()._load_from_state_dict(state_dict, prefix, *rest)
