"""Holes in real tables: AnyGAN beside kNN, iterative ridge and an iterative forest.

    python benchmarks/tables.py --out runs/tables --lines benchmarks/results/tables.jsonl

scikit-learn's tables wine, breast_cancer and diabetes, the class, where there is one, as a category. Seven of ten rows
are learned from, whole; of the others cells are hidden at random, and filled by each way from the same whole rows.
Told are the RMSE of hidden numbers in standard deviations of the training rows, the share of hidden categories that
are right, and the sliced Wasserstein distance (Rabin et al., 2012) between the rows as filled and as they were, in the
same unit. Draws are meant to be spread as the truth is, a mean is not: it wins by the first measure and loses by the
last, which is why both are told. Beside them stands how well sureness is calibrated (expected calibration error over
ten bins of equal count, and bins of it).
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lines import about, finish, finished, trained
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestRegressor
from sklearn.experimental import enable_iterative_imputer  # noqa: F401 (what makes the next line work)
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer

import anygan
from anygan.modalities import Table
from anygan.tasks.fill import tolerances

SETS: dict[str, Callable[..., Any]] = {
    "wine": load_wine,
    "breast_cancer": load_breast_cancer,
    "diabetes": load_diabetes,
}
SHARES = (0.2, 0.5)
PROJECTIONS = 200
BINS = 10

Numbers = NDArray[np.float64]


def table(name: str) -> tuple[Numbers, NDArray[np.int64] | None]:
    """Numbers (rows, columns), and the classes of the rows where there are any."""
    loaded = SETS[name]()
    numbers = np.asarray(loaded.data, np.float64)
    if name == "diabetes":
        return np.column_stack([numbers, loaded.target]), None
    return numbers, np.asarray(loaded.target, np.int64)


def rows_of(numbers: Numbers, classes: NDArray[np.int64] | None, hidden: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Rows as AnyGAN takes them; the class is the last column of ``hidden``."""
    rows = []
    for i, values in enumerate(numbers):
        row: dict[str, Any] = {f"x{j}": None if hidden[i, j] else float(v) for j, v in enumerate(values)}
        if classes is not None:
            row["class"] = None if hidden[i, -1] else f"class {classes[i]}"
        rows.append(row)
    return rows


def sliced(a: Numbers, b: Numbers, seed: int = 0) -> float:
    """Mean distance of sorted projections of two sets of as many rows."""
    ways = np.random.default_rng(seed).normal(size=(a.shape[1], PROJECTIONS))
    ways /= np.linalg.norm(ways, axis=0)
    return float(np.abs(np.sort(a @ ways, 0) - np.sort(b @ ways, 0)).mean())


def rivals(seed: int) -> dict[str, Any]:
    """Way -> what fits and transforms a matrix with holes."""
    forest = RandomForestRegressor(50, max_features="sqrt", random_state=seed, n_jobs=1)
    return {
        "mean": SimpleImputer(),
        "kNN, 5": KNNImputer(n_neighbors=5),
        "iterative ridge": IterativeImputer(max_iter=20, random_state=seed, tol=1e-2),
        "iterative ridge, drawn": IterativeImputer(max_iter=20, random_state=seed, sample_posterior=True),
        "iterative forest": IterativeImputer(forest, max_iter=5, random_state=seed, tol=1e-1),
    }


def ece(sure: Numbers, right: NDArray[np.bool_]) -> tuple[float, list[list[float]]]:
    """Mean gap between sureness and share right over bins of equal count, and the bins: sure, right, count."""
    bins = [b for b in np.array_split(np.argsort(sure, kind="stable"), BINS) if len(b)]
    told = [[float(sure[b].mean()), float(right[b].mean()), len(b)] for b in bins]
    return sum(abs(s - r) * n for s, r, n in told) / len(sure), told


def score(filled: Numbers, truth: Numbers, hidden: NDArray[np.bool_], numbers: int) -> dict[str, float]:
    """The measures of a way: columns beyond ``numbers`` are the class's, one for each."""
    off = (filled - truth)[:, :numbers][hidden[:, :numbers]]
    told = {
        "rmse": float(np.sqrt(np.square(off).mean())),
        "sliced": sliced(filled[:, :numbers], truth[:, :numbers]),
    }
    if truth.shape[1] > numbers:
        lost = hidden[:, -1]
        told["accuracy"] = float((filled[lost, numbers:].argmax(1) == truth[lost, numbers:].argmax(1)).mean())
    return told


def ours(
    model: anygan.Model, rows: list[dict[str, Any]], seed: int
) -> tuple[Numbers, list[str], list[dict[str, float]]]:
    """What complete fills: numbers, classes, and how sure it is of each hole."""
    made = list(model.complete(rows, seed=seed))
    cells = [row.cells["table"] for row in made]
    numbers = np.array([[cell[h] for h in cell if h != "class"] for cell in cells], np.float64)
    return numbers, [str(cell.get("class")) for cell in cells], [row.holes for row in made]


def main() -> None:
    """Train a model a table, hide, fill in every way, append a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs")
    parser.add_argument("--lines", type=Path, required=True, help="file of JSON lines; what it holds is not redone")
    parser.add_argument("--minutes", type=float, default=1.5)
    parser.add_argument("--size", default="tiny")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    done = {(line["set"], line["missing"], line["seed"], line["way"]) for line in finished(asked.lines)}
    for name in asked.sets:
        numbers, classes = table(name)
        order = np.random.default_rng(asked.seed).permutation(len(numbers))
        learn, test = order[: int(0.7 * len(order))], order[int(0.7 * len(order)) :]
        columns = numbers.shape[1] + (classes is not None)
        none = np.zeros((len(learn), columns), bool)
        config = anygan.Config(size=asked.size, minutes=asked.minutes, seed=asked.seed, threads=1, precision="fp32")
        part = None if classes is None else classes[learn]
        data = anygan.load_data(rows_of(numbers[learn], part, none))
        model = trained(name, data, asked.out / f"{name}-{asked.seed}", config)
        centre, spread = numbers[learn].mean(0), numbers[learn].std(0)
        one_hot = np.zeros((len(numbers), 0)) if classes is None else np.eye(int(classes.max()) + 1)[classes]
        whole = np.concatenate([(numbers - centre) / spread, one_hot], 1)
        for share in SHARES:
            hidden = np.random.default_rng(asked.seed + 1).random((len(test), columns)) < share
            wide = np.concatenate([hidden[:, : numbers.shape[1]], *([hidden[:, -1:]] * one_hot.shape[1])], 1)
            holed = np.where(wide, np.nan, whole[test])
            base = {"set": name, "missing": share, "seed": asked.seed, "test_rows": len(test)}

            def tell(way: str, told: dict[str, Any], base: dict[str, Any] = base) -> None:
                line = base | {"way": way} | told
                print(line, flush=True)
                finish(asked.lines, line)

            for way, imputer in rivals(asked.seed).items():
                if (name, share, asked.seed, way) not in done:
                    # One class is left out: with all of them, each would be told from the others' means.
                    few = slice(None, whole.shape[1] - (classes is not None))
                    filled = imputer.fit(whole[learn][:, few]).transform(holed[:, few])
                    if classes is not None:
                        last = 1 - filled[:, numbers.shape[1] :].sum(1, keepdims=True)
                        filled = np.concatenate([filled, last], 1)
                    tell(way, score(filled, whole[test], hidden, numbers.shape[1]))
            if (name, share, asked.seed, "AnyGAN") in done:
                continue
            part = None if classes is None else classes[test]
            rows = rows_of(numbers[test], part, hidden)
            made, said, sure = ours(model, rows, asked.seed)
            labels = [f"class {c}" for c in range(one_hot.shape[1])]
            guess = np.array([[s == label for label in labels] for s in said], float).reshape(len(test), -1)
            told = score(np.concatenate([(made - centre) / spread, guess], 1), whole[test], hidden, numbers.shape[1])
            tell("AnyGAN", told | calibration(model, rows, numbers[test], part, made, said, sure) | about(model))


def calibration(
    model: anygan.Model,
    rows: list[dict[str, Any]],
    numbers: Numbers,
    classes: NDArray[np.int64] | None,
    made: Numbers,
    said: list[str],
    sure: list[dict[str, float]],
) -> dict[str, Any]:
    """How far what it is sure of is right: numbers within their stated tolerance, classes the same."""
    known = model.modalities["table"]
    assert isinstance(known, Table)
    tolerance = dict(zip((column.name for column in known.columns), tolerances(known).tolist(), strict=True))
    told: dict[str, tuple[list[float], list[bool]]] = {"numbers": ([], []), "classes": ([], [])}
    for i, holes in enumerate(sure):
        for header, likely in holes.items():
            kind = "classes" if header == "class" else "numbers"
            if header == "class":
                assert classes is not None
                good = said[i] == f"class {classes[i]}"
            else:
                place = int(header[1:])
                good = bool(abs(made[i, place] - numbers[i, place]) <= tolerance[header] + 1e-9)
            told[kind][0].append(likely)
            told[kind][1].append(good)
    found: dict[str, Any] = {}
    for kind, (chances, outcomes) in told.items():
        if chances:
            error, bins = ece(np.array(chances), np.array(outcomes))
            found |= {f"ece_{kind}": error, f"bins_{kind}": bins}
    return found


if __name__ == "__main__":
    main()
