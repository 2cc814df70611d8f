"""One of MultiVae's models on spoken-mnist: trained by the clock, its answers written as folders. For ``peers.py``.

It runs in the rival's own environment and gives the rival what is fair:

- the very batches that AnyGAN sees (:class:`anygan.data.store.Order`), of the same size, as the canvases of AnyGAN's
  modalities; pictures in [0, 1] as in the library's own data sets, captions one-hot over the tokens that occur;
- networks and settings as ``multivae_models.py`` says, Adam at 1e-3, and a plain loop in place of the library's
  Trainer, which counts epochs, keeps the best of them on held-out rows and cannot stop by the clock;
- fp32 or bf16, whichever makes the faster step here, as AnyGAN chooses for itself.

``loss_sum`` over the batch is the loss, since MMVAE+ gives the sum alone. What is not given is blank and masked: MoPoE
encodes all modalities whatever it is told to look at, and then takes only what was given.
"""

import argparse
import copy
import json
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from latency import clocked
from multivae.data import IncompleteDataset, MultimodalBaseDataset
from multivae.samplers import GaussianMixtureSampler
from multivae_models import Shape, build
from torch import Tensor
from torch.nn.functional import one_hot

from anygan import Config, load_data
from anygan.data.store import Order, Store
from anygan.data.writer import RowWriter
from anygan.modalities import Modality
from anygan.rows import Cell
from anygan.training.describe import describe

FITTED = 10_000
"""Training rows that the sampler is fitted on."""

CHUNK = 256

CAPTION = "the thick seven, said by theo"

Rows = dict[str, Tensor]


class Form:
    """Rows as the library takes and gives them: modality -> (B, ...)."""

    def __init__(self, store: Store, modalities: Mapping[str, Modality]) -> None:
        self.modalities = modalities
        self.canvases = {name: modalities[name].canvas() for name in ("image", "audio")}
        self.tokens: Tensor = store.cells["text"].unique()
        self.shapes: dict[str, Shape] = {
            name: tuple(self.read({name: cells[:1]})[name].shape[1:]) for name, cells in store.cells.items()
        }

    def read(self, stored: Rows) -> Rows:
        """Stored cells as the library's tensors."""
        return {name: self._read(name, cells).contiguous() for name, cells in stored.items()}

    def _read(self, name: str, stored: Tensor) -> Tensor:
        if name == "text":
            return one_hot(torch.searchsorted(self.tokens, stored), len(self.tokens)).float()
        canvas: Tensor = self.canvases[name](stored)
        return (canvas + 1) / 2 if name == "image" else canvas

    def write(self, made: Rows) -> dict[str, list[Cell]]:
        """What decoders gave as cells: AnyGAN's own inversion of spectrograms, the likeliest token in each place."""
        return {name: self.modalities[name].write_all(self._stored(name, x)) for name, x in made.items()}

    def _stored(self, name: str, x: Tensor) -> Tensor:
        if name == "text":
            return self.tokens[x.argmax(2)]
        stored: Tensor = self.canvases[name].inverse(2 * x - 1 if name == "image" else x)
        return stored


def step(model: Any, optimiser: torch.optim.Optimizer, rows: Rows, half: bool) -> None:
    """One step on one batch."""
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        loss = model(MultimodalBaseDataset(rows)).loss_sum / len(rows["image"])
    if not bool(loss.isfinite()):
        raise SystemExit("The loss is not finite any more: the model is lost.")
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def seconds(model: Any, batches: Sequence[Rows], half: bool) -> float:
    """Median time of a step on a scratch copy, after a first one."""
    scratch, times = copy.deepcopy(model), []
    optimiser = torch.optim.Adam(scratch.parameters(), 1e-3)
    for rows in batches:
        began = time.perf_counter()
        step(scratch, optimiser, rows, half)
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


def train(model: Any, form: Form, order: Order, minutes: float) -> dict[str, Any]:
    """Train by the clock; how it went."""
    trial = [form.read(order.batch(number).values) for number in range(6)]
    half = seconds(model, trial, True) < seconds(model, trial, False)
    optimiser, done, began = torch.optim.Adam(model.parameters(), 1e-3), 0, time.perf_counter()
    model.train()
    while time.perf_counter() - began < 60 * minutes:
        step(model, optimiser, form.read(order.batch(done).values), half)
        done += 1
        if done % 100 == 0:
            print(f"{done} steps, {time.perf_counter() - began:.0f} s", flush=True)
    model.eval()
    spent = round(time.perf_counter() - began, 1)
    return {"steps": done, "seconds": spent, "precision": "bf16" if half else "fp32"}


def answer(model: Any, form: Form, given: Rows, to: Sequence[str]) -> Rows:
    """Rows translated from the modalities given; the others are blank and masked."""
    count = len(next(iter(given.values())))
    shown = {name: torch.zeros(count, *shape) for name, shape in form.shapes.items()} | given
    masks = {name: torch.full((count,), name in given) for name in shown}
    made = model.predict(IncompleteDataset(shown, masks), cond_mod=list(given), gen_mod=list(to))
    return {name: made[name] for name in to}


def answers(model: Any, form: Form, test: Store, given: str) -> Iterator[Rows]:
    """The test rows from one modality to the others, a part at a time."""
    to = [name for name in form.shapes if name != given]
    cells = test.cells[given][torch.from_numpy(test.pairing(0).index[given])]
    for part in cells.split(CHUNK):
        yield answer(model, form, form.read({given: part}), to)


def drawn(model: Any, form: Form, source: Any, count: int) -> Iterator[Rows]:
    """Rows decoded from latents that ``source`` draws, a part at a time."""
    for first in range(0, count, CHUNK):
        made = model.decode(source(min(CHUNK, count - first)))
        yield {name: made[name] for name in form.shapes}


def mixture(model: Any, form: Form, store: Store) -> Any:
    """The library's sampler, fitted to the codes of training rows of the first pass, evenly spaced."""
    pairing = store.pairing(0)
    rows = np.linspace(0, len(pairing) - 1, FITTED).astype(np.int64)
    sampler = GaussianMixtureSampler(model)
    sampler.fit(MultimodalBaseDataset(form.read(store.batch(pairing, rows).values)))
    return sampler.sample


def put(folder: Path, form: Form, parts: Iterable[Rows]) -> None:
    """Write rows as a folder in the contract's form."""
    cells: dict[str, list[Cell]] = {}
    for part in parts:
        for name, made in form.write(part).items():
            cells.setdefault(name, []).extend(made)
    with RowWriter(folder, {name: form.modalities[name] for name in cells}) as writer:
        for row in zip(*cells.values(), strict=True):
            writer.write(dict(zip(cells, row, strict=True)))


def latency(model: Any, form: Form) -> dict[str, dict[str, float]]:
    """From captions to pictures in memory, as for AnyGAN."""
    read = form.modalities["text"].read

    def pictures(size: int) -> list[Cell]:
        given = form.read({"text": torch.stack([read(CAPTION) for _ in range(size)])})
        return form.write(answer(model, form, given, ["image"]))["image"]

    return clocked(pictures)


def main() -> None:
    """Train a model and write what it makes of the test rows and of noise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=("MMVAE+", "MVTCAE", "MoPoE"))
    parser.add_argument("test", type=Path, help="test rows as a folder")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    if asked.threads:
        torch.set_num_threads(asked.threads)
    # The library draws from the global streams.
    torch.manual_seed(asked.seed)
    np.random.seed(asked.seed)
    data = load_data("spoken-mnist:train")
    modalities = describe(data, Config())
    store, test = Store.read(data, modalities), Store.read(load_data(str(asked.test)), modalities)
    form = Form(store, modalities)
    model = build(asked.model, form.shapes)
    model.device = torch.device("cpu")
    batch = Config().settled(len(store.pairing(0)), "cpu").batch
    told = train(model, form, Order(store, asked.seed, batch), asked.minutes)
    told["parameters"] = sum(weights.numel() for weights in model.parameters())
    with torch.no_grad():
        for given in form.shapes:
            put(asked.out / given, form, answers(model, form, test, given))
        put(asked.out / "prior", form, drawn(model, form, model.generate_from_prior, len(test.data)))
        put(asked.out / "mixture", form, drawn(model, form, mixture(model, form, store), len(test.data)))
        told["latency"] = latency(model, form)
    (asked.out / "told.json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
