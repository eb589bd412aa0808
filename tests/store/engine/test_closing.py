"""The program stops at once, whatever the database is doing: what is short ends, what is long is interrupted."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from bot.store import Database, DatabaseBusy, Tx
from tests.conftest import KEYS

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT count(*) FROM n"


@pytest.fixture
def ledger(database_url: str) -> Iterator[Database]:
    """A database with a table of words."""
    opened = Database(database_url, KEYS)
    opened.write_sync(lambda tx: tx.conn.execute(text("CREATE TABLE word (said TEXT)")))
    yield opened
    opened.close()


def count_words(url: str) -> int:
    reopened = Database(url, KEYS)
    count = reopened.read_sync(lambda tx: tx.conn.execute(text("SELECT count(*) FROM word")).scalar_one())
    reopened.close()
    return int(count)


class Work:
    """What is done in a transaction, and that it has begun."""

    def __init__(self, *statements: str) -> None:
        self.statements = statements
        self.begun = threading.Event()
        self.may_go_on = threading.Event()

    def __call__(self, tx: Tx) -> None:
        self.begun.set()
        for statement in self.statements:
            tx.conn.execute(text(statement))

    def when_allowed(self, tx: Tx) -> None:
        self.begun.set()
        assert self.may_go_on.wait(60)
        self(tx)


@pytest.mark.parametrize("how", ["read", "write"])
async def test_what_takes_too_long_when_the_program_stops_is_interrupted_and_leaves_nothing(
    ledger: Database, database_url: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.engine.database.CLOSE_SECONDS", 0.0)
    work = Work("INSERT INTO word VALUES ('half')", ENDLESS)
    running = asyncio.ensure_future(getattr(ledger, how)(work))
    await asyncio.to_thread(work.begun.wait)
    await asyncio.to_thread(ledger.close)
    with pytest.raises(DatabaseBusy):
        await running
    assert count_words(database_url) == 0


async def test_what_is_short_is_done_before_the_program_stops(ledger: Database, database_url: str) -> None:
    work = Work("INSERT INTO word VALUES ('whole')")
    running = asyncio.ensure_future(ledger.write(work.when_allowed))
    await asyncio.to_thread(work.begun.wait)
    closing = asyncio.ensure_future(asyncio.to_thread(ledger.close))
    work.may_go_on.set()
    await asyncio.gather(running, closing)
    assert count_words(database_url) == 1
