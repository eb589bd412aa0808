"""What passes by itself is told as DatabaseBusy, and no two acts wait for each other."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from bot.domain.notes import AddNote
from bot.service import CommandResult, Service
from bot.store import Database, DatabaseBusy, DiskFull, Tx
from bot.store.engine import database
from tests.conftest import KEYS, Clock
from tests.municipality import MunicipalityDriver, small_catalog

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Database]:
    """A database with a table of two rows."""
    opened = Database(database_url, KEYS)
    opened.write_sync(
        lambda tx: tx.conn.execute(text("CREATE TABLE word (id INTEGER PRIMARY KEY, said TEXT)"))
    )
    opened.write_sync(lambda tx: tx.conn.execute(text("INSERT INTO word VALUES (1, ''), (2, '')")))
    yield opened
    opened.close()


def write_word(tx: Tx, row: int, word: str) -> None:
    tx.conn.execute(text("UPDATE word SET said = :word WHERE id = :row"), {"word": word, "row": row})


@on_postgresql
async def test_a_connection_that_breaks_in_an_act_is_busy_and_the_next_act_has_another(
    ledger: Database,
) -> None:
    def cut(tx: Tx) -> None:
        write_word(tx, 1, "aldrig")
        mine = tx.conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
        ledger.write_sync(
            lambda other: other.conn.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
        )
        write_word(tx, 2, "aldrig")

    with pytest.raises(DatabaseBusy):
        await ledger.write(cut)
    await ledger.write(lambda tx: write_word(tx, 2, "nu"))
    read = await ledger.read(
        lambda tx: list(tx.conn.execute(text("SELECT said FROM word ORDER BY id")).scalars())
    )
    assert read == ["", "nu"]


@on_postgresql
@pytest.mark.parametrize(("idle_seconds", "pings"), [(4, 0), (6, 1)])
async def test_a_connection_is_tried_before_its_use_only_when_it_has_lain_unused(
    ledger: Database, monkeypatch: pytest.MonkeyPatch, idle_seconds: int, pings: int
) -> None:
    moment, pinged = time.monotonic(), []
    monkeypatch.setattr(database.time, "monotonic", lambda: moment)
    dialect = ledger.migration_engine().dialect
    do_ping = dialect.do_ping
    monkeypatch.setattr(dialect, "do_ping", lambda connection: pinged.append(1) or do_ping(connection))
    ledger.write_sync(lambda tx: write_word(tx, 1, "nu"))
    pinged.clear()
    moment += idle_seconds
    ledger.write_sync(lambda tx: write_word(tx, 1, "sen"))
    assert len(pinged) == pings


@on_postgresql
async def test_a_connection_that_the_server_has_dropped_meanwhile_is_replaced_unseen(
    ledger: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pid(tx: Tx) -> int:
        return int(tx.conn.execute(text("SELECT pg_backend_pid()")).scalar_one())

    mine = ledger.write_sync(pid)
    other = Database(ledger.url.render_as_string(hide_password=False), KEYS)
    other.write_sync(
        lambda tx: tx.conn.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": mine})
    )
    other.close()
    later = time.monotonic() + 3600
    monkeypatch.setattr(database.time, "monotonic", lambda: later)
    assert ledger.write_sync(pid) != mine


@on_postgresql
async def test_of_two_acts_that_wait_for_each_other_one_is_done_and_the_other_is_busy(
    ledger: Database,
) -> None:
    both = threading.Barrier(2)

    def act(first: int, then: int, word: str) -> bool:
        def work(tx: Tx) -> bool:
            write_word(tx, first, word)
            both.wait(10)
            write_word(tx, then, word)
            return True

        return ledger.write_sync(work)

    outcomes = await asyncio.gather(
        asyncio.to_thread(act, 1, 2, "a"), asyncio.to_thread(act, 2, 1, "b"), return_exceptions=True
    )
    assert {type(one) for one in outcomes} == {bool, DatabaseBusy}


def test_a_mistake_is_not_called_busy(sqlite_database: Database) -> None:
    with pytest.raises(Exception, match="no such table"):
        sqlite_database.read_sync(lambda tx: tx.conn.execute(text("SELECT * FROM nowhere")))


@on_postgresql
async def test_those_who_work_with_the_same_many_cases_do_not_wait_for_each_other(
    database: Database, clock: Clock
) -> None:
    catalog = small_catalog()
    municipality = MunicipalityDriver(
        Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog
    )
    notes = [AddNote(case_id=(await municipality.submit()).case_id, text="Sedd.") for _ in range(25)]
    anna = municipality.officer("anna")
    there, back = await asyncio.gather(
        municipality.service.perform_all(notes, anna), municipality.service.perform_all(notes[::-1], anna)
    )
    assert all(isinstance(one, CommandResult) for one in (*there, *back))


def test_a_full_disk_is_told_as_such_and_nothing_is_changed(ledger: Database) -> None:
    def fill(tx: Tx) -> None:
        write_word(tx, 1, "halvt")
        if ledger.is_sqlite:
            tx.conn.execute(text("PRAGMA max_page_count = 1"))  # no less than there are
            tx.conn.execute(text("INSERT INTO word VALUES (3, :much)"), {"much": "0" * 10_000_000})
        tx.conn.execute(text("DO $$ BEGIN RAISE 'no space left' USING ERRCODE = 'disk_full'; END $$"))

    with pytest.raises(DiskFull):
        ledger.write_sync(fill)
    said = ledger.read_sync(
        lambda tx: tx.conn.execute(text("SELECT said FROM word ORDER BY id")).scalars().all()
    )
    assert list(said) == ["", ""]
