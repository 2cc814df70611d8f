"""Measuring a model against real rows, with a panel of judges.

    coherence of S -> m    share of rows i with  judge_m(G_m(F(S_i))) = label_i
    joint agreement        share of draws on which the judges of all modalities name one class
    distance               squared Fréchet distance on a named judge's features, generated against real test cells

Everything is judged as written: on the cells that ``translate`` and ``generate`` give. Every score stands beside what
real cells score (ceiling of a coherence, floor of a distance), what chance scores, and the number of rows.
"""

import contextlib
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import CellError, DataError
from ..judging.bench import Progress, convene
from ..judging.panel import Seen, choose
from ..metrics import frechet
from ..model.gan import AnyGAN
from ..rows import Cell, DataSet
from ..tasks.generate import generate, written
from ..tasks.look import CHUNK, chunks, seeded
from .agreeing import joint_agreement

__all__ = ["Ceilings", "Direction", "Judged", "Measure", "Watch"]

Direction = tuple[tuple[str, ...], str]
"""What is given, and what is wanted."""

Judged = tuple[NDArray[np.int64], Seen]
"""Rows (n,) of the test data, and what the panel makes of the cells generated for them."""

Watch = Callable[[Direction, NDArray[np.int64], Sequence[Cell]], None]
"""Shown the rows and the cells generated for them, a chunk at a time: no one could keep them all."""

Ceilings = Mapping[tuple[str, str], float]
"""(label, modality) -> what its judge reaches on real cells that were read and written again."""


class Measure:
    """Judges and real rows at hand, to measure many models, or one again and again.

    Args:
        data: real test rows; at most ``rows`` of them are used.
        train: real training rows: judges learn from them, and they are the floor of every distance.
        rows: test rows given, and rows drawn.
        seed: of the draw of rows, of the judges and of what is generated.
        cache: folder of kept judges; the package's cache folder when not given.
        judge_steps: training steps of the judges; enough for the kind when not given.
        progress: told what is done, and the share done.

    Raises:
        DataError: when the two sets have no modality in common.
    """

    def __init__(
        self,
        data: DataSet,
        train: DataSet,
        *,
        rows: int = 300,
        seed: int = 0,
        cache: Path | None = None,
        judge_steps: int | None = None,
        progress: Progress = lambda what, share: None,
    ) -> None:
        names = [name for name in train.columns if name in data.columns]
        if not names:
            had, wanted = ", ".join(data.columns), ", ".join(train.columns)
            raise DataError(f"'{data.name}' has none of the modalities of '{train.name}': {had}; expected {wanted}.")
        if not len(data):
            raise DataError(f"'{data.name}' has no rows to measure with.")
        self.seed = seed
        self.rows = choose(len(data), rows, seed)
        self.data = data.take(self.rows)
        self.labels = self.data.pairing(0).labels
        self.panel = convene(train, self.data, names, seed=seed, steps=judge_steps, cache=cache, progress=progress)
        self.real = {name: self.panel.real(self.data, name) for name in names}
        others = train.take(choose(len(train), rows, seed))
        self.other = {name: self.panel.real(others, name) for name in names}

    def __call__(self, model: AnyGAN, progress: Progress = lambda what, share: None) -> dict[str, float]:
        """``coherence`` of single modalities to single ones and ``joint`` agreement, where the labels tell them."""
        primary = self.panel.primary
        if primary is None:
            return {}
        telling = [name for name in self.shared(model) if name in self.panel.labels[primary]]
        wanted: list[Direction] = [((given,), to) for given, to in itertools.permutations(telling, 2)]
        judged = self.translate(model, wanted, progress)
        scores = [self.coherence(primary, *judged[direction]) for direction in wanted]
        joint = self.joint(primary, self.generate(model, len(self.data), progress))
        found = {"coherence": float(np.mean(scores))} if scores else {}
        return found | ({"joint": float(joint["value"])} if joint else {})

    def shared(self, model: AnyGAN) -> list[str]:
        """The modalities that the model and both sets have."""
        return [name for name in model.names if name in self.real]

    @torch.inference_mode()
    def translate(
        self,
        model: AnyGAN,
        wanted: Sequence[Direction],
        progress: Progress = lambda what, share: None,
        watch: Watch = lambda direction, rows, cells: None,
    ) -> dict[Direction, Judged]:
        """Translate the test rows that have all of what is given, in every direction, and judge what comes.

        Each row is looked at once; its codes and the cells rendered from them are those of ``translate``.
        """
        found: dict[Direction, list[Judged]] = {direction: [] for direction in wanted}
        given = list(dict.fromkeys(names for names, _ in wanted))
        for chunk in chunks(model, self.data, {name for names in given for name in names}):
            progress("translations", int(chunk.rows[0]) / len(self.data))
            evidence = model.look(chunk.batch)
            observed = chunk.batch.observed()
            for place, names in enumerate(given):
                mask = torch.tensor([name in names for name in model.names], device=observed.device)
                there = (observed | ~mask).all(1)
                rows = chunk.rows[there.cpu().numpy()]
                if len(rows) == 0:
                    continue
                shown = mask.expand(len(rows), -1)
                chance = seeded(self.seed, int(chunk.rows[0]) + place)
                code = model.complete(model.known(evidence[there], shown), shown, chance)
                targets = [to for some, to in wanted if some == names]
                made = list(written(model, model.render(code, targets, chance)))
                for to in targets:
                    cells = [row[to] for row in made]
                    watch((names, to), rows, cells)
                    found[names, to].append((rows, self.panel.look(to, cells)))
        progress("translations", 1.0)
        nothing = np.zeros(0, np.int64)
        return {
            (names, to): (np.concatenate([rows for rows, _ in parts]), Seen.join([seen for _, seen in parts]))
            if parts
            else (nothing, self.panel.look(to, []))
            for (names, to), parts in found.items()
        }

    def generate(
        self,
        model: AnyGAN,
        count: int,
        progress: Progress = lambda what, share: None,
        watch: Watch = lambda direction, rows, cells: None,
    ) -> dict[str, Seen]:
        """Draw rows from noise and judge every modality. Who watches is told of a direction that gives nothing."""
        parts: dict[str, list[Seen]] = {name: [] for name in self.shared(model)}
        drawn = generate(model, count, seed=self.seed)
        for first in range(0, count, CHUNK):
            progress("samples", first / count)
            rows = list(itertools.islice(drawn, CHUNK))
            for name, seen in parts.items():
                cells = [row[name] for row in rows]
                watch(((), name), np.arange(first, first + len(rows)), cells)
                seen.append(self.panel.look(name, cells))
        progress("samples", 1.0)
        return {name: Seen.join(seen) for name, seen in parts.items()}

    def rewritten(self, model: AnyGAN) -> dict[tuple[str, str], float]:
        """What judges reach on real cells that the model's modalities have read and written again.

        This is the ceiling of what is generated: what canvas, rate and inversion cost is nobody's fault.
        """
        ceilings = {}
        for name in self.shared(model):
            if not self.panel.judges[name]:
                continue
            modality, column, rows = model.modalities[name], self.data.columns[name], self.real[name].rows
            numbers, stored = self.data.pairing(0).index[name][rows], {}
            for number in np.unique(numbers):
                with contextlib.suppress(CellError):
                    stored[int(number)] = modality.read(column.cells[number])
            kept = np.isin(numbers, list(stored))
            places = np.searchsorted(list(stored), numbers[kept])
            cells = modality.write_all(torch.stack(list(stored.values()))) if stored else []
            for label, said in self.panel.look(name, cells).classes.items():
                if kept.any():
                    ceilings[label, name] = float((said[places] == self.labels[label][rows[kept]]).mean())
        return ceilings

    def coherence(self, label: str, rows: NDArray[np.int64], seen: Seen) -> float:
        """Share of generated cells whose judged class is the row's label; nothing was generated: not a number."""
        return float((seen.classes[label] == self.labels[label][rows]).mean()) if len(rows) else math.nan

    def translation(self, direction: Direction, judged: Judged, ceilings: Ceilings) -> dict[str, Any]:
        """The scores of one direction: coherence of every label that given and wanted can both tell, and distance."""
        (given, to), (rows, seen) = direction, judged
        scores = {}
        for label, telling in self.panel.labels.items():
            if to in telling and any(name in telling for name in given) and len(rows):
                mark = self.panel.mark(label, to)
                ceiling = ceilings.get((label, to), mark.ceiling)
                value = self.coherence(label, rows, seen)
                scores[label] = {"value": value, "ceiling": ceiling, "chance": mark.chance, "count": len(rows)}
        return {
            "given": list(given),
            "to": to,
            "count": len(rows),
            "coherence": scores,
            "distance": self.distance(to, seen),
        }

    def distance(self, name: str, seen: Seen) -> dict[str, Any] | None:
        """Fréchet distance of generated to real test cells, its floor, and who measured it; nothing for few cells."""
        real, other = self.real[name].seen.features, self.other[name].seen.features
        try:
            value, floor = frechet(real, seen.features), frechet(real, other)
        except DataError:
            return None
        count = min(len(real), len(seen.features))
        return {"value": value, "floor": floor, "count": count, "judge": self.panel.eye(name)}

    def joint(self, label: str, drawn: Mapping[str, Seen]) -> dict[str, Any] | None:
        """How well drawn modalities agree on a label, see :func:`joint_agreement`."""
        return joint_agreement(self.panel, self.real, label, drawn)
