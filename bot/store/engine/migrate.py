"""Bringing a database to the tables this program uses."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError

from bot.store.engine.database import Database, DatabaseUnreachable

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def upgrade(database: Database, to: str = "head") -> None:
    """Run the migrations that the database has not had, up to the revision `to`.

    Safe to run at every start. Raises DatabaseUnreachable.
    """
    if not is_current(database):
        _migrate(database, to)


def _migrate(database: Database, to: str) -> None:
    # Imported only when there is something to do: it is a fifth of the program's time to start.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.migration_engine().begin() as connection:
        config.attributes["connection"] = connection
        config.attributes["keys"] = database.keys
        command.upgrade(config, to)


def is_current(database: Database) -> bool:
    """Whether the database has had every migration. Raises DatabaseUnreachable."""
    try:
        with database.migration_engine().connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return False
            return (
                connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
                == latest_revision()
            )
    except OperationalError as error:
        raise DatabaseUnreachable(str(error.orig).partition("\n")[0]) from None


def latest_revision() -> str:
    """The revision of the last migration: they are numbered in their order."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))
