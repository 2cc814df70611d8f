"""evaluate: the report card of a model, by judges that have never seen it.

Coherence says whether what is generated tells the same as what is given. It says nothing of variety: a model that knows
one picture a class can have all of it. So the card never shows it without the distance to real cells, the share of each
class, and what real cells and chance would score.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..judging.bench import Progress
from ..judging.inception import Inception
from ..judging.panel import choose
from ..model.gan import AnyGAN
from ..rows import Cell, DataSet
from .cost.costing import costing
from .examples import Examples, choose_examples
from .fid import InceptionFid
from .fusion.fusing import fusing
from .inner.looking import Sights, look_inside
from .measure import Direction, Measure, Watch
from .representation.representing import representing
from .samples.sampling import sampling
from .translation.translating import Translating

__all__ = ["Card", "directions", "evaluate"]

MANY = 4
"""Modalities up to which every subset is given; beyond, singles, pairs and all but one."""


@dataclass(frozen=True)
class Card:
    """A report card.

    Attributes:
        figures: every number and name, ready for JSON.
        examples: cells to look at.
        sights: cells of the section that looks inside.
    """

    figures: dict[str, Any]
    examples: Examples = field(default_factory=Examples)
    sights: Sights = field(default_factory=Sights)

    @property
    def headline(self) -> dict[str, float]:
        """``coherence`` and ``joint``, where the labels tell them."""
        scores = {name: (self.figures[name] or {}).get("value") for name in ("coherence", "joint")}
        return {name: float(value) for name, value in scores.items() if value is not None}


def evaluate(
    model: AnyGAN,
    data: DataSet,
    train: DataSet,
    *,
    rows: int = 2000,
    seed: int = 0,
    cache: Path | None = None,
    judge_steps: int | None = None,
    story: Mapping[str, Any] | None = None,
    inception: Inception | None = None,
    progress: Progress = lambda what, share: None,
) -> Card:
    """The report card of a model.

    Args:
        model: what is evaluated.
        data: real test rows; at most ``rows`` of them are used.
        train: real training rows: judges learn from them, and they are the floor of every distance.
        rows: test rows given, and rows drawn.
        seed: of the draw of rows, of the judges and of what is generated.
        cache: folder of kept judges; the package's cache folder when not given.
        judge_steps: training steps of the judges; enough for the kind when not given.
        story: a checkpoint's description, for the card to tell what was trained.
        inception: a network for the Inception FID of pictures, which is left out when not given.
        progress: told what is done ('judges', 'translations', 'samples', 'inside', ...), and the share done.

    Raises:
        DataError: when model and data have no modality in common, or a column is of another kind than the model's.
        ConfigError: when there are fewer pictures than Inception has features, or none.
    """
    fid = _fid(inception, model, data, train, rows, seed, progress)
    measure = Measure(data, train, rows=rows, seed=seed, cache=cache, judge_steps=judge_steps, progress=progress)
    names, panel = measure.shared(model), measure.panel
    if not names:
        raise DataError(f"'{data.name}' has none of the model's modalities: expected {', '.join(model.names)}.")
    ceilings = measure.rewritten(model)
    wanted = directions(names)
    watcher = Translating(model, measure, train, wanted, steps=judge_steps, cache=cache, progress=progress)
    judged = measure.translate(model, wanted, progress, _both(watcher.watch, fid.watch))
    translations = [measure.translation(direction, parts, ceilings) for direction, parts in judged.items()]
    drawn = measure.generate(model, rows, progress, fid.watch)
    agreed = {label: measure.joint(label, drawn) for label in panel.labels}
    inside, sights = look_inside(model, measure, train, judged, drawn, progress)
    written = {pair: {"written": ceiling} for pair, ceiling in ceilings.items()}
    figures = {
        "run": _run(model, story or {}),
        "data": {"test": data.name, "rows": len(measure.data), "train": train.name, "seed": seed},
        "modalities": {name: model.modalities[name].kind for name in names},
        "label": panel.primary,
        "coherence": _cross(translations, panel.primary),
        "joint": agreed.get(panel.primary or ""),
        "judges": [mark.spec() | written.get((mark.label, mark.modality), {}) for mark in panel.marks],
        "translations": translations,
        "samples": {
            "count": rows,
            "agreement": {label: told for label, told in agreed.items() if told},
            "distance": {name: measure.distance(name, seen) for name, seen in drawn.items()},
        },
        "inside": inside,
        "fusion": fusing(model, measure.data, train, panel.labels, seed=seed, progress=progress),
        "representation": representing(model, measure.data, train, names, panel.primary, seed=seed, progress=progress),
        "cost": costing(model, measure.data, names, seed=seed, progress=progress),
        "translating": fid.beside_translations(watcher.figures(judged)),
        "sampling": fid.beside_samples(sampling(model, measure, watcher.likeness, train, drawn, progress)),
        "notes": _notes(measure, names),
    }
    return Card(figures, choose_examples(model, measure.data, names, panel.primary, seed), sights)


def directions(names: Sequence[str]) -> list[Direction]:
    """Every subset to every modality outside it; of many modalities, singles, pairs and all but one.

    Example:
        >>> directions(["a", "b"])
        [(('a',), 'b'), (('b',), 'a')]
        >>> len(directions("abc")), len(directions("abcde"))
        (9, 55)
    """
    sizes = range(1, len(names)) if len(names) <= MANY else (1, 2, len(names) - 1)
    given = [subset for size in sizes for subset in itertools.combinations(names, size)]
    return [(subset, to) for subset in given for to in names if to not in subset]


def _both(first: Watch, second: Watch) -> Watch:
    """Who lets two watch."""

    def watch(direction: Direction, rows: NDArray[np.int64], cells: Sequence[Cell]) -> None:
        first(direction, rows, cells)
        second(direction, rows, cells)

    return watch


def _fid(
    inception: Inception | None,
    model: AnyGAN,
    data: DataSet,
    train: DataSet,
    rows: int,
    seed: int,
    progress: Progress,
) -> InceptionFid:
    """Who measures pictures by Inception, on the rows that :class:`Measure` takes; made before judges cost minutes."""
    test, others = (some.take(choose(len(some), rows, seed)) for some in (data, train))
    kinds = {name: modality.kind for name, modality in model.modalities.items()}
    names = [n for n, kind in kinds.items() if kind == "image" and n in data.columns and n in train.columns]
    return InceptionFid(inception, test, others, names, progress)


def _run(model: AnyGAN, story: Mapping[str, Any]) -> dict[str, Any]:
    """What was trained, on what and for how long, as far as the story tells."""
    clock, config = story.get("clock", {}), story.get("config", {})
    return {
        "data": story.get("data"),
        "minutes": clock["seconds"] / 60 if "seconds" in clock else None,
        "steps": clock.get("step"),
        "size": config.get("size"),
        "parameters": sum(weights.numel() for weights in model.parameters()),
    }


def _cross(translations: Sequence[Mapping[str, Any]], label: str | None) -> dict[str, Any] | None:
    """Mean coherence of single modalities to single ones, beside the means of its ceilings and chances."""
    scores = [t["coherence"][label] for t in translations if len(t["given"]) == 1 and label in t["coherence"]]
    if not scores:
        return None
    means = {key: float(np.mean([score[key] for score in scores])) for key in ("value", "ceiling", "chance")}
    return means | {"directions": len(scores), "count": min(score["count"] for score in scores)}


def _notes(measure: Measure, names: Sequence[str]) -> list[str]:
    """What a reader should know of how this was measured."""
    panel, notes = measure.panel, []
    if panel.primary is None:
        notes.append(
            "Coherence and agreement need labels that can be read from the cells, and these data have none. What is "
            "given instead are distances on the principal components of the cells."
        )
    if len(names) > MANY:
        notes.append(
            f"With {len(names)} modalities, what is given are singles, pairs and all but one, not every subset."
        )
    unread = [f"{mark.label} from {mark.modality}" for mark in panel.marks if not mark.kept]
    if unread:
        notes.append(f"Not to be read, and so not asked for: {', '.join(unread)}.")
    if any(measure.distance(name, measure.other[name].seen) is None for name in names):
        notes.append("Where no distance is given there are fewer rows than features. Give more rows.")
    return notes
