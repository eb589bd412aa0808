"""Bringing a database to the tables this program uses."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.store.database import Database


def upgrade(database: Database) -> None:
    """Run the migrations that the database has not had. Safe to run at every start."""
    with database.engine().begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(database: Database) -> bool:
    """Whether the database has had every migration."""
    with database.engine().connect() as connection:
        has = MigrationContext.configure(connection).get_current_heads()
    return set(has) == set(ScriptDirectory.from_config(_config()).get_heads())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
