"""What the defaults reach on data that are not spoken digits, by judges of real data.

    python benchmarks/breadth.py --minutes 15 --out runs/breadth

trains one model with default settings on each set of ``benchmarks/sets.py``, the same minutes each, and measures

    five        coherence given one to four inputs (mean over all five targets), agreement and classes of drawn rows
    xor         each bit from the two others, and from one alone, which must be chance; parity of drawn rows
    table       class and size of rows made from sentences, sentences made from rows, beside the commonest answer
    few         coherence of the six directions from 800 rows, and how many drawn cells are no copies
    single      Fréchet distance, density and coverage of drawn pictures, beside those of real training pictures

Judges are trained on real training rows, with ``few`` on all of spoken-mnist. Each run folder gets pictures of real and
drawn rows, ``real.png`` and ``drawn.png``. Appends one JSON line per finished set, minutes and seed to
``benchmarks/results/breadth.jsonl``, skips those that stand there already, and prints a table. ``$ANYGAN_DATA`` names
the data.
"""

import argparse
import itertools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import torch
from lines import about, finish, finished, trained
from numpy.typing import NDArray
from robustness import NAMES
from sets import PHRASES, RADIUS, SETS, SIZES, sentence, thirds
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from anygan import Config, DataSet, Model, load_data
from anygan.evaluation.measure import Direction, Judged, Measure
from anygan.judging.panel import Seen
from anygan.media.pictures import contact_sheet
from anygan.metrics import authenticity, density_coverage
from anygan.rows import Cell

RESULTS = Path(__file__).parent / "results" / "breadth.jsonl"
DRAWS = 16
"""Tables drawn for a sentence."""

Scores = dict[str, dict[str, float]]
"""What was measured -> its value, and what stands beside it: ceiling, floor, chance, target."""


def five(model: Model, real: DataSet, test: DataSet, rows: int, seed: int) -> Scores:
    """Coherence by the number of inputs."""
    measure = Measure(test, real, rows=rows, seed=seed)
    wanted = subsets(list(test.columns))
    found = measure.translate(model.net, [direction for some in wanted.values() for direction in some])
    ceiling = float(np.mean([measure.panel.mark("digit", name).ceiling for name in test.columns]))
    scores: Scores = {}
    for count, some in wanted.items():
        each = [measure.coherence("digit", *found[direction]) for direction in some]
        scores[f"given {count}"] = {"value": float(np.mean(each)), "least": min(each), "ceiling": ceiling}
    scores["rise from 1 to 4"] = {"value": scores["given 4"]["value"] - scores["given 1"]["value"]}
    return scores | drawn(measure, measure.generate(model.net, rows), "digit")


def subsets(names: Sequence[str]) -> dict[int, list[Direction]]:
    """How many inputs -> directions: to each target from its next neighbours in the circle, and from its last ones.

    So every modality is given equally often for every count.
    """
    wanted: dict[int, list[Direction]] = {}
    for count, (place, to) in itertools.product(range(1, len(names)), enumerate(names)):
        around = [*names[place + 1 :], *names[:place]]
        sides = dict.fromkeys((tuple(around[:count]), tuple(sorted(around[-count:], key=around.index))))
        wanted.setdefault(count, []).extend((side, to) for side in sides)
    return wanted


def drawn(measure: Measure, made: Mapping[str, Seen], label: str) -> Scores:
    """Rows drawn from noise: agreement and classes, and the mean Fréchet distance of their modalities."""
    told = measure.joint(label, made)
    assert told is not None
    scores: Scores = {}
    if told["value"] is not None:
        scores["drawn: agreement"] = {key: told[key] for key in ("value", "ceiling", "chance")}
    even = 1 / len(told["classes"])
    scores["drawn: smallest class"] = {"value": told["least"], "even": even}
    scores["drawn: largest class"] = {"value": told["most"], "even": even}
    away = [measure.distance(name, seen) for name, seen in made.items()]
    for what in ("value", "floor"):
        mean = float(np.mean([one[what] for one in away if one is not None]))
        scores.setdefault("drawn: Fréchet distance", {})[what] = mean
    return scores


def xor(model: Model, real: DataSet, test: DataSet, rows: int, seed: int) -> Scores:
    """Each bit from two others and from one."""
    measure = Measure(test, real, rows=rows, seed=seed)
    names = list(test.columns)
    wanted: list[Direction] = [
        (given, to)
        for count in (2, 1)
        for to in reversed(names)
        for given in itertools.combinations([name for name in names if name != to], count)
    ]
    known = {phrase for phrases in PHRASES for phrase in phrases}
    spoken: list[bool] = []

    def watch(direction: Direction, rows: NDArray[np.int64], cells: Sequence[Cell]) -> None:
        if direction[1] == "c":
            spoken.extend(cell in known for cell in cells)

    found = measure.translate(model.net, wanted, watch=watch)
    scores: Scores = {}
    for given, to in wanted:
        value, ceiling = measure.coherence(to, *found[given, to]), measure.panel.mark(to, to).ceiling
        beside = {"target": 0.95, "ceiling": ceiling} if len(given) == 2 else {"chance": 0.5}
        scores[f"{'+'.join(given)}->{to}"] = {"value": value} | beside
    scores["c is one of the eight sentences"] = {"value": float(np.mean(spoken))}
    made = measure.generate(model.net, rows)
    a, b, c = (made[name].classes[name].astype(np.int64) for name in names)
    scores["drawn: c = a xor b"] = {"value": float(np.mean(a ^ b == c)), "chance": 0.5}
    return scores | {f"drawn: {name} is 1": {"value": float(np.mean(made[name].classes[name]))} for name in names}


def table(model: Model, real: DataSet, test: DataSet, rows: int, seed: int) -> Scores:
    """Sentences to tables and back, by a linear classifier of real rows, beside the commonest answer."""
    judge = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    names = real.columns["table"].headers
    known = matrix(real.columns["table"].cells, names)
    judge.fit(known, real.pairing(0).labels["class"])
    truth = test.pairing(0).labels
    usual = {what: np.unique(truth[what], return_counts=True)[1].max() / len(test) for what in ("class", "size")}

    def look(cells: Sequence[Cell]) -> dict[str, NDArray[Any]]:
        values = matrix(cells, names)
        return {"class": judge.predict(values), "size": np.array(SIZES)[thirds(values[:, names.index(RADIUS)])]}

    ceiling = float(np.mean(look(test.columns["table"].cells)["class"] == truth["class"]))
    made = [row.cells["table"] for row in model.translate(test, ["text"], ["table"], draws=DRAWS, seed=seed)]
    scores: Scores = {}
    for what, said in look(made).items():
        right = float(np.mean(said == truth[what].repeat(DRAWS)))
        best = ceiling if what == "class" else 1.0
        scores[f"text->table: {what}"] = {"value": right, "mode": usual[what], "ceiling": best}
    scores["text->table: error of the mean of draws"] = errors(matrix(made, names), known, real, test)
    read = [row.cells["text"] for row in model.translate(test, ["table"], ["text"], seed=seed)]
    for what, said in parsed(read).items():
        best = ceiling if what == "class" else 1.0
        scores[f"table->text: {what}"] = {"value": float(np.mean(said == truth[what])), "mode": usual[what]}
        scores[f"table->text: {what}"]["ceiling"] = best
    scores["table->text: in grammar"] = {"value": float(np.mean(parsed(read)["class"] != ""))}
    new = list(model.generate(rows, seed=seed))
    shown, told = look([row["table"] for row in new]), parsed([row["text"] for row in new])
    for what in ("class", "size"):
        scores[f"drawn: agreement, {what}"] = {"value": float(np.mean(shown[what] == told[what]))}
        share = max(float(np.mean(told[what] == one)) for one in np.unique(truth[what]))
        scores[f"drawn: commonest {what}"] = {"value": share, "mode": float(usual[what])}
    return scores


def matrix(cells: Iterable[Cell], names: Sequence[str]) -> NDArray[np.float64]:
    """Rows of a table as numbers (rows, columns)."""
    return np.array([[float(cell[name]) for name in names] for cell in cells])


def parsed(sentences: Sequence[Cell]) -> dict[str, NDArray[np.str_]]:
    """Class and size that sentences tell of, empty where one is out of grammar."""
    forms = {sentence(size, kind): (size, kind) for size in SIZES for kind in ("benign", "malignant")}
    told = [forms.get(text, ("", "")) for text in sentences]
    return {"class": np.array([kind for _, kind in told]), "size": np.array([size for size, _ in told])}


def errors(made: NDArray[Any], known: NDArray[Any], real: DataSet, test: DataSet) -> dict[str, float]:
    """Root mean square errors of numbers in standard deviations, beside what the training rows' mean makes.

    ``sentence`` is the error of the mean of the training rows that have the same sentence: no one can do much better.
    """
    truth = matrix(test.columns["table"].cells, real.columns["table"].headers)
    texts, asked = np.array(real.columns["text"].cells), test.columns["text"].cells
    same = np.stack([known[texts == text].mean(0) for text in asked])
    guesses = {"value": made.reshape(len(truth), DRAWS, -1).mean(1), "mean": known.mean(0), "sentence": same}
    return {name: float(np.sqrt(np.mean(((guess - truth) / known.std(0)) ** 2))) for name, guess in guesses.items()}


def few(model: Model, real: DataSet, test: DataSet, rows: int, seed: int) -> Scores:
    """Coherence of all six directions, and copies."""
    measure = Measure(test, load_data("spoken-mnist:train"), rows=rows, seed=seed)
    wanted: list[Direction] = [((given,), to) for given, to in itertools.permutations(NAMES, 2)]
    found: dict[Direction, Judged] = measure.translate(model.net, wanted)
    scores: Scores = {}
    for given, to in wanted:
        value = measure.coherence("digit", *found[given, to])
        scores[f"{given[0]}->{to}"] = {"value": value, "ceiling": measure.panel.mark("digit", to).ceiling}
    each = [score["value"] for score in scores.values()]
    scores["mean of six"] = {"value": float(np.mean(each)), "least": min(each)}
    made = measure.generate(model.net, rows)
    for name in ("image", "audio"):
        learned = measure.panel.features(name, real.columns[name].cells)
        genuine = {"value": made[name].features, "real": measure.real[name].seen.features}
        scores[f"drawn: no copy, {name}"] = {what: authenticity(learned, seen) for what, seen in genuine.items()}
    return scores | drawn(measure, made, "digit")


def single(model: Model, real: DataSet, test: DataSet, rows: int, seed: int) -> Scores:
    """Drawn pictures beside as many training pictures, both against test pictures."""
    measure = Measure(test, real, rows=rows, seed=seed)
    made = measure.generate(model.net, rows)
    genuine, other = measure.real["image"].seen.features, measure.other["image"].seen.features
    pairs = {"value": made["image"].features, "real": other}
    manifold = {what: density_coverage(genuine, seen) for what, seen in pairs.items()}
    scores = {
        "drawn: density": {what: density for what, (density, _) in manifold.items()},
        "drawn: coverage": {what: coverage for what, (_, coverage) in manifold.items()},
        "judge": {"value": measure.panel.mark("look", "image").ceiling},
    }
    return scores | drawn(measure, made, "look")


MEASURES: dict[str, Callable[[Model, DataSet, DataSet, int, int], Scores]] = {
    "five": five,
    "xor": xor,
    "table": table,
    "few": few,
    "single": single,
}


def show(rows: Iterable[Mapping[str, Cell]], kinds: Mapping[str, str], path: Path) -> None:
    """The pictures of 25 cells, row by row, and the words and numbers of three rows on stdout."""
    pictures = [name for name, kind in kinds.items() if kind == "image"]
    shown = list(itertools.islice(rows, 25 // max(1, len(pictures))))
    cells = [row[name] for row in shown for name in pictures]
    if cells:
        opened = [
            cell if isinstance(cell, PIL.Image.Image) else PIL.Image.fromarray(np.asarray(cell)) for cell in cells
        ]
        contact_sheet(opened).save(path)
    for row in shown[:3]:
        told = {name: cell for name, cell in row.items() if kinds[name] not in ("image", "audio")}
        if told:
            print(path.stem, {name: np.round(c, 1) if kinds[name] == "vector" else c for name, c in told.items()})


def cell(name: str, run: Path, config: Config, rows: int) -> dict[str, Any]:
    """Train on one set and measure: one line of the results."""
    real, test = SETS[name]("train"), SETS[name]("test")
    model, began = trained(name, real, run, config), time.time()
    show(real.rows(), real.kinds, run / "real.png")
    show(model.generate(25, seed=config.seed), real.kinds, run / "drawn.png")
    scores = MEASURES[name](model, real, test, rows, config.seed)
    print(f"{name} measured in {time.time() - began:.0f} s", flush=True)
    asked = {"set": name, "minutes": config.minutes, "seed": config.seed, "rows": rows}
    return asked | about(model) | {"scores": scores}


def printed(line: Mapping[str, Any]) -> None:
    """One line of the results as a table."""
    print(f"\n{line['set']}: {line['minutes']:g} minutes, {line['steps']:,} steps, seed {line['seed']}")
    for what, score in line["scores"].items():
        beside = "  ".join(f"{name} {value:.3f}" for name, value in score.items() if name != "value")
        print(f"  {what:42} {score['value']:8.3f}   {beside}")


def main() -> None:
    """Train and measure the sets that are not done yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    if asked.threads:
        torch.set_num_threads(asked.threads)
    done = {(line["set"], line["minutes"], line["seed"]): line for line in finished(asked.results)}
    for name in asked.sets.split(","):
        key = (name, asked.minutes, asked.seed)
        if key not in done:
            config = Config(minutes=asked.minutes, threads=asked.threads, seed=asked.seed)
            done[key] = cell(name, asked.out / f"{name}-{asked.minutes:g}-{asked.seed}", config, asked.rows)
            finish(asked.results, done[key])
        printed(done[key])


if __name__ == "__main__":
    main()
