"""What a press costs the store, in counts that no machine's mood changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, event, insert, text, update

from bot.domain.assignment import TakeCase
from bot.service import Service
from bot.store import Database, Tx
from bot.store.outbox import card_places, claims, queues
from bot.store.tables import DeliveryRow, DestinationRow
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog

MAX_STATEMENTS = 8
"""Of a take; BEGIN and COMMIT are sent by the driver."""

MAX_PAGES = 12
"""That a take writes to SQLite's write-ahead log: one for each table and index that it changes a row of."""

MAX_STEPS_MORE = 200
"""Of SQLite's virtual machine, that a look and a claim take for what waits in other rooms: it was 90,000 for 500."""

MAX_STEPS_OF_HELD = {20: 6_000, 499: 20_000, 500: 20_000}
"""Of SQLite's virtual machine, by how many of 500 rooms are held: it was 118,000, 65,000 and 26,000."""


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
    """A card to be drawn anew and one to be posted wait in each of so many rooms."""
    at = datetime(2026, 3, 2, tzinfo=UTC)
    states = {"priority": 2, "state": "waiting", "due_at": at, "attempts": 0, "created_at": at, "ids": "{}"}
    tx.conn.execute(insert(DestinationRow), [{"key": f"slack/{n}", "next_at": at} for n in range(rooms)])
    tx.conn.execute(
        insert(DeliveryRow),
        [
            {
                "destination": f"slack/{n}",
                "lane": f"card/{case_id}",
                "kind": "card",
                "case_id": case_id,
                **states,
            }
            | {"redraw": redraw}
            for n in range(rooms)
            for redraw, case_id in ((True, f"{n}"), (False, f"{n}-new"))
        ],
    )


def test_a_claim_is_three_statements_that_do_not_grow_with_the_rooms_that_something_waits_for(
    database: Database, clock: Clock
) -> None:
    """The first redraw, the first post, and the claim."""
    asked: list[int] = []

    def claim(tx: Tx) -> None:
        _wait_in_rooms(tx, 40)
        event.listen(tx.conn, "before_cursor_execute", lambda *it: asked.append(len(it[3])))
        claimed = claims.claim(tx, clock())
        assert claimed is not None and claimed.destination == "slack/0"

    database.write_sync(claim)
    assert len(asked) == 3 and max(asked) < 40, asked


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_look_at_the_outbox_costs_the_same_for_one_room_and_for_five_hundred(
    database: Database, clock: Clock
) -> None:
    def count_with_rooms(tx: Tx, rooms: int) -> tuple[int, int]:
        tx.conn.execute(delete(DeliveryRow))
        tx.conn.execute(delete(DestinationRow))
        _wait_in_rooms(tx, rooms)
        looks = (
            lambda: claims.find_due(tx, clock()),
            lambda: claims.claim(tx, clock()),
            lambda: queues.find_next_due(tx, clock()),
        )
        due, claimed, next_due = (_count_steps(tx, look) for look in looks)
        return due + claimed, next_due

    (few, few_next), (many, many_next) = (
        database.write_sync(partial(count_with_rooms, rooms=rooms)) for rooms in (1, 500)
    )
    assert many <= few + MAX_STEPS_MORE
    assert many_next <= few_next + 500 * 4  # whether each room is held


@pytest.mark.parametrize("held", MAX_STEPS_OF_HELD)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_look_costs_little_where_what_is_in_front_may_not_go(
    database: Database, clock: Clock, held: int
) -> None:
    def count(tx: Tx) -> int:
        _wait_in_rooms(tx, 500)
        rooms = DestinationRow.key.in_([f"slack/{n}" for n in range(held)])
        tx.conn.execute(update(DestinationRow).where(rooms).values(next_at=clock() + timedelta(hours=1)))
        found = claims.find_due(tx, clock())
        assert (found is not None) == (held < 500)
        return _count_steps(tx, lambda: claims.find_due(tx, clock()))

    assert database.write_sync(count) <= MAX_STEPS_OF_HELD[held]


def _count_steps(tx: Tx, look: Callable[[], Any]) -> int:
    """What the look takes, in steps of SQLite's virtual machine."""
    steps: list[None] = []
    raw: Any = tx.conn.connection.dbapi_connection
    raw.set_progress_handler(lambda: steps.append(None), 1)
    look()
    raw.set_progress_handler(None, 0)
    return len(steps)
