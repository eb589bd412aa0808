"""The command line: python -m bot."""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated

import typer

from bot import __version__
from bot.catalog import CatalogError
from bot.cli import backup, catalogs, disclosure, files, imports, keys, log, retention, service, status, trace
from bot.cli.stores import EXIT_NOT_STARTED, stop
from bot.installation import AlreadyInstalled
from bot.serving import configure_logging
from bot.setting_faults import InvalidSettings
from bot.settings import find_language
from bot.store import DatabaseBusy, DatabaseUnreachable, DiskFull
from bot.store.files.file_store import FilesUnavailable
from bot.text import Words, words
from bot.text.worded_errors import WordedError

cli = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="Ärendebot."
)


def _print_version(is_requested: bool) -> None:
    if is_requested:
        print(__version__)
        raise typer.Exit


@cli.callback()
def _begin(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Ärendebot."""


for part in (service, status, trace, backup, imports, disclosure, retention):
    cli.add_typer(part.commands)
cli.add_typer(log.commands, name="log")
cli.add_typer(keys.commands, name="keys")
cli.add_typer(files.commands, name="files")
cli.add_typer(catalogs.commands, name="catalog")

MENDABLE = (AlreadyInstalled, CatalogError)
"""Errors that keep the program from starting, and whose own text is in the municipality's language already."""

PRIVATE_UMASK = 0o077
"""Files and folders that the program creates are for its own user alone, whichever library creates them."""


def main() -> None:
    """Run the command; errors that the operator can mend are printed without a traceback."""
    os.umask(PRIVATE_UMASK)
    gc.freeze()  # what the imports made lives as long as the program, and is not to be examined again and again
    configure_logging(sys.stderr)
    try:
        cli()
    except MENDABLE as error:
        stop(str(error), EXIT_NOT_STARTED)
    except (InvalidSettings, WordedError) as error:
        stop(error.in_words(words(find_language())), EXIT_NOT_STARTED)
    except (PermissionError, DatabaseUnreachable, DatabaseBusy) as error:
        stop(_in_words(error, words(find_language())), EXIT_NOT_STARTED)


def _in_words(error: PermissionError | DatabaseUnreachable | DatabaseBusy, say: Words) -> str:
    """What stopped the command, and what to do about it."""
    match error:
        case PermissionError():
            return say("cli.stop.permission", path=error.filename)
        case DatabaseUnreachable():
            return say("cli.stop.unreachable", why=error)
        case DiskFull():
            return say("cli.stop.full")
        case FilesUnavailable():
            return say("cli.stop.files", trouble=error.trouble)
    return say("cli.stop.busy")
