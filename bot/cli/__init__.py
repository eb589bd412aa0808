"""The command line: python -m bot."""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated

import typer

from bot import __version__
from bot.app import DatabaseOutdated
from bot.backup import BackupRefused, CopyRefused
from bot.catalog import CatalogError
from bot.cli import backup, catalogs, disclosure, files, imports, keys, log, retention, service, status, trace
from bot.cli.stores import EXIT_NOT_STARTED, stop
from bot.installation import AlreadyInstalled
from bot.serving import PortUnavailable, configure_logging
from bot.settings import InvalidSettings
from bot.store import DatabaseBusy, DatabaseUnreachable, DiskFull
from bot.store.engine import migrate
from bot.store.engine.sole_use import DatabaseInUse
from bot.store.files.file_store import FilesUnavailable

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

MENDABLE = (
    AlreadyInstalled,
    InvalidSettings,
    CatalogError,
    DatabaseOutdated,
    migrate.DatabaseNewer,
    PortUnavailable,
    DatabaseInUse,
    DatabaseUnreachable,
    BackupRefused,
    CopyRefused,
)
"""Errors that keep the program from starting, and whose own text says what to do about them."""

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
    except PermissionError as error:
        stop(
            f"{error.filename} may not be read or written by this user. Run the command as the user whose file it is, "
            "or give the file to this one (chown).",
            EXIT_NOT_STARTED,
        )
    except DiskFull:
        stop(
            "The disk is full, or has less left free than LOW_DISK_MB. Make room, and do it again: what is done "
            "already is left as it is.",
            EXIT_NOT_STARTED,
        )
    except FilesUnavailable as error:
        stop(
            f"The storage of files fails ({error.trouble}). What was done is done, and nothing is lost: "
            "python -m bot doctor says what is wrong; then do it again.",
            EXIT_NOT_STARTED,
        )
    except DatabaseBusy:
        stop(
            "The database is locked by another process. Nothing was changed. Try again in a moment.",
            EXIT_NOT_STARTED,
        )
