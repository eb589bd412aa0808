"""Migration of the database to this version's tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError

from bot.store.engine.database import Database, DatabaseUnreachable
from bot.text.worded_errors import WordedError

if TYPE_CHECKING:
    from alembic.script import Script

MIGRATIONS = Path(__file__).parents[1] / "migrations"


LOCK = 6_437_021_846
"""The id of PostgreSQL's advisory lock for migrating; an arbitrary number."""


DEADLOCK_TRIES = 10
"""How many times a migration is begun that PostgreSQL ends for a deadlock; of its one transaction nothing remains."""

DEADLOCK_DETECTED = "40P01"
"""PostgreSQL's code for a deadlock: https://www.postgresql.org/docs/current/errcodes-appendix.html"""


class DatabaseNewer(WordedError):
    """The database has been migrated by a newer version."""

    def __init__(self) -> None:
        super().__init__("cli.stop.newer")


def upgrade(database: Database, to: str = "head") -> None:
    """Run the missing migrations up to the revision `to`.

    Safe at every start, and in several processes at once: one migrates, and the others wait for it. Raises
    DatabaseUnreachable and DatabaseNewer.
    """
    refuse_newer(database)
    if is_current(database):
        return
    for _ in range(DEADLOCK_TRIES - 1):
        try:
            _migrate(database, to)
        except OperationalError as error:
            if not _is_deadlock(error):
                raise
        else:
            return
    _migrate(database, to)


def _is_deadlock(error: OperationalError) -> bool:
    """Whether PostgreSQL ended the migration because it and a program that serves waited for each other."""
    return getattr(error.orig, "sqlstate", "") == DEADLOCK_DETECTED


def _migrate(database: Database, to: str) -> None:
    # Imported only when there is something to migrate: it takes a fifth of the program's start-up time.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.migration_engine().begin() as connection:
        if (
            not database.is_sqlite
        ):  # on SQLite BEGIN IMMEDIATE is the lock; Alembic reads the revision after it
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        config.attributes["connection"] = connection
        config.attributes["keys"] = database.keys
        command.upgrade(config, to)


def is_current(database: Database) -> bool:
    """Whether the database is at this version's revision. Raises DatabaseUnreachable."""
    return find_revision(database) == latest_revision()


def is_sufficient(database: Database) -> bool:
    """Whether the database has all that this version uses: at its revision, or migrated by a later version meanwhile.

    A later version first only adds (docs/decisions/an-upgrade-adds-before-it-takes-away.md), so that a process of this
    one goes on beside it; another is not begun. Raises DatabaseUnreachable.
    """
    return (find_revision(database) or "") >= latest_revision()


def refuse_newer(database: Database) -> None:
    """Raise DatabaseNewer where a newer version has migrated the database; nothing is changed."""
    if (find_revision(database) or "") > latest_revision():
        raise DatabaseNewer


def find_revision(database: Database) -> str | None:
    """The database's revision; None for one without tables. Raises DatabaseUnreachable."""
    try:
        with database.migration_engine().connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except OperationalError as error:
        raise DatabaseUnreachable(str(error.orig).partition("\n")[0]) from None


@dataclass(frozen=True, slots=True)
class MigrationScript:
    """A migration as its file says: what it does in words, and the tables of whose rows it reads or writes all."""

    revision: str
    title: str
    whole_tables: tuple[str, ...]


def read_scripts() -> list[MigrationScript]:
    """All migrations in their order."""
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = [_read_script(one) for one in ScriptDirectory.from_config(config).walk_revisions()]
    return scripts[::-1]


def _read_script(script: Script) -> MigrationScript:
    module = script.module
    details = " ".join((module.upgrade.__doc__ or "").split())
    title = f"{script.doc}. {details}" if details else script.doc
    return MigrationScript(script.revision, title, getattr(module, "WHOLE_TABLES", ()))


def latest_revision() -> str:
    """The revision of the newest migration; revisions are numbered."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))
