"""Slack's pace, kept."""

from __future__ import annotations

import pytest

from bot.delivery.pace import CHANNEL, POST, RATES, UPDATE, Later, Pace
from bot.domain.assignment import TakeCase
from bot.domain.notices import BACKGROUND, SOMEONE_WAITS, CardChanged
from bot.store import facts, outbox
from tests.delivery.conftest import BYGGLOV, ORO, Office


@pytest.mark.parametrize(("method", "tier"), [(UPDATE, 50), ("conversations.list", 20), ("users.info", 100)])
def test_no_minute_holds_more_than_the_tier_allows(method: str, tier: int) -> None:
    at_once, a_second = RATES[method]
    assert at_once + 60 * a_second <= tier


async def test_a_channel_takes_a_few_posts_at_once_and_then_no_more() -> None:
    pace = Pace()
    for _ in range(CHANNEL[0]):
        await pace.take(POST, channel="bygglov")
    with pytest.raises(Later):
        await pace.take(POST, channel="bygglov")


async def test_a_full_channel_leaves_room_in_another() -> None:
    pace = Pace()
    for _ in range(CHANNEL[0]):
        await pace.take(POST, channel="bygglov")
    assert pace.full(["bygglov", "oro"]) == {"bygglov"}


async def test_background_leaves_room_for_those_who_press() -> None:
    pace = Pace()
    with pytest.raises(Later):
        for _ in range(100):
            await pace.take(UPDATE, priority=BACKGROUND)
    for _ in range(8):
        await pace.take(UPDATE, priority=SOMEONE_WAITS)


async def test_a_method_slack_wants_left_alone_is_left_alone() -> None:
    pace = Pace()
    pace.hold(UPDATE, 30)
    assert pace.redraws() == -1


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
    case = facts.case(tx, case_id)
    assert case is not None
    outbox.enqueue(tx, case, [(case.seq, CardChanged(BACKGROUND))], office.clock())


async def test_a_channel_s_pace_holds_up_no_other_channel(office: Office) -> None:
    slow = office.another_worker(pace=0.01)
    for _ in range(6):
        await office.town.submits()
    await office.town.submits(service="oro", values={})
    await slow.drain(10)
    assert (len(office.posted(BYGGLOV)), len(office.posted(ORO))) == (3, 1)
