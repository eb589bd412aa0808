"""Slack's pace, kept."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest

from bot.clients.errors import Temporary
from bot.delivery.pace import CHANNEL, POST, RATES, UPDATE, USUAL, Later, Pace
from bot.domain.assignment import TakeCase
from bot.domain.notices import BACKGROUND, SOMEONE_WAITS, CardChanged
from bot.store import Database
from bot.store.cases import system_queries
from bot.store.outbox import deliveries
from bot.store.outbox.rate_limits import Bucket
from sandbox.api.web_api import METHODS
from sandbox.pace import Pace as SlackPace
from tests.delivery.conftest import BYGGLOV, ORO, Office

METHODS_PACED = [
    POST,
    UPDATE,
    "conversations.replies",
    "conversations.list",
    "conversations.open",
    "users.info",
]


class Simulated:
    """A clock of seconds that is told what to say."""

    at = 0.0

    def now(self) -> float:
        return self.at


@pytest.mark.parametrize("method", METHODS_PACED)
def test_an_hour_of_all_that_there_is_room_for_earns_no_refusal(method: str) -> None:
    """Each call is held up on its way by up to half a second."""
    dice, began, clock = random.Random(7), datetime(2026, 11, 23, tzinfo=UTC), Simulated()
    slack = SlackPace(clock)  # type: ignore[arg-type]
    bucket = Bucket(method, *RATES.get(method, USUAL))
    channels = [Bucket(f"C{n}", *CHANNEL) for n in range(8)] if method == POST else []
    empty_at = {one.key: began for one in (bucket, *channels)}
    now, calls = began, []
    while now < began + timedelta(hours=1):
        wanted = [bucket, dice.choice(channels)] if channels else [bucket]
        if wait := max(one.wait(empty_at[one.key], now) for one in wanted):
            now += timedelta(seconds=min(wait, 0.1))
            continue
        empty_at |= {one.key: one.filled(empty_at[one.key], now) for one in wanted}
        calls.append(((now - began).total_seconds() + dice.uniform(0, 0.5), wanted[-1].key))
    for at, key in sorted(calls):
        clock.at = at
        slack.refusal(method, METHODS[method].tier, key if channels else None)
    assert (len(calls) > 12 * 60, dict(slack.refused)) == (True, {})


async def post(database: Database, channel: str = "bygglov", scale: float = 1.0) -> None:
    """One post to the channel, by a process of its own."""
    pace = Pace(database, scale)
    await database.write(lambda tx: pace.take_within(tx, POST, channel=channel))


async def test_a_full_channel_leaves_room_in_another(database: Database) -> None:
    pace = Pace(database)
    for _ in range(CHANNEL[0]):
        await post(database)
    assert await database.read(lambda tx: pace.full(tx, ["bygglov", "oro"])) == {"bygglov"}


async def test_a_refused_place_takes_none_in_another_bucket(database: Database) -> None:
    for _ in range(CHANNEL[0]):
        await post(database)
    for _ in range(100):
        with pytest.raises(Later):
            await post(database)
    await post(database, "oro")


async def test_background_leaves_room_for_those_who_press(database: Database) -> None:
    pace = Pace(database)
    with pytest.raises(Later):
        for _ in range(100):
            await pace.take(UPDATE, priority=BACKGROUND)
    for _ in range(8):
        await pace.take(UPDATE, priority=SOMEONE_WAITS)


async def test_a_method_slack_wants_left_alone_is_left_alone(database: Database) -> None:
    pace = Pace(database)
    refused = Temporary("slack_pace", retry_after=30, method=UPDATE)
    await database.write(lambda tx: pace.heed(tx, refused))
    assert await database.read(pace.redraws) == -1
    with pytest.raises(Later):
        await pace.take(UPDATE)


async def test_room_comes_back_at_its_own_speed(database: Database) -> None:
    for _ in range(CHANNEL[0]):
        await post(database, scale=4)
    with pytest.raises(Later) as later:
        await post(database, scale=4)
    await asyncio.sleep(later.value.seconds)
    await post(database, scale=4)


async def test_a_channel_takes_a_few_posts_at_once_whichever_process_made_them(database: Database) -> None:
    for _ in range(CHANNEL[0]):
        await post(database)
    with pytest.raises(Later):
        await post(database)


async def test_processes_at_once_take_no_more_than_one_would(database: Database) -> None:
    taken = await asyncio.gather(*(post(database) for _ in range(12)), return_exceptions=True)
    assert [type(one) for one in taken].count(Later) == 12 - CHANNEL[0]


async def test_a_press_is_answered_while_a_thousand_cards_wait_to_be_redrawn(office: Office) -> None:
    done = [await office.town.submits() for _ in range(20)]
    await office.worker.drain(20)
    slow = office.another_worker(pace=0.5)
    for one in done:
        await office.database.write(lambda tx, one=one: _redraw(tx, one.case_id, office))
    await slow.drain(10)
    redrawn = office.calls("chat.update")
    await office.town.does("anna", TakeCase(case_id=done[-1].case_id))
    await slow.drain(10)
    assert (redrawn < 20, "Anna Berg" in str(office.posted()[-1]["blocks"])) == (True, True)


def _redraw(tx, case_id: str, office: Office) -> None:  # type: ignore[no-untyped-def]
    case = system_queries.case(tx, case_id)
    assert case is not None
    deliveries.enqueue(tx, case, [(case.seq, CardChanged(BACKGROUND))], office.clock())


async def test_a_channel_s_pace_holds_up_no_other_channel(office: Office) -> None:
    slow = office.another_worker(pace=0.01)
    for _ in range(6):
        await office.town.submits()
    await office.town.submits(service="oro", values={})
    await slow.drain(10)
    assert (len(office.posted(BYGGLOV)), len(office.posted(ORO))) == (3, 1)


async def test_what_nobody_waits_for_waits_for_room(sqlite_database: Database) -> None:
    pace, rests = Pace(sqlite_database, 10.0), []
    for _ in range(USUAL[0]):
        await pace.take("reactions.add")

    async def sleep(seconds: float) -> None:
        rests.append(seconds)
        await asyncio.sleep(seconds)

    async with pace.room("reactions.add", sleep):
        assert rests and sum(rests) < 1


async def test_a_method_slack_refuses_to_what_nobody_waits_for_is_left_alone_by_all(
    sqlite_database: Database,
) -> None:
    pace = Pace(sqlite_database)
    with pytest.raises(Temporary):
        async with pace.room("reactions.add", asyncio.sleep):
            raise Temporary("slack_pace", retry_after=30, method="reactions.add")
    with pytest.raises(Later):
        await pace.take("reactions.add")
