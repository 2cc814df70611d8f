r"""Sureness: how likely it is that what was filled is right, learned from cells that are hidden on purpose.

Given cells of the data itself are hidden as its missing ones are missing: of a row as many as another lacks, and the
same ones as far as it has them. They are filled, and compared with the truth. A filled cell is *right* when

    category, boolean, text     it is the same
    number, date                it lies within half a standard deviation of the column (``tolerances``)
    picture, sound, vector      its encoder finds it nearer to the hidden cell than to another row's: chance is .5

The score of the draws becomes a probability by isotonic regression of right on score (Zadrozny, Elkan, *Transforming
classifier scores into accurate multiclass probability estimates*, 2002), one column at a time. Where the model has been
trained on the very rows that are filled, given cells are better known to it than missing ones, and it is too sure.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..modalities import Modality, Table, Text
from ..model.fusion import directions
from ..model.gan import AnyGAN
from ..rows import Batch, DataSet
from .fill import Filling, fill, lacks, tolerances
from .look import chunks, seeded

__all__ = ["Curve", "Sureness", "claim", "right"]

TRIED = 1024
"""Rows whose cells are hidden, at most."""

ENOUGH = 30
"""Hidden cells of a column that a curve needs."""

Key = tuple[str, str]
"""Modality and column; the column of anything but a table is empty."""

Trial = tuple[Tensor, dict[str, Tensor]]
"""Numbers (n,) of rows of a batch, and which given cells of theirs are hidden: modality -> (n,), or (n, columns)."""

Way = Callable[[AnyGAN, Batch, torch.Generator], Trial]

_Outcome = tuple[NDArray[np.float64], NDArray[np.bool_]]
_NONE: _Outcome = np.zeros(0), np.zeros(0, bool)


@dataclass(frozen=True)
class Curve:
    """Probability of being right, rising with the score: (n,) each."""

    score: NDArray[np.float64]
    chance: NDArray[np.float64]

    @classmethod
    def fit(cls, score: NDArray[np.float64], right: NDArray[np.bool_]) -> "Curve":
        """Isotonic regression by pooling neighbours that fall; each pool is drawn to the mean of all by one case."""
        order = np.argsort(score, kind="stable")
        mean = float(right.mean())
        pools: list[list[float]] = []  # right, count, sum of scores
        for s, r in zip(score[order], right[order], strict=True):
            if pools and s == pools[-1][3]:
                pools[-1] = [pools[-1][0] + r, pools[-1][1] + 1, pools[-1][2] + s, s]
            else:
                pools.append([float(r), 1.0, s, s])
            while len(pools) > 1 and pools[-2][0] / pools[-2][1] >= pools[-1][0] / pools[-1][1]:
                last = pools.pop()
                pools[-1] = [pools[-1][i] + last[i] for i in range(3)] + [last[3]]
        hits, count, total, _ = np.array(pools).T
        # Small pools are drawn further, so that they may end below the pool before.
        return cls(total / count, np.maximum.accumulate((hits + mean) / (count + 1)))

    def __call__(self, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scores of any shape as probabilities."""
        return np.interp(score, self.score, self.chance)


class Sureness:
    """A curve for every column that could be tried; nothing is tried before it is asked."""

    def __init__(self, curves: Mapping[Key, Curve] | Callable[[], Mapping[Key, Curve]]) -> None:
        self._curves = curves

    @cached_property
    def curves(self) -> Mapping[Key, Curve]:
        """Modality and column -> its curve."""
        return self._curves() if callable(self._curves) else self._curves

    @classmethod
    def tried(cls, model: AnyGAN, data: DataSet, seed: int = 0, *, partial: bool = False) -> "Sureness":
        """To be learned by hiding given cells of some rows, filling them and seeing."""
        return cls(lambda: _learned(model, data, seed, partial))

    def __call__(self, name: str, column: str, score: float) -> float:
        """How likely it is that a cell of this score is right; the score itself where nothing could be tried."""
        curve = self.curves.get((name, column))
        return score if curve is None else float(curve(np.array(score)))

    def knows(self, name: str, column: str = "") -> bool:
        """Whether cells of this column could be tried."""
        return (name, column) in self.curves


@torch.inference_mode()
def _learned(model: AnyGAN, data: DataSet, seed: int, partial: bool) -> dict[Key, Curve]:
    rows = data.take(np.unique(np.linspace(0, len(data) - 1, TRIED).astype(np.int64)))
    found: dict[Key, _Outcome] = {}
    for way in (_as_missing, _one_each):
        if all(len(found.get(key, _NONE)[0]) >= ENOUGH for key in _keys(model, data)):
            break
        more = _tried(model, rows, way, seed, partial)
        found = more | {key: outcome for key, outcome in found.items() if len(outcome[0]) >= ENOUGH}
    return {key: Curve.fit(*outcome) for key, outcome in found.items() if len(outcome[0]) >= ENOUGH}


def _keys(model: AnyGAN, data: DataSet) -> list[Key]:
    """Every column of the data that the model knows."""
    known = [(n, m) for n, m in model.modalities.items() if n in data.columns]
    return [(n, c) for n, m in known for c in ([c.name for c in m.columns] if isinstance(m, Table) else [""])]


def _tried(model: AnyGAN, data: DataSet, way: Way, seed: int, partial: bool) -> dict[Key, _Outcome]:
    """Of every column the scores of cells that were hidden in one way, and which were filled rightly."""
    found: dict[Key, list[_Outcome]] = defaultdict(list)
    for number, chunk in enumerate(chunks(model, data, model.names, holes=partial)):
        chance = seeded(seed, -1 - number)
        for name, place in chunk.partials:
            chunk.batch.present[name][place] = False  # half a truth is none
        hosts, hidden = way(model, chunk.batch, chance)
        if any(bool(there.any()) for there in hidden.values()):
            batch = chunk.batch.take(hosts)
            filling = fill(model, _hide(batch, hidden), chance)
            for key, outcome in _outcomes(model, batch, hidden, filling):
                found[key].append(outcome)
    return {k: (np.concatenate([s for s, _ in v]), np.concatenate([g for _, g in v])) for k, v in found.items()}


def claim(modality: Modality, column: str = "") -> str:
    """What a filled cell is said to be with the probability that is told."""
    if isinstance(modality, Text):
        return "the same"
    if not isinstance(modality, Table):
        return "nearer than another's"
    place = next(i for i, c in enumerate(modality.columns) if c.name == column)
    tolerance = float(tolerances(modality)[place])
    unit = {"date": " days", "time": " seconds"}.get(modality.columns[place].type, "")
    return f"within {tolerance:.3g}{unit}" if tolerance else "the same"


def right(model: AnyGAN, name: str, filled: Tensor, truth: Tensor) -> Tensor:
    """Which filled stored cells (B, ...) are right: (B,), of a table (B, columns)."""
    modality = model.modalities[name]
    if isinstance(modality, Table):
        return (filled - truth).abs() <= tolerances(modality).to(truth) + 1e-9
    if isinstance(modality, Text):
        return (filled == truth).flatten(1).all(1)
    said, was = (directions(model.encoders[name](model.canvases[name](cells))) for cells in (filled, truth))
    return (said * was).sum(1) >= (said * was.roll(1, 0)).sum(1)


def _as_missing(model: AnyGAN, batch: Batch, chance: torch.Generator) -> Trial:
    """As much is hidden as some row lacks, of one that lacks less, and the same cells rather than others."""
    missing, widths = _flat(model, batch)
    count = missing.sum(1)
    holed = count.nonzero().squeeze(1)
    if not len(holed):
        return holed, _parts(model, missing[holed], widths)
    like = holed[torch.randint(len(holed), (len(batch),), generator=chance).to(holed.device)]
    fewer = count.unsqueeze(0) < count[like].unsqueeze(1)
    drawn = torch.rand(fewer.shape, generator=chance).to(count.device).masked_fill(~fewer, -1.0).argmax(1)
    host, like = drawn[fewer.any(1)], like[fewer.any(1)]
    wish = torch.rand(len(host), missing.shape[1], generator=chance).to(count.device) + missing[like].float()
    place = wish.masked_fill(missing[host], -1.0).argsort(1, descending=True).argsort(1)
    hidden = (place < (count[like] - count[host]).unsqueeze(1)) & ~missing[host]
    return host, _parts(model, hidden, widths)


def _one_each(model: AnyGAN, batch: Batch, chance: torch.Generator) -> Trial:
    """One given cell of each row is hidden."""
    missing, widths = _flat(model, batch)
    drawn = torch.rand(missing.shape, generator=chance).to(missing.device).masked_fill(missing, -1.0)
    chosen = torch.zeros_like(missing).scatter_(1, drawn.argmax(1, keepdim=True), True) & ~missing
    return torch.arange(len(batch), device=missing.device), _parts(model, chosen, widths)


def _flat(model: AnyGAN, batch: Batch) -> tuple[Tensor, list[int]]:
    """What a batch lacks, all columns side by side (B, columns), and how many each modality has."""
    parts = [lacks(m, batch).view(len(batch), -1) for m in model.modalities.values()]
    return torch.cat(parts, 1), [part.shape[1] for part in parts]


def _parts(model: AnyGAN, flat: Tensor, widths: list[int]) -> dict[str, Tensor]:
    """Undo :func:`_flat`."""
    parts = zip(model.modalities.items(), flat.split(widths, 1), strict=True)
    return {name: part if isinstance(m, Table) else part.squeeze(1) for (name, m), part in parts}


def _hide(batch: Batch, hidden: Mapping[str, Tensor]) -> Batch:
    """The batch without what is hidden; a table that is left nothing is missing."""
    values, present = {}, {}
    for name, there in hidden.items():
        if there.dim() == 1:
            values[name], present[name] = batch.values[name], batch.present[name] & ~there
        else:
            values[name] = batch.values[name].masked_fill(there, torch.nan)
            present[name] = batch.present[name] & ~values[name].isnan().all(1)
    return Batch(values, present)


def _outcomes(
    model: AnyGAN, batch: Batch, hidden: Mapping[str, Tensor], filling: Filling
) -> Iterator[tuple[Key, _Outcome]]:
    """Of every column the scores of its hidden cells, and which were right."""
    for name, there in hidden.items():
        if not bool(there.any()):
            continue
        rows = there.flatten(1).any(1) if there.dim() > 1 else there
        good = right(model, name, filling.stored[name][rows], batch.values[name][rows])
        score = filling.score[name][rows]
        modality = model.modalities[name]
        if isinstance(modality, Table):
            for place, column in enumerate(modality.columns):
                these = there[rows][:, place]
                yield (name, column.name), _arrays(score[these, place], good[these, place])
        else:
            yield (name, ""), _arrays(score, good)


def _arrays(score: Tensor, good: Tensor) -> _Outcome:
    return score.double().cpu().numpy(), good.cpu().numpy()
