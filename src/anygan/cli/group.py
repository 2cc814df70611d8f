"""All commands as one group: what the user can mend is a sentence, exit code 2 and no traceback."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from ..errors import AnyGANError, AnyGANWarning, plain

__all__ = ["Commands"]

MENDABLE, STOPPED = 2, 130


class Mendable(click.ClickException):
    """An error that is a sentence: no traceback, exit code 2."""

    exit_code = MENDABLE

    def show(self, file: Any = None) -> None:
        click.echo(f"error: {plain(self.format_message())}", file=file, err=True)


class Commands(click.Group):
    """The group of all commands: what the user can mend is told in a sentence, whatever command it comes from."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they are declared, which is that of their use."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with _warned():
                return super().invoke(ctx)
        except AnyGANError as error:
            raise Mendable(str(error)) from error
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
            raise click.exceptions.Exit(STOPPED) from None
        except BrokenPipeError:
            raise
        except OSError as error:
            # The disk, a folder's rights: the machine's words are the user's.
            if error.filename is None and error.strerror is None:
                raise
            raise Mendable(f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror)) from error


@contextmanager
def _warned() -> Iterator[None]:
    """Print our warnings as sentences, each once; of several ranks, the first one does."""
    said: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("always", AnyGANWarning)
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if not issubclass(category, AnyGANWarning):
                usual(message, category, *where, **more)
            elif str(message) not in said and os.environ.get("RANK", "0") == "0":
                said.add(str(message))
                click.echo(f"warning: {message}", err=True)

        warnings.showwarning = show
        yield
