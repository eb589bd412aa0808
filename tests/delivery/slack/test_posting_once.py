"""Nothing lost, nothing twice, over a line that fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.clients.slack import SlackClient
from bot.delivery import Worker
from bot.domain.assignment import TakeCase
from bot.domain.notes import AddNote
from bot.store.outbox import claims, deliveries
from tests.conftest import PATIENCE
from tests.delivery.conftest import BYGGLOV_CHANNEL, ORO_CHANNEL, DeliveryHarness
from tests.delivery.faulty_proxy import FaultyProxy, faulty_proxy_to


@pytest.fixture
async def proxy(harness: DeliveryHarness) -> AsyncIterator[FaultyProxy]:
    async with faulty_proxy_to(harness.sandbox.api_url) as proxy:
        harness.worker = worker_through(harness, proxy)
        yield proxy


def worker_through(harness: DeliveryHarness, proxy: FaultyProxy) -> Worker:
    return harness.start_worker(slack=SlackClient(harness.sandbox.app.bot_token, proxy.url, seconds=10))


async def kill_worker(worker: Worker) -> None:
    """As kill -9 does: what was on its way is left as it stands in the store."""
    tasks = list(worker._in_flight)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("fault", ["cut", "500", "never"])
async def test_a_card_whose_answer_was_lost_is_posted_once(
    harness: DeliveryHarness, proxy: FaultyProxy, fault: str
) -> None:
    proxy.faults = {"chat.postMessage": [fault]}
    await harness.town.submit()
    await harness.worker.drain(10)
    await harness.advance(minutes=2)
    assert len(harness.list_posts()) == 1


async def test_a_worker_killed_between_post_and_answer_leaves_one_card(
    harness: DeliveryHarness, proxy: FaultyProxy
) -> None:
    proxy.faults = {"chat.postMessage": ["hang"]}
    await harness.town.submit()
    await harness.worker._start_next()
    await harness.worker._start_next()
    await asyncio.wait_for(proxy.is_hanging.wait(), PATIENCE)
    await kill_worker(harness.worker)
    harness.worker = worker_through(harness, proxy)
    await harness.advance(minutes=2)
    assert len(harness.list_posts()) == 1


async def test_what_takes_long_is_not_taken_up_by_another_worker(
    harness: DeliveryHarness, proxy: FaultyProxy
) -> None:
    proxy.faults = {"chat.postMessage": ["hang"]}
    await harness.town.submit()
    running = asyncio.create_task(harness.worker.run())
    await asyncio.wait_for(proxy.is_hanging.wait(), PATIENCE)
    for _ in range(4):
        harness.clock.advance(seconds=9)
        await looked_after(harness)
    assert await harness.database.read(lambda tx: claims.find_due(tx, harness.clock())) is None
    running.cancel()
    await kill_worker(harness.worker)


async def looked_after(harness: DeliveryHarness) -> None:
    """Wait until the worker has looked at the leases of what is on its way, at the clock's time."""
    async with asyncio.timeout(PATIENCE):
        while harness.worker._renew_at <= harness.clock():
            harness.worker.wake()
            await asyncio.sleep(0.01)


async def test_a_worker_that_is_stopped_while_slack_does_not_answer_stops_and_leaves_one_card(
    harness: DeliveryHarness, proxy: FaultyProxy
) -> None:
    proxy.faults = {"chat.postMessage": ["hang"]}
    await harness.town.submit()
    running = asyncio.create_task(harness.worker.run())
    await asyncio.wait_for(proxy.is_hanging.wait(), PATIENCE)
    async with asyncio.timeout(PATIENCE):  # Slack is silent for longer
        await harness.worker.stop(0.1)
        await running
    harness.worker = worker_through(harness, proxy)
    await harness.advance(minutes=2)
    assert len(harness.list_posts()) == 1


async def test_who_wakes_when_another_has_taken_over_tells_nobody_a_second_time(
    harness: DeliveryHarness, proxy: FaultyProxy
) -> None:
    case = await harness.town.submit()
    await harness.worker.drain(10)
    await harness.town.perform("anna", AddNote(case_id=case.case_id, text="Se här", mentions=("carl",)))
    harness.clock.advance(seconds=11)
    proxy.faults = {"users.lookupByEmail": ["hang"]}
    await harness.worker._start_next()
    await asyncio.wait_for(proxy.is_hanging.wait(), PATIENCE)
    harness.clock.advance(seconds=21)
    other = worker_through(harness, proxy)
    await other.drain(10)
    proxy.resumed.set()
    await harness.worker.stop()
    await other.drain(10)
    assert [mail.recipients for mail in harness.list_mails()].count(["carl@staden.example"]) == 1


async def test_a_second_death_before_the_look_still_leaves_one_card(
    harness: DeliveryHarness, proxy: FaultyProxy
) -> None:
    proxy.faults = {"chat.postMessage": ["hang"], "conversations.history": ["hang"]}
    await harness.town.submit()
    for _ in range(2):
        proxy.is_hanging.clear()
        await harness.worker._start_next()
        await harness.worker._start_next()
        await asyncio.wait_for(proxy.is_hanging.wait(), PATIENCE)
        await kill_worker(harness.worker)
        harness.worker = worker_through(harness, proxy)
        harness.clock.advance(minutes=2)
    await harness.worker.drain(10)
    assert len(harness.list_posts()) == 1


async def test_a_thread_line_whose_answer_was_lost_is_posted_once(
    harness: DeliveryHarness, proxy: FaultyProxy
) -> None:
    done = await harness.town.submit()
    await harness.worker.drain(10)
    await harness.town.perform("anna", TakeCase(case_id=done.case_id))
    proxy.faults = {"chat.postMessage": ["cut"]}  # the thread's first line
    await harness.advance(seconds=11)
    proxy.faults = {"chat.postMessage": ["cut"]}  # the line itself
    await harness.advance(minutes=2)
    await harness.advance(minutes=2)
    assert [one["text"][:12] for one in harness.list_replies()] == ["Skriv inga n", "Anna Berg to"]


async def test_slack_that_asks_for_patience_is_left_alone_for_as_long(
    harness: DeliveryHarness, proxy: FaultyProxy
) -> None:
    proxy.faults = {"chat.postMessage": ["slow"]}
    await harness.town.submit()
    await harness.worker.drain(10)
    await harness.advance(seconds=6)
    too_soon = len(harness.list_posts())
    await harness.advance(seconds=2)
    assert (too_soon, len(harness.list_posts())) == (0, 1)


async def test_a_channel_that_asks_for_patience_holds_only_itself(
    harness: DeliveryHarness, proxy: FaultyProxy
) -> None:
    proxy.faults = {"chat.postMessage": ["slow"]}
    await harness.town.submit()
    await harness.town.submit(service="oro", values={})
    await harness.worker.drain(10)
    assert (len(harness.list_posts(BYGGLOV_CHANNEL)), len(harness.list_posts(ORO_CHANNEL))) == (0, 1)


async def test_when_slack_is_down_the_work_waits_and_it_shows(harness: DeliveryHarness) -> None:
    harness.worker = harness.start_worker(slack=SlackClient("xoxb-x", "http://127.0.0.1:9/api/"))
    await harness.town.submit()
    await harness.worker.drain(10)
    delayed = await harness.database.read(lambda tx: deliveries.count_all_delayed(tx, harness.clock()))
    assert delayed == 1


async def test_when_slack_is_back_everything_goes(harness: DeliveryHarness) -> None:
    healthy, harness.worker = (
        harness.worker,
        harness.start_worker(slack=SlackClient("xoxb-x", "http://127.0.0.1:9/api/")),
    )
    for _ in range(3):
        await harness.town.submit()
    for _ in range(8):
        await harness.advance(minutes=1)
    harness.worker = healthy
    await harness.advance(minutes=1)
    assert len(harness.list_posts()) == 3
