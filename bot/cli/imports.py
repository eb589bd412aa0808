"""The command that imports cases from Open ePlatform's documents."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.command_errors import EXIT_PROBLEMS
from bot.cli.stores import open_stores
from bot.intake import open_eplatform
from bot.store.cases.failed_imports import FailedImport
from bot.store_opening import IntakeDependencies
from bot.text import Words

commands = typer.Typer()

DocumentPaths = Annotated[list[Path] | None, typer.Argument(help="Documents, or folders of them.")]


@commands.command(name="import")
def import_(
    paths: DocumentPaths = None,
    platform: Annotated[
        str | None,
        typer.Option("--platform", metavar="NAME", help="The platform, by its name in the catalog."),
    ] = None,
    silent: Annotated[bool, typer.Option("--silent", help="Post no cards and send no mail.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="List what could not be opened, and why.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Take PATHS off that list.")] = False,
) -> None:
    """Open a case for each of Open ePlatform's documents, once however often it is run."""
    if not paths and (forget or not failed):
        raise typer.BadParameter("name files or folders, or ask for --failed")
    with open_stores(read_only=not paths) as (stores, say):
        deps = stores.intake_dependencies()
        if forget:
            print(say("cli.forgotten", n=asyncio.run(open_eplatform.forget_failed(deps, paths or []))))
            return
        if paths:
            failures = _import(deps, paths, platform, silent, say)
        else:
            failures = asyncio.run(open_eplatform.list_failed(deps))
            print(say("cli.nofailures") if not failures else "", end="\n" if not failures else "")
        for failure in failures:
            print(f"{failure.place}: {failure.in_words(say)}")
    if failures:
        raise typer.Exit(EXIT_PROBLEMS)


def _import(
    deps: IntakeDependencies, paths: list[Path], platform: str | None, silent: bool, say: Words
) -> list[FailedImport]:
    """Import, print how many, and return the failures, which are printed by file."""
    try:
        done = asyncio.run(open_eplatform.import_documents(deps, paths, platform=platform, silent=silent))
    except open_eplatform.UnknownPlatform as unknown:
        names = ", ".join(unknown.names) or "none"
        raise typer.BadParameter(f"--platform must be one of the catalog's: {names}") from None
    print(say("cli.imported", opened=done.opened, known=done.known, failed=len(done.failed)))
    if done.uncompared:
        print(say("cli.uncompared", n=done.uncompared))
    if done.skipped:
        print(say("cli.skipped", n=done.skipped))
    return [*done.failed, *done.incomplete]
