"""The rules of a game: which loss its players minimise, and which penalty holds discriminators back.

A configuration names both; here the names meet the functions of ``losses.py`` and ``penalties.py``.
"""

from dataclasses import dataclass

from torch import Tensor

from ... import losses, penalties
from ...config import Config
from ...model.discriminator import Discriminator
from .scene import JITTER, Stage

__all__ = ["SPECTRAL", "Rules"]

SPECTRAL = "spectral"
"""The one penalty that is none: it changes the networks, and nothing is paid."""

DIFFERENCES = ("relativistic", "wasserstein")
"""Losses that see nothing but the difference of two scores: the pair of a canvas with itself teaches them nothing."""


@dataclass(frozen=True)
class Rules:
    """The loss and the penalty of a game, by their names in a configuration."""

    loss: str = Config.loss
    penalty: str = Config.penalty

    def judged(self, real: Tensor, fake: Tensor) -> Tensor:
        """What discriminators minimise for each pair of scores (B,)."""
        lost: Tensor = getattr(losses, f"{_python(self.loss)}_d")(real, fake)
        return lost

    def imitated(self, real: Tensor, fake: Tensor) -> Tensor:
        """What generators minimise for each pair of scores (B,)."""
        lost: Tensor = getattr(losses, f"{_python(self.loss)}_g")(real, fake)
        return lost

    def mismatched(self, right: Tensor, wrong: Tensor, stage: Stage) -> Tensor:
        """What discriminators minimise for each real canvas (B,), scored with its own and with another row's code.

        Where nothing is known the two are one, and a loss of more than differences would hold that score to a value.
        """
        lost = self.judged(right, wrong)
        return lost if self.loss in DIFFERENCES else lost * (stage.wrong != stage.condition).any(1)

    def paid(self, critic: Discriminator, stage: Stage, both: Tensor, seen: Tensor) -> Tensor:
        """What the canvases (2n, *shape) of the penalised rows are to pay, (2n,): the real ones, then the generated.

        ``seen`` are their features (2n, features). The noise that some penalties look along is the stage's own, drawn
        for the global batch.
        """
        rows = len(both) // 2
        given = stage.condition[:rows].repeat(2, 1)
        noise = (stage.jitter[:rows] / JITTER).repeat(2, *[1] * (both.dim() - 1))

        def look(canvas: Tensor) -> Tensor:
            return critic.score(critic(canvas), given[: len(canvas)])

        found: Tensor = getattr(penalties, _python(self.penalty))(both, critic.score(seen, given), look, noise)
        return found


def _python(name: str) -> str:
    return name.replace("-", "_")
