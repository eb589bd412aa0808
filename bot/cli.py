"""The command line: python -m bot."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from bot import app as program
from bot.catalog import CatalogError, load
from bot.doctor import DoctorKit, examined
from bot.intake import open_eplatform
from bot.serving import PortTaken, log_to
from bot.settings import BadSettings, Settings, StoreSettings, read
from bot.store import Busy, NoRoom
from bot.store.cases import indexing, lookalikes, system_queries
from bot.store.cases.failed_imports import FailedImport
from bot.store.engine import migrate
from bot.store.outbox import deliveries as outbox
from bot.store.verification import proof
from bot.text import Words, words

cli = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="Ärendebot."
)
log_cli = typer.Typer(no_args_is_help=True, help="The log of what happened to every case.")
catalog_cli = typer.Typer(no_args_is_help=True, help="The catalog: e-services, officers and groups.")
cli.add_typer(log_cli, name="log")
cli.add_typer(catalog_cli, name="catalog")

Folder = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The catalog's folder.")]
Documents = Annotated[list[Path] | None, typer.Argument(help="Documents, or folders of them.")]

MARKS = {"right": "✓", "note": "–", "wrong": "✗"}

WRONG, BAD_CALL = 1, 2
"""Exit codes: something was found wrong, and the program could not be started as asked."""


def main() -> None:
    """Run the command; what a person can mend is told in plain words."""
    log_to(sys.stderr)
    try:
        cli()
    except (BadSettings, CatalogError, program.NotCurrent, PortTaken) as error:
        _stop(str(error), BAD_CALL)
    except NoRoom:
        _stop(
            "The disk is full, or has less left free than LOW_DISK_MB. Make room, and do it again: what is done "
            "already is left as it is.",
            BAD_CALL,
        )
    except Busy:
        _stop(
            "The database is locked by another process. Nothing was changed. Try again in a moment.", BAD_CALL
        )


def _stop(text: str, code: int) -> NoReturn:
    print(text, file=sys.stderr)
    sys.exit(code)


@contextmanager
def _stores(*, to_read: bool = False) -> Iterator[tuple[program.Stores, Words]]:
    """The stores, and the words of the municipality's language."""
    stores = program.open_stores(read(StoreSettings), to_read=to_read)
    try:
        yield stores, words(stores.catalog.current.municipality.language)
    finally:
        stores.database.close()


@cli.command()
def serve() -> None:
    """Run the program: web pages, Slack, mail and the clock."""
    program.serve(read(Settings))


@cli.command(name="migrate")
def bring_up_to_date() -> None:
    """Bring the database to this version's tables and search index. `serve` does so by itself."""
    with _stores() as (stores, say):
        before = indexing.FROM_THE_LAST
        while before:
            before = stores.database.write_now(partial(indexing.index_some, before=before)).go_on
        current = migrate.is_current(stores.database)
        print(say("cli.migrated" if current else "cli.notmigrated"))


@cli.command()
def mailboxes() -> None:
    """List the cases whose applicants' addresses are confusingly alike, by number. Changes nothing."""
    with _stores(to_read=True) as (stores, say):
        found = stores.database.read_now(lookalikes.groups)
        for group in found:
            numbers = " / ".join(say.list(mailbox) for mailbox in group.numbers)
            print(say("cli.mailboxes.joined" if group.joined else "cli.mailboxes.parted", numbers=numbers))
        if not found:
            print(say("cli.mailboxes.none"))


@cli.command()
def doctor() -> None:
    """Look whether all is set up: database, Slack, channels, officers, mail. Changes nothing."""
    kit = program.doctor_kit(read(Settings))
    say = words(kit.catalog.municipality.language)
    try:
        wrong = asyncio.run(_examine(kit, say))
    finally:
        kit.database.close()
    print(say("doctor.wrong", n=wrong) if wrong else say("doctor.well"))
    if wrong:
        raise typer.Exit(WRONG)


async def _examine(kit: DoctorKit, say: Words) -> int:
    """Print what is seen as it is seen. Returns how many things are wrong."""
    wrong = 0
    async with kit.slack:
        async for part, signs in examined(kit):
            print(say(f"doctor.part.{part}"))
            for sign in signs:
                print(f"  {MARKS[sign.state]} {sign.said(say)}")
                wrong += sign.state == "wrong"
    return wrong


@catalog_cli.command()
def check(folder: Folder) -> None:
    """Read a catalog and tell all that is wrong with it, with file, line and key."""
    try:
        catalog = load(folder)
    except CatalogError as error:
        _stop(str(error), WRONG)
    say = words(catalog.municipality.language)
    print(
        say("cli.catalogright", services=len(catalog.services), officers=len(catalog.municipality.officers))
    )


@cli.command(name="import")
def import_(
    paths: Documents = None,
    platform: Annotated[
        str | None,
        typer.Option("--platform", metavar="NAME", help="The platform, by its name in the catalog."),
    ] = None,
    silent: Annotated[bool, typer.Option("--silent", help="Post no cards and send no mail.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="List what could not be opened, and why.")] = False,
) -> None:
    """Open a case for each of Open ePlatform's documents, once however often it is run."""
    if not paths and not failed:
        raise typer.BadParameter("name files or folders, or ask for --failed")
    with _stores(to_read=not paths) as (stores, say):
        if paths:
            summary = _import(stores, paths, platform, silent)
            print(say("cli.imported", opened=summary.opened, known=summary.known, failed=len(summary.failed)))
            wrong = list(summary.failed)
        else:
            wrong = asyncio.run(open_eplatform.failed_list(stores.intake()))
            print(say("cli.nofailures") if not wrong else "", end="\n" if not wrong else "")
        _print_failures(wrong, say)
    if wrong:
        raise typer.Exit(WRONG)


def _import(
    stores: program.Stores, paths: list[Path], platform: str | None, silent: bool
) -> open_eplatform.Summary:
    try:
        return asyncio.run(open_eplatform.run(stores.intake(), paths, platform=platform, silent=silent))
    except open_eplatform.UnknownPlatform as unknown:
        names = ", ".join(unknown.names) or "none"
        raise typer.BadParameter(f"--platform must be one of the catalog's: {names}") from None


def _print_failures(failures: list[FailedImport], say: Words) -> None:
    for one in failures:
        print(f"{one.place}: {one.said(say)}")


@log_cli.command()
def verify() -> None:
    """Prove that nothing in the log was changed, removed, inserted or rolled back."""
    settings = read(StoreSettings)
    with _stores(to_read=True) as (stores, say):
        report = stores.database.read_now(lambda tx: proof.verify(tx, settings.files_dir / "checkpoints"))
        for finding in report.findings:
            print(finding.said(say))
        found = len(report.findings) + report.hidden
        print(say("cli.verified", cases=report.cases, events=report.events, found=found))
        at = report.checkpoint_at
        print(say("cli.verified.against", at=say.moment(at)) if at else say("cli.verified.alone"))
    if report.findings:
        raise typer.Exit(WRONG)


@log_cli.command()
def checkpoint() -> None:
    """Write the heads of all chains outside the database, now. The clock does so every night."""
    settings = read(StoreSettings)
    with _stores(to_read=True) as (stores, say):
        folder, now = settings.files_dir / "checkpoints", program.now()
        stores.database.read_now(lambda tx: proof.checkpoint(tx, folder, now))
        print(say("cli.checkpoint"))


@cli.command()
def deliveries(
    retry: Annotated[bool, typer.Option("--retry", help="Send what is parked again.")] = False,
) -> None:
    """List what could not be delivered, why, and what to do."""
    with _stores(to_read=not retry) as (stores, say):
        parked = stores.database.read_now(outbox.parked)
        numbers = stores.database.read_now(
            lambda tx: system_queries.numbers_of(tx, [row[3] for row in parked])
        )
        if parked:
            _print_parked(parked, numbers, say)
        else:
            print(say("cli.noparked"))
        if retry and parked:
            again = stores.database.write_now(lambda tx: outbox.unpark(tx, program.now()))
            print(say("cli.retried", n=again))


def _print_parked(parked: list[tuple[int, str, str, str, str]], numbers: dict[str, str], say: Words) -> None:
    table = Table(*(say(f"cli.parked.{column}") for column in ("case", "what", "why")))
    for _, kind, _, case_id, trouble in parked:
        key = f"trouble.{trouble}"
        why = say(key) if say.has(key) else say("trouble.other", trouble=trouble)
        table.add_row(numbers.get(case_id, ""), say(f"cli.kind.{kind}"), why)
    Console().print(table)
