"""A month later: what a run keeps, and what it learns, when it goes on with more rows, words and a new modality.

    python benchmarks/month_later.py --steps 3000 --out runs/month-later

A first model sees pictures and captions of the digits 0 to 7. A second begins with it (``--from``) and sees all ten
digits, so that two words are new, and sounds, a modality that is new. A third sees the same from scratch, for as many
steps. Judges of real training cells measure every direction on test rows: the old directions on the digits that the
first model knew, before and after, and all directions on all rows. One JSON line a model is appended to
``results/month_later.jsonl``; a model that stands there already is passed over.
"""

import argparse
import itertools
import json
from pathlib import Path
from typing import Any

import torch
from lines import about, finish, finished

from anygan import Config, DataSet, load, load_data, train
from anygan.evaluation.measure import Direction, Measure
from anygan.model.gan import AnyGAN

RESULTS = Path(__file__).with_name("results") / "month_later.jsonl"
NEW = ("8", "9")


def known(data: DataSet) -> DataSet:
    """What was there a month ago: pictures and captions of eight digits."""
    old = data.without("digit", NEW)
    columns = {name: column for name, column in old.columns.items() if name != "audio"}
    return DataSet(f"{data.name}, a month ago", columns, old.pairing, old.bad)


def directions(model: AnyGAN, measure: Measure) -> list[Direction]:
    """From each modality to each other one, of those in which judges can tell digits."""
    telling = [name for name in measure.shared(model) if name in measure.panel.labels.get("digit", [])]
    return [((given,), to) for given, to in itertools.permutations(telling, 2)]


def coherences(model: AnyGAN, measure: Measure) -> dict[str, float]:
    """How many rows of a hundred are translated to a cell of their own digit, direction by direction."""
    judged = measure.translate(model, directions(model, measure))
    return {
        f"{' '.join(given)} -> {to}": round(100 * float(measure.coherence("digit", *judged[given, to])), 1)
        for given, to in judged
    }


def fit(name: str, data: DataSet, run: Path, config: Config, origin: Path | None = None) -> None:
    """Train a model, or go on with it."""
    for record in train(data, run, config, resume=True, origin=origin):
        if record.step % 100 == 0:
            print(name, record.step, f"{record.seconds:.0f} s", flush=True)


def main() -> None:
    """Train the three, measure them and keep their lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3000, help="of each model")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--judge-steps", type=int)
    parser.add_argument("--out", type=Path, default=Path("runs/month-later"))
    asked = parser.parse_args()
    config = Config(size="tiny", steps=asked.steps, threads=asked.threads)
    whole, test = load_data("digits", split="train"), load_data("digits", split="test")
    measures = {
        what: Measure(rows, whole, rows=asked.rows, judge_steps=asked.judge_steps)
        for what, rows in (("known", test.without("digit", NEW)), ("all", test))
    }
    models: dict[str, tuple[DataSet, Path | None]] = {
        "first": (known(whole), None),
        "later": (whole, asked.out / "first"),
        "scratch": (whole, None),
    }
    for name, (data, origin) in models.items():
        line: dict[str, Any] = {"model": name, "of_steps": asked.steps}
        if any(line.items() <= done.items() for done in finished(RESULTS)):
            continue
        fit(name, data, asked.out / name, config, origin)
        model = load(asked.out / name)
        with torch.inference_mode():
            line |= {what: coherences(model.net, measure) for what, measure in measures.items()}
        finish(RESULTS, line | about(model))
        print(json.dumps(line))


if __name__ == "__main__":
    main()
