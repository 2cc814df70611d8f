"""Does training leak? A run on digits for as long as one likes, its resident memory measured every few seconds.

    python benchmarks/soak.py --minutes 35 --threads 2

Growth is the median of the last tenth of the measurements after the warm-up over that of their first tenth, less one;
at most 2% after the first 5 minutes is the target. One line is appended to ``results/soak.jsonl``.
"""

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from lines import about, finish

from anygan import Config, load, load_data, train

RESULTS = Path(__file__).with_name("results") / "soak.jsonl"
STATUS = Path("/proc/self/status")
TARGET = 0.02


@dataclass(frozen=True)
class Measured:
    """Seconds since the start, and resident memory in MiB."""

    seconds: float
    resident: float


def resident(status: str) -> float:
    """Resident memory in MiB, from what /proc/self/status says.

    Example:
        >>> resident("VmHWM:  4096 kB\\nVmRSS:  2048 kB\\n")
        2.0
    """
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def growth(measured: list[Measured], warm: float) -> float | None:
    """Share by which memory grew after ``warm`` seconds; None where the run was too short to tell.

    Example:
        >>> round(growth([Measured(t, 100 + t / 30) for t in range(0, 1800, 10)], warm=300), 2)
        0.4
        >>> growth([Measured(t, 100) for t in range(0, 1800, 10)], warm=300)
        0.0
    """
    after = [m.resident for m in measured if m.seconds >= warm]
    few = len(after) // 10
    return statistics.median(after[-few:]) / statistics.median(after[:few]) - 1 if few else None


def soak(run: Path, config: Config, every: float) -> list[Measured]:
    """Train, and measure every so many seconds."""
    began = time.monotonic()
    measured: list[Measured] = []
    for record in train(load_data("digits"), run, config):
        seconds = time.monotonic() - began
        if not measured or seconds >= measured[-1].seconds + every:
            measured.append(Measured(round(seconds, 1), round(resident(STATUS.read_text("utf-8")), 1)))
            print(f"{record.position:.0%} step {record.step}: {measured[-1].resident:,.0f} MiB", flush=True)
    return measured


def main() -> None:
    """Soak, print the growth and keep the line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=35)
    parser.add_argument("--warm", type=float, default=5, help="minutes that do not count")
    parser.add_argument("--every", type=float, default=10, help="seconds between measurements")
    parser.add_argument("--size", default="tiny")
    parser.add_argument("--threads", type=int, default=0)
    asked = parser.parse_args()
    config = Config(size=asked.size, minutes=asked.minutes, threads=asked.threads)
    with tempfile.TemporaryDirectory() as folder:
        measured = soak(Path(folder) / "run", config, asked.every)
        told = about(load(Path(folder) / "run"))
    grown = growth(measured, 60 * asked.warm)
    line = {"minutes": asked.minutes, "warm": asked.warm, "size": asked.size, "growth": grown, **told}
    finish(RESULTS, line | {"measured": [asdict(m) for m in measured]})
    print(json.dumps(line))
    if grown is not None and grown > TARGET:
        raise SystemExit(
            f"memory grew by {grown:.1%} after the first {asked.warm:g} minutes; at most {TARGET:.0%} is right"
        )


if __name__ == "__main__":
    main()
