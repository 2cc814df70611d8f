"""What a step of training does with the machine: FLOP/s of its phases beside a product's, and what is no network.

    python benchmarks/achieved.py --threads 2

trains ``spoken-mnist`` and ``digits`` at size small for some hundred steps, in fp32 and in bf16, with a clock around
each part of a step, and then for a few steps with a counter of FLOPs in the clock's place. A part within another counts
for itself alone, so that the parts of a step add up to the step. Told of each cell:

    product     FLOP/s of a product of two matrices of side 1,024 with the same threads and precision
    phases      of networks, their losses and gradients: milliseconds, GFLOPs, and FLOP/s over the product's. Products
                and convolutions are counted, nothing else is: activations and norms cost time and count no FLOP
    apart       milliseconds of what is no network; ``drawing`` is noise, damage and subsets, ``canvases`` pixels and
                decibels as floats, ``rest`` what has no name here
    shares      of a step: ``overhead`` is all that is apart but the optimisers, with a checkpoint's part of the steps
                between two (at most .05 is the target), ``health`` of the signals alone (at most .03)

A part's time is the median over windows of 50 steps, of each of the 50 places in them: what happens once in 50 steps,
such as a look at generated rows, counts a fiftieth, and a step in which another process was in the way does not count.
``others`` is the share of the machine's time that other processes used meanwhile: figures are good where it is near 0.

The cell ``memory`` is the peak of resident memory of ``anygan train spoken-mnist``, through a pass and into the next
(below 1,500 MB is the target). Appends one JSON line per finished cell to ``benchmarks/results/achieved.jsonl`` and
skips the cells that stand there already. ``$ANYGAN_DATA`` names the data.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from lines import finish, finished, hardware
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from anygan import Config, DataSet, load_data, train
from anygan.modalities.text import TextCanvas
from anygan.model.gan import AnyGAN
from anygan.model.prior import Prior
from anygan.training import loop
from anygan.training import run as runs
from anygan.training.game import reading
from anygan.training.game.damage import Damage
from anygan.training.game.rules import Rules
from anygan.training.game.scene import Crowd
from anygan.training.health.alarms import LOOK
from anygan.training.health.health import Health
from anygan.training.run import INTERVAL, Run

RESULTS = Path(__file__).parent / "results" / "achieved.jsonl"
SETS = ("spoken-mnist", "digits")
PRECISIONS = ("fp32", "bf16")
SIDE = 1024
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
COUNTED = 4
"""Steps of the game whose FLOPs are counted."""

TURNS = ("encoders, backward", "discriminators, backward", "generators, backward")
"""What the backward passes of a step are, one after the other."""

PARTS: tuple[tuple[Any, str, str], ...] = (
    (TextCanvas, "latent", "sentences"),
    (Crowd, "gathered", "averaged encoders"),
    (loop, "read", "encoders"),
    (loop, "align", "fusion"),
    (loop, "recognise", "fusion"),
    (loop, "believe", "fusion"),
    (Crowd, "fuse", "codes"),
    (Prior, "forward", "prior"),
    (loop, "paint", "generators"),
    (loop, "judge", "discriminators"),
    (Rules, "paid", "penalties"),
    (loop, "imitate", "imitate"),
    (loop, "echo", "echo"),
    (Run, "batch", "data"),
    (AnyGAN, "draw", "canvases"),
    (reading, "varied", "drawing"),
    (reading, "subsets", "drawing"),
    (Damage, "draw", "drawing"),
    (Damage, "touch", "drawing"),
    (loop, "scene", "drawing"),
    (Run, "descend", "optimisers"),
    (torch.optim.Optimizer, "zero_grad", "optimisers"),
    (runs, "finite", "health"),
    (loop, "broken", "health"),
    (Health, "begin", "health"),
    (Health, "after", "health"),
    (loop, "average", "average"),
    (Run, "log", "log"),
    (Run, "save", "checkpoint"),
)
"""Where a function is found, its name, and the part of a step that it is."""

APART = ("data", "canvases", "drawing", "health", "average", "log", "rest")
"""Parts that are no network."""

Spent = dict[str, float]


class Meter:
    """What is spent in each part of a step, by what ``read`` says is spent in all: seconds, or FLOPs.

    Example:
        >>> clock = iter([0, 1, 3, 6])
        >>> meter = Meter(lambda: next(clock))
        >>> with meter.part("within"):
        ...     pass
        >>> meter.take()
        {'rest': 4.0, 'within': 2.0}
    """

    def __init__(self, read: Callable[[], float]) -> None:
        self.read, self.spent = read, defaultdict[str, float](float)
        self._open, self._since, self._turn = ["rest"], read(), 0

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """What is spent in here, but for parts within."""
        self._count()
        self._open.append(name)
        try:
            yield
        finally:
            self._count()
            self._open.pop()

    def take(self) -> Spent:
        """All that was spent since the last time: on a step."""
        self._count()
        taken, self.spent, self._turn = dict(self.spent), defaultdict(float), 0
        return taken

    def backward(self) -> str:
        """Which part the next backward pass of this step is."""
        self._turn += 1
        return TURNS[(self._turn - 1) % len(TURNS)]

    def _count(self) -> None:
        now = self.read()
        self.spent[self._open[-1]] += now - self._since
        self._since = now


@contextmanager
def metered(meter: Meter) -> Iterator[None]:
    """Every part of a step within its part of the meter."""

    def within(call: Callable[..., Any], part: str | None) -> Callable[..., Any]:
        def run(*given: Any, **more: Any) -> Any:
            with meter.part(part or meter.backward()):
                return call(*given, **more)

        return run

    with ExitStack() as stack:
        for owner, name, part in (*PARTS, (torch.Tensor, "backward", None)):
            stack.enter_context(mock.patch.object(owner, name, within(getattr(owner, name), part)))
        yield


class Counter(TorchDispatchMode):
    """FLOPs of all products and convolutions, by PyTorch's own formulas.

    Its FlopCounterMode knows the modules that they belong to as well, and cannot be asked for the slope at a canvas.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.total = 0.0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if func.overloadpacket in flop_registry:
            self.total += flop_registry[func.overloadpacket](*args, **(kwargs or {}), out_val=out)
        return out


def spent(data: DataSet, config: Config, meter: Meter) -> tuple[list[Spent], list[Spent], Spent]:
    """What each step of the canvases and of the game spends, and the end of a run."""
    canvas: list[Spent] = []
    game: list[Spent] = []
    with tempfile.TemporaryDirectory() as folder, metered(meter):
        for record in train(data, Path(folder) / "run", config):
            (game if record.phase == "game" else canvas).append(meter.take())
        # The record that ends the canvases is called one of the game already.
        return canvas, game[1:], meter.take()


def typical(steps: Sequence[Spent]) -> Spent:
    """What a step spends on each part: the median over windows of LOOK steps at each place, averaged over places.

    Example:
        >>> typical([{"log": 50.0 if step % 50 == 7 else 0.0} for step in range(150)])
        {'log': 1.0}
    """
    whole = len(steps) // LOOK * LOOK
    names = sorted({name for step in steps for name in step})
    table = np.array([[step.get(name, 0.0) for name in names] for step in steps[:whole]]).reshape(-1, LOOK, len(names))
    return {name: float(value) for name, value in zip(names, np.median(table, 0).mean(0), strict=True)}


def counted(data: DataSet, config: Config) -> tuple[Spent, float]:
    """FLOPs of each part of a step of the game, and of a step of the canvases."""
    with Counter() as counter:
        meter = Meter(lambda: counter.total)
        canvas, game, _ = spent(data, config.but(steps=COUNTED + 2, canvas=0.0), meter)
    names = {name for step in game for name in step}
    told = {name: statistics.fmean(step.get(name, 0.0) for step in game) for name in names}
    return told, sum(canvas[0].values()) if canvas else 0.0


def product(precision: str, clock: Callable[[], float]) -> float:
    """FLOP/s of a matrix product: the median of many."""
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    a, b = torch.randn(2, SIDE, SIDE).to(dtype)
    times = []
    for _ in range(16):
        began = clock()
        a @ b
        times.append(clock() - began)
    return 2 * SIDE**3 / statistics.median(times[1:])


class Others:
    """The share of the machine's time that other processes use, from now on."""

    def __init__(self) -> None:
        self.began = self._now()

    def share(self) -> float:
        """0 where the machine was ours alone."""
        wall, own, busy = (after - before for after, before in zip(self._now(), self.began, strict=True))
        return max(0.0, round((busy - own) / (wall * (os.cpu_count() or 1)), 3))

    @staticmethod
    def _now() -> tuple[float, float, float]:
        """Seconds: of the wall, of this process, and of all processes."""
        ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
        busy = sum(ticks[:8]) - ticks[3] - ticks[4]
        return time.perf_counter(), time.process_time(), busy / os.sysconf("SC_CLK_TCK")


def profiled(data: DataSet, config: Config, clock: Callable[[], float], windows: int) -> dict[str, Any]:
    """A cell: how fast each part of a step is, and what is no network."""
    torch.set_num_threads(config.threads)
    others, best = Others(), product(config.precision, clock)
    steps = round((windows * LOOK + 2) / (1 - config.canvas)) + 1
    canvas, game, end = spent(data, config.but(steps=steps), Meter(clock))
    busy = others.share()
    flops, drawn = counted(data, config)
    seconds = typical(game)
    step = sum(seconds.values())
    checkpoint = end.get("checkpoint", 0.0) / INTERVAL.get(config.size, 60.0)
    phases = [name for name in seconds if name not in (*APART, "optimisers", "checkpoint")]
    nets = sum(seconds[name] for name in phases)
    apart = {name: seconds.get(name, 0.0) for name in (*APART, "optimisers")}
    overhead = sum(apart[name] for name in APART) / step + checkpoint
    return {
        "steps": len(game) // LOOK * LOOK,
        "others": busy,
        "product_gflops": round(best / 1e9, 1),
        "step_ms": round(1000 * step, 2),
        "step_gflop": round(sum(flops.values()) / 1e9, 3),
        "phases": {name: _phase(seconds[name], flops.get(name, 0.0), best) for name in phases},
        "networks": _phase(nets, sum(flops.get(name, 0.0) for name in phases), best),
        "canvas_step": _phase(statistics.median(sum(one.values()) for one in canvas), drawn, best) if canvas else None,
        "apart_ms": {name: round(1000 * value, 3) for name, value in apart.items()},
        "shares": {
            "overhead": round(overhead, 4),
            "optimisers": round(apart["optimisers"] / step, 4),
            "health": round(apart["health"] / step, 4),
            "checkpoint": round(checkpoint, 4),
        },
    }


def _phase(seconds: float, flops: float, best: float) -> dict[str, float]:
    return {
        "ms": round(1000 * seconds, 3),
        "gflop": round(flops / 1e9, 3),
        "of_product": round(flops / seconds / best, 3) if seconds else 0.0,
    }


def peak(words: Sequence[str]) -> dict[str, float]:
    """The most resident memory that a command ever had, and what it usually had, in MB."""
    command = subprocess.Popen([sys.executable, "-m", "anygan", *words], stdout=subprocess.DEVNULL)
    status, most, usual = Path(f"/proc/{command.pid}/status"), 0.0, []
    while command.poll() is None:
        told = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        if "VmHWM" in told:
            most = max(most, _megabytes(told["VmHWM"]))
            usual.append(_megabytes(told["VmRSS"]))
        time.sleep(0.05)
    if command.returncode:
        raise SystemExit(f"anygan {' '.join(words)} ended with {command.returncode}")
    return {"peak_mb": round(most, 1), "median_mb": round(statistics.median(usual), 1)}


def _megabytes(told: str) -> float:
    """What /proc says in kB, which are of 1,024 bytes."""
    return int(told.split()[0]) * 1024 / 1e6


def memory(config: Config) -> dict[str, Any]:
    """The cell of the real command."""
    asked = {"size": config.size, "steps": config.steps, "threads": config.threads, "precision": config.precision}
    with tempfile.TemporaryDirectory() as folder:
        options = [f"--{name}={value}" for name, value in asked.items()]
        others = Others()
        told = peak(["train", "spoken-mnist", "--out", str(Path(folder) / "run"), *options])
        # The command is one of the others here.
        return {"steps": config.steps, "busy": others.share(), **told}


def told_of(line: Mapping[str, Any]) -> str:
    """A cell as a few lines for a person."""
    if "phases" not in line:
        return json.dumps(line)
    table = {**line["phases"], "all networks": line["networks"]}
    rows = [
        f"{name:>26} {part['ms']:9.2f} ms {part['gflop']:8.3f} GFLOP {part['of_product']:7.1%}"
        for name, part in table.items()
    ]
    rows += [f"{name:>26} {value:9.2f} ms" for name, value in line["apart_ms"].items()]
    head = f"{line['cell']}: {line['step_ms']} ms a step, a product {line['product_gflops']} GFLOP/s, {line['shares']}"
    return "\n".join([head, *rows])


def main() -> None:
    """Do the cells that are not done yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--size", default="small")
    parser.add_argument("--windows", type=int, default=5, help="of 50 steps; three at least, for a median")
    parser.add_argument("--memory-steps", type=int, default=1000, help="938 of them are a pass")
    parser.add_argument("--clock", choices=list(CLOCKS), default="wall", help="processor: for one thread beside others")
    parser.add_argument("--cells", default="", help="only those whose names begin so: digits-fp32,memory")
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    machine = {"hardware": hardware(), "threads": asked.threads, "size": asked.size}
    done, wanted = {line["cell"] for line in finished(asked.results)}, tuple(asked.cells.split(","))

    def do(cell: str, work: Callable[[], dict[str, Any]]) -> None:
        if cell not in done and cell.startswith(wanted):
            line = {"cell": cell, "clock": asked.clock, **machine, **work()}
            finish(asked.results, line)
            print(told_of(line), flush=True)

    config = Config(size=asked.size, threads=asked.threads)
    for name in SETS:
        for precision in PRECISIONS:
            cell = f"{name}-{asked.size}-{precision}-{asked.threads}"
            do(
                cell,
                lambda name=name, precision=precision: profiled(  # type: ignore[misc]
                    load_data(name), config.but(precision=precision), CLOCKS[asked.clock], asked.windows
                ),
            )
    for precision in PRECISIONS:
        ran = config.but(precision=precision, steps=asked.memory_steps)
        do(f"memory-spoken-mnist-{asked.size}-{precision}-{asked.threads}", lambda ran=ran: memory(ran))  # type: ignore[misc]


if __name__ == "__main__":
    main()
