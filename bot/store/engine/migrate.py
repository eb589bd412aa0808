"""Bringing a database to the tables this program uses."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError

from bot.store.engine.database import Database, DatabaseUnreachable

MIGRATIONS = Path(__file__).parents[1] / "migrations"


_LOCK = 6_437_021_846
"""PostgreSQL's advisory lock of whoever migrates; any number that no other program of the server uses."""


class DatabaseNewer(Exception):
    """The database has had migrations that this version does not know."""

    def __init__(self) -> None:
        super().__init__(
            "The database has the tables of a newer version. Nothing was changed. Run that version, or a later one."
        )


def upgrade(database: Database, to: str = "head") -> None:
    """Run the migrations that the database has not had, up to the revision `to`.

    Safe to run at every start, and by several at once: one migrates, and the others wait for it. Raises
    DatabaseUnreachable, and DatabaseNewer.
    """
    if (_revision(database) or "") > latest_revision():
        raise DatabaseNewer
    if not is_current(database):
        _migrate(database, to)


def _migrate(database: Database, to: str) -> None:
    # Imported only when there is something to do: it is a fifth of the program's time to start.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.migration_engine().begin() as connection:
        if (
            not database.is_sqlite
        ):  # there, beginning to write is the lock; Alembic looks what is missing after it
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        config.attributes["keys"] = database.keys
        command.upgrade(config, to)


def is_current(database: Database) -> bool:
    """Whether the database has had every migration, and no others. Raises DatabaseUnreachable."""
    return _revision(database) == latest_revision()


def _revision(database: Database) -> str | None:
    """The last migration that the database has had; None for one without tables. Raises DatabaseUnreachable."""
    try:
        with database.migration_engine().connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except OperationalError as error:
        raise DatabaseUnreachable(str(error.orig).partition("\n")[0]) from None


def latest_revision() -> str:
    """The revision of the last migration: they are numbered in their order."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))
