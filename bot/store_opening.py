"""Opening of what the program keeps: the database, the files and the catalog that the settings name."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import structlog

from bot.backup import Places
from bot.catalog import Catalog, CatalogError, LiveCatalog
from bot.service import Service
from bot.setting_faults import InvalidSettings, SettingFault
from bot.settings import StoreSettings, language_of
from bot.store import Database, DatabaseUnreachable
from bot.store.cases import system_queries
from bot.store.engine import migrate
from bot.store.engine.database import BUSY_TIMEOUT_MS
from bot.store.engine.sole_use import hold_alone
from bot.store.files.file_store import FileStore
from bot.store.files.s3_files import S3FileStore
from bot.store.files.s3_storage import S3Storage
from bot.store.lists.queries import stored_statuses
from bot.store.log import key_check
from bot.text import words
from bot.text.worded_errors import WordedError

log = structlog.get_logger()


def utc_now() -> datetime:
    """The current time, aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Stores:
    """The parts that work without Slack, mail or web: the database, the files, and the catalog."""

    database: Database
    files: FileStore
    settings: StoreSettings

    @cached_property
    def catalog(self) -> LiveCatalog:
        """The catalog in force. Raises CatalogError where it is first asked for and its files are wrong."""
        return LiveCatalog(
            self.settings.catalog, on_change=self._take_up_catalog, on_error=_log_catalog_rejected
        )

    def compare_catalog(self) -> None:
        """Log what cases have and the catalog in force has not, and let it know the names of statuses it lacks."""
        catalog = self.catalog.current
        _log_lost_services(self.database, catalog)
        names = self.database.read_sync(lambda tx: stored_statuses.find_removed_names(tx, catalog))
        self.catalog.name_removed_statuses(names)

    def _take_up_catalog(self, _: Catalog) -> None:
        log.info("catalog_taken_up")
        self.compare_catalog()

    @property
    def language(self) -> str:
        """The municipality's language, also where the catalog's files are wrong."""
        return language_of(self.settings.catalog)

    def intake_dependencies(self) -> IntakeDependencies:
        """The dependencies of an import in a process that delivers nothing."""
        return IntakeDependencies(self.create_service(), self.files)

    def create_service(
        self, wake: Callable[[], None] = lambda: None, clock: Callable[[], datetime] = utc_now
    ) -> Service:
        """The service over these stores; `wake` is called when there is something to deliver."""
        return Service(self.database, lambda: self.catalog.current, clock=clock, wake=wake)

    @property
    def places(self) -> Places:
        """What a backup is made of."""
        given = self.settings
        return Places(self.database, given.files_dir, given.catalog, has_s3=given.s3_place is not None)


@dataclass(frozen=True)
class IntakeDependencies:
    """The dependencies of `bot.intake`."""

    service: Service
    files: FileStore


class DatabaseOutdated(WordedError):
    """The database was opened for reading only, and its tables are not this version's."""

    def __init__(self) -> None:
        super().__init__("cli.stop.outdated")


class DatabaseEmpty(WordedError):
    """The database was opened for reading only, and has no tables yet."""

    def __init__(self) -> None:
        super().__init__("cli.stop.empty")


def open_stores(
    settings: StoreSettings,
    *,
    read_only: bool = False,
    serves: bool = False,
    busy_ms: int = BUSY_TIMEOUT_MS,
) -> Stores:
    """Open the catalog, the files and the database, and migrate the database.

    `read_only` migrates and creates nothing, since `log verify` must not change what it verifies, and reads the catalog
    only where it is asked for: what looks at the program works while somebody mends the catalog. What `serves` holds
    an SQLite file alone already; whatever else migrates one holds it alone meanwhile. Raises CatalogError,
    InvalidSettings, DatabaseNewer, with `read_only` DatabaseOutdated and DatabaseEmpty, and DatabaseInUse where
    another process serves an SQLite file that is to be migrated.
    """
    database = Database(settings.database_url.get_secret_value(), settings.keys, busy_ms=busy_ms)
    stores = Stores(database, _create_file_store(settings), settings)
    try:
        if read_only:
            _require_current_version(database)
        else:
            _create_and_migrate(stores, serves=serves)
    except OSError as error:
        raise InvalidSettings(_unusable("files_dir", error.strerror)) from None
    except DatabaseUnreachable as error:
        raise InvalidSettings(_unusable("database_url", error)) from None
    _require_same_key(database, read_only=read_only)
    if not read_only:
        stores.compare_catalog()
    return stores


def _create_and_migrate(stores: Stores, *, serves: bool) -> None:
    """Create the files' folder and the database where there are none, and bring the database to this version."""
    database, settings = stores.database, stores.settings
    # Before anything is written, the folder, the tables and the key: with a wrong catalog nothing is begun.
    _ = stores.catalog
    if database.exists():
        migrate.refuse_newer(database)
    settings.files_dir.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(PermissionError):  # another user owns the folder and sets its mode
        settings.files_dir.chmod(0o700)
    database.restrict_access()
    if not migrate.is_current(database):
        # Before migrating: a migration with another key would write all mailbox keys with it.
        _require_same_key(database, read_only=True)
        url = settings.database_url.get_secret_value()
        with contextlib.nullcontext() if serves else hold_alone(url):
            migrate.upgrade(database)


def _unusable(name: str, why: object) -> SettingFault:
    return SettingFault("setting.unusable", name, {"why": why})


def _create_file_store(settings: StoreSettings) -> FileStore:
    reserved_bytes, are_scanned = settings.low_disk_mb * 1024**2, settings.clamd_address is not None
    if settings.s3_place is None:
        return FileStore(settings.files_dir, reserved_bytes, are_scanned=are_scanned)
    return S3FileStore(
        settings.files_dir,
        S3Storage(settings.s3_place),
        reserved_bytes,
        are_scanned=are_scanned,
        is_written=settings.files_in == "s3",
    )


def _require_current_version(database: Database) -> None:
    if not database.exists():
        raise InvalidSettings(SettingFault("setting.no_store", "database_url"))
    migrate.refuse_newer(database)
    if not migrate.is_current(database):
        raise DatabaseEmpty if migrate.find_revision(database) is None else DatabaseOutdated


def _require_same_key(database: Database, *, read_only: bool) -> None:
    """Raise InvalidSettings where the secret key is not the one that the log is sealed with; save it where none is yet.

    With another key every event would look forged, codes and links would fail, and new events would be sealed wrongly.
    """
    if not database.read_sync(key_check.matches_key):
        raise InvalidSettings(SettingFault("setting.other_key"))
    if not read_only:
        database.write_sync(key_check.save_if_missing)


def _log_lost_services(database: Database, catalog: Catalog) -> None:
    """Log e-services that have open cases and are not in the catalog: no list shows their cases to anyone."""
    lost = database.read_sync(lambda tx: system_queries.count_open_of_others(tx, catalog.services))
    for service, cases in lost.items():
        log.error("catalog_lacks_service_with_open_cases", service=service, cases=cases)


def _log_catalog_rejected(error: CatalogError) -> None:
    """Log each problem on a line of its own; the previous catalog stays in force."""
    for problem in error.problems:
        log.error(
            "catalog_refused_old_one_kept",
            file=problem.file,
            line=problem.line,
            problem=problem.fault.in_words(words("en")),
        )
