"""What is told in the morning of cases that wait, and during the day of messages that nobody has read."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.catalog.people import Grant
from bot.catalog.services import Notices
from bot.domain.absence import Absence
from bot.domain.assignment import ReleaseCase, TakeCase
from bot.domain.office_hours import subtract_working_time
from bot.jobs.dependencies import JobDependencies
from bot.jobs.waiting_case_reminders import notify_of_unread, send_morning_lines
from bot.store.officers import absences
from bot.text.working_days import at_local_time, local_day
from tests.delivery.conftest import DeliveryHarness
from tests.delivery.slack.test_threads_and_notices import ANNA, BO, receive_message
from tests.municipality import small_catalog


def set_notices(harness: DeliveryHarness, notices: Notices | None = None) -> JobDependencies:
    """Anna is the building permits' coordinator."""
    services = harness.town.service.catalog.services
    coordinator = Grant(officer="anna", coordinator=True)
    changes = {"officers": (coordinator, *services["bygglov"].officers), "notices": notices or Notices()}
    services["bygglov"] = services["bygglov"].model_copy(update=changes)
    return JobDependencies(harness.town.service, None, Path(), None)  # type: ignore[arg-type]


def told_in_channel(harness: DeliveryHarness) -> list[str]:
    return [one["text"] for one in harness.list_posts() if "God morgon" in one["text"]]


async def test_a_channel_hears_once_on_a_working_morning_what_waits(harness: DeliveryHarness) -> None:
    deps = set_notices(harness)
    first, second = await harness.town.submit(), await harness.town.submit()
    await harness.town.perform("bo", TakeCase(case_id=second.case_id, expected=()))
    await harness.advance(hours=20)  # six o'clock on Tuesday
    await send_morning_lines(deps)
    await harness.advance(hours=2)
    assert told_in_channel(harness) == []
    for _ in range(2):
        await send_morning_lines(deps)
        await harness.advance(minutes=5)
    told = "God morgon! 2 nya ärenden och 1 obehandlat för länge."
    assert told_in_channel(harness) == [told]
    await harness.town.perform("bo", TakeCase(case_id=first.case_id, expected=()))
    await harness.advance(days=1)
    await send_morning_lines(deps)
    await harness.advance(minutes=5)
    assert told_in_channel(harness) == [told], "there is nothing to say"


async def test_a_channel_may_be_left_in_peace_and_is_so_on_saturdays(harness: DeliveryHarness) -> None:
    deps = set_notices(harness, Notices(morning=False))
    await harness.town.submit()
    await harness.advance(days=1)
    await send_morning_lines(deps)
    set_notices(harness)
    await harness.advance(days=4)  # Saturday
    await send_morning_lines(deps)
    await harness.advance(minutes=5)
    assert told_in_channel(harness) == []


OFFICE_DAYS = [
    (date(2026, 12, 23), True),
    (date(2026, 12, 24), False),  # Christmas Eve
    (date(2026, 12, 25), False),
    (date(2026, 12, 31), False),  # New Year's Eve
    (date(2027, 1, 1), False),
    (date(2027, 1, 5), True),  # half a day before Epiphany
    (date(2027, 1, 6), False),
    (date(2027, 3, 25), True),  # Maundy Thursday, half a day
    (date(2027, 3, 26), False),  # Good Friday
    (date(2027, 3, 29), False),  # Easter Monday
    (date(2027, 4, 30), True),  # Walpurgis Night, half a day
    (date(2027, 5, 5), True),  # the day before Ascension Day
    (date(2027, 5, 6), False),  # Ascension Day
    (date(2027, 5, 7), False),  # closed by the municipality
    (date(2027, 6, 25), False),  # Midsummer's Eve
    (date(2027, 11, 5), True),  # half a day before All Saints' Day
]
"""Days in Sweden, and whether the office is open on their mornings."""


def close_on(harness: DeliveryHarness, *days: date) -> None:
    """The municipality's own closed days."""
    catalog = harness.town.service.catalog
    municipality = catalog.municipality.model_copy(update={"closed_days": days})
    object.__setattr__(catalog, "municipality", municipality)


@pytest.mark.parametrize(("day", "is_open"), OFFICE_DAYS)
async def test_a_channel_hears_on_half_days_and_on_no_holiday(
    harness: DeliveryHarness, day: date, is_open: bool
) -> None:
    deps = set_notices(harness)
    close_on(harness, date(2027, 5, 7))
    harness.clock.now = at_local_time(day, time(6))
    await harness.town.submit()
    harness.clock.now = at_local_time(day, time(9))
    await send_morning_lines(deps)
    await harness.advance(minutes=5)
    assert told_in_channel(harness) == (["God morgon! 1 nytt ärende."] if is_open else [])


async def test_after_holidays_all_that_came_since_the_last_working_morning_is_new(
    harness: DeliveryHarness,
) -> None:
    deps = set_notices(harness, Notices(unhandled_days=9))
    for day, hour in ((22, 9), (23, 9), (24, 9), (26, 9)):
        harness.clock.now = at_local_time(date(2026, 12, day), time(hour))
        await harness.town.submit()
    harness.clock.now = at_local_time(date(2026, 12, 28), time(9))
    await send_morning_lines(deps)
    await harness.advance(minutes=5)
    assert told_in_channel(harness) == ["God morgon! 3 nya ärenden."], "the one of Tuesday was told of before"


async def test_a_coordinator_waits_working_days_and_no_holidays(harness: DeliveryHarness) -> None:
    deps = set_notices(harness)
    harness.clock.now = at_local_time(date(2026, 12, 23), time(10))
    await harness.town.submit()
    for day, is_told in ((28, False), (29, True)):
        harness.clock.now = at_local_time(date(2026, 12, day), time(9))
        await send_morning_lines(deps)
        await harness.advance(minutes=1)
        assert any("obehandlat" in one for one in harness.list_private_messages(ANNA)) == is_told, day


async def test_of_a_case_that_was_given_back_today_nothing_is_said_that_is_not_so(
    harness: DeliveryHarness,
) -> None:
    """It is told of at once, by how long ago it came in: that somebody had it meanwhile makes it no less late."""
    deps = set_notices(harness)
    case = await harness.town.submit()
    await harness.town.perform("bo", TakeCase(case_id=case.case_id))
    await harness.advance(days=2)
    await harness.town.perform("bo", ReleaseCase(case_id=case.case_id))
    await send_morning_lines(deps)
    await harness.advance(minutes=1)
    (notice,) = harness.list_private_messages(ANNA)
    assert notice == "1 ärende i Bygglov är obehandlat och kom in för minst 2 arbetsdagar sedan."


async def test_a_coordinator_hears_of_cases_that_nobody_takes(harness: DeliveryHarness) -> None:
    deps = set_notices(harness)
    await harness.town.submit()
    for day in range(3):
        await send_morning_lines(deps)
        await harness.advance(minutes=1)
        told = [one for one in harness.list_private_messages(ANNA) if "obehandlat" in one]
        expected = "1 ärende i Bygglov är obehandlat och kom in för minst 2 arbetsdagar sedan."
        assert told == ([expected] if day == 2 else [])
        await harness.advance(days=1)
    assert harness.list_private_messages(BO) == []


@pytest.mark.parametrize(
    ("substitute", "told", "line"),
    [("bo", BO, " Du får detta som ersättare för Anna Berg."), ("", ANNA, ""), ("rut", ANNA, "")],
    ids=["who stands in", "nobody stands in", "who stands in has only some cases"],
)
async def test_while_a_coordinator_is_away_who_stands_in_hears_of_cases_that_nobody_takes(
    harness: DeliveryHarness, substitute: str, told: str, line: str
) -> None:
    deps = set_notices(harness)
    await harness.town.submit()
    await harness.advance(days=2)
    day = local_day(harness.clock())
    absence = Absence("anna", day, day + timedelta(days=3), substitute)
    await harness.database.write(lambda tx: absences.save(tx, absence, "officer:anna", harness.clock()))
    await send_morning_lines(deps)
    await harness.advance(minutes=1)
    messages = {who: harness.list_private_messages(who) for who in (ANNA, BO)}
    text = f"1 ärende i Bygglov är obehandlat och kom in för minst 2 arbetsdagar sedan.{line}"
    assert messages == {ANNA: [], BO: []} | {told: [text]}


async def test_a_message_that_nobody_reads_is_told_to_the_coordinator_after_four_working_hours(
    harness: DeliveryHarness,
) -> None:
    deps = set_notices(harness)
    case = await harness.town.submit()
    await receive_message(harness, case)  # at ten o'clock
    await harness.advance(hours=3, minutes=58)
    await notify_of_unread(deps)
    await harness.advance(minutes=1)
    assert harness.list_private_messages(ANNA) == []
    await harness.advance(minutes=2)
    for _ in range(2):
        await notify_of_unread(deps)
        await harness.advance(minutes=1)
    waits = f"Sökanden har väntat i fyra arbetstimmar, och ingen har {case.number} · Bygglov"
    assert harness.list_private_messages(ANNA) == [waits]


async def test_who_writes_again_while_nobody_reads_does_not_wait_anew(harness: DeliveryHarness) -> None:
    deps = set_notices(harness)
    case = await harness.town.submit()
    await receive_message(harness, case)  # at ten o'clock
    await harness.advance(hours=3)
    await receive_message(harness, case)
    counts = []
    for _ in range(2):
        await harness.advance(hours=1, minutes=1)
        for _ in range(2):
            await notify_of_unread(deps)
            await harness.advance(seconds=20)
        counts.append(len(harness.list_private_messages(ANNA)))
    await harness.advance(hours=18)  # nine the next morning: four working hours after the second
    await notify_of_unread(deps)
    await harness.advance(minutes=1)
    counts.append(len(harness.list_private_messages(ANNA)))
    assert counts == [1, 1, 2]


@pytest.mark.parametrize(
    ("now", "hours", "since"),
    [
        (datetime(2026, 11, 23, 13, tzinfo=UTC), 4, datetime(2026, 11, 23, 9, tzinfo=UTC)),
        (
            datetime(2026, 11, 23, 9, tzinfo=UTC),
            4,
            datetime(2026, 11, 20, 13, 30, tzinfo=UTC),
        ),  # Friday 14.30
        (
            datetime(2026, 11, 22, 9, tzinfo=UTC),
            1,
            datetime(2026, 11, 20, 14, 30, tzinfo=UTC),
        ),  # from a Sunday
        (datetime(2026, 11, 23, 20, tzinfo=UTC), 9, datetime(2026, 11, 20, 15, tzinfo=UTC)),
        # Monday after Christmas: the last working day before it is the Wednesday.
        (datetime(2026, 12, 28, 9, tzinfo=UTC), 4, datetime(2026, 12, 23, 13, 30, tzinfo=UTC)),
        # The half day before Epiphany is a working day.
        (datetime(2027, 1, 7, 9, tzinfo=UTC), 4, datetime(2027, 1, 5, 13, 30, tzinfo=UTC)),
    ],
)
def test_working_hours_are_counted_back_over_nights_and_weekends(
    now: datetime, hours: int, since: datetime
) -> None:
    assert subtract_working_time(now, timedelta(hours=hours), small_catalog()) == since
