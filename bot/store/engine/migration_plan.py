"""What an upgrade will do to a database, told before it is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, inspect, text

from bot.store.engine import migrate
from bot.store.engine.database import Database

MAX_WAIT_SECONDS = 2.0
"""How long a press may wait: Slack's three seconds, less what the press itself takes."""

ROWS_PER_SECOND = 6_000
"""Rows of a table that a migration reads or writes whole in a second: the slower of two that were measured among 20,000
cases on SQLite, on a busy machine with two cores (0019: 6,000; 0022: 11,600). PostgreSQL is taken to be as fast."""


@dataclass(frozen=True, slots=True)
class PlannedMigration:
    """A migration that is still to be run.

    `whole_tables` are the tables of whose rows it reads or writes all, with how many they are now; `seconds` is about
    how long that takes.
    """

    revision: str
    title: str
    whole_tables: Mapping[str, int]
    seconds: float


def plan(database: Database) -> list[PlannedMigration]:
    """The migrations that the database lacks, in their order. Changes nothing. Raises as `migrate.upgrade`."""
    migrate.refuse_newer(database)
    before = migrate.find_revision(database) or ""
    with database.migration_engine().connect() as connection:
        return [_planned(connection, one) for one in migrate.read_scripts() if one.revision > before]


def total_seconds(planned: list[PlannedMigration]) -> float:
    """About how long presses wait: all migrations are one transaction, whose locks are held to its end."""
    return sum(one.seconds for one in planned)


def _planned(connection: Connection, script: migrate.MigrationScript) -> PlannedMigration:
    counts = dict(_count_rows(connection, script.whole_tables))
    return PlannedMigration(script.revision, script.title, counts, sum(counts.values()) / ROWS_PER_SECOND)


def _count_rows(connection: Connection, names: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """The rows of each table; a table that an earlier migration is still to make has none."""
    inspector = inspect(connection)
    for name in names:
        found = inspector.has_table(name)
        yield name, connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() if found else 0  # noqa: S608
