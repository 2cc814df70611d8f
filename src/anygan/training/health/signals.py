r"""Signals of health that cost more than a look at the scores: a few rows, generated afresh, beside real ones.

For each modality m, on n real rows with conditions c = F(all but m), and distances on a fixed random projection of the
canvases (Johnson, Lindenstrauss, 1984):

    spread      mean |x'_i - x'_j| / mean |x_i - x_j|,                 x' drawn from noise alone
    rank        effective rank of x' / that of x                       (Roy, Vetterli, *The effective rank*, 2007)
    noise       mean |G(c_i; z) - G(c_i; z')| / mean |x_i - x_j|,       j the row whose condition is nearest to c_i
    condition   how surely E_m(G(c_i)) lies nearer to c_i than to c_j: 0 chance, 1 always
    informed    the same of E_m(x_i): what there is to know
    varied      mean |x_i - x_j| of those nearest / that of any rows: what a condition leaves open
    novelty     median distance from x' to the nearest training cell / that from a training cell to its nearest

All are of the weights that train, not of their average: an average hides a collapse for as long as it remembers.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...data.store import Store
from ...model.fusion import directions
from ...model.gan import AnyGAN
from ...rows import Batch

__all__ = ["ROWS", "Probe", "constant"]

ROWS = 64
"""Rows that are looked at."""

CELLS = 512
"""Training cells at most that generated ones are compared with: all of a set on which memorising is a danger."""

AXES = 64
"""Dimensions of the projection."""


@dataclass(frozen=True)
class Probe:
    """What generated rows are compared with.

    Attributes:
        batch: the rows that are looked at.
        projection: modality -> (numbers of its canvas, at most AXES).
        real: modality -> (n, AXES) its cells in those rows.
        cells: modality -> (at most CELLS, AXES) distinct training cells; none where cells repeat from row to row, so
            that giving one of them back is no sin.
    """

    batch: Batch
    projection: dict[str, Tensor]
    real: dict[str, Tensor]
    cells: dict[str, Tensor]

    @classmethod
    @torch.no_grad()
    def of(cls, model: AnyGAN, store: Store, device: torch.device) -> "Probe":
        """Rows and cells evenly spaced over the data, once the canvases are settled."""
        pairing = store.pairing(0)
        picked = np.unique(np.linspace(0, len(pairing) - 1, ROWS).astype(np.int64))
        batch = store.batch(pairing, picked).to(device)
        canvases, chance = model.draw(batch), torch.Generator().manual_seed(0)
        projection, real, cells = {}, {}, {}
        for name in model.names:
            size = canvases[name][0].numel()
            drawn = torch.randn(size, AXES, generator=chance) / AXES**0.5
            projection[name] = (drawn if size > AXES else torch.eye(size)).to(device)
            real[name] = canvases[name][batch.present[name]].flatten(1) @ projection[name]
            good = np.flatnonzero(store.good[name])
            if 2 * len(good) > int((pairing.index[name] >= 0).sum()):
                spaced = good[np.unique(np.linspace(0, len(good) - 1, CELLS).astype(np.int64))]
                stored = store.cells[name][torch.from_numpy(spaced)].to(device)
                cells[name] = model.canvases[name](stored).flatten(1) @ projection[name]
        return cls(batch, projection, real, cells)

    @torch.no_grad()
    def look(self, model: AnyGAN, mean: AnyGAN, chance: torch.Generator) -> dict[str, float]:
        """All signals, as ``modality/signal``; those of a modality that has too few cells here are left out."""
        evidence, observed = mean.evidence(mean.draw(self.batch)), self.batch.observed()
        told: dict[str, float] = {}
        for m, name in enumerate(model.names):
            others = observed.clone()
            others[:, m] = False
            rows = observed[:, m]
            if int(rows.sum()) >= 8:
                found = self._of(name, model, mean, mean.known(evidence[rows], others[rows]), evidence[rows, m], chance)
                told |= {f"{name}/{key}": value for key, value in found.items()}
        return told

    def _of(
        self, name: str, model: AnyGAN, mean: AnyGAN, code: Tensor, evidence: Tensor, chance: torch.Generator
    ) -> dict[str, float]:
        """The signals of one modality: conditions (n, code), evidence of its real cells (n, code)."""

        def made(given: Tensor) -> Tensor:
            style = torch.randn(len(given), model.style, generator=chance).to(given)
            return model.paint(name, model.sample(given, chance), style).float()

        first, second, free = made(code), made(code), made(torch.zeros_like(code))
        near, other, drawn = (x.flatten(1) @ self.projection[name] for x in (first, second, free))
        real = self.real[name]
        told = distances(real, drawn)
        if float(torch.pdist(real).mean()) > 0 and code.any():
            told |= open_to(real, near, other, code)
            told |= told_apart(mean.encoders[name](first), evidence, code)
        if name in self.cells:
            told |= newness(self.cells[name], drawn)
        return told


def distances(real: Tensor, drawn: Tensor) -> dict[str, float]:
    """``spread`` and ``rank`` of drawn canvases (n, d) beside real ones; nothing where all real ones are alike."""
    far = float(torch.pdist(real).mean())
    if not far > 0:
        return {}
    return {"spread": float(torch.pdist(drawn).mean()) / far, "rank": effective(drawn) / effective(real)}


def effective(rows: Tensor) -> float:
    """exp of the entropy of the shares of the singular values of centred rows (n, d); 0 where they are not finite."""
    centred = (rows - rows.mean(0)).double()
    if not bool(centred.isfinite().all()):
        return 0.0
    values = torch.linalg.eigvalsh(centred.T @ centred).clamp(min=0).sqrt()
    shares = values / values.sum().clamp(min=1e-12)
    return float(torch.special.entr(shares).sum().exp())


def open_to(real: Tensor, near: Tensor, other: Tensor, code: Tensor) -> dict[str, float]:
    """``noise`` and ``varied``: two draws (n, d) of each condition (n, code), beside cells of nearest conditions."""
    alike = (code @ code.T).fill_diagonal_(-2).argmax(1)
    left = float((real - real[alike]).norm(dim=1).mean())
    told = {"varied": left / float(torch.pdist(real).mean())}
    return told | ({"noise": float((near - other).norm(dim=1).mean()) / left} if left > 0 else {})


def told_apart(made: Tensor, evidence: Tensor, code: Tensor) -> dict[str, float]:
    """``condition`` and ``informed``: how surely evidence of made and of real canvases (n, code) finds its code."""
    apart = (code @ code.T) < 0.99

    def sure(seen: Tensor) -> float:
        match = directions(seen) @ code.T
        won = (match.diagonal().unsqueeze(1) > match)[apart].float()
        return float(2 * won.mean() - 1) if len(won) else 0.0

    return {"condition": sure(made), "informed": sure(evidence)}


def newness(cells: Tensor, drawn: Tensor) -> dict[str, float]:
    """``novelty`` of drawn canvases (n, d) among training cells (N, d)."""
    own = torch.cdist(cells, cells).fill_diagonal_(torch.inf).amin(1).median()
    return {"novelty": float(torch.cdist(drawn, cells).amin(1).median() / own)} if float(own) > 0 else {}


def constant(store: Store) -> list[str]:
    """Modalities whose cells, evenly spaced ones of many, are all the same though several rows have one."""
    named = []
    for name, cells in store.cells.items():
        good = np.flatnonzero(store.good[name])
        picked = cells[torch.from_numpy(good[:: -(-len(good) // CELLS)])]
        if bool((picked == picked[:1]).all()) and int((store.pairing(0).index[name] >= 0).sum()) > 1:
            named.append(name)
    return named
