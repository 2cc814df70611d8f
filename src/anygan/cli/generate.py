"""anygan generate: new rows into a folder."""

from pathlib import Path

from .answer import Answer
from .opening import open_model
from .outputs import headers_of, told, write_rows

__all__ = ["run"]


def run(folder: Path, checkpoint: str, count: int, out: Path, seed: int) -> Answer:
    """Draw ``count`` rows."""
    model = open_model(folder, checkpoint)
    rows = model.generate(count, seed=seed)
    document = write_rows(out, model.modalities, headers_of(model.modalities), rows, count, "generate")
    return Answer(document, told(document))
