"""``anygan train mnist --recipe mnist-mlp``: both forms of the textbook GAN, side by side in one report.

The pictures that a form draws are judged by a classifier of real pictures: how many classes they show, as the entropy
of the judged classes (a collapsed generator shows one: 0; ten alike: 2.30), and their Fréchet distance to real test
pictures.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import torch
from numpy.typing import NDArray
from torch import nn

from ..errors import ConfigError, RunError
from ..judging.judges import Judge, train_judge
from ..media.pictures import contact_sheet
from ..metrics import entropy, frechet
from ..report.report import Report
from ..rows import DataSet
from ..training import checkpoint
from ..training.textbook import FORMS, noise, play_textbook

__all__ = ["STEPS", "train_textbook"]

STEPS = 100_000
JUDGED = 2000
SHOWN = 25


@dataclass(frozen=True)
class Form:
    """What came of one form: its curves, its last 25 pictures and 2,000 more to be judged."""

    name: str
    steps: int
    curves: dict[str, list[tuple[float, float]]]
    shown: list[NDArray[np.uint8]]
    judged: list[NDArray[np.uint8]]


def train_textbook(
    train: DataSet,
    test: DataSet,
    out: Path,
    *,
    steps: int = STEPS,
    minutes: float | None = None,
    seed: int = 0,
    tick: Callable[[str, int, int], None] = lambda form, step, steps: None,
) -> dict[str, Any]:
    """Train both forms, ``minutes`` shared between them, and write the report. Returns the figures of each form.

    Raises:
        ConfigError: when the data are not pictures with labels alone.
        RunError: when ``out`` holds a run already.
    """
    if list(train.kinds.values()) != ["image"] or not train.pairing(0).labels:
        raise ConfigError(
            "The recipe mnist-mlp is for labelled pictures alone. Type: anygan train mnist --recipe mnist-mlp"
        )
    if (out / "report.json").exists():
        raise RunError(f"{out} holds a run already. Give another --out.")
    real, real_labels, label = _pictures(train)
    judge = train_judge(list(real), real_labels, "image", label=label)
    test_real, test_labels, _ = _pictures(test)
    test_real, test_labels = test_real[:JUDGED], test_labels[:JUDGED]
    flat = torch.from_numpy(real.reshape(len(real), -1)).float() / 255
    features = judge.features(list(test_real))
    floor = frechet(features, judge.features(list(real[:JUDGED])))
    forms = [_play(name, flat, real.shape[1:], out, steps, minutes and minutes / 2, seed, tick) for name in FORMS]
    figures = {
        "judge": {"name": judge.name, "accuracy": judge.accuracy(list(test_real), test_labels), "rows": len(test_real)},
        "frechet_floor": floor,
        "seed": seed,
        "forms": {form.name: _figures(form, judge, features) for form in forms},
    }
    _report(forms, figures, list(test_real[:SHOWN])).write(out / "report.html")
    (out / "report.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return figures


def _pictures(data: DataSet) -> tuple[NDArray[np.uint8], NDArray[Any], str]:
    (column,), pairing = data.columns.values(), data.pairing(0)
    label, labels = next(iter(pairing.labels.items()))
    there = next(iter(pairing.index.values()))
    return np.stack([np.asarray(column.cells[i]) for i in there]), np.asarray(labels), label


def _play(
    name: str,
    flat: torch.Tensor,
    size: Sequence[int],
    out: Path,
    steps: int,
    minutes: float | None,
    seed: int,
    tick: Callable[[str, int, int], None],
) -> Form:
    """Train one form; a 5x5 picture every 1,000 steps goes to ``out/FORM/``."""
    fixed = noise(SHOWN, torch.Generator().manual_seed(seed + 1))
    curves: dict[str, list[tuple[float, float]]] = {"D loss": [], "G loss": [], "V(D, G)": []}
    (out / name).mkdir(parents=True, exist_ok=True)
    with (out / "log.jsonl").open("a", buffering=1, encoding="utf-8") as log:
        for moment in play_textbook(flat, name, steps, minutes=minutes, seed=seed):
            told = {"D loss": moment.loss_d, "G loss": moment.loss_g, "V(D, G)": moment.value}
            for curve, value in told.items():
                curves[curve].append((moment.step, value))
            shown = _drawn(moment.net, fixed, size)
            contact_sheet([PIL.Image.fromarray(picture) for picture in shown]).save(
                out / name / f"{moment.step:06d}.png"
            )
            log.write(json.dumps({"form": name, "step": moment.step} | told) + "\n")
            tick(name, moment.step, steps)
    checkpoint.save(
        out / f"{name}.safetensors",
        moment.net.state_dict(),
        {"recipe": "mnist-mlp", "form": name, "steps": moment.step},
    )
    judged = _drawn(moment.net, noise(JUDGED, torch.Generator().manual_seed(seed + 2)), size)
    return Form(name, moment.step, curves, shown, judged)


@torch.inference_mode()
def _drawn(net: nn.Module, z: torch.Tensor, size: Sequence[int]) -> list[NDArray[np.uint8]]:
    pixels = (255 * net(z)).round().to(torch.uint8).numpy()
    return [picture.reshape(*size) for picture in pixels]


def _figures(form: Form, judge: Judge, real: torch.Tensor) -> dict[str, Any]:
    """Judged class entropy, shares and Fréchet distance of a form's pictures."""
    made = judge.features(form.judged)
    predicted = judge.classify(made)
    numbers = torch.from_numpy(np.searchsorted(judge.classes, predicted))
    nats, shares = entropy(numbers, len(judge.classes))
    return {
        "steps": form.steps,
        "rows": len(form.judged),
        "class_entropy": nats,
        "smallest_class": float(shares.min()),
        "largest_class": float(shares.max()),
        "frechet": frechet(real, made),
    }


def _report(forms: Sequence[Form], figures: dict[str, Any], real: list[NDArray[np.uint8]]) -> Report:
    report = Report(
        "The textbook GAN, two ways", "min max V(D, G) as Goodfellow wrote it, and its non-saturating form."
    )
    rows = [
        [
            name,
            f["steps"],
            f"{f['class_entropy']:.3f}",
            f"{f['smallest_class']:.3f} to {f['largest_class']:.3f}",
            f"{f['frechet']:.1f}",
        ]
        for name, f in figures["forms"].items()
    ]
    judge = figures["judge"]
    report.words(
        f"Judged by {judge['name']}, right on {judge['accuracy']:.1%} of {judge['rows']:,} real test pictures. Ten "
        f"classes drawn alike have an entropy of {np.log(10):.3f}; real training pictures are "
        f"{figures['frechet_floor']:.1f} away from the test pictures: the floor of the distance."
    )
    report.table(["form", "steps", "class entropy, nats", "share of a class", "Fréchet distance"], rows)
    for form in forms:
        report.section(form.name)
        report.pictures(form.shown, [""] * len(form.shown))
        report.curves("losses", form.curves)
    report.section("Real")
    report.pictures(real, [""] * len(real))
    return report
