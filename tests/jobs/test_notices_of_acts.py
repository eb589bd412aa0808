"""Who is told privately of what: act by act, by people and by the clock, and never the one who acted."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from bot.catalog.models import Catalog
from bot.catalog.people import Grant
from bot.domain.absence import Absence
from bot.domain.actors import Machine
from bot.domain.assignment import ChangeAssignees, ReleaseCase, TakeCase
from bot.domain.colour import ColourCase
from bot.domain.decision_request import RequestDecision
from bot.domain.flags import Flag
from bot.domain.messages.correspondence import (
    AddInformation,
    ConfirmReceipt,
    ReceiveMessage,
    SendMessage,
    SetStatusOfMessage,
)
from bot.domain.messages.mail_failures import ReportMailFailure
from bot.domain.messages.scheduled_messages import SendScheduledMessage
from bot.domain.messages.undoing import UNDO_PERIOD, UndoMessage
from bot.domain.notes import AddNote
from bot.domain.notice_reasons import NOTICE_REASONS
from bot.domain.status import SetStatus
from bot.jobs import deadlines
from bot.jobs.dependencies import JobDependencies
from bot.jobs.waiting_case_reminders import notify_of_unread
from bot.service import CommandResult, Service
from bot.store import Database
from bot.store.officers import absences, flags
from bot.store.tables import DeliveryRow
from tests.conftest import Clock
from tests.municipality import TODAY, MunicipalityDriver, send_until_left, small_catalog

Told = dict[str, set[str]]
"""By officer, the reasons for which they are told."""

BOTH = ("officer:bo", "officer:anna")


def catalog_with_rut_as_coordinator() -> Catalog:
    """The town, where Rut coordinates building permits, which follow the rule of six months."""
    catalog = small_catalog()
    service = catalog.services["bygglov"]
    officers = (*service.officers[:-1], Grant(group="gruppen"), Grant(officer="rut", coordinator=True))
    changed = service.model_copy(update={"officers": officers, "six_month_rule": True})
    group = catalog.municipality.groups[0].model_copy(update={"members": ("carl", "bo")})
    municipality = catalog.municipality.model_copy(update={"groups": (group,)})
    return catalog.model_copy(
        update={"municipality": municipality, "services": catalog.services | {"bygglov": changed}}
    )


@dataclass
class Office:
    """A town whose deliveries are read before anyone sends them."""

    town: MunicipalityDriver
    clock: Clock
    case: CommandResult

    @property
    def case_id(self) -> str:
        return self.case.case_id

    @property
    def jobs(self) -> JobDependencies:
        return JobDependencies(self.town.service, None, Path(), None)  # type: ignore[arg-type]

    async def by(self, who: str, command: object) -> CommandResult:
        return await self.town.perform(who, command)  # type: ignore[arg-type]

    async def by_applicant(self, command: object) -> None:
        await self.town.service.perform(command, await self.town.applicant(self.case))  # type: ignore[arg-type]

    async def by_machine(self, command: object) -> None:
        await self.town.service.perform(command, Machine("clock"))  # type: ignore[arg-type]

    async def set_absence(self, officer: str, substitute: str) -> None:
        """The officer is absent today, which is not told of here."""
        absence, now = Absence(officer, TODAY, TODAY, substitute), self.clock()
        await self.town.service.database.write(
            lambda tx: absences.save(tx, absence, f"officer:{officer}", now)
        )

    async def forget(self) -> None:
        """What was done so far tells nobody."""
        await self.town.service.database.write(lambda tx: tx.conn.execute(delete(DeliveryRow)))

    async def read_told(self) -> Told:
        query = select(DeliveryRow.ids).where(DeliveryRow.kind == "notice")
        rows = await self.town.service.database.read(lambda tx: tx.conn.execute(query).scalars().all())
        told: Told = {}
        for ids in map(json.loads, rows):
            told.setdefault(ids["officer"], set()).update(ids["reasons"])
        return told


@pytest.fixture
async def office(database: Database, clock: Clock) -> Office:
    """Bo has a case, and Anna has it with him."""
    catalog = catalog_with_rut_as_coordinator()
    service = Service(database, lambda: catalog, clock=clock, wake=lambda: None)
    town = MunicipalityDriver(service, catalog)
    case = await town.submit()
    await town.perform("bo", TakeCase(case_id=case.case_id))
    await town.perform("anna", TakeCase(case_id=case.case_id, mode="together", expected=("bo",)))
    return Office(town, clock, case)


async def anna_adds_carl(office: Office) -> None:
    await give(office, *BOTH, "officer:carl")


async def anna_adds_the_group(office: Office) -> None:
    await give(office, *BOTH, "group:gruppen")


async def anna_adds_the_group_while_carl_is_absent(office: Office) -> None:
    await office.set_absence("carl", "")
    await anna_adds_the_group(office)


async def carl_sets_the_status_of_what_his_group_has(office: Office) -> None:
    await give(office, "group:gruppen")
    await office.forget()
    await carl_sets_the_status(office)


async def the_applicant_writes_to_the_group(office: Office) -> None:
    await give(office, "group:gruppen")
    await office.forget()
    await the_applicant_writes(office)


async def carl_sets_the_status_for_bo_who_is_absent(office: Office) -> None:
    await office.set_absence("bo", "carl")
    await carl_sets_the_status(office)


async def anna_sets_the_status_while_bo_is_absent(office: Office) -> None:
    await office.set_absence("bo", "carl")
    await anna_sets_the_status(office)


async def anna_removes_bo(office: Office) -> None:
    await give(office, "officer:anna")


async def anna_hands_over_to_carl(office: Office) -> None:
    await give(office, "officer:bo", "officer:carl")


async def give(office: Office, *assignees: str) -> None:
    await office.by("anna", ChangeAssignees(case_id=office.case_id, assignees=assignees, expected=BOTH))


async def carl_takes_over(office: Office) -> None:
    await office.by("carl", TakeCase(case_id=office.case_id, mode="over", expected=("bo", "anna")))


async def carl_joins(office: Office) -> None:
    await office.by("carl", TakeCase(case_id=office.case_id, mode="together", expected=("bo", "anna")))


async def anna_releases(office: Office) -> None:
    await office.by("anna", ReleaseCase(case_id=office.case_id))


async def anna_mentions_everyone(office: Office) -> None:
    await office.by("anna", AddNote(case_id=office.case_id, text="Se här", mentions=("anna", "bo", "carl")))


async def anna_writes(office: Office) -> None:
    await office.by("anna", SendMessage(case_id=office.case_id, text="Hej!", receipt=True))


async def anna_colours(office: Office) -> None:
    await office.by("anna", ColourCase(case_id=office.case_id, colour="red", expected=""))


async def anna_sets_the_status(office: Office) -> None:
    await office.by("anna", SetStatus(case_id=office.case_id, status="working", expected="submitted"))


async def carl_sets_the_status(office: Office) -> None:
    await office.by("carl", SetStatus(case_id=office.case_id, status="working", expected="submitted"))


async def the_applicant_writes(office: Office) -> None:
    await office.by_applicant(ReceiveMessage(case_id=office.case_id, text="Hej!"))


async def the_applicant_completes(office: Office) -> None:
    ask = SendMessage(
        case_id=office.case_id, text="Skicka in en ritning", status="waiting", expected="submitted"
    )
    await send_until_left(office.town.service, ask, office.town.officer("anna"))
    await office.forget()
    await office.by_applicant(AddInformation(case_id=office.case_id, text="Här är den"))


async def the_applicant_confirms_reading(office: Office) -> None:
    asked = SendMessage(case_id=office.case_id, text="Hej!", receipt=True)
    sent = await send_until_left(office.town.service, asked, office.town.officer("anna"))
    await office.forget()
    await office.by_applicant(ConfirmReceipt(case_id=office.case_id, message_id=sent.ids["message_id"]))


async def the_applicant_asks_for_a_decision(office: Office) -> None:
    office.clock.advance(days=190)
    await office.by_applicant(RequestDecision(case_id=office.case_id))


async def a_week_is_left_to_decide(office: Office) -> None:
    await the_applicant_asks_for_a_decision(office)
    await office.forget()
    office.clock.advance(days=22)
    await deadlines.remind_of_requests(office.jobs)


async def the_due_day_passes(office: Office) -> None:
    office.clock.advance(days=30)
    await deadlines.report_overdue(office.jobs)


async def five_months_pass(office: Office) -> None:
    office.clock.advance(days=152)
    await deadlines.report_delays(office.jobs)


async def six_months_pass(office: Office) -> None:
    await five_months_pass(office)
    await office.forget()
    office.clock.advance(days=40)
    await deadlines.report_delays(office.jobs)


async def annas_reminder_is_due(office: Office) -> None:
    flag, anna = (
        Flag(office.case_id, remind_at=office.clock() + timedelta(hours=1)),
        office.town.officer("anna"),
    )
    now = office.clock()
    await office.town.service.database.write(lambda tx: flags.save(tx, anna, flag, now))
    office.clock.advance(hours=2)
    await deadlines.enqueue_reminders(office.jobs)


async def a_mail_comes_back(office: Office) -> None:
    (applicant,) = (await office.town.applicant(office.case)).ids
    await office.by_machine(ReportMailFailure(case_id=office.case_id, applicant=applicant))


async def nobody_reads_a_message_of_a_case_that_nobody_has(office: Office) -> None:
    await give(office)
    await office.by_applicant(ReceiveMessage(case_id=office.case_id, text="Hej!"))
    await office.forget()
    office.clock.advance(days=1)
    await notify_of_unread(office.jobs)


async def schedule(office: Office) -> str:
    """Bo's message of tomorrow. Returns its id."""
    tomorrow = office.clock() + timedelta(days=1)
    written = await office.by("bo", SendMessage(case_id=office.case_id, text="Hej!", send_at=tomorrow))
    await office.forget()
    return written.ids["message_id"]


async def anna_cancels_bos_message(office: Office) -> None:
    await office.by("anna", UndoMessage(case_id=office.case_id, message_id=await schedule(office)))


async def bo_cancels_his_message(office: Office) -> None:
    await office.by("bo", UndoMessage(case_id=office.case_id, message_id=await schedule(office)))


async def bos_message_is_stopped(office: Office) -> None:
    message = await schedule(office)
    office.clock.advance(days=2)
    await office.by_machine(
        SendScheduledMessage(case_id=office.case_id, message_id=message, has_content=False)
    )


async def the_status_after_bos_message_no_longer_follows(office: Office) -> None:
    ask = SendMessage(case_id=office.case_id, text="Rita", status="waiting", expected="submitted")
    sent = await office.by("bo", ask)
    await office.by("anna", AddNote(case_id=office.case_id, text="Klart"))
    await office.by(
        "anna", SetStatus(case_id=office.case_id, status="closed", expected="submitted", note="Ja")
    )
    await office.forget()
    office.clock.advance(seconds=UNDO_PERIOD.total_seconds())
    await office.by_machine(SetStatusOfMessage(case_id=office.case_id, message_id=sent.ids["message_id"]))


ACTS: dict[Callable[[Office], Awaitable[None]], Told] = {
    anna_adds_carl: {"carl": {"assigned"}},
    anna_adds_the_group: {"bo": {"group"}, "carl": {"group"}},
    anna_adds_the_group_while_carl_is_absent: {"bo": {"group"}},
    carl_sets_the_status_of_what_his_group_has: {"bo": {"status"}},
    the_applicant_writes_to_the_group: {"bo": {"message"}, "carl": {"message"}},
    carl_sets_the_status_for_bo_who_is_absent: {"bo": {"status"}, "anna": {"status"}},
    anna_sets_the_status_while_bo_is_absent: {"carl": {"status"}},
    anna_removes_bo: {"bo": {"removed"}},
    anna_hands_over_to_carl: {"carl": {"assigned"}},
    carl_takes_over: {"bo": {"removed"}, "anna": {"removed"}},
    carl_joins: {},
    anna_releases: {},
    anna_mentions_everyone: {"bo": {"mentioned"}, "carl": {"mentioned"}},
    anna_writes: {},
    anna_colours: {},
    anna_sets_the_status: {"bo": {"status"}},
    carl_sets_the_status: {"bo": {"status"}, "anna": {"status"}},
    the_applicant_writes: {"bo": {"message"}, "anna": {"message"}},
    the_applicant_completes: {"bo": {"added"}, "anna": {"added"}},
    the_applicant_confirms_reading: {},
    the_applicant_asks_for_a_decision: {
        "bo": {"message", "requested"},
        "anna": {"message", "requested"},
    },
    a_week_is_left_to_decide: {"bo": {"requestsoon"}, "anna": {"requestsoon"}},
    the_due_day_passes: {"bo": {"overdue"}, "anna": {"overdue"}},
    five_months_pass: {"bo": {"delay"}, "anna": {"delay"}},
    six_months_pass: {"bo": {"sixmonths"}, "anna": {"sixmonths"}},
    annas_reminder_is_due: {"anna": {"reminder"}},
    a_mail_comes_back: {"bo": {"undelivered"}, "anna": {"undelivered"}},
    nobody_reads_a_message_of_a_case_that_nobody_has: {"rut": {"unread"}},
    anna_cancels_bos_message: {"bo": {"unsent"}},
    bo_cancels_his_message: {},
    bos_message_is_stopped: {"bo": {"unsent"}},
    the_status_after_bos_message_no_longer_follows: {"bo": {"notset"}},
}


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
async def test_each_act_is_told_to_those_it_concerns_and_to_nobody_of_their_own(
    office: Office, act: Callable[[Office], Awaitable[None]]
) -> None:
    await office.forget()
    await act(office)
    assert await office.read_told() == ACTS[act]


def test_each_reason_to_tell_an_officer_privately_is_given_by_an_act() -> None:
    given = {reason for told in ACTS.values() for reasons in told.values() for reason in reasons}
    assert given == set(NOTICE_REASONS)
