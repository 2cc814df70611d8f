"""MultiVae's MMVAE+, MVTCAE and MoPoE for spoken-mnist, in the rival's environment: ``multivae_peer.py`` trains them.

Networks of our own, about 3.8 M parameters in all, on the library's base classes, their first weights after He et al.
(*Delving deep into rectifiers*, 2015): from torch's own these models learn much more slowly. Its own defaults of beta,
alpha and likelihood (normal, of deviation 1; categorical for captions), and its rescaling of likelihoods by size.
MMVAE+ draws one sample a row (K = 1) and not the default ten, as in the models that its authors publish: ten cost ten
times the decoding, and steps are what a few minutes are short of.
"""

import itertools
from collections.abc import Mapping
from typing import Any

from multivae.models import MVTCAE, MMVAEPlus, MMVAEPlusConfig, MoPoE, MoPoEConfig, MVTCAEConfig
from multivae.models.nn.base_architectures import BaseMultilatentEncoder
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn.base_architectures import BaseDecoder
from torch import Tensor, nn

LATENT, PRIVATE = 64, 32
"""Sizes of the shared latent, as of AnyGAN's code, and for MMVAE+ of a private one, as of its style."""

Shape = tuple[int, ...]


def started(network: nn.Module) -> None:
    """Give every layer such first weights that signals keep their size behind a ReLU."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            # A place of a transposed convolution of width 4 and step 2 sums 2 x 2 places of each channel.
            summed = 4 * layer.in_channels if isinstance(layer, nn.ConvTranspose2d) else layer.weight[0].numel()
            nn.init.normal_(layer.weight, std=(2 / summed) ** 0.5)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


class Encoder(BaseMultilatentEncoder):  # type: ignore[misc]
    """Means and log variances of the latents."""

    def __init__(self, trunk: nn.Module, width: int, private: int) -> None:
        super().__init__()
        self.latent_dim, self.style_dim, self.trunk = LATENT, private, trunk
        self.head = nn.Linear(width, 2 * (LATENT + private))
        started(self)
        # Latents of about unit variance lie within their prior from the start.
        nn.init.normal_(self.head.weight, std=(2 * width) ** -0.5)

    def forward(self, x: Tensor) -> ModelOutput:
        parts = self.head(self.trunk(x)).float().split([LATENT, LATENT, self.style_dim, self.style_dim], 1)
        names = ("embedding", "log_covariance", "style_embedding", "style_log_covariance")
        return ModelOutput(**{n: part.contiguous() for n, part in zip(names, parts, strict=True) if part.shape[1]})


class Decoder(BaseDecoder):  # type: ignore[misc]
    """A latent (B, d) as a row's cell."""

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self.layers = layers
        started(self)

    def forward(self, z: Tensor) -> ModelOutput:
        return ModelOutput(reconstruction=self.layers(z).float().contiguous())


def downwards(*channels: int) -> list[nn.Module]:
    """Convolutions that halve."""
    return [layer for a, b in itertools.pairwise(channels) for layer in (nn.Conv2d(a, b, 4, 2, 1), nn.ReLU())]


def upwards(*channels: int) -> list[nn.Module]:
    """Convolutions that double, each after a ReLU."""
    return [layer for a, b in itertools.pairwise(channels) for layer in (nn.ReLU(), nn.ConvTranspose2d(a, b, 4, 2, 1))]


def networks(shapes: Mapping[str, Shape], private: int) -> tuple[dict[str, Encoder], dict[str, Decoder]]:
    """Encoders and decoders, by modality."""
    z, (length, tokens) = LATENT + private, shapes["text"]
    flat, relu = nn.Flatten(), nn.ReLU()
    words = [nn.Linear(tokens, 64), relu, flat, nn.Linear(64 * length, 256), relu, nn.Linear(256, 256), relu]
    trunks = {
        "image": ([*downwards(1, 32, 64), flat, nn.Linear(3136, 192), relu], 192),
        "audio": ([*downwards(1, 32, 64, 128, 128), flat, nn.Linear(2048, 256), relu], 256),
        "text": (words, 256),
    }
    image = [nn.Linear(z, 192), relu, nn.Linear(192, 3136), nn.Unflatten(1, (64, 7, 7)), *upwards(64, 32, 1)]
    audio = [nn.Linear(z, 256), relu, nn.Linear(256, 2048), nn.Unflatten(1, (128, 4, 4)), *upwards(128, 128, 64, 32, 1)]
    text = [nn.Linear(z, 256), relu, nn.Linear(256, 128 * length), relu, nn.Unflatten(1, (length, 128))]
    heads = {"image": [*image, nn.Sigmoid()], "audio": [*audio, nn.Tanh()], "text": [*text, nn.Linear(128, tokens)]}
    return (
        {name: Encoder(nn.Sequential(*layers), width, private) for name, (layers, width) in trunks.items()},
        {name: Decoder(nn.Sequential(*layers)) for name, layers in heads.items()},
    )


def build(name: str, shapes: dict[str, Shape]) -> Any:
    """A model of the library."""
    settings = {
        "n_modalities": len(shapes),
        "latent_dim": LATENT,
        "input_dims": shapes,
        "uses_likelihood_rescaling": True,
        "decoders_dist": {"image": "normal", "audio": "normal", "text": "categorical"},
    }
    if name == "MMVAE+":
        return MMVAEPlus(MMVAEPlusConfig(**settings, K=1, modalities_specific_dim=PRIVATE), *networks(shapes, PRIVATE))
    if name == "MVTCAE":
        return MVTCAE(MVTCAEConfig(**settings), *networks(shapes, 0))
    return MoPoE(MoPoEConfig(**settings), *networks(shapes, 0))
