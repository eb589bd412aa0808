"""The law's clock: six months from the day a case came in, a warning after five, and time that stands still."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.catalog.services import EService
from bot.domain.actors import Actor, Applicant, Machine
from bot.domain.case import Case
from bot.domain.messages.correspondence import AddInformation, SendMessage, SetStatusOfMessage
from bot.domain.messages.undoing import UndoMessage
from bot.domain.notice_recipients import notify_assignees
from bot.domain.rules import Command, Context, Event
from bot.domain.six_month_rule import (
    ReportDelay,
    delay_lines,
    last_day_to_decide,
    last_received_to_warn,
    warning_day,
)
from bot.domain.status import SetStatus
from bot.domain.submission import arrival_text
from bot.text import add_working_days, words
from bot.text.working_days import count_working_days, local_day, local_noon
from tests.domain.test_authorisation import create_case
from tests.municipality import officer, small_catalog
from tests.people import BYGG, CaseFacts

CATALOG = small_catalog()
SERVICE = CATALOG.services["bygglov"]
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
DUE = date(2026, 12, 7)


class CaseDriver:
    """A case that came in on the Monday, and has ten working days."""

    def __init__(self, service: EService = SERVICE) -> None:
        self.now, self.service, self.ids = NOW, service, iter(range(1000))
        self.case: Case = replace(
            create_case(CaseFacts(BYGG)), service="bygglov", received_at=NOW, due_on=DUE
        )

    def perform(self, command: Command, actor: Actor) -> list[Event]:
        events = command.decide(self.case, self.context(actor))
        for event in events:
            self.case = event.apply(self.case)
        return events

    def context(self, actor: Actor) -> Context:
        return Context(self.now, actor, CATALOG, self.service, new_id=lambda: f"m{next(self.ids)}")

    def report(self, day: date) -> list[str]:
        """What the clock reports on that day."""
        self.now = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
        events = self.perform(ReportDelay(case_id=self.case.id), Machine("clock"))
        return [type(event).__name__ for event in events]

    def ask_for_completion(self) -> None:
        asking = SendMessage(
            case_id=self.case.id, text="Ritning saknas", status="waiting", expected=self.case.status
        )
        self.perform(asking, officer(CATALOG, "anna"))
        self.now += timedelta(seconds=20)
        message = self.case.pending[-1].id
        self.perform(SetStatusOfMessage(case_id=self.case.id, message_id=message), Machine("message"))

    def complete(self) -> None:
        applicant = Applicant(frozenset(self.case.applicants), "mailbox")
        self.perform(AddInformation(case_id=self.case.id, text="Här är den"), applicant)

    def tell_of_delay(self) -> str:
        telling = SendMessage(case_id=self.case.id, text="Vi väntar på ett yttrande", kind="delay")
        self.perform(telling, officer(CATALOG, "anna"))
        return self.case.pending[-1].id

    @property
    def lines(self) -> list[str]:
        return delay_lines(self.case, self.service, words("sv"))


@pytest.fixture
def driver() -> CaseDriver:
    return CaseDriver()


@pytest.mark.parametrize(
    ("received", "last_day"),
    [
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), date(2027, 5, 24)),  # 23 May 2027 is a Sunday
        (
            datetime(2026, 8, 31, 9, 0, tzinfo=UTC),
            date(2027, 3, 1),
        ),  # February has 28 days, the last a Sunday
        (
            datetime(2026, 5, 31, 21, 59, tzinfo=UTC),
            date(2026, 11, 30),
        ),  # a minute before midnight, summer time
        (datetime(2026, 5, 31, 22, 0, tzinfo=UTC), date(2026, 12, 1)),  # midnight: the next day
        (
            datetime(2026, 12, 25, 20, 0, tzinfo=UTC),
            date(2027, 6, 28),
        ),  # Christmas Day; Midsummer's Eve is passed over
    ],
)
def test_the_six_months_are_counted_from_the_day_it_came_in_whatever_day_and_hour(
    received: datetime, last_day: date
) -> None:
    assert last_day_to_decide(received) == last_day


def test_after_five_months_it_is_reported_once_and_after_six_once(driver: CaseDriver) -> None:
    assert driver.report(date(2027, 4, 22)) == []
    assert driver.report(date(2027, 4, 23)) == ["FiveMonthsPassed"]
    assert driver.report(date(2027, 4, 24)) == []
    assert driver.report(date(2027, 5, 24)) == [], "the last day is still in time"
    assert driver.report(date(2027, 5, 25)) == ["SixMonthsPassed"]
    assert driver.report(date(2027, 5, 26)) == []


def test_a_case_that_is_found_late_is_reported_as_it_stands(driver: CaseDriver) -> None:
    assert driver.report(date(2027, 9, 1)) == ["SixMonthsPassed"]
    assert driver.report(date(2027, 9, 2)) == []


def test_nobody_waits_for_a_decision_where_there_is_no_party() -> None:
    report = CaseDriver(SERVICE.model_copy(update={"six_month_rule": False}))
    assert report.report(date(2027, 9, 1)) == []
    assert CaseDriver(SERVICE.model_copy(update={"audience": "internal"})).report(date(2027, 9, 1)) == []
    anonymous = CaseDriver()
    anonymous.case = replace(anonymous.case, applicants=())
    assert anonymous.report(date(2027, 9, 1)) == []


def test_the_applicant_is_to_be_told_of_the_delay_until_the_message_has_left(driver: CaseDriver) -> None:
    assert driver.lines == []
    driver.report(date(2027, 4, 23))
    untold = "Sökanden ska underrättas om förseningen och anledningen (11 § förvaltningslagen)"
    assert driver.lines == [untold]
    message = driver.tell_of_delay()
    assert driver.lines == []
    driver.perform(UndoMessage(case_id=driver.case.id, message_id=message), officer(CATALOG, "anna"))
    assert driver.lines == [untold]
    driver.tell_of_delay()
    driver.report(date(2027, 5, 25))
    assert driver.lines == ["Sex månader har gått: sökanden får begära att ärendet avgörs"]


def test_the_cases_own_time_stands_still_while_the_applicant_completes(driver: CaseDriver) -> None:
    driver.now += timedelta(days=2)
    driver.ask_for_completion()
    assert (driver.case.due_on, driver.case.due_days_left) == (None, 8)
    assert driver.lines == ["Tiden står still i väntan på komplettering: 8 arbetsdagar kvar"]
    driver.now += timedelta(days=30)  # 25 December, a holiday
    driver.complete()
    assert (driver.case.due_on, driver.case.due_days_left) == (date(2027, 1, 11), None)


def test_a_case_that_was_late_already_is_not_less_late_because_it_waits(driver: CaseDriver) -> None:
    driver.now += timedelta(days=30)
    driver.ask_for_completion()
    assert (driver.case.due_on, driver.case.due_days_left) == (DUE, None)


def test_the_laws_six_months_do_not_stand_still(driver: CaseDriver) -> None:
    driver.ask_for_completion()
    assert driver.report(date(2027, 5, 25)) == ["SixMonthsPassed"]


def test_an_officer_who_ends_the_wait_sets_the_time_going(driver: CaseDriver) -> None:
    driver.ask_for_completion()
    driver.now += timedelta(days=7)
    back = SetStatus(case_id=driver.case.id, status="working", expected="waiting", note="Behövs inte")
    driver.perform(back, officer(CATALOG, "anna"))
    assert (driver.case.due_on, driver.case.due_days_left) == (date(2026, 12, 14), None)


def test_nobody_is_told_of_their_own_act(driver: CaseDriver) -> None:
    case = create_case(CaseFacts(BYGG, officers=("anna", "bo")))
    told = notify_assignees(case, "overdue", "officer:anna", CATALOG)
    assert [one.officer for one in told] == ["bo"]


ARRIVED = create_case(CaseFacts(BYGG))


# The rules once more, from the law and without the libraries that the program asks.


def _last_sunday(year: int, month: int) -> date:
    day = date(year, month, 31)
    return day - timedelta(days=(day.weekday() + 1) % 7)


def _swedish_time(at: datetime) -> datetime:
    """Summer time from one o'clock UTC on March's last Sunday until one o'clock on October's."""
    begins, ends = (
        datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
        for day in (_last_sunday(at.year, 3), _last_sunday(at.year, 10))
    )
    return at + timedelta(hours=2 if begins <= at < ends else 1)


MONTHS = {
    "sv": ["jan.", "feb.", "mars", "apr.", "maj", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "dec."],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"],
}


def _check_receipt(at: datetime) -> None:
    """What the receipt, the card and the pages say of when the case came in; of a letter only the day is known."""
    local = _swedish_time(at)
    for language, months in MONTHS.items():
        day = f"{local.day} {months[local.month - 1]} {local.year}"
        sent = replace(ARRIVED, origin="web", received_at=at)
        assert arrival_text(sent, words(language)) == f"{day} {local:%H:%M}", at
        letter = replace(ARRIVED, origin="letter", received_at=local_noon(local_day(at)))
        assert arrival_text(letter, words(language)) == day, at


def _easter(year: int) -> date:
    """Gauss's rule, as corrected by Meeus."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    m = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    n = h + m - 7 * ((a + 11 * h + 22 * m) // 451) + 114
    return date(year, n // 31, n % 31 + 1)


def _free_days(year: int) -> Iterator[date]:
    """Lag (1989:253) om allmänna helgdagar, and the three eves of lag (1930:173)."""
    for month, day in ((1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31)):
        yield date(year, month, day)
    for after in (-2, 0, 1, 39, 49):
        yield _easter(year) + timedelta(days=after)
    midsummer = next(day for n in range(7) if (day := date(year, 6, 20) + timedelta(days=n)).weekday() == 5)
    yield from (midsummer - timedelta(days=1), midsummer)
    yield next(day for n in range(7) if (day := date(year, 10, 31) + timedelta(days=n)).weekday() == 5)


FREE_DAYS = {day for year in range(2004, 2062) for day in _free_days(year)}


def _is_free(day: date) -> bool:
    return day.weekday() >= 5 or day in FREE_DAYS


def _months_later(day: date, months: int) -> date:
    """The day of that number, or the last before it that the month has."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    for number in range(day.day, 0, -1):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    raise AssertionError


def _check_instant(at: datetime, days: int, waited: int) -> None:
    arrived = _swedish_time(at).date()
    _check_receipt(at)
    assert local_day(at) == arrived
    last = _months_later(arrived, 6)
    while _is_free(last):
        last += timedelta(days=1)
    assert last_day_to_decide(at) == last, at
    assert warning_day(at) == _months_later(arrived, 5), at
    due, left = arrived, days
    while left:
        due += timedelta(days=1)
        left -= not _is_free(due)
    assert add_working_days(arrived, days) == due, at
    assert count_working_days(arrived, due) == days, at
    # A wait that begins somewhere before the due day moves it by as many working days as it lasts.
    begins = arrived + timedelta(days=waited % ((due - arrived).days + 1))
    ends = begins + timedelta(days=waited)
    moved = add_working_days(ends, count_working_days(begins, due))
    worked_before = sum(not _is_free(arrived + timedelta(days=n + 1)) for n in range((begins - arrived).days))
    worked_after = sum(not _is_free(ends + timedelta(days=n + 1)) for n in range((moved - ends).days))
    grace = begins == due and _is_free(ends)  # who had the last day left has the next working day
    assert worked_before + worked_after == days + grace, at


@pytest.mark.parametrize("count", [500, pytest.param(100_000, marks=pytest.mark.long)])
def test_at_any_instant_the_days_are_those_of_a_calculation_of_their_own(count: int) -> None:
    chance, first = random.Random(11), datetime(2005, 6, 6, tzinfo=UTC)
    for _ in range(count):
        at = first + timedelta(seconds=chance.randrange(55 * 365 * 86_400))
        _check_instant(at, chance.randrange(1, 30), chance.randrange(90))


def test_the_cases_to_look_at_are_those_whose_five_months_have_passed() -> None:
    for n in range(800):
        today = date(2027, 1, 1) + timedelta(days=n)
        last = last_received_to_warn(today)
        noon = datetime(last.year, last.month, last.day, 11, tzinfo=UTC)
        assert warning_day(noon) <= today < warning_day(noon + timedelta(days=1))


@pytest.mark.parametrize("key", ["history.fivemonths", "thread.fivemonths"])
def test_after_five_months_it_is_said_what_may_be_asked_for_and_no_duty_that_the_law_has_not(
    key: str,
) -> None:
    """Section 12 gives a party the right to ask for a decision after six months; no day by which to decide."""
    swedish, english = (words(one)(key, date=DUE) for one in ("sv", "en"))
    assert "inte avgjort senast 7 dec. 2026 får sökanden" in swedish
    assert "not decided by 7 Dec 2026, the applicant may ask" in english
