"""Matching judges: which cells of two modalities belong to one row, for data whose rows have no labels.

Two towers, each a small network on its own view of a cell, learn from real training pairs alone by InfoNCE (van den
Oord et al., *Representation learning with contrastive predictive coding*, 2018): cells of one row come to point in one
direction. A generated cell is then as right as its given cell is near to it among those of many rows.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import normalize

from ..alignment import info_nce
from ..data.download import cache_folder
from ..errors import CellError, DataError
from ..rows import Cell, Column
from .judges import FEATURES, Unit, feature_network
from .shelf import fingerprint, keep, take
from .views import VIEWS, View

__all__ = ["Matcher", "train_matcher"]

VERSION = 2
"""To be raised whenever this file, the judges' networks or the views would train another one from the same pairs."""

STEPS, BATCH = 200, 128

MOST = 20_000
"""Pairs that are learned from at most, drawn by the seed."""

FEWEST = 16
"""Pairs below which there is nothing to tell apart."""

WIDE = 24
"""Shortest side of a view that is halved first: a whole view costs four times as much, and there are many pairs."""

Pairs = NDArray[np.int64]


@dataclass(frozen=True)
class Matcher:
    """A trained matching judge.

    Attributes:
        name: what reports call it, such as ``match-of-image-and-text-3f9ac1d2``.
        views: modality -> how it sees a cell, of both modalities.
        towers: modality -> views (B, ...) to features (B, 64).
    """

    name: str
    views: dict[str, View]
    towers: dict[str, nn.Module]

    @torch.inference_mode()
    def features(self, name: str, cells: Sequence[Cell]) -> Tensor:
        """Cells of one of the two modalities as unit vectors (n, 64).

        Raises:
            CellError: when a cell cannot be read.
        """
        view, parts = self.views[name], [torch.zeros(0, FEATURES)]
        for first in range(0, len(cells), 512):
            seen = torch.stack([view(cell) for cell in cells[first : first + 512]])
            parts.append(normalize(self.towers[name](seen), dim=1))
        return torch.cat(parts)


@torch.inference_mode(False)
def train_matcher(
    columns: tuple[Column, Column],
    pairs: Pairs,
    *,
    seed: int = 0,
    steps: int | None = None,
    cache: Path | None = None,
    progress: Callable[[int, int], None] = lambda step, steps: None,
) -> Matcher:
    """Train a matching judge, or take it from the cache. The same arguments give the same judge.

    Args:
        columns: the two modalities.
        pairs: (n, 2) numbers of training cells, in each row one of either modality. Pairs of which a cell cannot be
            read are passed over.
        seed: of the first weights and the batches.
        steps: of 128 pairs each; 200 when not given.
        cache: folder of kept judges; ``judges`` in the package's cache folder when not given.
        progress: told the steps done and the steps in all.

    Raises:
        DataError: when there are too few pairs.
    """
    steps = STEPS if steps is None else min(steps, STEPS)
    if len(pairs) > MOST:
        pairs = pairs[np.sort(np.random.default_rng(seed).choice(len(pairs), MOST, replace=False))]
    numbers, places = zip(*(np.unique(side, return_inverse=True) for side in pairs.T), strict=True)
    cells = [[column.cells[i] for i in some] for column, some in zip(columns, numbers, strict=True)]
    kinds = [column.kind for column in columns]
    key = fingerprint([VERSION, *kinds, seed, steps, *(p.tolist() for p in places)], [*cells[0], *cells[1]])
    name = f"match-of-{columns[0].name}-and-{columns[1].name}-{key[:8]}"
    path = (cache_folder() / "judges" if cache is None else cache) / f"{'-'.join(kinds)}-{key[:32]}.safetensors"
    names = [column.name for column in columns]
    kept = _load(path, name, dict(zip(names, kinds, strict=True)))
    if kept is not None:
        return kept
    looks = [_look(kind, some) for kind, some in zip(kinds, cells, strict=True)]
    rows = torch.tensor([look[2][place].tolist() for look, place in zip(looks, places, strict=True)]).T
    rows = rows[(rows >= 0).all(1)]
    if len(rows) < FEWEST:
        raise DataError(f"A matching judge needs {FEWEST} pairs of {' and '.join(names)}: got {len(rows)}.")
    views = dict(zip(names, (look[0] for look in looks), strict=True))
    seen = dict(zip(names, (look[1] for look in looks), strict=True))
    # First weights and dropout come from the global stream, which is given back as it was.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        towers: dict[str, nn.Module] = {side: _tower(tuple(x.shape[1:])) for side, x in seen.items()}
        _fit(towers, views, seen, rows, steps, seed, progress)
    matcher = Matcher(name, views, towers)
    _save(matcher, {side: tuple(x.shape[1:]) for side, x in seen.items()}, path)
    return matcher


def _look(kind: str, cells: Sequence[Cell]) -> tuple[View, Tensor, NDArray[np.int64]]:
    """A view that suits the cells, the views of those that can be read, and the place of each among them, or -1."""
    view = VIEWS[kind].fit(cells)
    seen: list[Tensor] = []
    places = np.full(len(cells), -1)
    for i in range(len(cells)):
        try:
            seen.append(view(cells[i]))
        except CellError:
            continue
        places[i] = len(seen) - 1
    return view, torch.stack(seen), places


def _tower(shape: tuple[int, ...]) -> nn.Sequential:
    """Views (B, *shape) to features (B, 64)."""
    if len(shape) > 1 and min(shape[1:]) >= WIDE:
        channels, *sides = shape
        return nn.Sequential(Unit(), nn.AvgPool2d(2), feature_network((channels, *(side // 2 for side in sides))))
    return feature_network(shape)


def _fit(
    towers: dict[str, nn.Module],
    views: dict[str, View],
    seen: dict[str, Tensor],
    rows: Tensor,
    steps: int,
    seed: int,
    progress: Callable[[int, int], None],
) -> None:
    """InfoNCE on jittered batches of pairs (n, 2) by AdamW, its rate rising for a tenth of the steps, then falling."""
    generator = torch.Generator().manual_seed(seed)
    both = nn.ModuleList(towers.values())
    scale = nn.Parameter(torch.tensor(10.0).log())
    optimiser = torch.optim.AdamW([*both.parameters(), scale], lr=1e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps + 1, pct_start=0.1)
    both.train()
    for step in range(steps):
        drawn = rows[torch.randint(len(rows), (BATCH,), generator=generator)]
        a, b = (
            normalize(tower(views[name].jitter(seen[name][drawn[:, side]], generator)), dim=1)
            for side, (name, tower) in enumerate(towers.items())
        )
        loss = info_nce(a, b, scale.exp().clamp(max=100)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        progress(step + 1, steps)
    both.eval().requires_grad_(False)


def _save(matcher: Matcher, shapes: dict[str, tuple[int, ...]], path: Path) -> None:
    weights = nn.ModuleList(matcher.towers.values()).state_dict()
    views = [asdict(view) for view in matcher.views.values()]
    keep(path, weights, {"views": json.dumps(views), "shapes": json.dumps(list(shapes.values()))})


def _load(path: Path, name: str, kinds: dict[str, str]) -> Matcher | None:
    kept = take(path)
    if kept is None:
        return None
    weights, about = kept
    both = nn.ModuleList(_tower(tuple(shape)) for shape in json.loads(about["shapes"]))
    both.load_state_dict(weights)
    both.eval().requires_grad_(False)
    towers: dict[str, nn.Module] = dict(zip(kinds, both, strict=True))
    fields = json.loads(about["views"])
    views = {side: VIEWS[kind](**field) for (side, kind), field in zip(kinds.items(), fields, strict=True)}
    return Matcher(name, views, towers)
