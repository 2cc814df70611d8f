"""AnyGAN beside three multimodal VAEs of MultiVae (JOSS 2025) on spoken-mnist: the same rows, minutes and judges.

    python -m venv rival
    rival/bin/pip install torch==2.13.0 numpy scipy scikit-learn "pydantic>=2" cloudpickle tqdm matplotlib pandas \\
        nltk safetensors pillow soundfile soxr pyarrow click rich
    rival/bin/pip install --no-deps multivae==1.0.3 pythae==0.1.2
    python benchmarks/peers.py --python rival/bin/python --minutes 15 --out runs/peers

AnyGAN is trained by ``anygan train`` and answers by ``anygan translate`` and ``anygan generate``. The others run in the
rival's environment (``multivae_peer.py``, which says how they are set), where AnyGAN is imported from this checkout and
a stub stands for torchvision, of which models and samplers use nothing. All of them answer by folders: pictures, sounds
from AnyGAN's own inversion of spectrograms, captions. The judges of ``spoken_mnist.py`` read what was written.

The VAEs draw rows from their prior, and from a mixture of Gaussians fitted to the codes of training rows afterwards.
*Spread* is the mean distance of two cells made from one condition (digit and hand as the caption says for pictures,
digit and speaker for sounds) over that of two real test cells of the same, in principal components of what judges see.
*Hand* is thickness and slant class both as the caption says. Distances of joint pictures stand beside those of
text -> image, which shares the test rows' classes and may so lie below the floor, training pictures.

Appends one JSON line per finished model, minutes and seed to ``--results``, skips those of as many rows that stand
there already, and prints one table of all lines of these minutes and rows, medians over seeds. ``$ANYGAN_DATA`` names
the data.
"""

import argparse
import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from latency import clocked
from lines import finish, finished, hardware
from numpy.typing import NDArray
from spoken_mnist import NAMES, Bench, cells_of, command, export

from anygan import Config, load, load_data
from anygan.evaluation.translation.plain import Plain
from anygan.evaluation.translation.spreads import mean_spread
from anygan.rows import DataSet
from anygan.training.describe import describe

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "peers.jsonl"
MODELS = ("AnyGAN", "MMVAE+", "MVTCAE", "MoPoE")
CONDITIONS = {"image": ("digit", "thickness", "slant"), "audio": ("digit", "speaker")}
STUB = """def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return lambda *args, **named: None
"""


def ours(place: Path, test: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Train AnyGAN, write its answers to ``place / "written"``, and tell how it went."""
    run, out = place / "run", place / "written"
    threads = ("--threads", str(asked.threads)) if asked.threads else ()
    how = ("--minutes", str(asked.minutes), "--seed", str(asked.seed), *threads)
    command("train", "spoken-mnist", "--out", str(run), "--resume", *how)
    for given in NAMES:
        to = ",".join(name for name in NAMES if name != given)
        command("translate", str(run), str(test), "--given", given, "--to", to, "--out", str(out / given))
    command("generate", str(run), "-n", str(asked.rows), "--seed", str(asked.seed), "--out", str(out / "prior"))
    model = load(run)
    data = {size: model.data([{"text": "the thick seven, said by theo"}] * size) for size in (1, 256)}
    return {
        "steps": model.story["clock"]["step"],
        "seconds": round(model.story["clock"]["seconds"], 1),
        "precision": model.story["precision"],
        "parameters": sum(weights.numel() for weights in model.net.parameters()),
        "latency": clocked(lambda size: list(model.translate(data[size], ["text"], ["image"]))),
    }


def theirs(name: str, place: Path, test: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """The same of a model of MultiVae, in its own environment."""
    stub = place / "stub" / "torchvision"
    (stub / "datasets").mkdir(parents=True, exist_ok=True)
    for file in ("transforms.py", "utils.py", "__init__.py", "datasets/utils.py", "datasets/__init__.py"):
        (stub / file).write_text(STUB, encoding="utf-8")
    known = os.pathsep.join([str(stub.parent), str(HERE.parent / "src")])
    words = [str(asked.python), str(HERE / "multivae_peer.py"), name, str(test), "--out", str(place / "written")]
    words += ["--minutes", str(asked.minutes), "--seed", str(asked.seed), "--threads", str(asked.threads)]
    subprocess.run(words, check=True, env=os.environ | {"PYTHONPATH": known})
    told: dict[str, Any] = json.loads((place / "written" / "told.json").read_text("utf-8"))
    return told


class Eyes:
    """How far cells made from one condition are apart, over how far real ones are."""

    def __init__(self, data: DataSet, labels: Mapping[str, NDArray[Any]]) -> None:
        train = load_data("spoken-mnist:train")
        self.plain = Plain(train.take(slice(0, 1000)), data, list(CONDITIONS))
        self.classes = {to: _together([labels[label] for label in names]) for to, names in CONDITIONS.items()}
        self.real = {}
        for to, classes in self.classes.items():
            # A recording stands in many rows; of one cell twice the distance would be nought.
            _, first = np.unique(data.pairing(0).index[to], return_index=True)
            self.real[to] = mean_spread(self.plain.test(to)[0][torch.from_numpy(first)], classes[first])

    def spread(self, to: str, cells: Sequence[Any]) -> float:
        """Of cells made for the test rows, in order."""
        made, real = mean_spread(self.plain.look(to, cells), self.classes[to]), self.real[to]
        return round(made / real, 4) if made is not None and real else float("nan")


def _together(labels: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return np.array([" ".join(map(str, row)) for row in zip(*labels, strict=True)])


def judged(bench: Bench, eyes: Eyes, written: Path) -> dict[str, Any]:
    """What the judges say of a model's folders."""
    scores, spreads = {}, {}
    for given in NAMES:
        cells = cells_of(written / given)
        for to in (name for name in NAMES if name != given):
            scores[f"{given}->{to}"] = bench.judge((given,), to, bench.look(to, cells[to]))
            if given == "text":
                spreads[to] = eyes.spread(to, cells[to])
    joint = {}
    for source in ("prior", "mixture"):
        if (written / source).exists():
            cells = cells_of(written / source)
            joint[source] = bench.joint({name: bench.look(name, cells[name]) for name in NAMES})
    return {"scores": scores, "joint": joint, "spread": spreads}


def real(bench: Bench, data: DataSet) -> dict[str, float]:
    """What the judges say of the real test cells: the ceilings, and the floor of distances."""
    index, labels = data.pairing(0).index["audio"], bench.labels
    heard = bench.look("audio", [data.columns["audio"].cells[number] for number in index])
    return {
        "image": float(np.mean(bench.truth["digit"] == labels["digit"])),
        "audio": float(np.mean(heard["digit"] == labels["digit"])),
        "speaker": float(np.mean(heard["speaker"] == labels["speaker"])),
        "frechet": bench.floor,
    }


def figures(line: Mapping[str, Any]) -> dict[str, float]:
    """The rows of the table, of one line of the results."""
    scores, joint = line["scores"], line["joint"]
    cross = {f"digit {way}": scores[way]["digit"] for way in scores}
    told = {"digit, mean of six": float(np.mean(list(cross.values()))), **cross}
    for source, found in joint.items():
        told[f"joint agreement, {source}"] = found["agreement"]
        told[f"joint smallest class, {source}"] = found["smallest_class"]
        told[f"joint captions in grammar, {source}"] = found["grammar"]
        told[f"joint picture distance, {source}"] = found["frechet"]
    told["text->image picture distance"] = scores["text->image"]["frechet"]
    told |= {f"text->{to} spread": value for to, value in line["spread"].items()}
    told["text->image hand"] = scores["text->image"]["hand"]
    told |= {f"{given}->text in grammar": scores[f"{given}->text"]["grammar"] for given in ("image", "audio")}
    told["text->audio speaker"] = scores["text->audio"]["speaker"]
    one, many = (line["latency"][batch]["median_ms"] for batch in ("batch 1", "batch 256"))
    told |= {"text->image ms, batch 1": one, "text->image ms, batch 256": many, "text->image a second": 256e3 / many}
    return told | {"steps": line["steps"], "parameters": line["parameters"]}


def ceilings(found: Mapping[str, float]) -> dict[str, float]:
    """The same of real cells, where there is such a thing."""
    told = {f"digit {given}->{to}": found[to] for given in NAMES for to in ("image", "audio") if given != to}
    told |= {f"joint picture distance, {source}": found["frechet"] for source in ("prior", "mixture")}
    told |= {"text->image picture distance": found["frechet"], "text->audio speaker": found["speaker"]}
    return told | {f"text->{to} spread": 1.0 for to in CONDITIONS}


def table(lines: Sequence[Mapping[str, Any]]) -> str:
    """Medians over seeds, a column for each model and one for real cells."""
    columns: dict[str, dict[str, float]] = {}
    for model in MODELS:
        told = [figures(line) for line in lines if line["model"] == model]
        if told:
            columns[model] = {name: float(np.median([some[name] for some in told])) for name in told[0]}
    columns["real"] = ceilings(lines[-1]["real"])
    fullest = sorted(columns.values(), key=len, reverse=True)
    names = list(dict.fromkeys(name for told in fullest for name in told))
    rows = [["", *columns], *([name, *(_shown(told.get(name)) for told in columns.values())] for name in names)]
    return "\n".join(f"{row[0]:34}" + "".join(f"{field:>12}" for field in row[1:]) for row in rows)


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}" if abs(value) < 1000 else f"{value:,.0f}"


def kept(path: Path, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """The lines of these minutes and rows."""
    return [line for line in finished(path) if (line["minutes"], line["rows"]) == (asked.minutes, asked.rows)]


def main() -> None:
    """Train and judge the models that are not done yet, then show all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", type=Path, help="interpreter of the environment that has multivae")
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    models = asked.models.split(",")
    if unknown := [model for model in models if model not in MODELS]:
        parser.error(f"unknown model {', '.join(unknown)}; expected some of {', '.join(MODELS)}")
    if asked.python is None and models != ["AnyGAN"]:
        parser.error("say --python, the interpreter of the environment that has multivae")
    if asked.threads:
        torch.set_num_threads(asked.threads)
    data = load_data("spoken-mnist:test").take(slice(0, asked.rows))
    bench = Bench(data, Path(os.environ["ANYGAN_DATA"]))
    eyes, test = Eyes(data, bench.labels), asked.out / f"test-{asked.rows}"
    if not (test / "metadata.csv").exists():
        export(data, describe(data, Config()), test)
    done = {(line["model"], line["seed"]) for line in kept(asked.results, asked)}
    for model in models:
        if (model, asked.seed) in done:
            continue
        place, began = asked.out / f"{model}-{asked.minutes:g}-{asked.seed}", time.time()
        # What an earlier, broken call wrote; AnyGAN's run is gone on with.
        shutil.rmtree(place / "written", ignore_errors=True)
        told = ours(place, test, asked) if model == "AnyGAN" else theirs(model, place, test, asked)
        result = {"model": model, "minutes": asked.minutes, "seed": asked.seed, "rows": asked.rows}
        result |= {"threads": asked.threads, "hardware": hardware()} | told
        result |= judged(bench, eyes, place / "written") | {"real": real(bench, data)}
        result["judges"] = [bench.image.name, bench.word.name, bench.voice.name]
        print(json.dumps(result), f"{time.time() - began:.0f} s", flush=True)
        finish(asked.results, result)
    print(table(kept(asked.results, asked)))


if __name__ == "__main__":
    main()
