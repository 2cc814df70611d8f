"""anygan translate: some modalities to others, from literal cells or over a data set."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import ConfigError
from ..rows import BadCell, Cell, DataSet
from ..tasks.model import Model
from .answer import Answer, listed
from .given import literal_row, modality_named, names_of, parse
from .opening import open_model
from .outputs import carried, headers_of, told, write_rows

__all__ = ["run"]


def run(
    folder: Path,
    checkpoint: str,
    data: str | None,
    given: Sequence[str],
    wanted: Sequence[str],
    draws: int,
    out: Path,
    seed: int,
    data_dir: Path | None,
) -> Answer:
    """Translate every row ``draws`` times."""
    model = open_model(folder, checkpoint)
    rows, names = _question(model, data, given, data_dir)
    to = list(dict.fromkeys(modality_named(name, model.modalities, "--to") for name in names_of(wanted)))
    bad: list[BadCell] = [cell for cell in rows.bad if any(cell.column in rows.columns[n].headers for n in names)]
    modalities = {name: model.modalities[name] for name in [n for n in model.modalities if n in names] + to}

    def answered() -> Iterator[dict[str, Cell | None]]:
        for row in model.translate(rows, names, to, draws=draws, seed=seed):
            bad.extend(row.bad)
            yield carried(rows, row.row, {n: row.cells[n] for n in names}) | {n: row.cells[n] for n in to}

    headers = headers_of({n: modalities[n] for n in names}, rows) | headers_of({n: modalities[n] for n in to})
    document = write_rows(out, modalities, headers, answered(), draws * len(rows), "translate")
    document |= {"given": names, "to": to, "bad": [str(cell) for cell in bad]}
    return Answer(document, [*listed(bad, "bad cell"), *told(document)])


def _question(model: Model, data: str | None, given: Sequence[str], data_dir: Path | None) -> tuple[DataSet, list[str]]:
    """The rows to translate, and which of their modalities are given."""
    asked = parse(given)
    if asked.names and asked.literals:
        raise ConfigError("--given has names and literals. Name modalities of DATA, or give cells as NAME=VALUE alone.")
    if asked.literals and data is not None:
        raise ConfigError(f"Literal cells are a row of their own. Drop {data}, or name its modalities in --given.")
    if asked.literals:
        rows = literal_row(asked.literals, model.modalities)
        return rows, list(rows.columns)
    names = list(dict.fromkeys(modality_named(name, model.modalities, "--given") for name in asked.names))
    if data is None:
        example = names[0] if names else next(iter(model.modalities))
        raise ConfigError(f"Say which data set to translate, or give a cell itself: --given {example}=VALUE")
    return model.data(data, data_dir), names
