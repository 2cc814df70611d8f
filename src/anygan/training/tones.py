"""How what is generated is to be written: each checkpoint looks at what it draws beside what is real."""

import torch

from ..data.store import Store
from ..model.gan import AnyGAN
from .fidelity import probe

__all__ = ["develop"]


@torch.no_grad()
def develop(model: AnyGAN, store: Store, device: torch.device, seed: int) -> None:
    """Let canvases learn how generated values are to be written, on a fixed sample of rows beside what is made of them.

    Each modality is drawn as a verb would draw it: from the codes of the others, or from noise where there are none.
    """
    toned = [name for name in model.names if model.canvases[name].toned]
    if not toned:
        return
    batch = probe(store, device)
    canvases, observed = model.draw(batch), batch.observed()
    evidence, chance = model.evidence(canvases), torch.Generator().manual_seed(seed)
    for name in toned:
        rows = observed[:, model.names.index(name)]
        if bool(rows.any()):
            others = observed[rows].clone()
            others[:, model.names.index(name)] = False
            code = model.sample(model.known(evidence[rows], others), chance)
            model.canvases[name].tone(model.render(code, [name], chance)[name], canvases[name][rows])
