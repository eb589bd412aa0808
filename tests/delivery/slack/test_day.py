"""Din dag: who wants it is told in the morning what of theirs needs something that day."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from bot.domain.absence import Absence
from bot.domain.assignment import ChangeAssignees
from bot.domain.flags import Flag
from bot.domain.messages.correspondence import SendMessage
from bot.domain.preferences import Preferences
from bot.domain.status import SetStatus
from bot.jobs.daily_digest import send_daily_digests
from bot.store.officers import absences, flags, preferences
from bot.text.working_days import at_local_time, local_day
from tests.delivery.conftest import DeliveryHarness
from tests.delivery.slack.test_mornings import OFFICE_DAYS, close_on, set_notices
from tests.delivery.slack.test_threads_and_notices import ANNA, BO, receive_message


def days_told(harness: DeliveryHarness, who: str) -> list[str]:
    return [one for one in harness.list_private_messages(who) if one.startswith("Din dag")]


def buttons_of_day(harness: DeliveryHarness, who: str) -> str:
    """The buttons of the last Din dag that the officer has had."""
    channels = harness.sandbox.shared.workspace.channels.values()
    private = [m for one in channels if one.is_im and who in one.members for m in one.messages.values()]
    (*_, last) = [one for one in private if one.text.startswith("Din dag")]
    return str([one for one in last.blocks if one["type"] == "actions"])


async def want_day(harness: DeliveryHarness, *officers: str) -> None:
    for who in officers:
        await harness.database.write(
            lambda tx, who=who: preferences.save(tx, who, Preferences(wants_day=True))
        )  # type: ignore[misc]


async def assign_to_bo(harness: DeliveryHarness, case_id: str) -> None:
    given = ChangeAssignees(case_id=case_id, assignees=("officer:bo",), expected=())
    await harness.town.perform("anna", given)


async def test_who_wants_it_hears_once_in_the_morning_what_waits_and_nothing_else(
    harness: DeliveryHarness,
) -> None:
    deps = set_notices(harness)
    case, other = await harness.town.submit(), await harness.town.submit()
    await want_day(harness, "anna", "bo")
    await assign_to_bo(harness, case.case_id)
    await assign_to_bo(harness, other.case_id)
    await receive_message(harness, case)
    flag = Flag(other.case_id, "Ring Karl", harness.clock() + timedelta(hours=23))
    officer = await harness.town.service.load_officer("bo")
    assert officer is not None
    await harness.database.write(lambda tx: flags.save(tx, officer, flag, harness.clock()))
    await harness.advance(hours=20)  # six o'clock on Tuesday
    await send_daily_digests(deps)
    await harness.advance(hours=2)
    assert days_told(harness, BO) == []
    for _ in range(2):
        await send_daily_digests(deps)
        await harness.advance(minutes=5)
    (told,) = days_told(harness, BO)
    assert "1 ärende med något nytt från sökanden" in told and "1 påminnelse som du har lagt in" in told
    assert "2 ärenden som har tilldelats dig" in told
    assert "försenat" not in told and case.number not in told and "Karl" not in told
    assert days_told(harness, ANNA) == [], "there is nothing to say"


async def test_messages_that_leave_today_and_that_were_stopped_are_told_to_their_writer(
    harness: DeliveryHarness,
) -> None:
    deps = set_notices(harness)
    await want_day(harness, "anna", "bo")
    cases = [await harness.town.submit() for _ in range(3)]
    for case, days in zip(cases, (0, 1, 2), strict=True):
        send_at = harness.clock() + timedelta(days=days, hours=2)
        command = SendMessage(case_id=case.case_id, text="Hej Karl!", send_at=send_at)
        await harness.town.perform("bo", command)
    closing = SetStatus(case_id=cases[0].case_id, status="closed", expected="submitted", note="Klart")
    await harness.town.perform("anna", closing)
    await harness.advance(hours=22)  # eight o'clock on Tuesday
    await send_daily_digests(deps)
    await harness.advance(minutes=5)
    (told,) = days_told(harness, BO)
    assert "1 meddelande från dig som skickas i dag" in told
    assert "1 av dina meddelanden skickades inte" in told
    blocks = buttons_of_day(harness, BO)
    assert f"Ej skickat: {cases[0].number}" in blocks and "case:read#0" in blocks
    assert cases[1].number not in blocks
    assert days_told(harness, ANNA) == []
    await harness.advance(days=1)
    await send_daily_digests(deps)
    await harness.advance(minutes=5)
    assert "1 meddelande från dig som skickas i dag" in days_told(harness, BO)[-1]
    assert "skickades inte" not in days_told(harness, BO)[-1]


async def test_nobody_hears_on_saturdays_while_away_or_without_having_asked(harness: DeliveryHarness) -> None:
    deps = set_notices(harness)
    case = await harness.town.submit()
    await assign_to_bo(harness, case.case_id)
    await harness.advance(days=1)
    await send_daily_digests(deps)  # he has not asked
    await want_day(harness, "bo")
    today = local_day(harness.clock())
    away = Absence("bo", today, today)
    await harness.database.write(lambda tx: absences.save(tx, away, "officer:bo", harness.clock()))
    await send_daily_digests(deps)
    await harness.advance(days=4)  # Saturday
    await send_daily_digests(deps)
    assert days_told(harness, BO) == []


@pytest.mark.parametrize(("day", "is_open"), OFFICE_DAYS)
async def test_the_day_is_told_on_half_days_and_on_no_holiday(
    harness: DeliveryHarness, day: date, is_open: bool
) -> None:
    deps = set_notices(harness)
    close_on(harness, date(2027, 5, 7))
    await want_day(harness, "bo")
    harness.clock.now = at_local_time(day, time(6))
    case = await harness.town.submit()
    await assign_to_bo(harness, case.case_id)
    harness.clock.now = at_local_time(day, time(9))
    await send_daily_digests(deps)
    await harness.advance(minutes=5)
    assert len(days_told(harness, BO)) == is_open


async def test_after_holidays_the_day_has_all_that_came_since_the_last_working_morning(
    harness: DeliveryHarness,
) -> None:
    deps = set_notices(harness)
    await want_day(harness, "bo")
    for day in (22, 23, 24):
        harness.clock.now = at_local_time(date(2026, 12, day), time(9))
        case = await harness.town.submit()
        await assign_to_bo(harness, case.case_id)
    harness.clock.now = at_local_time(date(2026, 12, 28), time(9))
    await send_daily_digests(deps)
    await harness.advance(minutes=5)
    (told,) = days_told(harness, BO)
    assert "2 ärenden som har tilldelats dig" in told
