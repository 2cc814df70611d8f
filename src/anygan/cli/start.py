"""What must be set before torch is loaded: how its threads wait for each other.

The threads of libgomp wait after every parallel region, spinning (``ACTIVE``) or asleep (``PASSIVE``). A step of small
networks has hundreds of regions. On two cores of a small virtual machine such a step took

|          | idle machine | another process on one core |
|----------|--------------|-----------------------------|
| 1 thread | 53 ms        | 93-116 ms                   |
| ACTIVE   | 27 ms        | 1,020 ms                    |
| default  | 34 ms        | 1,008 ms                    |
| PASSIVE  | 62 ms        | 64-97 ms                    |

(AMD EPYC, libgomp of torch 2.13.0; a spin that is cut off sooner lies in between: 10,000 turns 48 and 181 ms.) So the
threads spin where the machine is idle when the command starts, and sleep otherwise; the trainer then times what that is
worth. What the user has set himself stays.
"""

import os
import sys
import time
from pathlib import Path

__all__ = ["prepare"]

OWN = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
"""Variables with which users say themselves how threads wait."""

IDLE = 0.85
"""Share of the machine's time that must be unused for it to count as idle."""

WATCHED = 0.15
"""Seconds for which the machine is watched."""


def prepare() -> None:
    """Set the machine up for torch, unless it is loaded already."""
    single = os.environ.get("OMP_NUM_THREADS") == "1"
    if "torch" in sys.modules or single or sys.platform != "linux" or any(name in os.environ for name in OWN):
        return
    crowded = int(os.environ.get("LOCAL_WORLD_SIZE", "1")) > 1
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE" if crowded or _unused() < IDLE else "ACTIVE"


def _unused(stat: Path = Path("/proc/stat")) -> float:
    """Share of the cores' time that nobody uses, measured for a moment; 0 where it cannot be told."""
    try:
        before = _ticks(stat)
        time.sleep(WATCHED)
        spent = [after - then for after, then in zip(_ticks(stat), before, strict=True)]
        return (spent[3] + spent[4]) / max(1, sum(spent[:8]))
    except (OSError, ValueError, IndexError):
        return 0.0


def _ticks(stat: Path) -> list[int]:
    """Time since boot in user, nice, system, idle, iowait, irq, softirq, steal, ..."""
    return [int(field) for field in stat.read_text().split("\n", 1)[0].split()[1:]]
