"""Commands that install, run and look after the program."""

from __future__ import annotations

import asyncio
import math
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

import bot
from bot.catalog import load
from bot.cli.command_errors import EXIT_PROBLEMS
from bot.cli.stores import open_stores
from bot.doctor import DoctorDependencies, run_checks
from bot.installation import create_installation
from bot.setting_faults import InvalidSettings, SettingFault
from bot.settings import DEFAULT_LANGUAGE, Settings, StoreSettings, load_settings
from bot.store import Database
from bot.store.cases import indexing, lookalikes, system_queries
from bot.store.engine import migrate, migration_plan
from bot.store.figures import counting
from bot.store.outbox import parking
from bot.store.verification.checkpoints import find_last_event
from bot.store_opening import utc_now
from bot.text import Words, words
from bot.text.working_days import local_day

commands = typer.Typer()

PACKAGE_FOLDERS = ("site-packages", "dist-packages")
"""Where the program is once it is installed, and found from any folder."""

STATE_SYMBOLS = {"ok": "✓", "note": "–", "problem": "✗"}


@commands.command()
def init(folder: Annotated[Path, typer.Argument(file_okay=False, help="Where it is to run.")]) -> None:
    """Write `.env` with fresh keys and a first catalog into a folder, and say the next step."""
    create_installation(folder)
    say = words(DEFAULT_LANGUAGE)
    print(say("cli.init", folder=folder))
    program_folder = Path(bot.__file__).parents[1]
    if program_folder.name not in PACKAGE_FOLDERS and folder.resolve() != program_folder:
        print(say("cli.init.elsewhere", program=program_folder))


@commands.command()
def serve() -> None:
    """Run the program: web pages, Slack, mail and the clock."""
    from bot.app import serve as run_program  # noqa: PLC0415, of all commands only these two need the whole program

    run_program(load_settings(Settings))


@commands.command(name="migrate")
def migrate_database(
    shows_plan: Annotated[
        bool,
        typer.Option(
            "--plan",
            help="Say what is to be done, and how long presses will wait meanwhile. Changes nothing.",
        ),
    ] = False,
) -> None:
    """Bring the database to this version's tables and search index. `serve` does so by itself."""
    if shows_plan:
        _print_plan(load_settings(StoreSettings))
        return
    with open_stores() as (stores, say):
        if not stores.database.is_sqlite:
            print(say("cli.migrate.beside"))
        before = indexing.FROM_NEWEST
        while before:
            before = stores.database.write_sync(partial(indexing.index_batch, before=before)).next_before
        current = migrate.is_current(stores.database)
        print(say("cli.migrated" if current else "cli.notmigrated"))


def _print_plan(settings: StoreSettings) -> None:
    say = words(load(settings.catalog).municipality.language)
    database = Database(settings.database_url.get_secret_value(), settings.keys)
    try:
        if not database.exists():
            raise InvalidSettings(SettingFault("setting.no_store", "database_url"))
        planned = migration_plan.plan(database)
    finally:
        database.close()
    for one in planned:
        print(f"{one.revision} {one.title}")
        if rows := sum(one.whole_tables.values()):
            tables = ", ".join(one.whole_tables)
            print(
                "     " + say("cli.plan.whole", tables=tables, n=rows, seconds=max(1, math.ceil(one.seconds)))
            )
    seconds = migration_plan.total_seconds(planned)
    result = "long" if seconds > migration_plan.MAX_WAIT_SECONDS else "short" if planned else "none"
    print(say(f"cli.plan.{result}", n=len(planned), seconds=max(1, math.ceil(seconds))))


@commands.command()
def doctor() -> None:
    """Look whether all is set up: database, Slack, channels, officers, mail. Changes nothing."""
    from bot.app import create_doctor_dependencies  # noqa: PLC0415, as in `serve`

    deps = create_doctor_dependencies(load_settings(Settings))
    say = words(deps.catalog.municipality.language)
    try:
        problem_count = asyncio.run(_examine(deps, say))
    finally:
        deps.database.close()
    print(say("doctor.wrong", n=problem_count) if problem_count else say("doctor.well"))
    if problem_count:
        raise typer.Exit(EXIT_PROBLEMS)


async def _examine(deps: DoctorDependencies, say: Words) -> int:
    """Print each finding as soon as it is made. Returns the number of problems."""
    problem_count = 0
    async with deps.slack:
        async for part, findings in run_checks(deps):
            if findings:
                print(say(f"doctor.part.{part}"))
            for finding in findings:
                print(f"  {STATE_SYMBOLS[finding.severity]} {finding.in_words(say)}")
                problem_count += finding.severity == "problem"
    return problem_count


@commands.command()
def deliveries(
    retry: Annotated[bool, typer.Option("--retry", help="Send what is parked again.")] = False,
) -> None:
    """List what could not be delivered, why, and what to do."""
    with open_stores(read_only=not retry) as (stores, say):
        parked = stores.database.read_sync(parking.list_parked)
        numbers = stores.database.read_sync(
            lambda tx: system_queries.load_numbers(tx, [row[3] for row in parked])
        )
        if parked:
            _print_parked(parked, numbers, say)
        else:
            print(say("cli.noparked"))
        if retry and parked:
            retried = stores.database.write_sync(lambda tx: parking.unpark(tx, utc_now()))
            print(say("cli.retried", n=retried))


def _print_parked(parked: list[tuple[int, str, str, str, str]], numbers: dict[str, str], say: Words) -> None:
    table = Table(*(say(f"cli.parked.{column}") for column in ("case", "what", "why")))
    for _, kind, _, case_id, trouble in parked:
        key = f"trouble.{trouble}"
        reason = say(key) if say.has(key) else say("trouble.other", trouble=trouble)
        table.add_row(numbers.get(case_id, ""), say(f"cli.kind.{kind}"), reason)
    Console().print(table)


@commands.command()
def figures(
    recount: Annotated[bool, typer.Option("--recount", help="Begin with the first event.")] = False,
) -> None:
    """Count what is new in the log for the coordinators' statistics, now. `serve` does so each minute."""
    with open_stores() as (stores, say):
        database, now = stores.database, utc_now()
        if recount:
            database.write_sync(counting.forget_state)
        end = database.read_sync(find_last_event)
        while part := database.read_sync(partial(counting.prepare_part, end=end, now=now)):
            database.write_sync(partial(counting.save_part, part=part))
        while prepared := database.read_sync(partial(counting.prepare_sums, today=local_day(now))):
            database.write_sync(partial(counting.save_sums, prepared=prepared))
        print(say("cli.figures"))


@commands.command()
def mailboxes() -> None:
    """List the cases whose applicants' addresses are confusingly alike, by number. Changes nothing."""
    with open_stores(read_only=True) as (stores, say):
        found = stores.database.read_sync(lookalikes.groups)
        for group in found:
            numbers = " / ".join(say.list(mailbox) for mailbox in group.numbers)
            print(say("cli.mailboxes.joined" if group.joined else "cli.mailboxes.parted", numbers=numbers))
        if not found:
            print(say("cli.mailboxes.none"))
