"""anygan inspect DATA: what a data set holds, why it is taken for that, what is wrong with it, what train would do."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..config import Config
from ..data.load import load_data
from ..device import device
from ..errors import DataError
from ..modalities import Modality
from ..rows import BadCell, DataSet
from ..training.describe import describe, described
from .answer import Answer, count, grid, listed
from .plan import sizes
from .progress import Ticker
from .survey import measured, oddities, told, unreadable

__all__ = ["inspected"]

PATTERNS = 10


def inspected(what: str, kinds: Mapping[str, str], data_dir: Path | None) -> Answer:
    """Look at every cell of a data set."""
    data = load_data(what, kinds=kinds, data_dir=data_dir, split="train")
    modalities, useless = _fitted(data)
    index = {name: number.copy() for name, number in data.pairing(0).index.items()}
    bad = list(data.bad)
    for name, cell in _read(data, modalities):
        bad.append(cell)
        index[name][cell.row - 1] = -1
    given = {name: number >= 0 for name, number in index.items()}
    columns = [
        told(data, column, int(given[name].sum()), bad)
        | (measured(column, modalities[name], index[name]) if name in modalities else {"useless": useless[name]})
        for name, column in data.columns.items()
    ]
    together = Counter(zip(*(there.tolist() for there in given.values()), strict=True))
    document: dict[str, Any] = {
        "data": data.name,
        "rows": len(data),
        "labels": list(data.pairing(0).labels),
        "notes": [*data.notes, *useless.values(), *oddities(data), *_cropped(columns)],
        "columns": columns,
        "together": [
            {"modalities": [n for n, there in zip(given, pattern, strict=True) if there], "rows": number}
            for pattern, number in together.most_common()
        ],
        "train": None if useless else _train(data, modalities, Config()),
        "bad": [str(cell) for cell in bad],
    }
    return Answer(document, _shown(document, bad))


def _fitted(data: DataSet) -> tuple[dict[str, Modality], dict[str, str]]:
    """The modalities, and of those of which nothing can be read, what is wrong."""
    config = Config()
    try:
        return describe(data, config), {}
    except DataError as error:
        fitted, useless = dict[str, Modality](), dict[str, str]()
        for name, column in data.columns.items():
            try:
                fitted[name] = described(data, column, config)
            except DataError as reason:
                useless[name] = str(reason)
        if not useless or not fitted:
            raise error
        return fitted, useless


def _read(data: DataSet, modalities: Mapping[str, Modality]) -> list[tuple[str, BadCell]]:
    done, total = 0, sum(len(data.columns[name].cells) for name in modalities)
    with Ticker("reading") as ticker:

        def tick(more: int) -> None:
            nonlocal done
            done += more
            if ticker.due():
                ticker.at(done / total, f"{done:,} of {count(total, 'cell')}")

        return unreadable(data, modalities, tick)


def _train(data: DataSet, modalities: Mapping[str, Modality], config: Config) -> dict[str, Any]:
    """What ``anygan train`` would do with its defaults."""
    config = config.settled(len(data), device().type)
    parameters = sizes(modalities, config)
    return {
        "size": config.size,
        "minutes": config.minutes,
        "batch": config.batch,
        "steps_a_pass": -(-len(data) // config.batch),
        "canvases": {name: list(modality.shape) for name, modality in modalities.items()},
        "parameters": parameters,
        "parameters_in_all": sum(parameters.values()),
    }


def _cropped(columns: Sequence[Mapping[str, Any]]) -> list[str]:
    """Sentences on what does not fit a canvas."""
    said = []
    for column in columns:
        found, seen = column.get("measured", {}), column.get("looked_at", 0)
        if found.get("cropped"):
            rule = f"after {found['seconds_kept']:g} s" if "seconds_kept" in found else "at their end"
            said.append(f"Cut {rule}: {found['cropped']:,} of {seen:,} cells of '{column['modality']}' looked at.")
        for scalar in column.get("scalars", []):
            if scalar.get("unknown"):
                said.append(f"The {scalar['unknown']:,} rarest values of '{scalar['name']}' count as missing.")
    return said


def _shown(document: Mapping[str, Any], bad: Sequence[BadCell]) -> list[Any]:
    columns, patterns, train = document["columns"], document["together"], document["train"]
    kinds = [[h, c["kind"], why] for c in columns if c["kind"] != "table" for h, why in c["why"].items()]
    kinds += [[s["name"], s["type"], s["why"]] for c in columns for s in c.get("scalars", [])]
    return [
        f"{count(document['rows'], 'row')} of {document['data']}",
        *document["notes"],
        grid(
            ["modality", "kind", "given", "missing", "% missing", "distinct", "bad", "what"],
            [[*_figures(c), "; ".join(_words(c))] for c in columns],
        ),
        grid(["column", "is taken for", "because"], kinds),
        grid(["modality", "such as"], [[c["modality"], " | ".join(c["examples"])] for c in columns]),
        *_scalars(columns),
        grid(
            ["occur together", "rows"],
            [[", ".join(p["modalities"]) or "nothing", p["rows"]] for p in patterns[:PATTERNS]],
        ),
        *([f"and {len(patterns) - PATTERNS:,} more patterns"] if len(patterns) > PATTERNS else []),
        *([_plan(train)] if train else []),
        *listed(bad, "bad cell", most=10),
    ]


def _figures(column: Mapping[str, Any]) -> list[Any]:
    names = ("modality", "kind", "given", "missing")
    return [*(column[n] for n in names), 100 * column["share_missing"], column["distinct"], column["bad"]]


def _plan(train: Mapping[str, Any]) -> str:
    return (
        f"anygan train would take {train['minutes']:g} minutes for a model of size {train['size']} with "
        f"{count(train['parameters_in_all'], 'parameter')}; a pass over the rows takes "
        f"{count(train['steps_a_pass'], 'step')} of {train['batch']}. How long a step takes is timed when it starts."
    )


def _words(column: Mapping[str, Any]) -> list[str]:
    if "useless" in column:
        return ["nothing of it can be read"]
    if "scalars" in column:
        return [count(len(column["scalars"]), "column")]
    few = {name.replace("_", " "): value for name, value in column["described"].items()}
    return [
        *(f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}" for name, value in few.items()),
        *(_measure(name, value) for name, value in column["measured"].items() if value),
        f"canvas {' x '.join(map(str, column['canvas']))}",
    ]


def _measure(name: str, value: Any) -> str:
    """One thing measured, in words.

    Example:
        >>> _measure("words", {"least": 1, "median": 3.5, "most": 7}), _measure("rates", ["8,000 Hz (12)"])
        ('words 1 to 7, median 3.5', 'rates 8,000 Hz (12)')
    """
    name = name.replace("_", " ")
    if isinstance(value, dict):
        least, median, most = (_figure(value[key]) for key in ("least", "median", "most"))
        return f"{name} {least}" if least == most else f"{name} {least} to {most}, median {median}"
    return f"{name} {', '.join(value) if isinstance(value, list) else value}"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _scalars(columns: Sequence[Mapping[str, Any]]) -> list[Any]:
    shown = ("name", "type", "given", "distinct", "least", "median", "most")
    rows = [
        [*(scalar.get(n) for n in shown), ", ".join(scalar.get("commonest", []))]
        for column in columns
        for scalar in column.get("scalars", [])
    ]
    return [grid(["column", *shown[1:], "commonest"], rows)] if rows else []
