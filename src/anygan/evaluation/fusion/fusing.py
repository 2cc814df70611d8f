"""Fusion: does the fused code keep what its modalities tell, and does it stand when one of them goes wrong?

Probes of training rows read labels from the code of every subset. Then cells go wrong, and the fused code is read
beside what else could be made of the same evidence (:mod:`~anygan.evaluation.fusion.damaged`). Last, what was done to
each cell is compared with how far the model believes it (:mod:`~anygan.evaluation.fusion.trusting`).
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from ...judging.bench import Progress
from ...judging.panel import choose
from ...model.gan import AnyGAN
from ...rows import DataSet
from ..probes import LinearProbe, nearest
from .damaged import LEVELS, MANY, chance_of, damaged
from .looked import Looked
from .trusting import STEADY, trusting

__all__ = ["fusing"]

LEARNED = 4_000
"""Training rows that probes learn from at most."""

TOUCHED, LEAST = 3_000, 300
"""Cells that are touched at each level, all modalities together, and rows that are touched whatever that makes."""


def fusing(
    model: AnyGAN,
    data: DataSet,
    train: DataSet,
    labels: Mapping[str, Sequence[str]],
    *,
    seed: int = 0,
    progress: Progress = lambda what, share: None,
) -> dict[str, Any]:
    """How well a model fuses.

    Args:
        model: what is evaluated.
        data: real test rows, on which everything is measured.
        train: real training rows, from which probes learn.
        labels: label -> modalities that tell it, the label that most of them tell first.
        seed: of the draw of rows, and of all damage.
        progress: told what is done ('fusion'), and the share done.
    """
    shared = [name for name in model.names if name in data.columns and name in train.columns]
    test = Looked.of(model, data, shared, canvases=True)
    learned = Looked.of(model, train.take(choose(len(train), LEARNED, seed)), shared)
    progress("fusion", 0.2)
    names = [name for name in shared if all(side.given[:, side.place(name)].any() for side in (test, learned))]
    told = {label: [name for name in names if name in telling] for label, telling in labels.items()}
    told = {label: telling for label, telling in told.items() if telling}
    primary = next(iter(told), None)
    touched = test.take(choose(len(test), max(LEAST, TOUCHED // max(1, len(names))), seed))
    figures: dict[str, Any] = {
        "modalities": names,
        "label": primary,
        "rows": {"test": len(test), "touched": len(touched), "train": len(learned)},
        "probes": [probe for label in told for probe in _probed(learned, test, label, told[label], names)],
        "notes": _notes(names, primary, told),
    }
    progress("fusion", 0.4)
    if len(names) < 2:
        return figures
    noised = {}
    for place, name in enumerate(names):
        noised[name] = touched.noised(name, sorted({*LEVELS, *STEADY}), seed)
        progress("fusion", 0.4 + 0.2 * (place + 1) / len(names))
    if primary is not None:
        figures |= damaged(touched, learned, primary, told[primary], names, noised, seed)
    if not (touched.among(names).sum(1) > 1).any():
        figures["notes"].append("No row holds two modalities, and so there is nothing to fuse.")
    progress("fusion", 0.9)
    figures["reliability"] = trusting(touched, names, noised, primary, seed)
    progress("fusion", 1.0)
    return figures


def _subsets(names: Sequence[str]) -> list[tuple[str, ...]]:
    """All subsets but the empty one; of many modalities singles, pairs and all."""
    sizes = range(1, len(names) + 1) if len(names) <= MANY else (1, 2, len(names))
    return [subset for size in sizes for subset in itertools.combinations(names, size)]


def _probed(
    train: Looked, test: Looked, label: str, telling: Sequence[str], names: Sequence[str]
) -> list[dict[str, Any]]:
    """What probes read of a label from the codes of each subset in which it can be told, over rows that have all."""
    found = []
    for given in _subsets(names):
        if not set(given) & set(telling):
            continue
        sides = []
        for looked in (train, test):
            mask = looked.among(given)
            rows = mask.sum(1) == len(given)
            code = looked.fuse(looked.evidence[rows], mask[rows])
            sides.append((code, looked.labels[label][rows.numpy()]))
        (x, y), (z, truth) = sides
        if not len(x) or not len(z):
            continue
        found.append(
            {
                "label": label,
                "given": list(given),
                "linear": float((LinearProbe.fit(x, y).predict(z) == truth).mean()),
                "nearest": float((nearest(x, y, z) == truth).mean()),
                "chance": chance_of(truth),
                "rows": len(z),
            }
        )
    return found


def _notes(names: Sequence[str], primary: str | None, told: Mapping[str, Sequence[str]]) -> list[str]:
    """What could not be measured, and why."""
    notes = []
    if len(names) < 2:
        notes.append("There is one modality, and so nothing to fuse.")
    if primary is None:
        notes.append(
            "No label can be read from these cells, so that nothing says what a code should tell. What is left is "
            "whether reliability finds the cells that were touched."
        )
    elif len(told[primary]) < 2 <= len(names):
        notes.append(f"Only {told[primary][0]} tells the {primary}: the others cannot make up for it.")
    if len(names) > MANY:
        notes.append(f"With {len(names)} modalities probes are given singles, pairs and all, and noise meets all only.")
    return notes
