"""Translation, measured: every subset to every modality, beside real cells and beside what needs no model.

    likeness      the cells of a direction as a whole, against real test cells (:mod:`.likeness`)
    spreads       of cells of one class, and of draws from one row, over that of real cells (:mod:`.spreads`)
    attributes    measured on pictures, of what the given can tell (:mod:`.attributes`)
    partners      where no label tells (:mod:`.partners`)
    against       the same judges on the nearest training row's cell, and on the commonest (:mod:`.contest`)

Everything is noted while :meth:`.Measure.translate` shows the cells: no direction is translated twice for it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...judging.bench import Progress
from ...judging.panel import Seen, choose
from ...model.gan import AnyGAN
from ...rows import Cell, DataSet
from ...tasks.translate import translate
from ..measure import Direction, Judged, Measure
from .contest import contests, won
from .faithful import Attributes
from .likeness import Likeness
from .partners import Partners, unlabelled
from .plain import Plain
from .records import guessed, read_all, record_scores
from .spreads import Spreads

__all__ = ["Translating"]

DRAWS, ROWS, RECORDS = 8, 50, 500
"""Draws from a row, rows that are drawn from, and the same where cells are tables or vectors, which cost little."""

Numbers = NDArray[np.int64]


class Translating:
    """Who measures translations: made before them, watching them, and asked afterwards.

    Args:
        model: what translates.
        measure: the judges and the real rows.
        train: real training rows.
        wanted: the directions.
        steps: of matching judges; enough when not given.
        cache: folder of kept judges.
        progress: told what is done, and the share done.
    """

    def __init__(
        self,
        model: AnyGAN,
        measure: Measure,
        train: DataSet,
        wanted: Sequence[Direction],
        *,
        steps: int | None = None,
        cache: Path | None = None,
        progress: Progress = lambda what, share: None,
    ) -> None:
        names, seed = measure.shared(model) if wanted else [], measure.seed
        self.model, self.measure, self.progress = model, measure, progress
        self.likeness = Likeness(measure)
        self.plain = Plain(train, measure.data, names, seed)
        self.spreads = Spreads(measure, self.plain)
        self.attributes = Attributes(self.plain, train, measure.data, names, seed)
        self.partners = Partners(
            train,
            measure.data,
            unlabelled(wanted, measure.panel.labels),
            seed=seed,
            steps=steps,
            cache=cache,
            progress=progress,
        )
        self._noted: dict[Direction, list[dict[str, Numbers]]] = {}
        self._looks: dict[Direction, list[Tensor]] = {}
        self._matched: dict[Direction, list[Tensor]] = {}

    def watch(self, direction: Direction, rows: Numbers, cells: Sequence[Cell]) -> None:
        """Note what must be seen of generated cells themselves."""
        self._noted.setdefault(direction, []).append(self.attributes.strokes.classes(direction[1], cells))
        self._looks.setdefault(direction, []).append(self.plain.look(direction[1], cells))
        features = self.partners.features(direction, cells)
        if features is not None:
            self._matched.setdefault(direction, []).append(features)

    def figures(self, judged: Mapping[Direction, Judged]) -> dict[str, Any]:
        """All figures of the translations that were watched, ready for JSON."""
        told = []
        for done, (direction, (rows, seen)) in enumerate(judged.items()):
            self.progress("baselines", done / len(judged))
            if len(rows):
                told.append(self._direction(direction, rows, seen))
        primary = self.measure.panel.primary
        columns = {}
        for to in dict.fromkeys(one["to"] for one in told):
            found = contests([one for one in told if one["to"] == to and len(one["given"]) == 1], primary)
            columns[to] = {"better": won(found), "contests": found}
        return {
            "condition": primary,
            "neighbours": len(self.plain.train),
            "draws": DRAWS,
            "columns": columns,
            "directions": told,
        }

    def _direction(self, direction: Direction, rows: Numbers, seen: Seen) -> dict[str, Any]:
        given, to = direction
        near = self.plain.neighbours(given, to, rows, DRAWS)
        # Of many modalities there are many subsets, and drawing again costs the most: the ends of the range do.
        ends = len(given) in (1, len(self.model.names) - 1)
        draws, records = self._drawn(direction, rows, near) if ends else (None, None)
        return {
            "given": list(given),
            "to": to,
            "count": len(rows),
            "likeness": self.likeness.of(to, seen),
            "spread_within": self.spreads.within(to, rows, torch.cat(self._looks[direction])),
            "spread_of_draws": draws,
            "attributes": self._attributes(direction, rows),
            "partners": self._partners(direction, rows, near[:, 0]),
            "against": self._against(direction, rows, seen, near[:, 0]),
            "records": records,
        }

    def _against(self, direction: Direction, rows: Numbers, seen: Seen, near: Numbers) -> dict[str, Any]:
        """Label -> coherence of the model, of the nearest training row's cell, and of the commonest class."""
        (given, to), panel, labels = direction, self.measure.panel, self.measure.labels
        telling = [name for name, told in panel.labels.items() if to in told and set(given) & set(told)]
        there = near >= 0
        found: dict[str, Any] = {}
        if not telling:
            return found
        numbers, places = np.unique(near[there], return_inverse=True)
        cells = self.plain.train.columns[to].cells
        said = panel.look(to, [cells[number] for number in numbers]).take(places.astype(np.int64)).classes
        for label in telling:
            truth = labels[label][rows]
            values, counts = np.unique(self.plain.train.pairing(0).labels[label], return_counts=True)
            found[label] = {
                "value": float((seen.classes[label] == truth).mean()),
                "neighbour": float((said[label] == truth[there]).mean()) if there.any() else None,
                "least": float((truth == values[counts.argmax()]).mean()),
                "count": len(rows),
            }
        return found

    def _attributes(self, direction: Direction, rows: Numbers) -> dict[str, Any]:
        """Attribute -> share of pictures that keep it, what a linear reader and a rewritten picture reach, chance."""
        given, to = direction
        asked = self.attributes.asked(given, to, rows)
        if not asked:
            return {}
        noted = self._noted[direction]
        made = {label: np.concatenate([part[label] for part in noted]) for label in noted[0]}
        kept, ceilings = self.attributes.kept(to, rows, made), self.attributes.ceilings(self.model, to)
        return {
            label: {"value": kept[label][0], "ceiling": ceilings.get(label), "count": kept[label][1]} | told
            for label, told in asked.items()
        }

    def _partners(self, direction: Direction, rows: Numbers, near: Numbers) -> dict[str, Any] | None:
        parts = self._matched.get(direction)
        if not parts:
            return None
        made = {"value": torch.cat(parts)}
        if (near >= 0).all():
            numbers, places = np.unique(near, return_inverse=True)
            cells = self.plain.train.columns[direction[1]].cells
            features = self.partners.features(direction, [cells[number] for number in numbers])
            assert features is not None
            made["neighbour"] = features[torch.from_numpy(places)]
        return self.partners.score(direction, rows, made)

    def _drawn(self, direction: Direction, rows: Numbers, near: Numbers) -> tuple[float | None, dict[str, Any] | None]:
        """Spread of draws from one row over that of real cells of a class; and the scores of tables and vectors."""
        (given, to), measure = direction, self.measure
        record = self.model.modalities[to].kind in ("table", "vector")
        some = choose(len(rows), RECORDS if record else ROWS, measure.seed)
        data = measure.data.take(rows[some])
        drawn = translate(self.model, data, given, [to], draws=DRAWS, seed=measure.seed)
        cells = [one.cells[to] for one in drawn]
        scores = self._records(to, data, cells, near[some]) if record else None
        return self.spreads.of_draws(to, self.plain.look(to, cells), DRAWS), scores

    def _records(self, to: str, data: DataSet, cells: Sequence[Cell], near: Numbers) -> dict[str, Any]:
        modality, column, train = self.model.modalities[to], data.columns[to], self.plain.train
        truth = [column.cells[number] if number >= 0 else None for number in data.pairing(0).index[to]]
        known = train.pairing(0).index[to]
        learned = [train.columns[to].cells[number] for number in known[known >= 0]]
        guesses = {"value": guessed(modality, read_all(modality, cells).unflatten(0, (len(truth), -1)))}
        if (near >= 0).all():
            nearest = [train.columns[to].cells[number] for number in near.reshape(-1).tolist()]
            guesses["neighbour"] = guessed(modality, read_all(modality, nearest).unflatten(0, (len(truth), -1)))
        return record_scores(modality, read_all(modality, truth), read_all(modality, learned), guesses)
