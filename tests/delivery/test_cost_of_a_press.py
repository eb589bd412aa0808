"""How often the store commits until a press has been shown on its card and told in its thread."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import event

from bot.domain.assignment import ReleaseCase, TakeCase
from bot.domain.notices import COALESCE_WINDOW
from bot.service import CommandResult
from bot.store import Database
from bot.store.outbox.claims import LEASE
from tests.delivery.conftest import DeliveryHarness
from tests.delivery.test_worker import wait_until

MAX_COMMITS = {"sqlite": 3, "postgresql": 4}
"""After the press is acknowledged: the claim of its redraw, that of its line in the thread, and the line's end.

On PostgreSQL also the redraw's end, for which another process's redraw of the same card waits.
"""


def record_commits(database: Database) -> list[list[str]]:
    """A list that grows with the statements of each transaction that commits a write."""
    commits: list[list[str]] = []
    written: list[str] = []
    engine = database.migration_engine()

    def add_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("SELECT", "WITH")):
            written.append(statement)

    def add_commit(_connection: Any) -> None:
        if written:
            commits.append(written.copy())
        written.clear()

    event.listen(engine, "before_cursor_execute", add_statement)
    event.listen(engine, "commit", add_commit)
    return commits


async def submit_with_thread(harness: DeliveryHarness) -> CommandResult:
    """A case whose card is in Slack, with a line in its thread."""
    done = await harness.town.submit()
    await harness.worker.drain(10)
    await harness.town.perform("bo", TakeCase(case_id=done.case_id))
    await harness.worker.drain(10)
    await harness.advance(seconds=COALESCE_WINDOW.total_seconds())
    return done


async def deliver(harness: DeliveryHarness) -> None:
    """All that is due is delivered, as by the worker that runs: nothing is flushed."""
    while await harness.worker._start_next() or harness.worker._in_flight:
        await harness.worker._wait_for_in_flight()


async def test_a_press_is_shown_and_told_in_few_commits(harness_on_both: DeliveryHarness) -> None:
    harness = harness_on_both
    case = await submit_with_thread(harness)
    updates, replies = harness.count_calls("chat.update"), len(harness.list_replies())
    await harness.town.perform("bo", ReleaseCase(case_id=case.case_id))
    commits = record_commits(harness.database)
    await deliver(harness)
    assert harness.count_calls("chat.update") == updates + 1
    harness.clock.advance(seconds=COALESCE_WINDOW.total_seconds())
    await deliver(harness)
    assert len(harness.list_replies()) == replies + 1
    kind = "sqlite" if harness.database.is_sqlite else "postgresql"
    assert len(commits) <= MAX_COMMITS[kind], "\n\n".join(map("\n".join, commits))


async def test_a_card_pressed_again_is_redrawn_at_once(harness: DeliveryHarness) -> None:
    case = await submit_with_thread(harness)
    updates = harness.count_calls("chat.update")
    for press in (ReleaseCase, TakeCase):
        await harness.town.perform("bo", press(case_id=case.case_id))
        await deliver(harness)
    assert harness.count_calls("chat.update") == updates + 2


async def test_a_redraw_that_a_crash_left_uncompleted_is_made_once_more_and_nothing_else_is(
    harness: DeliveryHarness,
) -> None:
    case = await submit_with_thread(harness)
    await harness.town.perform("bo", ReleaseCase(case_id=case.case_id))
    await deliver(harness)
    updates, posts = harness.count_calls("chat.update"), len(harness.list_posts())
    harness.worker = harness.start_worker()
    await harness.advance(seconds=LEASE.total_seconds() + 1)
    assert harness.count_calls("chat.update") == updates + 1
    assert (len(harness.list_posts()), await harness.count_deliveries()) == (posts, {})


async def test_a_line_that_a_crash_stopped_before_its_post_is_posted_once(harness: DeliveryHarness) -> None:
    case = await submit_with_thread(harness)
    replies = len(harness.list_replies())
    await harness.town.perform("bo", ReleaseCase(case_id=case.case_id))
    harness.clock.advance(seconds=COALESCE_WINDOW.total_seconds())
    assert await harness.worker._start_next()  # the card's redraw
    await harness.worker._wait_for_in_flight()
    attempt = await harness.worker._claimer.claim_next([])
    assert attempt is not None
    assert attempt.delivery.kind == "line"
    harness.worker = harness.start_worker()
    await harness.advance(seconds=LEASE.total_seconds() + 1)
    assert len(harness.list_replies()) == replies + 1
    assert await harness.count_deliveries() == {}


async def test_a_worker_that_stops_leaves_nothing_done_uncompleted(harness: DeliveryHarness) -> None:
    case = await submit_with_thread(harness)
    await harness.town.perform("bo", ReleaseCase(case_id=case.case_id))
    running = asyncio.create_task(harness.worker.run())
    await wait_until(lambda: bool(harness.worker._claimer._delivered))
    await harness.worker.stop()
    await running
    assert set(await harness.count_deliveries()) == {("line", "waiting")}
