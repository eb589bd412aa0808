"""The database: transactions in threads, with one writer at a time on SQLite."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, literal_column, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, InvalidatePoolError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from bot.store.engine.interruption import Interrupter
from bot.store.engine.keys import Keys
from bot.store.engine.writers import GroupCommitWriter, Writer, WriterPool

T = TypeVar("T")

POOL_SIZE = 4
"""Reading threads; on PostgreSQL as many writing threads too."""

BUSY_TIMEOUT_MS = 2_000
"""How long a write waits for another process's lock; shorter than a request of Slack's may take."""

PING_AFTER_SECONDS = 5.0
"""Idle time after which a connection is tested before it is used, at the cost of one statement."""

SQLITE_BUSY = ("locked", "busy", "interrupted")
"""Words in SQLite's errors that are temporary conditions, not programming errors."""

CLOSE_SECONDS = 0.7
"""How long running work may take when the database is closed; what takes longer is for jobs, which repeat it."""

DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}

FULL_SECONDS = 360.0
"""How long a full disk is spoken of at most, where nobody saves anything; some jobs write every five minutes."""

DISK_FULL = "53100"
"""PostgreSQL's error code."""

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "recursive_triggers=ON",
    "foreign_keys=ON",
)

SEARCH_TERMS = "CREATE VIRTUAL TABLE temp.search_terms USING fts5vocab(main, search_index, instance)"
"""The words of the search index, one by one in their order: a view of each connection, in which nothing is stored."""


class LostRace(Exception):
    """Another transaction has changed the same meanwhile; the whole operation is to be tried again."""


class DatabaseBusy(Exception):
    """The database is locked by another process or cannot be reached now. As far as known nothing was changed."""


class DiskFull(DatabaseBusy):
    """The disk is full, or has reached the limit of the settings. As far as known nothing was changed."""


class DatabaseUnreachable(Exception):
    """The database cannot be opened; the text is the database's own."""


@dataclass(frozen=True, slots=True)
class _Done(Generic[T]):
    """Work that is done within its transaction `tx`, before the commit.

    `full_at` is when the disk was found full, where the work has changed rows after that.
    """

    outcome: T
    tx: Tx
    full_at: float | None


@dataclass(frozen=True)
class Tx:
    """One transaction: the connection and the keys that rows are hashed with."""

    conn: Connection
    keys: Keys
    known_rows: Set[str] = frozenset()
    """Names of permanent rows (forms, years) that are known to be committed, so that they need not be looked up."""
    added_rows: set[str] = field(default_factory=set)
    """Names of such rows that this transaction has found or inserted."""
    locked: set[str] = field(default_factory=set)
    """Ids of the cases whose rows this transaction has locked."""
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    """What whoever has asked for the write calls once it is committed, so that no other write waits for it."""
    is_awaited: Callable[[], bool] = lambda: False
    """Whether other writes of this process wait now, or run beside this one: one that could go on should give way."""

    @property
    def locks_rows(self) -> bool:
        """Whether the database locks rows (PostgreSQL) rather than the whole file (SQLite)."""
        return self.conn.dialect.name == "postgresql"

    def insert_new(self, table: Any, row: Mapping[str, Any]) -> bool:
        """Insert the row unless one with its key exists. Returns whether it was inserted."""
        insert = postgresql.insert if self.locks_rows else sqlite.insert
        new: Any = insert(table).values(row).on_conflict_do_nothing().returning(literal_column("1"))
        # Not rowcount: psycopg's cursor no longer has it here.
        return self.conn.execute(new).first() is not None

    def insert_all_new(self, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert those of the rows whose key no row has yet."""
        insert = postgresql.insert if self.locks_rows else sqlite.insert
        if rows:
            self.conn.execute(insert(table).on_conflict_do_nothing(), rows)


MAX_LOCK_WAIT_MS = 2_000
"""How long the rewriting of a table waits for whoever holds it."""


class Database:
    """Runs functions in transactions: one call is one transaction in another thread, whatever its statements.

    On SQLite a single thread writes, in the order of the calls: they never get BUSY from each other, and those that
    wait are committed together. `busy_ms` is how long a write there waits for another process's lock.
    """

    def __init__(self, url: str, keys: Keys, *, busy_ms: int = BUSY_TIMEOUT_MS) -> None:
        self.keys = keys
        self.full_at: float | None = None
        """When a write last found the disk full, by `time.monotonic`."""
        self._known_rows: set[str] = set()
        self.url = normalize_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._read_engine = _create_engine(self.url, size=POOL_SIZE)
            self._write_engine = _create_engine(self.url, size=1)
            _configure_sqlite(self._read_engine, "BEGIN", busy_ms)
            _configure_sqlite(self._write_engine, "BEGIN IMMEDIATE", busy_ms)
        else:
            self._write_engine = _create_engine(self.url, size=POOL_SIZE)
            # By default each statement of PostgreSQL's sees what was committed before it.
            self._read_engine = self._write_engine.execution_options(isolation_level="REPEATABLE READ")
        self._interrupter = Interrupter()
        for engine in {self._read_engine, self._write_engine} if self.is_sqlite else {self._write_engine}:
            self._interrupter.watch(engine)
        self._read_threads = ThreadPoolExecutor(POOL_SIZE, thread_name_prefix="store-read")
        self._writer: Writer = (
            GroupCommitWriter(self._write_engine)
            if self.is_sqlite
            else WriterPool(self._write_engine, POOL_SIZE)
        )

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in one transaction, committed when it returns. Raises DatabaseBusy, or what `work` raises."""
        with self._noting_full_disk(), _translate_busy(self.is_sqlite):
            done = await self._writer.write(lambda conn: self._run(conn, work))
        return self._note_committed(done)

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work` on one consistent snapshot of the database."""
        return await asyncio.get_running_loop().run_in_executor(self._read_threads, self.read_sync, work)

    def write_sync(self, work: Callable[[Tx], T]) -> T:
        """`write` for callers without an event loop."""
        with (
            self._noting_full_disk(),
            _translate_busy(self.is_sqlite),
            self._write_engine.begin() as conn,
        ):
            done = self._run(conn, work)
        return self._note_committed(done)

    @property
    def was_full(self) -> bool:
        """Whether a write has found the disk full lately, and nothing has been saved since."""
        return self.full_at is not None and time.monotonic() - self.full_at < FULL_SECONDS

    @contextmanager
    def _noting_full_disk(self) -> Iterator[None]:
        try:
            yield
        except DiskFull:
            self.full_at = time.monotonic()
            raise

    def _run(self, conn: Connection, work: Callable[[Tx], T]) -> _Done[T]:
        tx = Tx(conn, self.keys, self._known_rows, is_awaited=self._writer.is_awaited)
        found_full_at = self.full_at
        changes = self._count_changes(conn) if found_full_at is not None else 0
        outcome = work(tx)
        has_changed = found_full_at is not None and self._count_changes(conn) > changes
        return _Done(outcome, tx, found_full_at if has_changed else None)

    def _count_changes(self, conn: Connection) -> int:
        """A number that grows when the transaction changes a row: work that finds nothing to do needs no room."""
        if self.is_sqlite:
            return int(conn.execute(text("SELECT total_changes()")).scalar_one())
        return int(conn.execute(text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")).scalar_one())

    def _note_committed(self, done: _Done[T]) -> T:
        """Take over what is true only after the commit: which rows exist, that the disk has room. The result."""
        self._known_rows |= done.tx.added_rows
        if done.full_at is not None and done.full_at == self.full_at:
            self.full_at = None
        for callback in done.tx.after_commit:
            callback()
        return done.outcome

    def read_sync(self, work: Callable[[Tx], T]) -> T:
        """`read` for callers without an event loop."""
        with _translate_busy(self.is_sqlite), self._read_engine.connect() as conn:
            return work(Tx(conn, self.keys))

    async def scrub(self, *, rewrites: bool = True) -> None:
        """Remove what deleted rows and earlier versions of rows have left in the database's files.

        On SQLite deleted bytes are overwritten at once (`secure_delete`), but older pages stand in the write-ahead log
        until it is emptied. On PostgreSQL a vacuum frees the rows but leaves their bytes in the pages, so each table is
        written anew where it `rewrites`: it is locked for seconds for each gigabyte. Its own logs and backups are for
        whoever runs it. Raises DatabaseBusy where someone holds a table, as a backup does.
        """
        work = functools.partial(self.scrub_sync, rewrites=rewrites)
        await asyncio.get_running_loop().run_in_executor(None, work)

    def scrub_sync(self, *, rewrites: bool = True) -> None:
        """`scrub` for callers without an event loop."""
        with _translate_busy(self.is_sqlite):
            if self.is_sqlite:
                self._empty_write_ahead_log()
                return
            autocommit = self._write_engine.execution_options(isolation_level="AUTOCOMMIT")
            with autocommit.connect() as conn:
                if rewrites:
                    _rewrite_tables(conn)
                else:
                    conn.exec_driver_sql("VACUUM")

    def _empty_write_ahead_log(self) -> None:
        """Write all of it to the database's file and truncate it; a reader that goes on may keep it for now."""
        connection = self._write_engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.fetchall()
            cursor.close()
        finally:
            connection.close()

    def exists(self) -> bool:
        """False where SQLite would create the file when it is opened; always True for PostgreSQL."""
        return not self.is_sqlite or Path(self.url.database or "").exists()

    def restrict_access(self) -> None:
        """Make an SQLite file readable for its owner only, if the program's user is its owner."""
        if not self.is_sqlite or not self.url.database:
            return
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError, PermissionError):
                Path(self.url.database + suffix).chmod(0o600)

    def migration_engine(self) -> Engine:
        """The engine that migrations run on."""
        return self._write_engine

    def close(self) -> None:
        """Wait for running work, which is interrupted if it takes longer than a moment, then close all connections."""
        with self._interrupter.interrupt_after(CLOSE_SECONDS):
            self._read_threads.shutdown(cancel_futures=True)
            self._writer.close()
        self._read_engine.dispose()
        self._write_engine.dispose()


def normalize_url(url: str) -> URL:
    """The URL with this program's driver. Raises ValueError, without the URL in it, for other databases."""
    try:
        parsed = make_url(url)
        return parsed.set(drivername=DRIVERS[parsed.get_backend_name()])
    except (ArgumentError, KeyError, ValueError):
        raise ValueError("is not a database's address") from None


def _create_engine(url: URL, *, size: int) -> Engine:
    is_sqlite = url.get_backend_name() == "sqlite"
    engine = create_engine(
        url,
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=size if is_sqlite else size * 2,
        max_overflow=0,
        connect_args={"check_same_thread": False} if is_sqlite else {},
    )
    if not is_sqlite:
        _ping_after_idleness(engine)
    return engine


def _ping_after_idleness(engine: Engine) -> None:
    """Test idle connections before use; where the server has dropped one, replace it and all older ones."""

    def note_return(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["returned_at"] = time.monotonic()

    def ping(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        returned_at = record.info.get("returned_at")
        if returned_at is None or time.monotonic() - returned_at < PING_AFTER_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error:
            raise InvalidatePoolError from None

    event.listen(engine, "checkin", note_return)
    event.listen(engine, "checkout", ping)


def _configure_sqlite(engine: Engine, begin: str, busy_ms: int) -> None:
    """Set the pragmas of SQLite's connections, and how transactions begin."""

    def set_pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = (
            None  # no BEGIN by the driver, which would be deferred; `begin_transaction` sends ours
        )
        cursor = connection.cursor()
        for pragma in (*PRAGMAS, f"busy_timeout={busy_ms}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.execute(SEARCH_TERMS)
        cursor.close()

    def begin_transaction(connection: Any) -> None:
        connection.execute(begin)

    event.listen(engine, "connect", set_pragmas)
    # Not by the event `begin`: an engine with any such event asks before each statement who listens.
    engine.dialect.do_begin = begin_transaction  # type: ignore[method-assign,assignment]


def _rewrite_tables(conn: Connection) -> None:
    """Write each table anew, without waiting long for one that is held: whoever comes after would wait behind."""
    conn.exec_driver_sql(f"SET lock_timeout = {MAX_LOCK_WAIT_MS}")
    try:
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
        for name in conn.exec_driver_sql(tables).scalars().all():
            conn.exec_driver_sql(f'VACUUM (FULL) "{name}"')
    finally:
        conn.exec_driver_sql("RESET lock_timeout")


@contextmanager
def _translate_busy(is_sqlite: bool) -> Iterator[None]:
    """Raise DatabaseBusy for temporary errors: a broken or refused connection, a deadlock, a server out of resources.

    On SQLite only a lock: it raises OperationalError for programming errors too.
    """
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") == DISK_FULL or (is_sqlite and "is full" in str(error.orig)):
            raise DiskFull from None
        if not is_sqlite or any(word in str(error.orig) for word in SQLITE_BUSY):
            raise DatabaseBusy from None
        raise
