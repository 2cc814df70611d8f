"""Representation: what the codes know, whether modalities meet in them, and what finds what.

    knows      probes of every attribute, from each modality's code F({m}) and from the fused code of all that is there
    meets      alignment of partners, gap of the modalities' means, evenness on the sphere
    finds      retrieval from one modality, or two, to another
    falls      clusters of codes against the classes, no label told

Probes learn from training rows and are measured on test rows. Beside each stands chance, and what a network of the same
shape knows that has learned nothing: much of a picture can be read off a random projection.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...judging.bench import Progress
from ...judging.panel import choose
from ...metrics import alignment, effective_rank, k_means, modality_gap, mutual_information, uniform, uniformity
from ...model.gan import AnyGAN
from ...rows import DataSet
from .attributes import Attribute, attributes_of
from .coded import code_rows, untrained
from .probing import FEW, FUSED, Split, known_of, splits, tells
from .retrieving import Asking, retrieving

__all__ = ["representing"]

LEARNED = 3_000
"""Training rows that probes learn from at most."""

DRAWN = 150
"""Rows of the map."""


def representing(
    model: AnyGAN,
    data: DataSet,
    train: DataSet,
    names: Sequence[str],
    label: str | None,
    *,
    seed: int = 0,
    progress: Progress = lambda what, share: None,
) -> dict[str, Any]:
    """The section of the card, ready for JSON.

    Args:
        model: what is evaluated.
        data: real test rows.
        train: real training rows.
        names: the modalities that the model and both sets have.
        label: whose classes are looked for and drawn; another where this is no attribute.
        seed: of the draw of rows, the probes, the clusters and the untrained model.
        progress: told 'representation' and the share done.
    """
    learned = train.take(choose(len(train), LEARNED, seed))
    models = [model, untrained(model, seed)]
    known = code_rows(models, learned, names, lambda share: progress("representation", 0.4 * share))
    asked = code_rows(models, data, names, lambda share: progress("representation", 0.4 + 0.2 * share))
    trained, control = (splits(one, other, names) for one, other in zip(known, asked, strict=True))
    attributes = attributes_of(names, data, learned)
    told = []
    for done, attribute in enumerate(attributes):
        progress("representation", 0.6 + 0.3 * done / len(attributes))
        told.append(known_of(attribute, trained, control, seed))
    primary = _primary(attributes, label)
    ordered = sorted(zip(attributes, told, strict=True), key=lambda pair: pair[0] is not primary)
    asking = [
        Asking(one.name, one.test, {name for name in names if tells(scores, name)})
        for one, scores in ordered
        if one.asked.all()
    ]
    classes = None if primary is None else primary.test
    single = [name for name in names if name in trained]
    plain = {source: trained[source] for source in [*single, FUSED] if source in trained}
    figures = {
        "count": len(data),
        "learned": len(learned),
        "label": None if primary is None else primary.name,
        "dimensions": model.code,
        "sources": list(trained),
        "attributes": [scores for _, scores in ordered if scores["sources"]],
        "retrieval": retrieving(asked[0], data, train, single, asking, seed),
        "clusters": _clusters(plain, control, classes, seed),
        "spaces": {source: _space(split.test) for source, split in plain.items()},
        "even": uniform(model.code),
        "pairs": [_meeting(trained[a], trained[b], a, b, seed) for a, b in itertools.combinations(single, 2)],
        "map": _map(plain, classes, seed),
    }
    progress("representation", 1.0)
    return figures | {"notes": _notes(figures, names)}


def _primary(attributes: Sequence[Attribute], label: str | None) -> Attribute | None:
    """The attribute of that name, else the first that is known of every row."""
    whole = [attribute for attribute in attributes if attribute.asked.all()]
    return next((attribute for attribute in whole if attribute.name == label), next(iter(whole), None))


def _clusters(
    trained: Mapping[str, Split], control: Mapping[str, Split], classes: NDArray[Any] | None, seed: int
) -> dict[str, Any]:
    """What clusters of each source's codes share with the classes, beside shuffled classes and an untrained model."""
    found: dict[str, Any] = {}
    if classes is None:
        return found
    for source, split in trained.items():
        truth = torch.from_numpy(np.unique(classes[split.asked], return_inverse=True)[1].astype(np.int64))
        k, chance = int(truth.max()) + 1, torch.Generator().manual_seed(seed)
        if len(truth) < max(FEW, k):
            continue
        clusters, others = (k_means(codes[source].test, k, chance) for codes in (trained, control))
        found[source] = {
            "value": mutual_information(clusters, truth),
            "untrained": mutual_information(others, truth),
            "chance": mutual_information(clusters, truth[torch.randperm(len(truth), generator=chance)]),
            "clusters": k,
            "count": len(truth),
        }
    return found


def _space(codes: Tensor) -> dict[str, Any]:
    return {"effective_rank": effective_rank(codes), "uniformity": uniformity(codes), "count": len(codes)}


def _meeting(one: Split, other: Split, a: str, b: str, seed: int) -> dict[str, Any]:
    """How near the codes of two modalities come, beside those of different rows and of two halves of one modality."""
    rows, at, there = np.intersect1d(one.asked, other.asked, return_indices=True)
    shuffled = np.random.default_rng(seed).permutation(len(there))
    x, y = one.test[torch.from_numpy(at)], other.test[torch.from_numpy(there)]
    floors = [modality_gap(codes[shuffled[::2]], codes[shuffled[1::2]]) for codes in (x, y)] if len(rows) > 1 else []
    return {
        "a": a,
        "b": b,
        "alignment": alignment(x, y) if len(rows) else None,
        "mismatched": alignment(x, y[shuffled]) if len(rows) else None,
        "gap": modality_gap(one.test, other.test),
        "gap_floor": float(np.mean(floors)) if floors else None,
        "count": len(rows),
    }


def _map(trained: Mapping[str, Split], classes: NDArray[Any] | None, seed: int) -> dict[str, Any] | None:
    """Some test codes of every source on the two principal axes of all of them."""
    if not trained:
        return None
    places = {source: choose(len(split.test), DRAWN, seed) for source, split in trained.items()}
    codes = [trained[source].test[torch.from_numpy(place)].double() for source, place in places.items()]
    every = torch.cat(codes)
    _, values, axes = torch.linalg.svd(every - every.mean(0), full_matrices=False)
    shares = values.square() / values.square().sum().clamp_min(1e-12)
    points = [((one - every.mean(0)) @ axes[:2].T).tolist() for one in codes]
    return {
        "points": {source: [[round(v, 3) for v in p] for p in one] for source, one in zip(places, points, strict=True)},
        "classes": None
        if classes is None
        else {source: [str(name) for name in classes[trained[source].asked[p]]] for source, p in places.items()},
        "share": float(shares[:2].sum()),
    }


def _notes(figures: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """What could not be measured, and why."""
    notes = []
    unseen = [name for name in names if name not in figures["sources"]]
    if unseen:
        notes.append(f"Fewer than {FEW} rows have {' or '.join(unseen)}: their codes are not measured.")
    if len(names) < 2:
        notes.append("With one modality there is nothing to find in another, and nothing to meet.")
    if not figures["attributes"]:
        notes.append("These data have no label of a few classes, so there is nothing to ask the codes.")
    return notes
