"""What a press costs the store, in counts that no machine's mood changes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, event, insert, text

from bot.domain.assignment import TakeCase
from bot.service import Service
from bot.store import Database, Tx
from bot.store.outbox import card_places, claims
from bot.store.tables import DeliveryRow, DestinationRow
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog

MAX_STATEMENTS = 8
"""Of a take; BEGIN and COMMIT are sent by the driver."""

MAX_PAGES = 13
"""That a take writes to SQLite's write-ahead log: one for each table and index that it changes a row of."""


@pytest.fixture
async def municipality(database: Database, clock: Clock) -> MunicipalityDriver:
    """A town in use: what is made once, at the first press of all, is there."""
    if database.is_sqlite:
        database.write_sync(lambda tx: tx.conn.execute(text("PRAGMA wal_autocheckpoint=0")))
    catalog = small_catalog()
    driver = MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)
    for _ in range(30):
        done = await driver.submit()
        await driver.service.perform(
            TakeCase(case_id=done.case_id), driver.officer("bo"), idempotency_key=done.case_id
        )
    return driver


def post_card(database: Database, case_id: str) -> None:
    """The case's card is in Slack, and nothing waits to be told of it."""

    def work(tx: Tx) -> None:
        tx.conn.execute(delete(DeliveryRow).where(DeliveryRow.case_id == case_id))
        card_places.save(tx, case_id, ("C1", "1.1"), datetime(2026, 3, 2, tzinfo=UTC))

    database.write_sync(work)


async def take(municipality: MunicipalityDriver, case_id: str) -> None:
    """A press on a card's button."""
    await municipality.service.perform(
        TakeCase(case_id=case_id), municipality.officer("anna"), idempotency_key="slack:t1"
    )


def count_log_pages(database: Database) -> int:
    """Pages in the write-ahead log, each of which has a header of 24 bytes."""
    page_size = database.read_sync(lambda tx: tx.conn.execute(text("PRAGMA page_size")).scalar_one())
    return Path(f"{database.url.database}-wal").stat().st_size // (int(page_size) + 24)


async def test_a_take_is_few_statements_and_one_commit(
    municipality: MunicipalityDriver, database: Database
) -> None:
    done = await municipality.submit()
    post_card(database, done.case_id)
    engine, statements, commits = database.migration_engine(), [], []
    event.listen(engine, "before_cursor_execute", lambda _c, _u, statement, *_: statements.append(statement))
    event.listen(engine, "commit", commits.append)
    await take(municipality, done.case_id)
    assert (len(statements) <= MAX_STATEMENTS, len(commits)) == (True, 1), "\n".join(statements)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_take_writes_few_pages(municipality: MunicipalityDriver, database: Database) -> None:
    done = await municipality.submit()
    post_card(database, done.case_id)
    before = count_log_pages(database)
    await take(municipality, done.case_id)
    assert 0 < count_log_pages(database) - before <= MAX_PAGES


def _wait_in_rooms(tx: Tx, rooms: int) -> None:
    """A card waits in each of so many rooms."""
    at = datetime(2026, 3, 2, tzinfo=UTC)
    states = {
        "priority": 2,
        "redraw": True,
        "state": "waiting",
        "due_at": at,
        "attempts": 0,
        "created_at": at,
    }
    for n in range(rooms):
        place = {
            "destination": f"slack/{n}",
            "lane": f"card/{n}",
            "kind": "card",
            "case_id": str(n),
            "ids": "{}",
        }
        tx.conn.execute(insert(DestinationRow).values(key=f"slack/{n}", next_at=at))
        tx.conn.execute(insert(DeliveryRow).values(**place, **states))


def test_a_claim_is_two_statements_that_do_not_grow_with_the_rooms_that_something_waits_for(
    database: Database, clock: Clock
) -> None:
    """The most urgent is found where the heads of the queues are, and not among them in the program."""
    asked: list[int] = []

    def claim(tx: Tx) -> None:
        _wait_in_rooms(tx, 40)
        event.listen(tx.conn, "before_cursor_execute", lambda *it: asked.append(len(it[3])))
        claimed = claims.claim(tx, clock())
        assert claimed is not None and claimed.destination == "slack/0"

    database.write_sync(claim)
    assert len(asked) == 2 and max(asked) < 40, asked
