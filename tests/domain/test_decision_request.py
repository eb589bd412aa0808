"""12 § förvaltningslagen: after six months the applicant may ask once for a decision, to be answered in four weeks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.catalog.people import Grant
from bot.catalog.templates import Template
from bot.domain.actors import Applicant, Machine
from bot.domain.deadline import ReportOverdue
from bot.domain.decision_request import (
    NothingToDecide,
    RemindOfRequest,
    RequestDecision,
    RequestedBefore,
    RequestTooEarly,
)
from bot.domain.lists.batch_forms.chosen_cases import common_templates
from bot.domain.lists.batches import SeenCase, SendMailing
from bot.domain.messages.correspondence import SendMessage
from bot.domain.messages.message_kinds import NoRequestWaiting, RefusedInEachCase, offered_templates
from bot.domain.messages.presets import fill_preset, offered_presets
from bot.domain.messages.scheduled_messages import ScheduleStopped, SendScheduledMessage
from bot.domain.messages.template_filling import TemplateFacts
from bot.domain.messages.undoing import UndoMessage
from bot.domain.notices import OfficerNotice
from bot.domain.rules import Event, UnknownCase
from bot.domain.six_month_rule import last_day_to_answer
from bot.domain.status import SetStatus
from tests.domain.test_six_month_rule import CATALOG, SERVICE, CaseDriver
from tests.municipality import officer

ANNA = officer(CATALOG, "anna")
SIX_MONTHS_LATER = date(2027, 5, 25)  # they end on Monday the 24th
ANSWER_BY = date(2027, 6, 22)


class RequestDriver(CaseDriver):
    def ask(self, day: date = SIX_MONTHS_LATER) -> list[Event]:
        self.now = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        return self.perform(
            RequestDecision(case_id=self.case.id), Applicant(frozenset(self.case.applicants), "m")
        )

    def refuse(self) -> str:
        self.perform(SendMessage(case_id=self.case.id, text="Vi väntar på remissen", kind="refusal"), ANNA)
        return self.case.pending[-1].id

    def run_clock(self, day: date) -> list[str]:
        self.now = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
        commands = (ReportOverdue(case_id=self.case.id), RemindOfRequest(case_id=self.case.id))
        return [type(event).__name__ for one in commands for event in self.perform(one, Machine("clock"))]


@pytest.fixture
def driver() -> RequestDriver:
    return RequestDriver()


def test_the_applicant_asks_once_and_only_when_six_months_have_passed(driver: RequestDriver) -> None:
    with pytest.raises(RequestTooEarly):
        driver.ask(date(2027, 5, 24))
    message, _ = driver.ask()
    assert message.text == "Jag begär att ärendet avgörs (12 § förvaltningslagen)."  # type: ignore[attr-defined]
    assert driver.case.decide_by == ANSWER_BY
    assert (
        driver.lines[0]
        == "Sökanden har begärt avgörande: avgör ärendet eller avslå begäran senast 22 juni 2027"
    )
    with pytest.raises(RequestedBefore):
        driver.ask(date(2027, 9, 1))


def test_nobody_else_asks_nor_anybody_where_there_is_nothing_to_decide(driver: RequestDriver) -> None:
    driver.now = datetime(2027, 6, 1, tzinfo=UTC)
    with pytest.raises(UnknownCase):
        driver.perform(RequestDecision(case_id=driver.case.id), Applicant(frozenset({"another"}), "m"))
    with pytest.raises(NothingToDecide):
        RequestDriver(SERVICE.model_copy(update={"six_month_rule": False})).ask()
    driver.case = replace(driver.case, closed_at=driver.now)
    with pytest.raises(NothingToDecide):
        driver.ask()


@pytest.mark.parametrize(
    ("asked", "last_day"),
    [
        (datetime(2027, 5, 25, 9, tzinfo=UTC), ANSWER_BY),
        (datetime(2027, 5, 28, 9, tzinfo=UTC), date(2027, 6, 28)),  # Midsummer's Eve, and a weekend
        (datetime(2027, 5, 25, 22, 30, tzinfo=UTC), date(2027, 6, 23)),  # past midnight in Sweden
    ],
)
def test_the_four_weeks_end_on_a_working_day(asked: datetime, last_day: date) -> None:
    assert last_day_to_answer(asked) == last_day


def test_a_decision_ends_the_four_weeks(driver: RequestDriver) -> None:
    driver.ask()
    driver.perform(
        SetStatus(case_id=driver.case.id, status="closed", expected="submitted", note="Klart"), ANNA
    )
    assert driver.run_clock(date(2027, 8, 1)) == [] and driver.lines == []


def test_a_refusal_ends_the_four_weeks_and_undone_they_run_again(driver: RequestDriver) -> None:
    driver.case = replace(driver.case, due_on=None)
    with pytest.raises(NoRequestWaiting):
        fill_preset("refusal", driver.case, ANNA, CATALOG, SIX_MONTHS_LATER)
    driver.ask()
    preset = fill_preset("refusal", driver.case, ANNA, CATALOG, SIX_MONTHS_LATER)
    assert preset.template is not None and "överklagar" in preset.template.text.sv and preset.status == ""
    message = driver.refuse()
    assert driver.lines[0] == "Begäran om avgörande är avslagen"
    assert "refusal" not in offered_presets(driver.case, SERVICE)
    driver.perform(UndoMessage(case_id=driver.case.id, message_id=message), ANNA)
    assert driver.case.decide_by == ANSWER_BY and "refusal" in offered_presets(driver.case, SERVICE)
    driver.refuse()
    assert driver.run_clock(date(2027, 8, 1)) == []
    with pytest.raises(RequestedBefore):
        driver.ask(date(2027, 9, 1))


def test_a_request_is_refused_only_where_one_waits(driver: RequestDriver) -> None:
    with pytest.raises(NoRequestWaiting):
        driver.refuse()
    driver.ask()
    driver.perform(
        SendMessage(
            case_id=driver.case.id,
            text="Vi väntar på remissen",
            kind="refusal",
            send_at=driver.now + timedelta(days=1),
        ),
        ANNA,
    )
    driver.refuse()
    with pytest.raises(NoRequestWaiting):
        driver.refuse()
    driver.now += timedelta(days=1)
    leaving = SendScheduledMessage(
        case_id=driver.case.id, message_id=driver.case.scheduled[0].id, text="x", kind="refusal"
    )
    (stopped,) = driver.perform(leaving, Machine("message"))
    assert isinstance(stopped, ScheduleStopped) and stopped.why == "answered"


def test_a_mailing_refuses_no_requests() -> None:
    sender, town = CATALOG.officer("anna"), CATALOG.municipality.name
    assert sender is not None
    facts = TemplateFacts("2026-000001", SERVICE.name, town, sender, (), ANSWER_BY)
    with pytest.raises(RefusedInEachCase):
        SendMailing(text="Vi väntar", message_kind="refusal").command_for(SeenCase("c"), facts)


def test_templates_of_refusals_are_offered_only_where_a_request_waits(driver: RequestDriver) -> None:
    templates = tuple(
        Template.model_validate(
            {"key": f"nej{for_}", "name": "Nej", "for": for_, "text": "Nej", "kind": "refusal"}
        )
        for for_ in ("message", "mailing")
    )
    service = SERVICE.model_copy(update={"templates": templates})
    catalog = CATALOG.model_copy(update={"services": {"bygglov": service}})
    assert common_templates(catalog, [("bygglov", "submitted")]) == ()
    assert offered_templates(driver.case, service) == ()
    driver.ask()
    assert offered_templates(driver.case, service) == templates[:1]


def test_it_is_said_once_that_a_week_is_left_and_once_that_the_time_has_passed(driver: RequestDriver) -> None:
    driver.case = replace(driver.case, due_on=None)
    driver.ask()
    assert driver.run_clock(date(2027, 6, 14)) == []
    assert driver.run_clock(date(2027, 6, 15)) == ["DecisionDueSoon"]
    assert driver.run_clock(ANSWER_BY) == []
    assert driver.run_clock(date(2027, 6, 23)) == ["CaseOverdue"]
    assert driver.run_clock(date(2027, 6, 24)) == []
    assert driver.report(date(2027, 6, 24)) == []


def test_where_nobody_has_the_case_its_coordinators_are_told(driver: RequestDriver) -> None:
    _, asked = driver.ask()
    coordinated = SERVICE.model_copy(update={"officers": (Grant(officer="bo", coordinator=True),)})
    catalog = CATALOG.model_copy(update={"services": CATALOG.services | {"bygglov": coordinated}})
    context = replace(driver.context(Machine("clock")), catalog=catalog)
    told = [
        one.officer for one in asked.decide_notices(driver.case, context) if isinstance(one, OfficerNotice)
    ]
    assert told == ["bo"]
