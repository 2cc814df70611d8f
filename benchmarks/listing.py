"""What three faults of a much copied listing of a GAN on MNIST cost, one by one.

    python benchmarks/listing.py --steps 2000

The listing (an MLP that ends in a sigmoid against an MLP, in TensorFlow) builds a discriminator but never takes a step
of it; shows ``0.5 * x + 0.5`` of pictures that are in [0, 1] already; and draws noise of the pictures' shape that
nothing reads. Measured by a judge of digits, trained on real training pictures, on 2,000 pictures:

    steps of G alone, and of both    the entropy of the judged classes (ten alike: 2.303) and Fréchet distance to test
                                     pictures, of ``--recipe mnist-mlp``'s networks and settings, minimax
    0.5 * x + 0.5                    what that does to *real* pictures: Fréchet distance, and the judge's accuracy
    noise that nobody reads          milliseconds a step that it takes

Appends one JSON line to ``benchmarks/results/listing.jsonl``. ``$ANYGAN_DATA`` names the data.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from collapse import digit_judge
from lines import finish, hardware
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Adam

from anygan import load_data
from anygan.judging.judges import Judge
from anygan.losses import minimax_g
from anygan.metrics import entropy, frechet
from anygan.nn.blocks import MLP
from anygan.training.textbook import BATCH, BETAS, RATE, generator, noise, play_textbook

RESULTS = Path(__file__).parent / "results" / "listing.jsonl"
JUDGED = 2000

Pictures = NDArray[np.uint8]


def alone(pixels: int, steps: int, seed: int) -> nn.Module:
    """A generator that learned from a discriminator that never learns."""
    chance = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    maker, judge = generator(pixels), MLP(pixels, 256, 128, 1).requires_grad_(False)
    making = Adam(maker.parameters(), RATE, BETAS, fused=True)
    for _ in range(steps):
        score = judge(2 * maker(noise(BATCH, chance)) - 1).squeeze(1)
        making.zero_grad()
        minimax_g(score, score).mean().backward()
        making.step()
    return maker


def both(flat: Tensor, steps: int, seed: int) -> nn.Module:
    """A generator that learned from one that does."""
    (*_, moment) = play_textbook(flat, "minimax", steps, seed=seed)
    return moment.net


@torch.inference_mode()
def drawn(net: nn.Module) -> Pictures:
    """Pictures (n, 28, 28)."""
    made: Tensor = net(noise(JUDGED, torch.Generator().manual_seed(1)))
    return (255 * made).round().to(torch.uint8).numpy().reshape(-1, 28, 28)


def judged(judge: Judge, pictures: Pictures, test: Pictures) -> dict[str, float]:
    """Entropy of the judged classes, and Fréchet distance to test pictures."""
    made = judge.features(list(pictures))
    nats, _ = entropy(torch.from_numpy(np.searchsorted(judge.classes, judge.classify(made))), len(judge.classes))
    return {"class entropy": nats, "Fréchet distance": frechet(judge.features(list(test)), made)}


def faded(pictures: Pictures) -> Pictures:
    """0.5 x + 0.5 of pictures in [0, 1]: black becomes grey."""
    return (127.5 + pictures / 2).round().astype(np.uint8)


def unread(steps: int = 200) -> float:
    """Milliseconds that a step's unread noise takes."""
    began = time.perf_counter()
    for _ in range(steps):
        np.random.default_rng(0).normal(0, 1, (BATCH, 28, 28, 1))
    return 1000 * (time.perf_counter() - began) / steps


def main() -> None:
    """Measure the three faults."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    judge, accuracy = digit_judge()
    sets = {split: load_data(f"mnist:{split}") for split in ("train", "test")}
    train = np.stack(list(sets["train"].columns["image"].cells))
    test = np.stack(list(sets["test"].columns["image"].cells[:JUDGED]))
    digits = sets["test"].pairing(0).labels["digit"][:JUDGED]
    flat = torch.from_numpy(train.reshape(len(train), -1)).float() / 255
    began = time.perf_counter()
    full = both(flat, asked.steps, asked.seed)
    each = 1000 * (time.perf_counter() - began) / asked.steps
    line: dict[str, Any] = {
        "steps": asked.steps,
        "seed": asked.seed,
        "rows": JUDGED,
        "judge": accuracy,
        "real": judged(judge, train[:JUDGED], test),
        "both step": judged(judge, drawn(full), test),
        "G alone steps": judged(judge, drawn(alone(flat.shape[1], asked.steps, asked.seed)), test),
        "real, faded": judged(judge, faded(train[:JUDGED]), test),
        "judge, faded": judge.accuracy(list(faded(test)), digits),
        "step ms": round(each, 2),
        "unread noise ms": round(unread(), 2),
        "hardware": f"{hardware()}, 1 thread",
    }
    print(json.dumps(line, ensure_ascii=False))
    finish(RESULTS, line)


if __name__ == "__main__":
    main()
