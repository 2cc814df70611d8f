"""A newcomer's afternoon: inspect, train, complete and search on real data that nobody made for AnyGAN.

    mkdir real && cd real
    apt-get download tuxpaint-stamps-default oxygen-icon-theme && for f in *.deb; do dpkg -x $f .; done
    pip download --no-deps vega_datasets==0.9.0 && python -m zipfile -e vega_datasets-*.whl .
    REAL_SETS=$PWD python benchmarks/real_sets.py --minutes 3 --out runs/real

Every fifth row is held out. All is done by the real commands. For each modality in turn all held-out rows but one lose
it (of the table, half of the cells at random), ``complete`` fills them, and beside it stand the nearest training row in
each other modality, the one nearest in all, any training row, and mean or mode. Cells are looked at as judges look at
them (``anygan.judging.views``), pictures and sounds averaged to 16x16 places:

    rank       place of the true cell among all held-out ones by distance from the filled one: 0 first, .5 chance
    distance   from the filled cell to the true one, in mean distances between two held-out cells
    rmse       of numbers, in standard deviations of the training rows; accuracy of the rest
    recall     share of held-out rows, lacking their sentence, among the ten nearest to that sentence; chance beside it

A cell ``hostile`` trains on the stamps with some of them spoilt. One JSON line per finished set, minutes and seed is
appended to ``benchmarks/results/real_sets.jsonl``.
"""

import argparse
import csv
import filecmp
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lines import about, finish, finished
from numpy.typing import NDArray
from strangers import STRANGERS, Rows, Stranger, holed, spoil

from anygan import load, load_data
from anygan.errors import CellError
from anygan.judging.views import VIEWS, View

RESULTS = Path(__file__).parent / "results" / "real_sets.jsonl"
PLACES = (16, 16)
NEAREST = 10

Matrix = NDArray[np.float64]


def anygan(*words: object) -> str:
    """A command's output. Whatever goes wrong ends the benchmark: that is what it is for."""
    done = subprocess.run([sys.executable, "-m", "anygan", *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"anygan {' '.join(map(str, words))} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def seen(view: View, kind: str, cells: Sequence[Any]) -> Matrix:
    """Cells as judges look at them (n, features), nan where there is none, or none that can be read."""
    looks: list[Matrix | None] = []
    for cell in cells:
        try:
            x = None if cell is None else view(cell).float()
        except CellError:
            x = None
        if x is not None and kind in ("image", "audio"):
            x = torch.nn.functional.adaptive_avg_pool2d(x, PLACES)
        looks.append(None if x is None else x.flatten().double().numpy())
    size = next(len(x) for x in looks if x is not None)
    return np.stack([np.full(size, np.nan) if x is None else x for x in looks])


def distances(a: Matrix, b: Matrix) -> Matrix:
    """Euclidean (n, m); infinite where either cell is missing."""
    there = ~np.isnan(a[:, :1]) & ~np.isnan(b[:, 0])
    a, b = np.nan_to_num(a), np.nan_to_num(b)
    square = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    found: Matrix = np.where(there, np.sqrt(square.clip(0)), np.inf)
    return found


class Looks:
    """A set's rows as judges look at them, and what is nearest in them.

    Attributes:
        kinds: modality -> kind; ``table`` is all columns that belong to no other.
        scalars: those columns.
    """

    def __init__(self, stranger: Stranger, train: Rows, test: Rows) -> None:
        self.columns = dict(stranger.columns)
        own = {column for _, column in self.columns.values()}
        self.scalars = [column for column in train[0] if column not in own]
        self.kinds = {name: kind for name, (kind, _) in self.columns.items()} | {"table": "table"}
        self.train, self.test = train, test
        self.views = {
            name: VIEWS[kind].fit([c for c in self.cells(name, train) if c]) for name, kind in self.kinds.items()
        }
        self.known = {name: self.look(name, train) for name in self.kinds}
        self.truth = {name: self.look(name, test) for name in self.kinds}

    def cells(self, name: str, rows: Rows) -> list[Any]:
        """A modality's cells."""
        if name == "table":
            return [{column: row[column] for column in self.scalars} for row in rows]
        return [row[self.columns[name][1]] for row in rows]

    def look(self, name: str, rows: Rows) -> Matrix:
        """A modality's cells as its judge looks at them."""
        return seen(self.views[name], self.kinds[name], self.cells(name, rows))

    def apart(self, test: Rows, pool: NDArray[np.int64]) -> Matrix:
        """Distances of tables (n, m): root mean square over the columns that both rows have."""
        total, both = np.zeros((2, len(test), len(pool)))
        for column in self.scalars:
            own, theirs = (
                [None if row[column] is None else {column: row[column]} for row in rows]
                for rows in (test, [self.train[i] for i in pool])
            )
            if any(own) and any(theirs):
                view = VIEWS["table"].fit([cell for cell in theirs if cell])
                away = distances(seen(view, "table", own), seen(view, "table", theirs))
                total += np.where(np.isinf(away), 0, away) ** 2
                both += np.isfinite(away)
        found: Matrix = np.where(both > 0, np.sqrt(total / np.maximum(both, 1)), np.inf)
        return found

    def nearest(self, target: str, usable: Callable[[dict[str, Any]], bool], test: Rows) -> dict[str, list[int]]:
        """Way -> number of the training row that it takes for every test row, of those that are usable."""
        pool = np.flatnonzero([usable(row) for row in self.train])
        chance = np.random.default_rng(0)
        anyone = chance.choice(pool, len(test))
        ways, sums = {"any": anyone.tolist()}, np.zeros((len(test), len(pool)))
        for name in self.kinds:
            if name == target and name != "table":
                continue
            away = (
                self.apart(test, pool) if name == "table" else distances(self.look(name, test), self.known[name][pool])
            )
            lost = np.isinf(away)
            scale = away[~lost].mean() or 1.0
            sums += np.where(lost, 1, away / scale)
            ways[f"nearest {name}"] = np.where(lost.all(1), anyone, pool[away.argmin(1)]).tolist()
        return ways | {"nearest in all": pool[sums.argmin(1)].tolist()}


def closeness(made: Matrix, truth: Matrix) -> dict[str, float]:
    """How near filled cells are to the true ones: rank and distance."""
    away, among = distances(made, truth), distances(truth, truth)
    own = np.diag(away)[:, None]
    rank = ((away < own).sum(1) + ((away == own).sum(1) - 1) / 2) / (len(truth) - 1)
    usual = among[~np.eye(len(among), dtype=bool)].mean()
    return {"rank": float(rank.mean()), "distance": float(own.mean() / usual)}


def media(looks: Looks, target: str, filled: Rows) -> dict[str, Any]:
    """A modality that was hidden in all rows but the first that has it: complete beside the nearest rows."""
    column = looks.columns[target][1]
    there = np.flatnonzero(~np.isnan(looks.truth[target][:, 0]))[1:]
    truth = looks.truth[target][there]
    gone = holed(looks.test, [{column}] * len(looks.test))
    ways = looks.nearest(target, lambda row: row[column] is not None, gone)
    scores = {way: closeness(looks.known[target][np.array(rows)[there]], truth) for way, rows in ways.items()}
    scores["AnyGAN"] = closeness(looks.look(target, filled)[there], truth)
    return {"cells": len(there)} | scores


def number(value: Any) -> float:
    """A value as a number, a date as its day, nan where it is neither."""
    for read in (float, lambda text: datetime.fromisoformat(text).timestamp() / 86_400):
        try:
            return float(read(value))
        except (TypeError, ValueError):
            continue
    return float("nan")


def scalars(looks: Looks, hidden: Sequence[set[str]], filled: Rows) -> dict[str, Any]:
    """Holes of a table: numbers by RMSE, the rest by accuracy, beside nearest rows, mean and mode."""
    gone, told = holed(looks.test, hidden), {}
    for column in looks.scalars:
        lost = [i for i, names in enumerate(hidden) if column in names and looks.test[i][column] is not None]
        if not lost:
            continue
        given = [row[column] for row in looks.train if row[column] is not None]
        numbers = np.array([number(value) for value in given])
        continuous = not np.isnan(numbers).any() and not isinstance(given[0], bool)
        ways = looks.nearest("table", lambda row, c=column: row[c] is not None, gone)  # type: ignore[misc]
        said = {way: [looks.train[rows[i]][column] for i in lost] for way, rows in ways.items()}
        usual = numbers.mean() if continuous else Counter(map(str, given)).most_common(1)[0][0]
        said |= {"mean or mode": [usual] * len(lost), "AnyGAN": [filled[i][column] for i in lost]}
        truth = [looks.test[i][column] for i in lost]
        told[column] = {"cells": len(lost), "measure": "rmse" if continuous else "accuracy"} | {
            way: error(values, truth, numbers.std()) if continuous else accuracy(values, truth)
            for way, values in said.items()
        }
    return told


def error(values: Sequence[Any], truth: Sequence[Any], unit: float) -> float:
    """Root mean square error."""
    off = np.array([number(v) - number(t) for v, t in zip(values, truth, strict=True)])
    return float(np.sqrt((off**2).mean()) / (unit or 1.0))


def accuracy(values: Sequence[Any], truth: Sequence[Any]) -> float:
    """Share that is right, however it is spelled."""
    pairs = zip(values, truth, strict=True)
    return float(np.mean([str(v).lower() == str(t).lower() for v, t in pairs]))


def completed(out: Path, asked: Rows, looks: Looks) -> tuple[Rows, dict[str, int]]:
    """The rows that complete wrote, as ours are, and how many were lost, touched or left empty."""
    with (out / "metadata.csv").open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    short = {name: column for name, (_, column) in looks.columns.items()} | {column: column for column in asked[0]}
    rows: Rows = []
    for line in written:
        named = {short.get(c, short.get(c.removesuffix("_file_name"), c)): (c, v) for c, v in line.items()}
        rows.append({c: out / v if k.endswith("file_name") and v else v or None for c, (k, v) in named.items()})
    pairs = [(a[c], b.get(c)) for a, b in zip(asked, rows, strict=False) for c in a]
    return rows, {
        "lost": len(asked) - len(rows),
        "touched": sum(a is not None and not same(a, b) for a, b in pairs),
        "empty": sum(b is None for _, b in pairs),
    }


def same(a: Any, b: Any) -> bool:
    """Whether a cell is what it was."""
    if isinstance(a, Path):
        return isinstance(b, Path) and filecmp.cmp(a, b, shallow=False)
    return str(a).lower() == str(b).lower()


def recall(run: Path, looks: Looks, queries: str, gone: Rows) -> dict[str, float]:
    """Sentences of held-out rows to the rest of those rows."""
    model, column = load(run), looks.columns[queries][1]
    names = {c: n for n, (_, c) in looks.columns.items()}
    rest = [{names.get(c, c): v for c, v in row.items() if c != column} for row in gone]
    asked = [{queries: row[column]} for row in looks.test]
    a, b = (np.concatenate([np.asarray(part.code) for part in model.embed(rows)]) for rows in (asked, rest))
    near = (-(a @ b.T)).argsort(1, kind="stable")[:, :NEAREST]
    hit = (near == np.arange(len(a))[:, None]).any(1)
    return {"recall": float(hit.mean()), "chance": NEAREST / len(a)}


def afternoon(name: str, packages: Path, out: Path, train: Sequence[object], seed: int) -> dict[str, Any]:
    """All commands on one set: one line of the results."""
    stranger = STRANGERS[name]
    rows = stranger.read(packages)
    order = np.random.default_rng(seed).permutation(len(rows))
    parts = [[rows[i] for i in order if (i % 5 == 0) == held] for held in (False, True)]
    looks, run = Looks(stranger, *parts), out / "run"
    data = stranger.write(parts[0], out / "train")
    shown = json.loads(anygan("inspect", data, "--json"))
    anygan("train", data, "--out", run, "--resume", *train)
    line: dict[str, Any] = {"rows": [len(part) for part in parts], "bad": len(shown["bad"]), "notes": shown["notes"]}
    line |= {"kinds": load_data(str(data)).kinds, "kept": {}, "filled": {}}
    chance = np.random.default_rng(seed + 1)
    for target in looks.kinds:
        columns = looks.scalars if target == "table" else [looks.columns[target][1]]
        half = [{c for c in columns if target != "table" or chance.random() < 0.5} for _ in looks.test]
        if target != "table":
            # What no row has is no column of the data, and nothing to complete.
            half[next(i for i, row in enumerate(looks.test) if row[columns[0]] is not None)] = set()
        asked = holed(looks.test, half)
        held = stranger.write(asked, out / f"without-{target}")
        anygan("complete", run, held, "--out", out / f"with-{target}", "--resume")
        filled, line["kept"][target] = completed(out / f"with-{target}", asked, looks)
        measured = scalars(looks, half, filled) if target == "table" else media(looks, target, filled)
        line["filled"][target] = measured
        print(name, target, json.dumps(measured), line["kept"][target], flush=True)
        if target == stranger.queries:
            first = str(looks.test[0][columns[0]])
            anygan("search", run, held, "--given", f"{target}={first}", "-k", NEAREST, "--json")
            line["search"] = recall(run, looks, target, asked)
    return line | about(load(run))


def hostile(packages: Path, out: Path, train: Sequence[object], seed: int) -> dict[str, Any]:
    """The stamps, some of them spoilt: what is listed, and what is lost."""
    rows = STRANGERS["stamps"].read(packages)[::4]
    data = STRANGERS["stamps"].write(rows, out / "train")
    spoilt = spoil(data) if not (out / "spoilt").exists() else int((out / "spoilt").read_text())
    (out / "spoilt").write_text(str(spoilt))
    shown = json.loads(anygan("inspect", data, "--json"))
    anygan("train", data, "--out", out / "run", "--resume", *train)
    anygan("complete", out / "run", data, "--out", out / "whole", "--resume")
    with (out / "whole" / "metadata.csv").open(encoding="utf-8", errors="replace", newline="") as file:
        csv.field_size_limit(2**31 - 1)
        written = list(csv.DictReader(file))
    empty = sum(not value for row in written for value in row.values())
    bad = [said.replace(f"{data}/", "") for said in shown["bad"]]
    line = {"rows": len(rows), "spoilt": spoilt, "bad": bad, "lost": len(rows) - len(written), "empty": empty}
    return line | about(load(out / "run"))


def main() -> None:
    """The sets that are not done yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--packages", type=Path, default=os.environ.get("REAL_SETS"), help="else $REAL_SETS")
    parser.add_argument("--sets", default=",".join([*STRANGERS, "hostile"]))
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--size", default="small")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    if asked.packages is None:
        parser.error("where do the packages lie? --packages FOLDER or $REAL_SETS")
    torch.set_num_threads(asked.threads or torch.get_num_threads())
    train: list[object] = ["--minutes", asked.minutes, "--size", asked.size, "--seed", asked.seed]
    train += ["--threads", asked.threads] if asked.threads else []
    for name in asked.sets.split(","):
        key = {"set": name, "minutes": asked.minutes, "size": asked.size, "seed": asked.seed}
        if any(key.items() <= line.items() for line in finished(asked.results)):
            continue
        out = asked.out / f"{name}-{asked.minutes:g}-{asked.size}-{asked.seed}"
        if name == "hostile":
            line = hostile(asked.packages, out, train, asked.seed)
        else:
            line = afternoon(name, asked.packages, out, train, asked.seed)
        finish(asked.results, key | line)


if __name__ == "__main__":
    main()
