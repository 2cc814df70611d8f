"""Contests: is a model better than what needs no model? In one word per wanted modality, and the figures behind it.

Two need no model: the cell of the training row whose given cells are nearest, and one answer for every row, which is
the commonest class, a partner drawn blindly, or the column's mean or mode. A share p of n rows is known to about
sqrt(p (1 - p) / n), so two shares are level when they are nearer than twice the deviation of their difference.
"""

import math
from collections.abc import Sequence
from typing import Any

from ..document import Figures

__all__ = ["contests", "won"]

SURE = 2.0
"""Standard deviations of a difference of shares that count as a difference."""

CLOSE = 0.02
"""Difference of errors, in standard deviations of the data, that counts as one."""


def contests(told: Sequence[Figures], label: str | None) -> list[dict[str, Any]]:
    """What is fought out about one wanted modality: means over the directions that give a single modality.

    Args:
        told: the figures of those directions.
        label: the primary label.

    Returns:
        Each with ``what`` is compared, ``label``, ``value`` of the model, ``neighbour``, ``least`` (one answer for
        all), ``count`` of rows, ``directions``, ``lower`` where less is better, and what it comes to.
    """
    found = []
    names = list(dict.fromkeys(name for one in told for name in one["against"]))
    for name in [label] if label in names else names[:1]:
        found.append(_mean("kept", [one["against"][name] for one in told if name in one["against"]], name))
    matches = [one["partners"] for one in told if one["partners"] and _tells(one["partners"])]
    if matches and not found:
        rows = [
            {"count": m["count"], "value": m["value"]["recall"], "least": m["chance"]["recall"]}
            | {"neighbour": m["neighbour"]["recall"] if "neighbour" in m else None}
            for m in matches
        ]
        found.append(_mean("partners", rows))
    records = [one["records"] for one in told if one["records"]]
    for group in ("numbers", "categories"):
        ways = [record[group] | {"count": record["count"]} for record in records if group in record]
        if ways:
            found.append(_mean(group, [way | {"least": way["mean or mode"]} for way in ways]))
    return [contest | _judged(contest) for contest in found]


def _tells(partners: Figures) -> bool:
    """Whether real pairs are found beyond chance: else there is nothing that a model could do better."""
    real, chance = (partners[way]["recall"] for way in ("real", "chance"))
    return bool(real - chance > SURE * math.sqrt(chance * (1 - chance) / partners["count"]))


def won(found: Sequence[Figures]) -> str | None:
    """'yes' when every contest is won, 'no' when one is lost, 'level' between; nothing where there is none."""
    results = [result for contest in found for result in (contest["neighbour_is"], contest["least_is"]) if result]
    if not results:
        return None
    return "no" if "worse" in results else "yes" if set(results) == {"better"} else "level"


def _mean(what: str, ways: Sequence[Figures], label: str | None = None) -> dict[str, Any]:
    near = [way["neighbour"] for way in ways if way.get("neighbour") is not None]
    return {
        "what": what,
        "label": label,
        "lower": what == "numbers",
        "value": _average([way["value"] for way in ways]),
        "neighbour": _average(near) if len(near) == len(ways) else None,
        "least": _average([way["least"] for way in ways]),
        "count": min(way["count"] for way in ways),
        "directions": len(ways),
    }


def _judged(contest: Figures) -> dict[str, str | None]:
    return {f"{rival}_is": _result(contest, contest[rival]) for rival in ("neighbour", "least")}


def _result(contest: Figures, rival: float | None) -> str | None:
    if rival is None:
        return None
    ahead = rival - contest["value"] if contest["lower"] else contest["value"] - rival
    share = min(1.0, max(0.0, (contest["value"] + rival) / 2))
    needed = CLOSE if contest["lower"] else SURE * math.sqrt(2 * share * (1 - share) / contest["count"])
    return "level" if abs(ahead) <= needed else "better" if ahead > 0 else "worse"


def _average(values: Sequence[float]) -> float:
    return sum(values) / len(values)
