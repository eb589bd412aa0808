"""A database is brought to this version's tables."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import MetaData, create_engine, inspect, text

from bot.store import Database, imports, migrate
from bot.store.tables import Base
from bot.text import words
from tests.conftest import KEYS


def test_an_empty_database_is_brought_up_to_date_and_then_left_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}", KEYS)
    assert not migrate.is_current(database)
    migrate.upgrade(database)
    assert migrate.is_current(database)
    migrate.upgrade(database)
    database.close()


def test_the_migrations_make_the_tables_that_the_program_uses(sqlite_url: str) -> None:
    found = MetaData()
    found.reflect(create_engine(sqlite_url))
    wanted = {table.name: set(table.columns.keys()) for table in Base.metadata.tables.values()}
    made = {
        name: set(table.columns.keys())
        for name, table in found.tables.items()
        if name != "alembic_version" and not name.startswith("search_index")  # SQLite's own
    }
    assert made == wanted


def test_what_came_from_other_systems_before_their_names_were_told_apart_is_found_by_them_now(
    tmp_path: Path,
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.db'}", KEYS)
    migrate.upgrade(database, "0012")
    with database.engine().begin() as connection:
        form = "INSERT INTO definition (digest, body) VALUES ('d', '{}')"
        connection.execute(text(form))
        columns = {column["name"]: column["default"] for column in inspect(connection).get_columns("case")}
        told = {"id": "1", "number": "1", "definition": "d", "external": "kc:key:b", "closed_at": None}
        row = {name: told.get(name, "2026-01-01 00:00:00") for name in columns}
        names = ", ".join(row)
        given = ", ".join(f":{name}" for name in row)
        connection.execute(text(f'INSERT INTO "case" ({names}) VALUES ({given})'), row)
        for key in ("external:kc:key:a:key:c", "external:kc:key:b", "external:kc:1", "slack:1"):
            kept = text("INSERT INTO receipt (key, at, outcome) VALUES (:key, '2026-01-01 00:00:00', '{}')")
            connection.execute(kept, {"key": key})
        reason = '{"facts":{"family":"5"},"key":"import.reason.noservice"}'
        failed = text(
            "INSERT INTO failed_import (place, reason, at) VALUES ('a', :reason, '2026-01-01 00:00:00')"
        )
        connection.execute(failed, {"reason": reason})
    migrate.upgrade(database)
    with database.engine().connect() as connection:
        keys = set(connection.execute(text("SELECT key FROM receipt")).scalars())
    assert keys == {"external:kc#a:key:c", "external:kc:key:b", "external:kc:1", "slack:1"}
    (failure,) = database.read_now(imports.failed)
    assert "5" in failure.said(words("sv")) and "open_eplatform" in failure.said(words("sv"))
    database.close()


def test_the_newest_migration_is_the_head_that_alembic_finds() -> None:
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.newest()]
