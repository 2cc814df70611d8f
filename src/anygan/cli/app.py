"""The commands and their options. Nothing here loads torch: ``--help`` answers at once."""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from .. import __version__
from ..config import LOSSES, PENALTIES, PRECISIONS, SIZES, Config
from .group import Commands
from .options import CHECKPOINT, DATA_DIR, FOLDER, GIVEN, JSON, KIND, PATH, SEED, pairs, together
from .start import prepare

__all__ = ["app", "main"]


def main() -> None:
    """The command ``anygan``."""
    try:
        app(prog_name="anygan")
    except SystemExit as end:
        if "WORLD_SIZE" not in os.environ:
            raise
        # Torn down in good order, threads of a process group now and then abort the process, and torchrun restarts it.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else bool(end.code))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="anygan")
def app() -> None:
    """One adversarial model of data that comes in several forms at once: pictures, sounds, sentences, tables.

    DATA is a folder with metadata.csv, .tsv, .jsonl or .parquet, or such a file; a folder of files (image/1.png beside
    text/1.txt, or a folder a class); tar shards, such as "s-{000..003}.tar"; or a built-in set: digits, spoken-mnist,
    mnist, stacked-mnist, ring, grid (with :train or :test behind it to choose a split). RUN is the folder of a run.
    """


def run(module: str, *, as_json: bool, **options: Any) -> None:
    """Run a command's body, load what it needs only now, and print its answer."""
    prepare()
    body = importlib.import_module(f".{module}", __package__)
    answer = body.run(**options)
    importlib.import_module(".answer", __package__).show(answer, as_json)
    if answer.code:
        raise click.exceptions.Exit(answer.code)


MODEL = together(click.argument("folder", metavar="RUN", type=PATH), CHECKPOINT, JSON)


@app.command()
@click.option("--minutes", type=float, default=3.0, show_default=True, help="Training time.")
@click.option("--out", type=PATH, default=Path("runs/demo"), show_default=True, metavar="RUN", help="The run's folder.")
@SEED
@JSON
def demo(**options: Any) -> None:
    """Train on embedded digits and end with a report.

    The digits are written by hand, spoken and described.

    A demo that was stopped is gone on with; of one that is finished the report alone is made again.
    """
    run("demo", **options)


@app.command()
@click.argument("data", metavar="DATA")
@click.option("--out", type=PATH, metavar="RUN", help="The run's folder; not needed with --dry-run.")
@click.option("--minutes", type=float, help=f"Training time.  [default: {Config.minutes:g}]")
@click.option("--steps", type=int, help="Number of steps, in place of --minutes.")
@click.option("--until", metavar="METRIC=VALUE", help="Stop sooner, once a metric is reached: coherence=.95")
@click.option("--size", metavar=f"[{'|'.join(SIZES)}]", help=f"Of the model.  [default: {Config.size}]")
@click.option("--loss", metavar="NAME", help=f"Of the game: {', '.join(LOSSES)}.  [default: {Config.loss}]")
@click.option(
    "--penalty", metavar="NAME", help=f"On discriminators: {', '.join(PENALTIES)}.  [default: {Config.penalty}]"
)
@click.option(
    "--gamma",
    type=float,
    help="Weight of the penalty: more is steadier and slower, less is sharper and riskier. Pictures and sounds of "
    f"more than 28x28 values take as many times more by themselves.  [default: {Config.gamma:g}]",
)
@click.option(
    "--lr",
    type=float,
    help="Peak learning rate of generators, of which those of pictures and sounds take twice as much; discriminators "
    f"have three times their generator's.  [default: {Config.lr:g}]",
)
@click.option(
    "--batch",
    type=int,
    help="Rows a step, over all processes: fewer need less memory.  [default: 64; on a GPU 256, if there are enough]",
)
@click.option("--recipe", metavar="NAME", help="A classic instead of AnyGAN: mnist-mlp, the GAN of the textbooks.")
@KIND
@click.option(
    "--without",
    multiple=True,
    metavar="LABEL=VALUES",
    callback=pairs,
    help="Leave out the rows with these values of a label, to be tried later: speaker=theo,lucas",
)
@click.option("--seed", type=int, help="Of everything random.  [default: 0]")
@click.option("--threads", type=int, help="CPU threads; else the fastest number, found by timing a few steps.")
@click.option("--precision", metavar=f"[{'|'.join(PRECISIONS)}]", help="Else the fastest, found likewise.")
@click.option(
    "--rescue/--no-rescue",
    default=None,
    help="Whether a run that goes wrong is helped: steps skipped, weights taken back, more penalty, lower learning "
    "rates, augmentation. Alarms ring either way.  [default: rescue]",
)
@click.option("--resume", is_flag=True, help="Go on with the run in the folder; start it where there is none.")
@click.option(
    "--from",
    "origin",
    type=PATH,
    metavar="RUN",
    help="Begin with what another run has learned, on more rows, words, categories or modalities.",
)
@click.option("--change", is_flag=True, help="With --resume: take the settings given here, such as more --steps.")
@DATA_DIR
@click.option("--dry-run", is_flag=True, help="Show what would be trained; train and write nothing.")
@JSON
def train(**options: Any) -> None:
    """Train a model on DATA into the folder RUN.

    Ctrl-C ends with a whole checkpoint, and --resume goes on from it."""
    run("train", **options)


@app.command()
@MODEL
@click.option("-n", "count", type=click.IntRange(1), default=25, show_default=True, help="Rows to draw.")
@FOLDER
@SEED
def generate(**options: Any) -> None:
    """Draw new rows from noise, every modality filled."""
    run("generate", **options)


@app.command()
@MODEL
@click.argument("data", metavar="[DATA]", required=False)
@GIVEN
@click.option("--to", "wanted", multiple=True, required=True, metavar="NAMES", help="Modalities, with commas between.")
@click.option("-n", "draws", type=click.IntRange(1), default=1, show_default=True, help="Output rows per input row.")
@FOLDER
@SEED
@DATA_DIR
def translate(**options: Any) -> None:
    """Make some modalities from others.

    What is given is a literal cell or several, or a data set that is gone through row by row:

    \b
    anygan translate RUN --given text="the thin zero" --given audio=clip.wav --to image -n 8 --out DIR
    anygan translate RUN DATA --given text,audio --to image --out DIR

    Given columns stand before the wanted ones. Previews of pictures and sounds are drawn into DIR-previews.
    """
    run("translate", **options)


@app.command()
@MODEL
@click.argument("data", metavar="DATA")
@FOLDER
@SEED
@click.option("--resume", is_flag=True, help="Go on with what was broken off; start it where there is none.")
@click.option(
    "--partial",
    is_flag=True,
    help="Fill holes within cells too: transparent pixels, or white ones of NAME.mask.png beside NAME.png; runs of "
    "exact zeros inside a sound, and NaN; ___ in a sentence. What is known of a cell stays as it is.",
)
@DATA_DIR
def complete(**options: Any) -> None:
    """Fill every missing cell of DATA and touch no given one.

    Column names, their order, given cells and files stay as they are. filled.csv tells which cells were filled (rows
    counted from 0), how likely each is to be what its column "that" says (the same, within 2.5, nearer than another's),
    and which were given but could not be read. The likelihood is learned from given cells that are hidden on purpose.
    Rows are written as they are made: however a call ends, --resume goes on behind the rows that are done.
    """
    run("complete", **options)


@app.command()
@MODEL
@click.argument("data", metavar="DATA")
@click.option("--out", type=PATH, required=True, metavar="FILE", help="A Parquet file.")
@DATA_DIR
def embed(**options: Any) -> None:
    """Write the code of every row of DATA.

    A code is what the modalities of a row have in common, as a unit vector.

    Columns: id (row, counted from 0), code, sure (how well its modalities agree, 0 to 1), and used_NAME for every
    modality.
    """
    run("embed", **options)


@app.command()
@MODEL
@click.argument("data", metavar="DATA")
@GIVEN
@click.option("-k", "count", type=click.IntRange(1), default=10, show_default=True, help="Rows to find.")
@click.option("--out", type=PATH, metavar="DIR", help="A new folder for the rows found.")
@DATA_DIR
def search(**options: Any) -> None:
    """Find the rows of DATA nearest to given cells.

    \b
    anygan search RUN DATA --given audio=clip.wav -k 10
    """
    run("search", **options)


@app.command()
@MODEL
@click.argument("data", metavar="DATA")
@click.option("--out", type=PATH, required=True, metavar="DIR", help="The folder for report.json and report.html.")
@click.option("--train", "training", metavar="DATA", help="What judges learn from; else what the run was trained on.")
@click.option("--rows", type=click.IntRange(1), default=2000, show_default=True, help="Rows to measure with, at most.")
@click.option(
    "--inception",
    type=PATH,
    metavar="FILE",
    help="Tell Inception FID of pictures too, by this TorchScript network (inception-2015-12-05.pt of StyleGAN's "
    "metrics). Needs torchmetrics, and as many rows as it has features.",
)
@SEED
@DATA_DIR
def evaluate(**options: Any) -> None:
    """Write a report card, by judges trained on real data alone."""
    run("evaluate", **options)


@app.command()
@click.argument("what", metavar="DATA|RUN")
@click.option(
    "--model", type=PATH, metavar="RUN", help="List the rows of DATA that contradict themselves, by this run."
)
@click.option("-k", "--count", "most", type=click.IntRange(1), help="Rows to list, with --model.  [default: 20]")
@KIND
@DATA_DIR
@JSON
def inspect(**options: Any) -> None:
    """Show what a data set holds, or a run.

    With --model, list the rows of DATA whose cells do not go together, most contradictory first:

    \b
    anygan inspect DATA --model RUN
    """
    run("inspect", **options)
