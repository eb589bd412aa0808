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
from tests.delivery.conftest import BYGGLOV, ORO, Office
from tests.delivery.line import Line, line_to


@pytest.fixture
async def line(office: Office) -> AsyncIterator[Line]:
    async with line_to(office.sandbox.api_url) as line:
        office.worker = over(office, line)
        yield line


def over(office: Office, line: Line) -> Worker:
    return office.another_worker(slack=SlackClient(office.sandbox.app.bot_token, line.url, seconds=10))


async def kill(worker: Worker) -> None:
    """As kill -9 does: what was on its way is left as it stands in the store."""
    tasks = list(worker._flying)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("fault", ["cut", "500", "never"])
async def test_a_card_whose_answer_was_lost_is_posted_once(office: Office, line: Line, fault: str) -> None:
    line.faults = {"chat.postMessage": [fault]}
    await office.town.submits()
    await office.worker.drain(10)
    await office.goes_by(minutes=2)
    assert len(office.posted()) == 1


async def test_a_worker_killed_between_post_and_answer_leaves_one_card(office: Office, line: Line) -> None:
    line.faults = {"chat.postMessage": ["hang"]}
    await office.town.submits()
    await office.worker._launch()
    await office.worker._launch()
    await asyncio.wait_for(line.hung.wait(), 5)
    await kill(office.worker)
    office.worker = over(office, line)
    await office.goes_by(minutes=2)
    assert len(office.posted()) == 1


async def test_what_takes_long_is_not_taken_up_by_another_worker(office: Office, line: Line) -> None:
    line.faults = {"chat.postMessage": ["hang"]}
    await office.town.submits()
    running = asyncio.create_task(office.worker.run())
    await asyncio.wait_for(line.hung.wait(), 5)
    for _ in range(4):
        office.clock.pass_(seconds=9)
        office.worker.wake()
        await asyncio.sleep(0.15)
    assert not await office.database.read(lambda tx: claims.is_due(tx, office.clock()))
    running.cancel()
    await kill(office.worker)


async def test_a_worker_that_is_stopped_while_slack_does_not_answer_stops_and_leaves_one_card(
    office: Office, line: Line
) -> None:
    line.faults = {"chat.postMessage": ["hang"]}
    await office.town.submits()
    running = asyncio.create_task(office.worker.run())
    await asyncio.wait_for(line.hung.wait(), 5)
    async with asyncio.timeout(2):
        await office.worker.stop(0.1)
        await running
    office.worker = over(office, line)
    await office.goes_by(minutes=2)
    assert len(office.posted()) == 1


async def test_who_wakes_when_another_has_taken_over_tells_nobody_a_second_time(
    office: Office, line: Line
) -> None:
    case = await office.town.submits()
    await office.worker.drain(10)
    await office.town.does("anna", AddNote(case_id=case.case_id, text="Se här", mentions=("carl",)))
    office.clock.pass_(seconds=11)
    line.faults = {"users.lookupByEmail": ["hang"]}
    await office.worker._launch()
    await asyncio.wait_for(line.hung.wait(), 5)
    office.clock.pass_(seconds=21)
    other = over(office, line)
    await other.drain(10)
    line.resumed.set()
    await office.worker.stop()
    await other.drain(10)
    assert [mail.recipients for mail in office.mails()].count(["carl@staden.example"]) == 1


async def test_a_second_death_before_the_look_still_leaves_one_card(office: Office, line: Line) -> None:
    line.faults = {"chat.postMessage": ["hang"], "conversations.history": ["hang"]}
    await office.town.submits()
    for _ in range(2):
        line.hung.clear()
        await office.worker._launch()
        await office.worker._launch()
        await asyncio.wait_for(line.hung.wait(), 5)
        await kill(office.worker)
        office.worker = over(office, line)
        office.clock.pass_(minutes=2)
    await office.worker.drain(10)
    assert len(office.posted()) == 1


async def test_a_thread_line_whose_answer_was_lost_is_posted_once(office: Office, line: Line) -> None:
    done = await office.town.submits()
    await office.worker.drain(10)
    await office.town.does("anna", TakeCase(case_id=done.case_id))
    line.faults = {"chat.postMessage": ["cut"]}  # the thread's first line
    await office.goes_by(seconds=11)
    line.faults = {"chat.postMessage": ["cut"]}  # the line itself
    await office.goes_by(minutes=2)
    await office.goes_by(minutes=2)
    assert [one["text"][:12] for one in office.replies()] == ["Skriv inga n", "Anna Berg to"]


async def test_slack_that_asks_for_patience_is_left_alone_for_as_long(office: Office, line: Line) -> None:
    line.faults = {"chat.postMessage": ["slow"]}
    await office.town.submits()
    await office.worker.drain(10)
    await office.goes_by(seconds=6)
    too_soon = len(office.posted())
    await office.goes_by(seconds=2)
    assert (too_soon, len(office.posted())) == (0, 1)


async def test_a_channel_that_asks_for_patience_holds_only_itself(office: Office, line: Line) -> None:
    line.faults = {"chat.postMessage": ["slow"]}
    await office.town.submits()
    await office.town.submits(service="oro", values={})
    await office.worker.drain(10)
    assert (len(office.posted(BYGGLOV)), len(office.posted(ORO))) == (0, 1)


async def test_when_slack_is_down_the_work_waits_and_it_shows(office: Office) -> None:
    office.worker = office.another_worker(slack=SlackClient("xoxb-x", "http://127.0.0.1:9/api/"))
    await office.town.submits()
    await office.worker.drain(10)
    delayed = await office.database.read(lambda tx: deliveries.delayed(tx, office.clock()))
    assert delayed == {"card": 1}


async def test_when_slack_is_back_everything_goes(office: Office) -> None:
    healthy, office.worker = (
        office.worker,
        office.another_worker(slack=SlackClient("xoxb-x", "http://127.0.0.1:9/api/")),
    )
    for _ in range(3):
        await office.town.submits()
    for _ in range(8):
        await office.goes_by(minutes=1)
    office.worker = healthy
    await office.goes_by(minutes=1)
    assert len(office.posted()) == 3
