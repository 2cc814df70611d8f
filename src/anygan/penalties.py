r"""Gradient penalties on the discriminator.

R1 is ``|grad_x D(x)|^2`` at real canvases (Mescheder, Geiger, Nowozin, *Which training methods for GANs do actually
converge?*, 2018), R2 the same at generated ones. Both together make the relativistic pairing loss converge locally
(Huang et al., *The GAN is dead; long live the GAN!*, 2024).
"""

import torch
from torch import Tensor

from .nn.blocks import full

__all__ = ["gradient_norm"]


def gradient_norm(score: Tensor, canvas: Tensor) -> Tensor:
    """``|grad D|^2`` of each row: scores (B,), canvases (B, ...) that require grad -> (B,), differentiable again."""
    (gradient,) = torch.autograd.grad(score.sum(), canvas, create_graph=True)
    return full(gradient.flatten(1)).square().sum(1)
