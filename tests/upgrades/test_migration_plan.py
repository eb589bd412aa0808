"""Before an upgrade the operator is told what it will do, and how long nobody can press meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import event

from bot.store import Database
from bot.store.engine import migrate, migration_plan

_NAME = r'"?(\w+)"?'
WHOLE = (
    rf"^CREATE (?:UNIQUE )?INDEX \S+ ON {_NAME}",
    rf"^UPDATE {_NAME}",
    rf"^DELETE FROM {_NAME}",
    rf"\b(?:FROM|JOIN) {_NAME}",
    rf"^ALTER TABLE {_NAME} DROP COLUMN",
    rf"^ALTER TABLE {_NAME} ADD .*(?:GENERATED|UNIQUE|CHECK|FOREIGN)",
    rf"^ALTER TABLE {_NAME} ALTER ",
)
"""Statements that read or write all rows of a table."""

NO_READING = ("CREATE TRIGGER", "CREATE OR REPLACE", "CREATE FUNCTION", "PRAGMA")

OF_THE_DATABASE = re.compile(r"^(pg_|sqlite_|information_schema|alembic_|_alembic_|pragma_)")


@pytest.mark.parametrize(
    "empty_database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True
)
def test_each_migration_says_which_tables_it_reads_or_writes_whole(empty_database: Database) -> None:
    statements: list[str] = []
    engine = empty_database.migration_engine()
    event.listen(
        engine, "before_cursor_execute", lambda _conn, _cursor, statement, *_: statements.append(statement)
    )
    planned = migration_plan.plan(empty_database)
    said = {one.revision: set(one.whole_tables) for one in planned}
    missing = {}
    for one in planned:
        statements.clear()
        migrate.upgrade(empty_database, one.revision)
        found = set(_find_whole_tables(statements))
        if found - said[one.revision]:
            missing[one.revision] = sorted(found)
    assert not missing, f"name them in WHOLE_TABLES of the migration: {missing}"


def _find_whole_tables(statements: Sequence[str]) -> Iterator[str]:
    """The tables that were there before, of whose rows the statements read or write all."""
    lines = [" ".join(one.split()) for one in statements]
    created = {match[1] for one in lines if (match := re.match(rf"CREATE (?:VIRTUAL )?TABLE {_NAME}", one))}
    for line in lines:
        if (
            line.startswith(("CREATE TRIGGER", "CREATE OR REPLACE", "CREATE FUNCTION", "PRAGMA"))
            or "pg_catalog" in line
        ):
            continue
        for pattern in WHOLE:
            for name in re.findall(pattern, line):
                if name not in created and not OF_THE_DATABASE.match(name):
                    yield name
