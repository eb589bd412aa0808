"""A release adds to the database's tables, and only the next takes away: two versions serve side by side meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import Connection, inspect

from bot.store import Database
from bot.store.engine import migrate
from tests.conftest import KEYS

BEFORE_THE_RULE = {
    "0009": {"delivery.lease_until is gone"},
    "0045": {"preference.muted is gone", "preference.notice_place is gone"},
}
"""What migrations took away before anything was released."""

UNUSED_SINCE_A_RELEASE: dict[str, set[str]] = {}
"""What migrations take away that the last release did not use: add it in the release after."""


class Column(NamedTuple):
    """A column, as far as an older version depends on it."""

    type: str
    is_required: bool
    has_default: bool


Schema = dict[str, dict[str, Column]]


@pytest.mark.long
def test_no_migration_takes_away_or_tightens_what_the_last_release_uses(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'case.db'}", KEYS)
    found, before = {}, Schema()
    for file in sorted((migrate.MIGRATIONS / "versions").glob("[0-9]*.py")):
        migrate.upgrade(database, file.name[:4])
        with database.migration_engine().connect() as connection:
            after = _read_schema(connection)
        if losses := find_losses(before, after):
            found[file.name[:4]] = losses
        before = after
    database.close()
    assert found == BEFORE_THE_RULE | UNUSED_SINCE_A_RELEASE, (
        "an older process still uses it: let this release only add, and the next take away"
    )


def test_what_is_dropped_renamed_or_tightened_is_found() -> None:
    optional, required = Column("TEXT", False, False), Column("TEXT", True, False)
    before = {"case": {"colour": optional, "rest": optional}, "note": {"text": optional}}
    after = {"case": {"colour": required, "remaining": optional, "urgent": required}}
    assert find_losses(before, after) == {
        "note is gone",
        "case.rest is gone",
        "case.colour is another column",
        "case.urgent is required and has no default",
    }
    added = {
        "case": {**before["case"], "urgent": Column("BOOLEAN", True, True)},
        "note": before["note"],
        "flag": {},
    }
    assert find_losses(before, added) == set()


def find_losses(before: Schema, after: Schema) -> set[str]:
    """What of the schema before an older version can no longer use as it did."""
    losses = {f"{table} is gone" for table in before.keys() - after.keys()}
    for table in before.keys() & after.keys():
        old, new = before[table], after[table]
        losses |= {f"{table}.{name} is gone" for name in old.keys() - new.keys()}
        losses |= {
            f"{table}.{name} is another column" for name in old.keys() & new.keys() if old[name] != new[name]
        }
        added = {name: new[name] for name in new.keys() - old.keys()}
        losses |= {
            f"{table}.{name} is required and has no default"
            for name, column in added.items()
            if column.is_required and not column.has_default
        }
    return losses


def _read_schema(connection: Connection) -> Schema:
    inspector = inspect(connection)
    return {
        table: {
            one["name"]: Column(str(one["type"]), not one["nullable"], one["default"] is not None)
            for one in inspector.get_columns(table)
        }
        for table in inspector.get_table_names()
        if not table.startswith("search_index")
    }
