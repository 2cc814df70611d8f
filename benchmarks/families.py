"""A GAN, a VAE and a diffusion model of the same points: quality, coverage, the time of one sample, likelihood.

    python benchmarks/families.py --out runs/families --seconds 60

trains each on the set ``grid``, 25 Gaussians, for the same seconds on one thread: AnyGAN of size tiny with its default
settings, and on the canvas that AnyGAN plays on, with as many hidden units,

    VAE         Kingma & Welling, *Auto-encoding variational Bayes*, 2014: a code of eight numbers, a Gaussian
                likelihood of one learned deviation
    diffusion   Ho, Jain, Abbeel, *Denoising diffusion probabilistic models*, 2020: noise of 100 levels is predicted,
                and taken away in as many steps

and measures 10,000 points of each as ``collapse.py`` does, the median time of drawing one, and the bound on the
log-likelihood of test points that the VAE has (nats a point, of its canvas). Appends one JSON line per model
and seed to ``benchmarks/results/families.jsonl`` and skips those that stand there already.
"""

import argparse
import json
import math
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from collapse import POINTS, scattered
from lines import finish, finished, hardware, trained
from torch import Tensor, nn

from anygan import Config, load_data
from anygan.data.synthetic import GRID_STD, grid_centres
from anygan.nn.blocks import MLP
from anygan.training.describe import describe

RESULTS = Path(__file__).parent / "results" / "families.jsonl"
UNITS, CODE, LEVELS, BATCH, RATE = 128, 8, 100, 256, 1e-3

Draw = Callable[[int], Tensor]


class VAE(nn.Module):
    """-ELBO = |x - d(z)|^2 / (2 s^2) + log s^2 + log 2 pi + KL(q(z | x) || N(0, 1)), of points of the plane."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = MLP(2, UNITS, UNITS, 2 * CODE), MLP(CODE, UNITS, UNITS, UNITS, 2)
        self.log_deviation = nn.Parameter(torch.zeros(()))

    def loss(self, x: Tensor) -> Tensor:
        """Of each point, (n,)."""
        mean, log_variance = self.encoder(x).chunk(2, 1)
        made = self.decoder(mean + (log_variance / 2).exp() * torch.randn_like(mean))
        wrong = (x - made).square().sum(1) / 2 * (-2 * self.log_deviation).exp()
        beyond = (mean.square() + log_variance.exp() - log_variance - 1).sum(1) / 2
        lost: Tensor = wrong + 2 * self.log_deviation + math.log(2 * math.pi) + beyond
        return lost

    @torch.inference_mode()
    def draw(self, count: int) -> Tensor:
        """Points (count, 2)."""
        made: Tensor = self.decoder(torch.randn(count, CODE))
        return made + self.log_deviation.exp() * torch.randn_like(made)


class Diffusion(nn.Module):
    """|e - n(sqrt(a_t) x + sqrt(1 - a_t) e, t)|^2, a_t the share of the signal that is left, a cosine."""

    def __init__(self) -> None:
        super().__init__()
        self.net = MLP(2 + 16, UNITS, UNITS, UNITS, 2)
        share = torch.cos(torch.linspace(0, 1, LEVELS + 1) * 0.995 * math.pi / 2).square()
        self.share = share[1:] / share[0]

    def noise(self, x: Tensor, level: Tensor) -> Tensor:
        """The noise in x (n, 2) at levels (n,)."""
        angle = level[:, None] / LEVELS * math.pi * 2.0 ** torch.arange(8)
        found: Tensor = self.net(torch.cat([x, angle.sin(), angle.cos()], 1))
        return found

    def loss(self, x: Tensor) -> Tensor:
        """Of each point, (n,)."""
        level, noise = torch.randint(LEVELS, (len(x),)), torch.randn_like(x)
        share = self.share[level, None]
        return (self.noise(share.sqrt() * x + (1 - share).sqrt() * noise, level) - noise).square().sum(1)

    @torch.inference_mode()
    def draw(self, count: int) -> Tensor:
        """Points (count, 2)."""
        x = torch.randn(count, 2)
        for level in range(LEVELS - 1, -1, -1):
            share, before = self.share[level], self.share[level - 1] if level else torch.ones(())
            step = share / before
            found = self.noise(x, torch.full((count,), level))
            mean = (x - (1 - step) / (1 - share).sqrt() * found) / step.sqrt()
            x = mean + ((1 - before) / (1 - share) * (1 - step)).sqrt() * torch.randn_like(x)
        return x


def batches(points: Tensor) -> Iterator[Tensor]:
    """Batches without end."""
    while True:
        yield points[torch.randint(len(points), (BATCH,))]


def fit(net: VAE | Diffusion, points: Tensor, seconds: float) -> int:
    """Adam at a rate that falls in a straight line to zero; the number of steps."""
    optimiser, began = torch.optim.Adam(net.parameters(), RATE, fused=True), time.monotonic()
    steps = 0
    for batch in batches(points):
        spent = (time.monotonic() - began) / seconds
        if spent >= 1:
            break
        optimiser.param_groups[0]["lr"] = RATE * (1 - spent)
        optimiser.zero_grad()
        net.loss(batch).mean().backward()
        optimiser.step()
        steps += 1
    return steps


def ours(seconds: float, seed: int, out: Path) -> tuple[Draw, dict[str, Any]]:
    """AnyGAN: how to draw, and what else to tell."""
    config = Config(size="tiny", minutes=seconds / 60, seed=seed, threads=1)
    model = trained("AnyGAN", load_data("grid:train"), out / f"grid-{seconds:g}-{seed}", config)
    told = {"steps": model.story["clock"]["step"], "evaluations": 1}
    return lambda count: torch.from_numpy(np.stack([row["point"] for row in model.generate(count)])), told


def theirs(net: VAE | Diffusion, seconds: float) -> tuple[Draw, dict[str, Any]]:
    """One of the others: how to draw, and what else to tell."""
    data = {split: load_data(f"grid:{split}") for split in ("train", "test")}
    canvas = describe(data["train"], Config(size="tiny"))["point"].canvas()
    train, test = (canvas(torch.from_numpy(np.stack(list(d.columns["point"].cells)))) for d in data.values())
    told: dict[str, Any] = {"steps": fit(net, train, seconds), "evaluations": 1}
    if isinstance(net, VAE):
        with torch.inference_mode():
            told["log-likelihood at least"] = float(-net.loss(test).mean())
    else:
        told["evaluations"] = LEVELS
    return lambda count: canvas.inverse(net.draw(count)), told


def clocked(draw: Draw) -> float:
    """Median milliseconds of drawing one point."""
    times = []
    for _ in range(50):
        began = time.perf_counter()
        draw(1)
        times.append(1000 * (time.perf_counter() - began))
    return round(statistics.median(times), 3)


def main() -> None:
    """Train and measure the models that are not done yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/families"))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    done = [(line["model"], line["seed"], line["seconds"]) for line in finished(RESULTS)]
    for seed in range(asked.seeds):
        for name in ("AnyGAN", "VAE", "diffusion"):
            if (name, seed, asked.seconds) in done:
                continue
            torch.manual_seed(seed)
            if name == "AnyGAN":
                draw, told = ours(asked.seconds, seed, asked.out)
            else:
                draw, told = theirs(VAE() if name == "VAE" else Diffusion(), asked.seconds)
            line = {"model": name, "set": "grid", "seed": seed, "seconds": asked.seconds} | told
            line |= {
                "scores": scattered(draw(POINTS).numpy(), grid_centres(), GRID_STD),
                "one sample ms": clocked(draw),
            }
            line |= {"hardware": f"{hardware()}, 1 thread"}
            print(json.dumps(line), flush=True)
            finish(RESULTS, line)


if __name__ == "__main__":
    main()
