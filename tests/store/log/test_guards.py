"""The database itself refuses to change the log, after every migration."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from bot.domain.assignment import TakeCase
from bot.service import Service
from bot.store import Database, Tx
from bot.store.log import readings
from bot.store.log.readings import Reading
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog

Work = Callable[[Tx], object]

COPIED = "case_id, seq, meta, content, salt, content_hash, prev, hash"


@pytest.fixture
async def municipality(database: Database, clock: Clock) -> MunicipalityDriver:
    """A town with a case that has two events, and one reading."""
    catalog = small_catalog()
    municipality = MunicipalityDriver(
        Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog
    )
    case = await municipality.submit()
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    await database.write(
        lambda tx: readings.record(tx, Reading("officer:anna", case.case_id, "answers", "o"), clock())
    )
    return municipality


def read_log(database: Database) -> list[tuple[object, ...]]:
    """The log and the readings as they stand."""
    tables = ("history ORDER BY case_id, seq", "reading ORDER BY id")
    return database.read_sync(
        lambda tx: [tuple(row) for of in tables for row in tx.conn.exec_driver_sql(f"SELECT * FROM {of}")]
    )


def assert_refused(database: Database, statement: str) -> None:
    """The statement is refused, and nothing has changed."""
    before = read_log(database)
    with pytest.raises(Exception, match=r"cannot be changed|syntax error"):
        database.write_sync(lambda tx: tx.conn.exec_driver_sql(statement))
    assert read_log(database) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE history SET meta = '{}'",
        "UPDATE history SET meta = '{}', content = NULL, salt = NULL",
        "UPDATE history SET content = 'x'",
        "UPDATE history SET content = NULL",
        "UPDATE history SET salt = NULL",
        "UPDATE history SET content_hash = 'x', content = NULL, salt = NULL",
        "UPDATE history SET hash = 'x'",
        "UPDATE history SET prev = 'x'",
        "UPDATE history SET seq = seq + 10",
        "UPDATE history SET case_id = 'x'",
        "DELETE FROM history",
        "DELETE FROM history WHERE seq = 2",
        "UPDATE reading SET \"by\" = 'officer:bo'",
        "UPDATE reading SET at = at",
        "UPDATE reading SET reason = NULL, erased = 'x'",
        "UPDATE reading SET reason = 'x', erased = 'x'",
        "DELETE FROM reading",
    ],
)
async def test_the_log_refuses_every_change(municipality: MunicipalityDriver, statement: str) -> None:
    assert_refused(municipality.service.database, statement)


async def test_the_log_cannot_be_emptied(municipality: MunicipalityDriver) -> None:
    for table in ("history", "reading"):
        assert_refused(municipality.service.database, f"TRUNCATE {table}")


async def test_the_log_cannot_be_written_over(municipality: MunicipalityDriver) -> None:
    copied = COPIED.replace("meta", "'{}'")
    over = f"history ({COPIED}) SELECT {copied} FROM history WHERE true"
    conflict = "ON CONFLICT (case_id, seq) DO UPDATE SET meta = excluded.meta"
    assert_refused(municipality.service.database, f"INSERT OR REPLACE INTO {over}")
    assert_refused(municipality.service.database, f"INSERT INTO {over} {conflict}")


async def test_what_was_written_may_be_erased_and_never_put_back(municipality: MunicipalityDriver) -> None:
    database = municipality.service.database
    database.write_sync(
        lambda tx: tx.conn.exec_driver_sql("UPDATE history SET content = NULL, salt = NULL WHERE seq = 1")
    )
    assert_refused(database, "UPDATE history SET content = 'x', salt = 'y' WHERE seq = 1")


def test_a_connection_of_someone_elses_cannot_write_over_the_log_either(
    sqlite_database: Database, clock: Clock
) -> None:
    """SQLite runs no delete triggers for REPLACE unless the connection asks for them; ours do, others may not."""
    _assert_other_connection_cannot_replace(sqlite_database, clock, "case_id, seq", "'c', 1")


def test_nor_by_the_number_sqlite_gives_a_row(sqlite_database: Database, clock: Clock) -> None:
    _assert_other_connection_cannot_replace(sqlite_database, clock, "rowid, case_id, seq", "1, 'd', 7")


def test_nor_write_over_a_reading(sqlite_database: Database, clock: Clock) -> None:
    sqlite_database.write_sync(
        lambda tx: readings.record(tx, Reading("officer:anna", "c", "answers", "o"), clock())
    )
    for row in ("1, '2026', 'x', 'd', 'p', 'q'", "2, '2026', 'officer:anna', 'c', 'answers', 'o'"):
        statement = f'INSERT OR REPLACE INTO reading (id, at, "by", case_id, part, opening) VALUES ({row})'
        _assert_other_connection_is_refused(sqlite_database, statement)


def _assert_other_connection_cannot_replace(
    database: Database, clock: Clock, columns: str, values: str
) -> None:
    rest = "meta, content_hash, prev, hash"
    insert = (
        "INSERT INTO history (case_id, seq, meta, content_hash, prev, hash) VALUES ('c', 1, '', '', '', '')"
    )
    database.write_sync(lambda tx: tx.conn.exec_driver_sql(insert))
    _assert_other_connection_is_refused(
        database, f"INSERT OR REPLACE INTO history ({columns}, {rest}) VALUES ({values}, 'x', '', '', '')"
    )


def _assert_other_connection_is_refused(database: Database, statement: str) -> None:
    stranger = sqlite3.connect(str(database.url.database))
    with pytest.raises(sqlite3.IntegrityError, match="cannot be changed"):
        stranger.execute(statement)
    stranger.close()
