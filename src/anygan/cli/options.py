"""Options that several commands have."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ..errors import ConfigError

__all__ = ["CHECKPOINT", "DATA_DIR", "FOLDER", "GIVEN", "JSON", "KIND", "PATH", "SEED", "pairs", "together"]

Command = TypeVar("Command", bound=Callable[..., Any])


def pairs(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Options of the form NAME=VALUE as a dict."""
    found = {}
    for value in values:
        name, equals, said = value.partition("=")
        if not equals or not name or not said:
            raise ConfigError(f"Expected {parameter.opts[0]} {parameter.metavar}, got '{value}'.")
        found[name] = said
    return found


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


PATH = click.Path(path_type=Path)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of words and tables.")
SEED = click.option("--seed", type=int, default=0, show_default=True, help="Of everything random.")
CHECKPOINT = click.option(
    "--checkpoint", default="last", show_default=True, metavar="[last|best]", help="Which checkpoint of the run."
)
DATA_DIR = click.option(
    "--data-dir", type=PATH, help="Where the files of built-in sets lie; else $ANYGAN_DATA, else a cache."
)
KIND = click.option(
    "--kind",
    "kinds",
    multiple=True,
    metavar="NAME=KIND",
    callback=pairs,
    help="Kind of a column, where it is not to be told from its cells: image, audio, text, vector, number, boolean, "
    "date, category. May be given again.",
)
GIVEN = click.option(
    "--given",
    multiple=True,
    required=True,
    metavar="NAMES | NAME=VALUE",
    help="Modalities, with commas between them; or a cell itself, with '='. May be given again.",
)
FOLDER = click.option("--out", type=PATH, required=True, metavar="DIR", help="A new folder for the rows.")
