"""The command about what is disposed of."""

from __future__ import annotations

import sys
from datetime import date, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.catalog import Catalog
from bot.cli.command_errors import EXIT_PROBLEMS, stop
from bot.cli.stores import open_stores
from bot.domain.retention_plan import RulePlan, plan_state, protocol_table, rule_text
from bot.export.csv_file import write_csv
from bot.store.retention import protocol as protocols
from bot.store.retention import rules
from bot.store_opening import Stores, utc_now
from bot.text import Words
from bot.text.working_days import local_day

commands = typer.Typer()


@commands.command()
def retention(
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="List each e-service's rule, and what it would dispose of tonight."),
    ] = False,
    protocol: Annotated[
        bool,
        typer.Option("--protocol", help="Print the protocol of a run as CSV: the last, or that of --day."),
    ] = False,
    day: Annotated[
        datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="The day of the protocol's run.")
    ] = None,
) -> None:
    """Show what retention will do, and what it has done. Changes nothing; the clock does it, at night."""
    if dry_run == protocol:
        raise typer.BadParameter("ask for --dry-run or for --protocol")
    with open_stores(read_only=True) as (stores, say):
        catalog = stores.catalog.current
        if dry_run:
            today = local_day(utc_now())
            services = [*catalog.services.values()]
            plans = stores.database.read_sync(lambda tx: rules.load_plans(tx, catalog, services, today))
            _print_plans(plans, catalog, say)
            return
        run = day.date() if day is not None else stores.database.read_sync(protocols.find_last_run)
        _print_protocol(stores, run, say)


def _print_plans(plans: list[RulePlan], catalog: Catalog, say: Words) -> None:
    columns = ("service", "rule", "state", "listed", "due", "held")
    table = Table(*(say(f"cli.retention.{column}") for column in columns))
    for plan in plans:
        counts = (plan.listed, plan.due_tonight, plan.held)
        name, rule = plan.service.name.in_(say.language), rule_text(plan.service.retention, say)
        table.add_row(name, rule, plan_state(plan, catalog, say), *(str(count) for count in counts))
    Console(width=max(Console().width, 160)).print(table)


def _print_protocol(stores: Stores, run: date | None, say: Words) -> None:
    """Print the protocol as CSV, to be kept in a file."""
    catalog = stores.catalog.current
    lines = (
        stores.database.read_sync(lambda tx: protocols.load_lines(tx, run, None)) if run is not None else []
    )
    if not lines:
        stop(say("cli.retention.never" if run is None else "cli.retention.none"), EXIT_PROBLEMS)
    sys.stdout.write(write_csv(protocol_table(lines, catalog, say)))
