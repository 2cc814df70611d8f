"""Many processes as one: rows are split over ranks, and every sum is the sum over all of them.

Under torchrun each rank holds a slice of the global batch. Everything random is drawn for the global batch on every
rank and then sliced, losses are divided by global counts, and gradients are summed over a fixed list of parameters in
which a missing gradient is zero. So R ranks take the step that one process takes, whatever modalities a rank happens to
see. One process is the case of one rank.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from ..device import device

__all__ = ["World"]


@dataclass(frozen=True)
class World:
    """This process among all processes."""

    rank: int = 0
    size: int = 1

    @classmethod
    def join(cls) -> "World":
        """Join the processes that torchrun started; alone without it.

        torchrun keeps one store for all its restarts, in which ranks would find the addresses of the dead and wait for
        each other for ever (pytorch issue 135712): so each attempt has keys of its own. The count of restarts is that
        of a machine's torchrun; where machines come and go, theirs may differ, and joining then ends with a timeout.
        """
        if "WORLD_SIZE" not in os.environ:
            return cls()
        if not dist.is_initialized():
            store, rank, size = next(rendezvous("env://"))
            attempt = PrefixStore(f"attempt {os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", store)
            here = device()
            backend = "nccl" if here.type == "cuda" else "gloo"
            if here.type == "cuda":
                torch.cuda.set_device(here)
            dist.init_process_group(backend, store=attempt, rank=rank, world_size=size)
        return cls(dist.get_rank(), dist.get_world_size())

    def mine(self, rows: Tensor) -> Tensor:
        """This rank's slice of rows (B, ...) of the global batch."""
        return rows.chunk(self.size)[self.rank] if self.size > 1 else rows

    def gather(self, rows: Tensor) -> Tensor:
        """All ranks' rows, (B / size, ...) -> (B, ...); gradients flow back to this rank's slice alone.

        A loss of gathered rows must be computed in full on every rank and divided by ``size``.
        """
        if self.size == 1:
            return rows
        gathered: Tensor = _Gather.apply(rows, self)  # type: ignore[no-untyped-call]
        return gathered

    def sum_gradients(self, parameters: Sequence[Tensor]) -> None:
        """Replace each gradient by its sum over all ranks."""
        if self.size == 1:
            return
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        flat = torch.cat([g.reshape(-1) for g in gradients])
        dist.all_reduce(flat)
        for parameter, gradient, part in zip(
            parameters, gradients, flat.split([p.numel() for p in parameters]), strict=True
        ):
            parameter.grad = gradient.copy_(part.view_as(gradient))

    def agree(self, value: float) -> float:
        """Rank 0's value, on every rank."""
        return self.share([value])[0]

    def share(self, values: Sequence[float]) -> list[float]:
        """Rank 0's values, on every rank."""
        if self.size == 1:
            return list(values)
        shared = torch.tensor(values, dtype=torch.float64, device=device())
        dist.broadcast(shared, 0)
        return [float(value) for value in shared]


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, world: World) -> Tensor:
        ctx.world = world
        parts = [torch.empty_like(rows) for _ in range(world.size)]
        dist.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        world: World = ctx.world
        return world.mine(gradients[0]) * world.size, None
