"""Networks in TorchScript files, for tests of several layers; one in the form of StyleGAN's Inception."""

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn


class StandIn(nn.Module):
    """Six features of a picture, and as many as are classes where none are asked for, as the true network has it."""

    def forward(self, img: Tensor, return_features: bool = False) -> Tensor:
        assert img.dtype == torch.uint8
        assert img.shape[1] == 3
        x = img.float() / 255
        if not return_features:
            return torch.zeros(img.shape[0], 1008)
        red, green, blue, grey = x[:, 0], x[:, 1], x[:, 2], x.mean(1)
        half = grey.shape[1] // 2
        means = [red.mean((1, 2)), green[:, :half].mean((1, 2)), blue[:, :, :half].mean((1, 2))]
        spreads = [grey.std((1, 2)), grey[:, 1:].sub(grey[:, :-1]).abs().mean((1, 2)), grey[:, half].mean(1)]
        return torch.stack(means + spreads, 1)


def scripted(network: nn.Module, file: Path) -> Path:
    """Write a network as TorchScript."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(network).save(file)
    return file


def stand_in(folder: Path) -> Path:
    """Write the file ``stand-in.pt``, which --inception takes."""
    return scripted(StandIn(), folder / "stand-in.pt")
