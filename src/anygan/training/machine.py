"""What this machine does best: threads and precision, measured on the run's own steps rather than guessed."""

import os
import statistics
import time
from collections.abc import Callable
from itertools import product
from typing import Any

import torch

from ..device import bf16_ratio
from .run import Run

__all__ = ["exact", "tune"]

TRIALS = {"cpu": 3, "cuda": 8}
"""Timed steps a choice. On a GPU a step is short, and waits for a processor that is busy now and then."""

EMULATED = 1.5
"""Time of a bf16 product over that of an fp32 one from which on steps are not tried: where it is emulated it is 70."""


def exact() -> None:
    """Have a GPU give the same bits for the same step, which a CPU does anyway: else no run is resumed exactly."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    for fused in ("flash", "mem_efficient", "cudnn"):
        getattr(torch.backends.cuda, f"enable_{fused}_sdp")(False)


def tune(run: Run, play: Callable[..., Any]) -> None:
    """Choose the threads and the precision that were left open by timing a few steps of a copy of the run.

    What is chosen is kept in the run: a resumed run takes it again, so that its bits do not depend on the clock.
    """
    config = run.config
    if not run.threads:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        threads = [config.threads] if config.threads else sorted({1, max(1, cores // 2), cores})
        precisions = ["fp32", "bf16"] if config.precision == "auto" else [config.precision]
        if run.device.type == "cuda" and not config.threads:
            threads = [max(threads)]
        # Ranks that disagreed would time other steps, and wait for each other for ever.
        if config.precision == "auto" and run.device.type == "cpu" and not run.world.agree(bf16_ratio() < EMULATED):
            precisions = ["fp32"]
        choices = list(product(threads, precisions))
        if len(choices) > 1:
            times = {choice: _seconds(run, play, *choice) for choice in choices}
            fastest = min(choices, key=times.__getitem__)
            choices = [choices[int(run.world.agree(choices.index(fastest)))]]
        run.threads, run.precision = choices[0]
    torch.set_num_threads(run.threads)


def _seconds(run: Run, play: Callable[..., Any], threads: int, precision: str) -> float:
    """Median time of a step on a scratch copy."""
    torch.set_num_threads(threads)
    scratch = run.scratch(precision)
    times = []
    warm = TRIALS[run.device.type] // 3
    for turn in range(TRIALS[run.device.type] + warm):
        start = time.perf_counter()
        play(scratch, scratch.batch(turn), scratch.chance(), 1.0)
        if run.device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return statistics.median(times[warm:])
