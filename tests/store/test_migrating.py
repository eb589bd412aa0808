"""A database is brought to this version's tables."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import MetaData, create_engine

from bot.store import Database, migrate
from bot.store.tables import Base
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


def test_the_newest_migration_is_the_head_that_alembic_finds() -> None:
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.newest()]
