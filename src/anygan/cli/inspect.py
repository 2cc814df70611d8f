"""anygan inspect: what a data set holds, what a run has learned, or which rows a run finds contradictory."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..config import Config
from ..data.load import BUILT_IN
from ..errors import ConfigError, DataError
from ..modalities import Modality, Table, from_spec
from ..model.gan import AnyGAN
from ..training import checkpoint
from ..training.health.alarms import ADVICE
from .answer import Answer, count, duration, grid, listed
from .contradict import contradicted
from .inspect_data import inspected
from .opening import is_run
from .plan import parts
from .watch import event_words, health_words, worked

__all__ = ["run"]

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
        return inspected(what, kinds, data_dir)
    except DataError as error:
        if folder.is_dir() and (folder / "log.jsonl").exists():
            raise DataError(f"{folder} is a run without a checkpoint: it was stopped before the first.") from error
        raise


def _run(folder: Path) -> Answer:
    """What a run was trained with, on what, how far it is and how it goes."""
    _, told = checkpoint.newest(folder) if checkpoint.exists(folder) else checkpoint.load(folder / "best.safetensors")
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
        "device": told.get("device"),
        "checkpoints": sorted(path.stem for path in folder.glob("*.safetensors") if not path.name.startswith(".")),
        "modalities": [
            {"name": n, "kind": m.kind, "canvas": list(m.shape), "described": _few(m)} for n, m in modalities.items()
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
    size = f"{count(clock['step'], 'step')} in {duration(clock['seconds'])}"
    shown: list[Any] = [
        f"{folder}: {size} on {told.get('data')}, {worked(told)}",
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
