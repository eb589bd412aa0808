"""Two clocks: the next step is due by the working days of the status, the whole case by those of the e-service."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.catalog.services import EService
from bot.domain.actors import Actor, Machine
from bot.domain.deadline import CaseOverdue, ReportOverdue
from bot.domain.due_days import due_days, first_due
from bot.domain.rules import Command, Context
from bot.domain.status import SetStatus, StatusSet
from bot.domain.submission import Answers, CaseSubmitted, SubmitCase
from tests.municipality import officer, small_catalog

CATALOG = small_catalog()
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
STEP, WHOLE = date(2026, 11, 24), date(2026, 12, 7)


def _service() -> EService:
    """Ten working days for the case; one for its first status, five for work, and none said for the others."""
    service, days = CATALOG.services["bygglov"], {"submitted": 1, "working": 5}
    statuses = [one.model_copy(update={"working_days": days.get(one.key)}) for one in service.statuses]
    return service.model_copy(update={"statuses": tuple(statuses)})


SERVICE = _service()


class CaseDriver:
    """A case that was opened on the Monday."""

    def __init__(self, received_at: datetime | None = None) -> None:
        self.now = NOW
        answers = Answers(definition="d", values={})
        opening = SubmitCase(service="bygglov", answers=answers, people=(), received_at=received_at)
        (opened, *_) = opening.with_number("2026-000001", "c").decide(None, self._context(Machine("form")))
        assert isinstance(opened, CaseSubmitted)
        self.opened, self.case = opened, opened.apply(None)

    def perform(self, command: Command, actor: Actor) -> list[object]:
        events = command.decide(self.case, self._context(actor))
        for event in events:
            self.case = event.apply(self.case)
        return list(events)

    def set_status(self, status: str) -> None:
        setting = SetStatus(
            case_id="c", status=status, expected=self.case.status, note="Klart", reason="Nytt underlag"
        )
        self.perform(setting, officer(CATALOG, "anna"))

    def report_overdue(self) -> list[tuple[date, bool]]:
        """The days that are reported as passed, and whether each is that of the next step."""
        events = self.perform(ReportOverdue(case_id="c"), Machine("clock"))
        return [(event.due_on, event.is_step) for event in events if isinstance(event, CaseOverdue)]

    def _context(self, actor: Actor) -> Context:
        return Context(self.now, actor, CATALOG, SERVICE, new_id=lambda: "n")


@pytest.fixture
def driver() -> CaseDriver:
    return CaseDriver()


def test_a_new_case_has_the_day_of_its_first_status_and_its_own(driver: CaseDriver) -> None:
    assert due_days(driver.case) == {"step": STEP, "case": WHOLE}
    assert first_due(driver.case) == "step"


def test_both_are_counted_from_when_the_case_was_received_not_from_when_it_was_fetched() -> None:
    friday_before = NOW - timedelta(days=3)
    assert due_days(CaseDriver(friday_before).case) == {"step": date(2026, 11, 23), "case": date(2026, 12, 4)}


def test_the_case_keeps_its_own_day_through_its_statuses(driver: CaseDriver) -> None:
    driver.now += timedelta(days=1)
    driver.set_status("working")
    assert due_days(driver.case) == {"step": date(2026, 12, 1), "case": WHOLE}


def test_a_status_without_a_number_of_days_has_no_next_step_that_is_due(driver: CaseDriver) -> None:
    driver.set_status("working")
    driver.case = replace(driver.case, status="completed")
    driver.set_status("closed")
    assert due_days(driver.case) == {}, "what is closed is due no more"
    driver.set_status("submitted")
    driver.set_status("working")
    assert driver.case.due_on == WHOLE, "reopening does not give the municipality more time"


def test_each_day_is_reported_once_when_it_has_passed(driver: CaseDriver) -> None:
    driver.now += timedelta(days=1)
    assert driver.report_overdue() == [], "the day itself is still in time"
    driver.now += timedelta(days=1)
    assert driver.report_overdue() == [(STEP, True)]
    assert driver.report_overdue() == []
    driver.now = datetime(2026, 12, 8, 5, 0, tzinfo=UTC)
    assert driver.report_overdue() == [(WHOLE, False)]


def test_after_nights_when_nobody_looked_both_are_reported_the_earlier_first(driver: CaseDriver) -> None:
    driver.now += timedelta(days=30)
    assert driver.report_overdue() == [(STEP, True), (WHOLE, False)]
    assert driver.report_overdue() == []


def test_where_both_are_one_day_the_case_is_late_and_it_is_said_once(driver: CaseDriver) -> None:
    driver.case = replace(driver.case, step_due_on=WHOLE)
    driver.now += timedelta(days=30)
    assert first_due(driver.case) == "case" and driver.report_overdue() == [(WHOLE, False)]


def test_the_next_step_may_be_late_again_after_the_case_is(driver: CaseDriver) -> None:
    driver.now += timedelta(days=30)
    driver.report_overdue()
    driver.set_status("working")
    assert driver.report_overdue() == []
    driver.now += timedelta(days=14)
    assert driver.report_overdue() == [(date(2027, 1, 5), True)]


def test_events_of_before_there_were_two_clocks_read_as_they_were_meant(driver: CaseDriver) -> None:
    """They held one day: the status's, or the case's where the status had none."""
    opened = replace(driver.opened, step_due_on=None)
    assert due_days(opened.apply(None)) == {"case": WHOLE}
    changes = {"status_name": "x", "was": "submitted", "was_name": "y", "kind": "in_progress"}
    kept = StatusSet(at=NOW, by="officer:anna", status="completed", due_on=WHOLE, **changes)
    own = StatusSet(at=NOW, by="officer:anna", status="working", due_on=date(2026, 12, 1), **changes)
    assert due_days(kept.apply(opened.apply(None))) == {"case": WHOLE}
    assert due_days(own.apply(opened.apply(None))) == {"step": date(2026, 12, 1), "case": WHOLE}
