"""anygan inspect: what a data set holds, what a run has learned, or which rows a run finds contradictory."""

import json
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..config import Config
from ..data.load import BUILT_IN, load_data
from ..errors import CellError, ConfigError, DataError
from ..modalities import Modality, Table, from_spec
from ..model.gan import AnyGAN
from ..rows import BadCell, Column, DataSet
from ..training import checkpoint
from ..training.alarms import ADVICE
from ..training.run import describe
from .answer import Answer, count, duration, grid, listed
from .contradict import contradicted
from .opening import is_run
from .plan import parts
from .progress import Ticker
from .short import short
from .train import event_words, health_words

__all__ = ["run"]

EXAMPLES, MEASURED, PATTERNS = 3, 500, 10
HAPPENED, RECENT = 20, 6
CONTRADICTIONS = 20


def run(what: str, model: Path | None, most: int | None, kinds: Mapping[str, str], data_dir: Path | None) -> Answer:
    """Look at a data set or a run, or at a data set with a run's model."""
    if model is not None:
        if kinds:
            raise ConfigError("--model knows the kinds of its columns. Drop --kind.")
        return contradicted(model, what, most or CONTRADICTIONS, data_dir)
    if most is not None:
        raise ConfigError("-k says how many contradictory rows to list, and a model has to find them: add --model RUN.")
    folder = Path(what).expanduser()
    if is_run(folder) and what.partition(":")[0] not in BUILT_IN:
        return _run(folder)
    try:
        data = load_data(what, kinds=kinds, data_dir=data_dir, split="train")
    except DataError as error:
        if folder.is_dir() and (folder / "log.jsonl").exists():
            raise DataError(f"{folder} is a run without a checkpoint: it was stopped before the first.") from error
        raise
    return _data(data)


def _data(data: DataSet) -> Answer:
    """Columns, what stands in them, what is missing or bad, and what occurs together."""
    modalities = describe(data, Config())
    index = {name: number.copy() for name, number in data.pairing(0).index.items()}
    bad = list(data.bad)
    for name, cell in _unreadable(data, modalities):
        bad.append(cell)
        index[name][cell.row - 1] = -1
    columns: list[dict[str, Any]] = [
        _column(c, int((index[n] >= 0).sum()), len(data), bad) for n, c in data.columns.items()
    ]
    details = {name: _details(data.columns[name], modality) for name, modality in modalities.items()}
    together = Counter(zip(*((number >= 0).tolist() for number in index.values()), strict=True))
    patterns: list[dict[str, Any]] = [
        {"modalities": [n for n, there in zip(index, pattern, strict=True) if there], "rows": number}
        for pattern, number in together.most_common()
    ]
    document: dict[str, Any] = {
        "data": data.name,
        "rows": len(data),
        "labels": list(data.pairing(0).labels),
        "columns": [column | details[column["modality"]] for column in columns],
        "together": patterns,
        "bad": [str(cell) for cell in bad],
    }
    table = [
        [
            c["modality"],
            c["kind"],
            c["given"],
            c["missing"],
            c["distinct"],
            c["bad"],
            "; ".join(_words(details[c["modality"]])),
        ]
        for c in columns
    ]
    shown: list[Any] = [
        f"{count(len(data), 'row')} of {data.name}",
        grid(["modality", "kind", "given", "missing", "distinct", "bad", "what"], table),
        grid(["modality", "such as"], [[c["modality"], " | ".join(c["examples"])] for c in columns]),
        *_scalars(document["columns"]),
        grid(
            ["occur together", "rows"],
            [[", ".join(p["modalities"]) or "nothing", p["rows"]] for p in patterns[:PATTERNS]],
        ),
        *([f"and {len(patterns) - PATTERNS:,} more patterns"] if len(patterns) > PATTERNS else []),
        *listed(bad, "bad cell", most=10),
    ]
    return Answer(document, shown)


def _unreadable(data: DataSet, modalities: Mapping[str, Modality]) -> list[tuple[str, BadCell]]:
    """Every cell that its modality cannot read, and the modality's name."""
    done, total = 0, sum(len(column.cells) for column in data.columns.values())
    bad: list[tuple[str, BadCell]] = []
    index = data.pairing(0).index
    with Ticker("reading") as ticker:
        for name, modality in modalities.items():
            column = data.columns[name]
            for number, cell in enumerate(column.cells):
                try:
                    modality.read(cell)
                except CellError as error:
                    rows = np.flatnonzero(index[name] == number)
                    bad += [(name, BadCell.of(column, int(row), cell, str(error))) for row in rows]
                done += 1
                if ticker.due():
                    ticker.at(done / total, f"{done:,} of {count(total, 'cell')}")
    return bad


def _column(column: Column, given: int, rows: int, bad: Sequence[BadCell]) -> dict[str, Any]:
    return {
        "modality": column.name,
        "kind": column.kind,
        "headers": list(column.headers),
        "given": given,
        "missing": rows - given,
        "distinct": len(column.cells),
        "bad": sum(cell.column in column.headers for cell in bad),
        "examples": [short(cell) for cell in column.cells[:EXAMPLES]],
    }


def _details(column: Column, modality: Modality) -> dict[str, Any]:
    """What is particular to a kind: the fields of the modality that are few, and the columns of a table."""
    if isinstance(modality, Table):
        return {"scalars": [_scalar(column, c.name, c.type) for c in modality.columns]}
    spec = modality.spec()
    few = {n: v for n, v in spec.items() if isinstance(v, str | int | float) and n not in ("name", "kind")}
    if isinstance(words := spec.get("words"), tuple | list):
        lengths = [len(cell.split()) for cell in column.cells[:MEASURED] if isinstance(cell, str)]
        few |= {"vocabulary": len(words), "words_median": statistics.median(lengths), "words_most": max(lengths)}
    return {"described": few, "canvas": list(modality.canvas().shape)}


def _scalar(column: Column, header: str, kind: str) -> dict[str, Any]:
    """A column of a table: how much is there, and where it lies."""
    values = [cell[header] for cell in column.cells if cell.get(header) is not None]
    told: dict[str, Any] = {"name": header, "type": kind, "distinct": len(set(map(str, values)))}
    if kind in ("number", "integer"):
        figures = [float(v) for v in values if isinstance(v, int | float)]
        return told | {"least": min(figures), "median": statistics.median(figures), "most": max(figures)}
    if kind in ("date", "time"):
        return told | {"least": min(map(str, values)), "most": max(map(str, values))}
    return told | {"commonest": [f"{value} ({number:,})" for value, number in Counter(map(str, values)).most_common(5)]}


def _words(details: Mapping[str, Any]) -> list[str]:
    if "scalars" in details:
        return [count(len(details["scalars"]), "column")]
    return [
        *(
            f"{name.replace('_', ' ')} {value:g}" if isinstance(value, float) else f"{name.replace('_', ' ')} {value}"
            for name, value in details["described"].items()
        ),
        f"canvas {' x '.join(map(str, details['canvas']))}",
    ]


def _scalars(columns: Sequence[Mapping[str, Any]]) -> list[Any]:
    rows = [
        [
            c["name"],
            c["type"],
            c["distinct"],
            c.get("least"),
            c.get("median"),
            c.get("most"),
            ", ".join(c.get("commonest", [])),
        ]
        for column in columns
        for c in column.get("scalars", [])
    ]
    return [grid(["column", "type", "distinct", "least", "median", "most", "commonest"], rows)] if rows else []


def _run(folder: Path) -> Answer:
    """What a run was trained with, on what, how far it is and how it goes."""
    name = "last" if (folder / "last.safetensors").exists() else "best"
    _, told = checkpoint.load(folder / f"{name}.safetensors")
    config = Config.of(told["config"])
    modalities = {spec["name"]: from_spec(spec) for spec in told["modalities"]}
    sizes = parts(AnyGAN(modalities, config))
    records = _records(folder / "log.jsonl")
    record = records[-1] if records else {}
    events = [{"step": r["step"], **event} for r in records for event in r.get("events", [])]
    clock = told["clock"]
    document = {
        "run": str(folder),
        "data": told.get("data"),
        "steps": clock["step"],
        "minutes": clock["seconds"] / 60,
        "position": record.get("position"),
        "phase": record.get("phase"),
        "precision": told.get("precision"),
        "threads": told.get("threads"),
        "checkpoints": sorted(path.stem for path in folder.glob("*.safetensors") if not path.name.startswith(".")),
        "modalities": [
            {"name": n, "kind": m.kind, "canvas": list(m.canvas().shape), "described": _few(m)}
            for n, m in modalities.items()
        ],
        "parameters": sizes,
        "config": told["config"],
        "losses": record.get("losses", {}),
        # Looks at generated rows are rarer than records.
        "health": {name: value for r in records[-RECENT:] for name, value in r.get("health", {}).items()},
        "events": events,
        "advice": _advice(events),
        "bad": told.get("bad", []),
        "bad_count": told.get("bad_count", 0),
    }
    words = health_words(document["health"]).removeprefix("; ")
    shown: list[Any] = [
        f"{folder}: {count(clock['step'], 'step')} in {duration(clock['seconds'])} on {told.get('data')}, "
        f"{told.get('threads')} threads, {told.get('precision')}",
        grid(
            ["modality", "kind", "canvas", "what"],
            [[m["name"], m["kind"], " x ".join(map(str, m["canvas"])), m["described"]] for m in document["modalities"]],
        ),
        grid(["part", "parameters"], [*sizes.items(), ("all", sum(sizes.values()))]),
        grid(["setting", "value"], [[key, str(value)] for key, value in told["config"].items()]),
        *([f"at step {record['step']:,}: {words}"] if words else []),
        *_happened(events),
        *listed(document["bad"], "bad cell"),
    ]
    return Answer(document, shown)


def _few(modality: Modality) -> str:
    if isinstance(modality, Table):
        return ", ".join(f"{c.name} ({c.type})" for c in modality.columns)
    spec = modality.spec()
    few = {n: v for n, v in spec.items() if isinstance(v, str | int | float) and n not in ("name", "kind")}
    return ", ".join(f"{n} {v:g}" if isinstance(v, float) else f"{n} {v}" for n, v in few.items())


def _records(log: Path) -> list[dict[str, Any]]:
    """The records of a run; a line that a crash cut off is passed over."""
    records = []
    for line in log.read_text("utf-8").splitlines() if log.is_file() else []:
        try:
            records.append(json.loads(line))
        except ValueError:
            continue
    return records


def _advice(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """What to change, once for each alarm and modality."""
    rung = dict.fromkeys((event["alarm"], event["where"]) for event in events if event["alarm"])
    return [f"{alarm}: {ADVICE[alarm].format(where=where)}" for alarm, where in rung]


def _happened(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """The alarms of a run, what was done, and what to change."""
    if not events:
        return ["no alarm rang"]
    left = len(events) - HAPPENED
    return [
        *(f"step {event['step']:,}: {event_words(event)}" for event in events[:HAPPENED]),
        *([f"and {left:,} more in log.jsonl"] if left > 0 else []),
        *(f"to change: {advice}" for advice in _advice(events)),
    ]
