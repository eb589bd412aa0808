"""Slack's pace, kept."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest

from bot.clients.errors import TemporaryFailure
from bot.delivery import slack_rate_limits as rate_limits
from bot.delivery.slack_rate_limits import (
    CHANNEL_LIMIT,
    DEFAULT_LIMIT,
    METHOD_LIMITS,
    POST,
    UPDATE,
    RateLimit,
    RateLimited,
)
from bot.domain.assignment import TakeCase
from bot.domain.notices import BACKGROUND, SOMEONE_WAITS, CardUpdate
from bot.store import Database
from bot.store.cases import system_queries
from bot.store.outbox import deliveries
from bot.store.outbox.rate_limits import Bucket
from sandbox.api.web_api import METHODS
from sandbox.pace import Pace as SlackPace
from tests.conftest import Clock
from tests.delivery.conftest import BYGGLOV_CHANNEL, ORO_CHANNEL, DeliveryHarness

LIMITED_METHODS = [
    POST,
    UPDATE,
    "conversations.replies",
    "conversations.list",
    "conversations.open",
    "users.info",
]


@pytest.fixture
def slack_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time that Slack counts by stands still until a test moves it on: a slow machine gets no room by waiting."""
    clock = Clock(datetime.now(UTC))
    monkeypatch.setattr(rate_limits, "_now", clock)
    return clock


class SimulatedClock:
    """A clock of seconds that is told what to say."""

    at = 0.0

    def now(self) -> float:
        return self.at


@pytest.mark.parametrize("method", LIMITED_METHODS)
def test_an_hour_of_all_that_there_is_room_for_earns_no_refusal(method: str) -> None:
    """Each call is held up on its way by up to half a second."""
    dice, began, clock = random.Random(7), datetime(2026, 11, 23, tzinfo=UTC), SimulatedClock()
    slack = SlackPace(clock)  # type: ignore[arg-type]
    bucket = Bucket(method, *METHOD_LIMITS.get(method, DEFAULT_LIMIT))
    channels = [Bucket(f"C{n}", *CHANNEL_LIMIT) for n in range(8)] if method == POST else []
    empty_at = {one.key: began for one in (bucket, *channels)}
    now, calls = began, []
    while now < began + timedelta(hours=1):
        wanted = [bucket, dice.choice(channels)] if channels else [bucket]
        if wait := max(one.seconds_until_free(empty_at[one.key], now) for one in wanted):
            now += timedelta(seconds=min(wait, 0.1))
            continue
        empty_at |= {one.key: one.empty_at_after_call(empty_at[one.key], now) for one in wanted}
        calls.append(((now - began).total_seconds() + dice.uniform(0, 0.5), wanted[-1].key))
    for at, key in sorted(calls):
        clock.at = at
        slack.refusal(method, METHODS[method].tier, key if channels else None)
    assert (len(calls) > 12 * 60, dict(slack.refused)) == (True, {})


async def post_once(database: Database, channel: str = "bygglov", scale: float = 1.0) -> None:
    """One post to the channel, by a process of its own."""
    rate_limit = RateLimit(database, scale)
    await database.write(lambda tx: rate_limit.acquire_in_transaction(tx, POST, channel=channel))


@pytest.mark.usefixtures("slack_clock")
async def test_a_full_channel_leaves_room_in_another(database: Database) -> None:
    rate_limit = RateLimit(database)
    for _ in range(CHANNEL_LIMIT[0]):
        await post_once(database)
    assert await database.read(lambda tx: rate_limit.find_full_channels(tx, ["bygglov", "oro"])) == {
        "bygglov"
    }


@pytest.mark.usefixtures("slack_clock")
async def test_a_refused_place_takes_none_in_another_bucket(database: Database) -> None:
    for _ in range(CHANNEL_LIMIT[0]):
        await post_once(database)
    for _ in range(100):
        with pytest.raises(RateLimited):
            await post_once(database)
    await post_once(database, "oro")


@pytest.mark.usefixtures("slack_clock")
async def test_background_leaves_room_for_those_who_press(database: Database) -> None:
    rate_limit = RateLimit(database)
    with pytest.raises(RateLimited):
        for _ in range(100):
            await rate_limit.acquire(UPDATE, priority=BACKGROUND)
    for _ in range(8):
        await rate_limit.acquire(UPDATE, priority=SOMEONE_WAITS)


async def test_a_method_slack_wants_left_alone_is_left_alone(database: Database) -> None:
    rate_limit = RateLimit(database)
    refused = TemporaryFailure("slack_pace", retry_after=30, method=UPDATE)
    await database.write(lambda tx: rate_limit.apply_retry_after(tx, refused))
    assert await database.read(rate_limit.max_redraw_priority) == -1
    with pytest.raises(RateLimited):
        await rate_limit.acquire(UPDATE)


async def test_room_comes_back_at_its_own_speed(database: Database, slack_clock: Clock) -> None:
    for _ in range(CHANNEL_LIMIT[0]):
        await post_once(database, scale=4)
    with pytest.raises(RateLimited) as later:
        await post_once(database, scale=4)
    slack_clock.advance(seconds=later.value.seconds + 0.001)
    await post_once(database, scale=4)


@pytest.mark.usefixtures("slack_clock")
async def test_a_channel_takes_a_few_posts_at_once_whichever_process_made_them(database: Database) -> None:
    for _ in range(CHANNEL_LIMIT[0]):
        await post_once(database)
    with pytest.raises(RateLimited):
        await post_once(database)


@pytest.mark.usefixtures("slack_clock")
async def test_processes_at_once_take_no_more_than_one_would(database: Database) -> None:
    taken = await asyncio.gather(*(post_once(database) for _ in range(12)), return_exceptions=True)
    assert [type(one) for one in taken].count(RateLimited) == 12 - CHANNEL_LIMIT[0]


async def test_a_press_is_answered_while_a_thousand_cards_wait_to_be_redrawn(
    harness: DeliveryHarness,
) -> None:
    done = [await harness.town.submit() for _ in range(20)]
    await harness.worker.drain(20)
    slow = harness.start_worker(rate_scale=0.5)
    for one in done:
        await harness.database.write(lambda tx, one=one: _redraw(tx, one.case_id, harness))
    await slow.drain(10)
    redrawn = harness.count_calls("chat.update")
    await harness.town.perform("anna", TakeCase(case_id=done[-1].case_id))
    await slow.drain(10)
    assert (redrawn < 20, "Anna Berg" in str(harness.list_posts()[-1]["blocks"])) == (True, True)


def _redraw(tx, case_id: str, harness: DeliveryHarness) -> None:  # type: ignore[no-untyped-def]
    case = system_queries.load_case(tx, case_id)
    assert case is not None
    deliveries.enqueue(tx, case, [(case.seq, CardUpdate(BACKGROUND))], harness.clock())


async def test_a_channel_s_pace_holds_up_no_other_channel(harness: DeliveryHarness) -> None:
    slow = harness.start_worker(rate_scale=0.01)
    for _ in range(6):
        await harness.town.submit()
    await harness.town.submit(service="oro", values={})
    await slow.drain(10)
    assert (len(harness.list_posts(BYGGLOV_CHANNEL)), len(harness.list_posts(ORO_CHANNEL))) == (3, 1)


async def test_what_nobody_waits_for_waits_for_room(sqlite_database: Database, slack_clock: Clock) -> None:
    rate_limit, rests = RateLimit(sqlite_database, 10.0), []
    for _ in range(DEFAULT_LIMIT[0]):
        await rate_limit.acquire("reactions.add")

    async def sleep(seconds: float) -> None:
        rests.append(seconds)
        slack_clock.advance(seconds=seconds + 0.001)  # a clock counts whole microseconds

    async with rate_limit.slot("reactions.add", sleep):
        assert rests and sum(rests) < 1


async def test_a_method_slack_refuses_to_what_nobody_waits_for_is_left_alone_by_all(
    sqlite_database: Database,
) -> None:
    rate_limit = RateLimit(sqlite_database)
    with pytest.raises(TemporaryFailure):
        async with rate_limit.slot("reactions.add", asyncio.sleep):
            raise TemporaryFailure("slack_pace", retry_after=30, method="reactions.add")
    with pytest.raises(RateLimited):
        await rate_limit.acquire("reactions.add")
