"""anygan complete: the data set again, every missing cell filled and no given one touched.

A data set that came from a file keeps its columns and their order; given cells are written as they stood, given files
copied byte for byte to the same place. What is filled goes to ``filled/NAME/000000.png`` and the like, and
``filled.csv`` tells of every cell that was filled, with rows counted from 0: how sure it is, and what was wrong with a
cell that was given but could not be read. Columns that the model does not know are copied.

Rows are read, filled and written a part at a time, and a call that was broken off is gone on with.
"""

from collections.abc import Collection, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from ..data.ledger import Ledger
from ..data.readers import csv_rows
from ..modalities import Audio, Image, Modality, Vector
from ..tasks.complete import complete
from ..tasks.look import CHUNK, chunks
from ..tasks.model import Model
from ..tasks.portions import Portions
from ..tasks.sureness import Sureness
from .answer import Answer, count, listed
from .completion import Completion, Tally
from .opening import open_model
from .outputs import SHOWN, Previews
from .progress import Ticker

__all__ = ["run"]

TABLE, NOTES = "metadata.csv", "filled.csv"


def run(
    folder: Path, checkpoint: str, data: str, out: Path, seed: int, resume: bool, partial: bool, data_dir: Path | None
) -> Answer:
    """Complete every row."""
    if resume and (out / TABLE).exists():
        return Answer({"out": str(out), "finished": True}, [f"{out} is finished already"])
    model = open_model(folder, checkpoint)
    rows = model.portions(data, data_dir)
    question = {
        "model": [model.story["time"], model.story["clock"]["step"]],
        "data": [rows.name, rows.count, list(rows.headers)],
        "seed": seed,
        "partial": partial,
    }
    tally = _fill(model, rows, out, question, resume)
    document: dict[str, Any] = {
        "out": str(out),
        "rows": rows.count,
        "columns": tally.headers,
        "filled": tally.filled,
        "bad": tally.bad,
        "bad_count": tally.bad_count,
        "copied": tally.unknown,
        "previews": [str(path) for path in _previews(out, model.modalities, tally.homes)],
    }
    told = ", ".join(f"{header} {number:,}" for header, number in tally.filled.items() if number)
    shown = [
        *listed(tally.bad, "bad cell", total=tally.bad_count),
        f"{count(rows.count, 'row')} in {out}",
        f"filled: {told or 'nothing was missing'} (how sure: {out / NOTES})",
        *([f"copied as they are, unknown to the model: {', '.join(tally.unknown)}"] if tally.unknown else []),
        *(f"what was filled, to look at: {path}" for path in document["previews"]),
    ]
    return Answer(document, shown)


def _fill(model: Model, rows: Portions, out: Path, question: Mapping[str, Any], resume: bool) -> Tally:
    """Write every row that is not written yet."""
    first, part = next(rows.parts(0))
    plan = Completion(out, part, first, model.modalities, Sureness({}))
    # A question that is refused must not leave a folder behind.
    next(chunks(model.net, part.take(slice(0, 1)), model.net.names))
    seed, partial = question["seed"], question["partial"]
    sure = Sureness.tried(model.net, part, seed, partial=partial)
    ledger = Ledger(out, {TABLE: plan.headers, NOTES: ["row", "column", "sure", "that", "note"]}, question, resume)
    tally = Tally(**ledger.state) if ledger.state else plan.tally()
    done = ledger.rows
    with ledger, Ticker("complete") as ticker:
        for first, part in rows.parts(done):
            completion = Completion(out, part, first, model.modalities, sure)
            for row in complete(model.net, part, seed=seed, first=first, sure=sure, partial=partial):
                if row.row % CHUNK == 0 and ledger.due():
                    ledger.note(row.row, tally.state())
                written = completion.row(row)
                ledger.line(TABLE, written.fields)
                for note in written.notes:
                    ledger.line(NOTES, note)
                tally.add(written)
                ticker.rows(row.row + 1 - done, rows.count - done)
    return tally


def _previews(out: Path, modalities: Mapping[str, Modality], homes: Mapping[str, str]) -> list[Path]:
    """Draw the first filled cells of every modality that can be drawn, from what was written."""
    drawn = {n: m for n, m in modalities.items() if isinstance(m, Image | Audio | Vector)}
    previews = Previews.beside(out, drawn)
    lines = csv_rows(out / TABLE)
    headers = next(lines)
    homes = {header: name for header, name in homes.items() if name in drawn}
    wanted = _first(out / NOTES, homes)
    last = max((row for rows in wanted.values() for row in rows), default=-1)
    for number, line in enumerate(islice(lines, last + 1)):
        for header in (h for h, rows in wanted.items() if number in rows):
            field = line[headers.index(header)]
            previews.take({homes[header]: out / field if drawn[homes[header]].suffix else field})
    return previews.draw()


def _first(notes: Path, headers: Collection[str]) -> dict[str, set[int]]:
    """Header -> the first rows in which it was filled."""
    found: dict[str, set[int]] = {header: set() for header in headers}
    for row, header, *_ in islice(csv_rows(notes), 1, None) if headers else ():
        if header in found and len(found[header]) < SHOWN:
            found[header].add(int(row))
    return found
