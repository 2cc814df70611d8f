"""The players: the networks of a game and their optimisers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.optim import Adam, AdamW, Optimizer

from ..config import Config
from ..modalities import Modality
from ..model.gan import AnyGAN, Critics
from ..penalties import spectral
from ..training import checkpoint
from .ema import averaged
from .game.rules import SPECTRAL

__all__ = ["Players"]

LEAD = 3.0
"""Learning rate of discriminators, as a multiple of generators': one that lags has nothing to teach (Heusel et al.,
*GANs trained by a two time-scale update rule converge to a local Nash equilibrium*, 2017)."""

RENDERED = 2.0
"""Learning rate of the generators and discriminators of pictures and sounds, as a multiple of those of points and rows:
their convolutions take much longer to learn, and bear more."""

LATENT = 3.0
"""Learning rate of generators of learned canvases, which sentences have: small networks, held to the letter."""

PACE = 4.0
"""Learning rate of the prior and its critic, as a multiple of the others'."""

FILLING = 4.0
"""Learning rate of what fills the holes of tables: it is held to the truth, and may hurry."""


@dataclass
class Players:
    """The networks of a game and their optimisers.

    Attributes:
        model: what is trained; ``mean`` its running average.
        critics: the discriminators.
        readers: optimiser of encoders and fusion; ``judges`` of discriminators; ``makers`` of generators and prior;
            ``drawers`` of learned canvases.
    """

    model: AnyGAN
    mean: AnyGAN
    critics: Critics
    readers: Optimizer
    judges: Optimizer
    makers: Optimizer
    drawers: Optimizer

    @classmethod
    def meet(cls, modalities: Mapping[str, Modality], config: Config, device: torch.device) -> "Players":
        """Fresh networks, the same for the same seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            model = AnyGAN(modalities, config)
            critics = Critics(model, config)
            if config.penalty == SPECTRAL:
                spectral(critics)
        model, critics = model.to(device), critics.to(device)
        reading = [*model.encoders.parameters(), *model.fusion.parameters(), model.log_scale]
        canvases = {name: model.canvases[name] for name in model.names}
        bears = {name: RENDERED if canvas.axes else 1.0 for name, canvas in canvases.items()}
        making: list[dict[str, Any]] = [
            *(
                {"params": list(model.generators[name].parameters()), "pace": LATENT if canvas.learned else bears[name]}
                for name, canvas in canvases.items()
            ),
            {"params": list(model.prior.parameters()), "pace": PACE},
            *([{"params": list(model.fillers.parameters()), "pace": FILLING}] if model.fillers.names else []),
        ]
        judging: list[dict[str, Any]] = [
            *({"params": list(critics.canvases[name].parameters()), "pace": LEAD * bears[name]} for name in canvases),
            *([{"params": list(critics.fillers.parameters()), "pace": LEAD}] if model.fillers.names else []),
            {"params": list(critics.codes.parameters()), "pace": LEAD * PACE},
        ]
        fused: dict[str, Any] = {"betas": (0.0, 0.95), "fused": True}
        return cls(
            model,
            averaged(model),
            critics,
            AdamW(reading, config.encoder_lr, fused=True),
            Adam(judging, config.lr, **fused),
            Adam(making, config.lr, **fused),
            Adam(
                list(model.canvases.parameters()) or [torch.zeros(1, requires_grad=True)], config.encoder_lr, fused=True
            ),
        )

    def optimizers(self) -> dict[str, Optimizer]:
        """The optimisers by name."""
        return {"readers": self.readers, "judges": self.judges, "makers": self.makers, "drawers": self.drawers}

    def hold(self, still: bool) -> None:
        """Whether no gradient is to reach the discriminators' own weights."""
        for group in self.judges.param_groups:
            for weights in group["params"]:
                weights.requires_grad_(not still)

    def state(self) -> dict[str, Tensor]:
        """All tensors by name."""
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        tensors |= {f"mean.{k}": v for k, v in self.mean.state_dict().items() if not k.startswith("canvases.")}
        tensors |= {f"critics.{k}": v for k, v in self.critics.state_dict().items()}
        for name, optimizer in self.optimizers().items():
            tensors |= {f"{name}.{k}": v for k, v in checkpoint.pack_optimizer(optimizer).items()}
        return tensors

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Undo :meth:`state`."""

        def part(name: str) -> dict[str, Tensor]:
            return {k.removeprefix(f"{name}."): v for k, v in tensors.items() if k.startswith(f"{name}.")}

        self.model.load_state_dict(part("model"))
        self.mean.load_state_dict(part("mean"), strict=False)
        self.critics.load_state_dict(part("critics"))
        for name, optimizer in self.optimizers().items():
            checkpoint.unpack_optimizer(optimizer, part(name))
