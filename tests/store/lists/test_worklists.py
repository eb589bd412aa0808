"""What waits for an officer, what is theirs, and what nobody has."""

from __future__ import annotations

import random
import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from bot.catalog.models import Catalog
from bot.catalog.people import Grant
from bot.catalog.services import Notices
from bot.domain.assignment import ChangeAssignees, ReleaseCase, TakeCase
from bot.domain.flags import Flag
from bot.domain.lists.case_lists import CaseList
from bot.domain.lists.case_query import LIST_QUERIES
from bot.domain.messages.correspondence import AddInformation, ReceiveMessage, SendMessage
from bot.domain.notes import AddNote
from bot.domain.protection import SetProtection
from bot.domain.rules import Refused
from bot.domain.status import SetStatus
from bot.domain.views import ListedCase
from bot.service import CommandResult, Service
from bot.store import Database, Tx
from bot.store.lists.queries.case_queries import CaseQueries
from bot.store.lists.queries.worklists import ListContext
from bot.store.log import readings
from bot.store.log.readings import Reading
from bot.store.officers import flags
from bot.store.tables import AssigneeRow, CaseRow
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, officer, send_until_left, small_catalog

Reasons = tuple[str, tuple[str, ...]]


def catalog_with_group() -> Catalog:
    """The town, where Carl's group may have building permits, whose day is soon a little earlier than elsewhere."""
    catalog = small_catalog()
    service = catalog.services["bygglov"]
    changed = {"officers": (*service.officers, Grant(group="gruppen")), "notices": Notices(due_soon_days=3)}
    granted = service.model_copy(update=changed)
    return catalog.model_copy(update={"services": {**catalog.services, "bygglov": granted}})


class MunicipalityWithLists(MunicipalityDriver):
    async def list_numbers(self, who: str, name: CaseList, **page: int) -> list[ListedCase]:
        asker = ListContext(self.officer(who), self.service.clock(), self.service.catalog)
        return await self.service.database.read(
            lambda tx: CaseQueries(tx, asker).numbered_page(LIST_QUERIES[name], **{"limit": 20} | page).cases
        )

    async def count(self, who: str, name: CaseList) -> int:
        asker = ListContext(self.officer(who), self.service.clock(), self.service.catalog)
        return await self.service.database.read(
            lambda tx: CaseQueries(tx, asker).count(LIST_QUERIES[name]).number
        )

    async def contains(self, who: str, name: CaseList) -> list[str]:
        return [row.id for row in await self.list_numbers(who, name)]

    async def list_todo(self, who: str) -> list[Reasons]:
        return [(row.number, row.wait_reasons) for row in await self.list_numbers(who, "todo")]

    async def assign(self, case: CommandResult, *assignees: str, by: str = "anna") -> None:
        previous = (await self.view_case(by, case)).case.assignee_refs
        await self.perform(by, ChangeAssignees(case_id=case.case_id, assignees=assignees, expected=previous))

    async def receive_message(self, case: CommandResult) -> None:
        await self.service.perform(
            ReceiveMessage(case_id=case.case_id, text="Hur går det?"), await self.applicant(case)
        )

    async def open_case(self, who: str, case: CommandResult) -> None:
        await self.service.reveal(
            self.officer(who), case.case_id, {"messages"}, opening=f"{who}{self.service.clock()}"
        )


@pytest.fixture
def municipality(database: Database, clock: Clock) -> MunicipalityWithLists:
    catalog = catalog_with_group()
    return MunicipalityWithLists(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


async def test_mine_is_what_i_have_and_what_my_group_has_that_no_person_took(
    municipality: MunicipalityWithLists,
) -> None:
    own, of_group, taken, free = [await municipality.submit() for _ in range(4)]
    await municipality.perform("carl", TakeCase(case_id=own.case_id))
    await municipality.assign(of_group, "group:gruppen")
    await municipality.assign(taken, "group:gruppen", "officer:bo")
    assert await municipality.contains("carl", "mine") == [of_group.case_id, own.case_id]
    assert await municipality.contains("bo", "mine") == [taken.case_id]
    assert await municipality.contains("anna", "unassigned") == [free.case_id, of_group.case_id]


async def test_what_is_closed_is_in_no_list_until_it_is_reopened(municipality: MunicipalityWithLists) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    closing = SetStatus(case_id=case.case_id, status="closed", expected="submitted", note="Klart")
    await municipality.perform("anna", closing)
    assert (
        await municipality.contains("anna", "mine") == await municipality.contains("anna", "unassigned") == []
    )
    again = SetStatus(case_id=case.case_id, status="working", expected="closed", reason="Fel")
    await municipality.perform("anna", again)
    assert await municipality.contains("anna", "mine") == [case.case_id]


async def test_overdue_is_what_is_open_after_its_day_the_earliest_first_for_who_may_see_it(
    municipality: MunicipalityWithLists, clock: Clock
) -> None:
    early, closed, protected = [await municipality.submit() for _ in range(3)]
    clock.advance(days=14)
    own, late = [await municipality.submit() for _ in range(2)]
    await municipality.assign(own, "officer:rut")
    await municipality.perform("anna", SetProtection(case_id=protected.case_id, protected=True, reason="Hot"))
    closing = SetStatus(case_id=closed.case_id, status="closed", expected="submitted", note="Klart")
    await municipality.perform("anna", closing)
    assert await municipality.contains("bo", "overdue") == []
    clock.advance(days=60)
    await municipality.submit()
    for who, overdue in (
        ("anna", [early, protected, own, late]),
        ("bo", [early, own, late]),
        ("rut", [own]),
        ("ute", []),
    ):
        assert await municipality.contains(who, "overdue") == [case.case_id for case in overdue], who
        assert await municipality.count(who, "overdue") == len(overdue), who


async def test_a_case_is_overdue_by_its_next_step_or_by_the_whole_of_it_whichever_passes_first(
    municipality: MunicipalityWithLists, clock: Clock
) -> None:
    services = municipality.service.catalog.services
    statuses = [
        status.model_copy(update={"working_days": {"submitted": 1, "working": 30}.get(status.key)})
        for status in services["bygglov"].statuses
    ]
    services["bygglov"] = services["bygglov"].model_copy(update={"statuses": tuple(statuses)})
    left, begun = await municipality.submit(), await municipality.submit()
    for case in (left, begun):
        await municipality.perform("anna", TakeCase(case_id=case.case_id))
    working = SetStatus(case_id=begun.case_id, status="working", expected="submitted")
    await municipality.perform("anna", working)
    clock.advance(days=2)
    assert await municipality.contains("bo", "overdue") == [left.case_id]
    assert await municipality.list_todo("anna") == [(left.number, ("overdue",))]
    clock.advance(days=10)  # the tenth working day is the 7th of December
    assert await municipality.list_todo("anna") == [(left.number, ("overdue",)), (begun.number, ("soon",))]
    clock.advance(days=3)
    assert await municipality.contains("bo", "overdue") == [left.case_id, begun.case_id]
    assert await municipality.count("bo", "overdue") == 2


async def test_a_list_is_read_a_page_at_a_time(municipality: MunicipalityWithLists, clock: Clock) -> None:
    cases = []
    for _ in range(5):
        cases.append(await municipality.submit())
        clock.advance(minutes=1)
    newest_first = [case.case_id for case in reversed(cases)]
    first, second = [
        await municipality.list_numbers("anna", "unassigned", limit=3, page=page) for page in (0, 1)
    ]
    assert [row.id for row in [*first, *second]] == newest_first
    assert await municipality.count("anna", "unassigned") == 5


async def test_no_list_shows_what_an_officer_may_not_know_of(municipality: MunicipalityWithLists) -> None:
    protected, own, others = [await municipality.submit() for _ in range(3)]
    await municipality.perform("anna", SetProtection(case_id=protected.case_id, protected=True, reason="Hot"))
    await municipality.assign(own, "officer:rut")
    for who, unassigned, mine in (
        ("anna", {protected.case_id, others.case_id}, set[str]()),
        ("bo", {others.case_id}, set[str]()),
        ("rut", set[str](), {own.case_id}),
        ("ute", set[str](), set[str]()),
    ):
        assert set(await municipality.contains(who, "unassigned")) == unassigned, who
        assert set(await municipality.contains(who, "mine")) == mine, who
        assert await municipality.count(who, "unassigned") == len(unassigned), who


async def test_a_case_that_becomes_protected_leaves_the_lists_of_all_but_its_named_officers(
    municipality: MunicipalityWithLists, clock: Clock
) -> None:
    case = await municipality.submit()
    for who in ("anna", "bo"):
        flag = Flag(case.case_id, "Ring", clock())
        officer = municipality.officer(who)
        await municipality.service.database.write(lambda tx, o=officer, f=flag: flags.save(tx, o, f, clock()))  # type: ignore[misc]
    await municipality.assign(case, "officer:bo", "officer:anna")
    await municipality.perform("anna", SetProtection(case_id=case.case_id, protected=True, reason="Hot"))
    for who, seen in (("anna", [case.case_id]), ("bo", [])):
        assert await municipality.contains(who, "mine") == await municipality.contains(who, "todo") == seen, (
            who
        )
        assert await municipality.count(who, "mine") == await municipality.count(who, "todo") == len(seen), (
            who
        )


async def test_what_the_applicant_wrote_waits_until_it_is_read_or_answered(
    municipality: MunicipalityWithLists, clock: Clock
) -> None:
    read, answered = await municipality.submit(), await municipality.submit()
    for case in (read, answered):
        await municipality.perform("anna", TakeCase(case_id=case.case_id))
        await municipality.perform("bo", TakeCase(case_id=case.case_id, mode="together", expected=("anna",)))
        await municipality.receive_message(case)
        clock.advance(minutes=1)
    both = [(read.number, ("message",)), (answered.number, ("message",))]
    assert await municipality.list_todo("anna") == await municipality.list_todo("bo") == both
    await municipality.open_case("anna", read)
    assert await municipality.list_todo("anna") == both[1:]
    assert await municipality.list_todo("bo") == both
    await municipality.perform("bo", SendMessage(case_id=answered.case_id, text="Snart"))
    assert await municipality.list_todo("anna") == []
    clock.advance(minutes=1)
    await municipality.receive_message(answered)
    assert await municipality.list_todo("anna") == both[1:]


@pytest.mark.parametrize("assignee", ["officer:anna", "group:gruppen", ""])
async def test_what_the_applicant_wrote_in_a_closed_case_waits_before_all_else_until_it_is_read(
    municipality: MunicipalityWithLists, clock: Clock, assignee: str
) -> None:
    """The appeal of a decision comes to a closed case."""
    who = "carl" if assignee.startswith("group") else "anna"
    closed, open_, other = [await municipality.submit() for _ in range(3)]
    if assignee:
        await municipality.assign(closed, assignee)
    await municipality.perform(who, TakeCase(case_id=open_.case_id))
    for case in (closed, other):
        note = SetStatus(case_id=case.case_id, status="closed", note="Klart", expected="submitted")
        await municipality.perform("bo", note)
    assert await municipality.list_todo(who) == []
    for case in (open_, closed):
        clock.advance(minutes=1)
        await municipality.receive_message(case)
    reasons = [(closed.number, ("closed",)), (open_.number, ("message",))]
    assert await municipality.list_todo(who) == reasons
    await municipality.open_case(who, closed)
    assert await municipality.list_todo(who) == reasons[1:]


async def test_an_answer_that_is_late_waits_until_it_comes(
    municipality: MunicipalityWithLists, clock: Clock
) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    asked = SendMessage(
        case_id=case.case_id,
        text="Skicka ritningen",
        kind="completion",
        answer_by=date(2026, 11, 25),
        status="waiting",
        expected="submitted",
    )
    await send_until_left(municipality.service, asked, municipality.officer("anna"))
    clock.advance(days=2)
    assert await municipality.list_todo("anna") == []
    clock.advance(days=1)
    assert await municipality.list_todo("anna") == [(case.number, ("noanswer",))]
    again = SendMessage(case_id=case.case_id, text="Sista gången", answer_by=date(2026, 11, 30))
    await municipality.perform("anna", again)
    assert await municipality.list_todo("anna") == []
    clock.advance(days=5)
    await municipality.service.perform(
        AddInformation(case_id=case.case_id, text="Här är den"), await municipality.applicant(case)
    )
    assert await municipality.list_todo("anna") == [(case.number, ("added",))]


async def test_a_day_draws_near_and_passes(municipality: MunicipalityWithLists, clock: Clock) -> None:
    case = await municipality.submit()  # due ten working days later, on Monday the 7th of December
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    clock.advance(days=8)
    assert await municipality.list_todo("anna") == []
    clock.advance(days=1)
    assert await municipality.list_todo("anna") == [(case.number, ("soon",))]
    clock.advance(days=5)
    assert await municipality.list_todo("anna") == [(case.number, ("soon",))]
    clock.advance(days=1)
    assert await municipality.list_todo("anna") == [(case.number, ("overdue",))]
    assert await municipality.list_todo("bo") == []


async def test_each_e_service_says_how_near_a_day_is_soon(
    municipality: MunicipalityWithLists, clock: Clock
) -> None:
    services = municipality.service.catalog.services
    services["oro"] = services["oro"].model_copy(
        update={"working_days": 10, "notices": Notices(due_soon_days=5)}
    )
    permit, report = await municipality.submit(), await municipality.submit(service="oro")
    for case in (permit, report):
        await municipality.perform("anna", TakeCase(case_id=case.case_id))
    clock.advance(days=7)  # five working days before it
    assert await municipality.list_todo("anna") == [(report.number, ("soon",))]
    clock.advance(days=2)  # three
    assert await municipality.list_todo("anna") == [(permit.number, ("soon",)), (report.number, ("soon",))]


async def test_a_case_that_was_given_to_one_waits_until_it_is_opened(
    municipality: MunicipalityWithLists, clock: Clock
) -> None:
    given, taken = await municipality.submit(), await municipality.submit()
    await municipality.assign(given, "officer:bo")
    await municipality.perform("bo", TakeCase(case_id=taken.case_id))
    assert await municipality.list_todo("bo") == [(given.number, ("assigned",))]
    clock.advance(minutes=1)
    await municipality.open_case("bo", given)
    assert await municipality.list_todo("bo") == []


@pytest.mark.parametrize("part", [readings.LISTED_PART, readings.EXPORTED_PART])
async def test_a_case_is_not_opened_by_a_list_or_an_export(
    municipality: MunicipalityWithLists, clock: Clock, part: str
) -> None:
    case = await municipality.submit()
    await municipality.assign(case, "officer:bo")
    clock.advance(minutes=1)
    shown = Reading(municipality.officer("bo").ref, case.case_id, part, "some")
    await municipality.service.database.write(lambda tx: readings.record(tx, shown, clock()))
    assert await municipality.list_todo("bo") == [(case.number, ("assigned",))]


async def test_a_case_that_one_has_acted_in_need_not_be_opened(
    municipality: MunicipalityWithLists, clock: Clock
) -> None:
    case = await municipality.submit()
    await municipality.assign(case, "officer:bo")
    assert await municipality.list_todo("bo") == [(case.number, ("assigned",))]
    clock.advance(minutes=1)
    await municipality.perform("anna", AddNote(case_id=case.case_id, text="Ring grannen"))
    assert await municipality.list_todo("bo") == [(case.number, ("assigned",))]
    await municipality.perform("bo", AddNote(case_id=case.case_id, text="Ringde"))
    assert await municipality.list_todo("bo") == []


async def test_a_reminder_waits_from_its_hour_until_one_is_done_with_it(
    municipality: MunicipalityWithLists, clock: Clock
) -> None:
    case, database = await municipality.submit(), municipality.service.database
    flag = Flag(case.case_id, "Ring", clock() + timedelta(hours=1))
    await database.write(lambda tx: flags.save(tx, municipality.officer("anna"), flag, clock()))
    assert await municipality.list_todo("anna") == []
    clock.advance(hours=1)
    waiting = [(case.number, ("reminder",))]
    assert await municipality.list_todo("anna") == waiting
    await database.write(lambda tx: flags.enqueue_due_reminders(tx, clock()))
    assert await municipality.list_todo("anna") == waiting and await municipality.list_todo("bo") == []
    later = clock() + timedelta(hours=1)
    await database.write(
        lambda tx: flags.postpone_reminder(tx, municipality.officer("anna"), case.case_id, later)
    )
    assert await municipality.list_todo("anna") == []
    clock.advance(hours=1)
    assert await municipality.list_todo("anna") == waiting
    await database.write(lambda tx: flags.end_reminder(tx, municipality.officer("anna"), case.case_id))
    assert await municipality.list_todo("anna") == []


async def test_what_a_person_waits_for_comes_before_what_the_clock_says(
    municipality: MunicipalityWithLists, clock: Clock
) -> None:
    overdue, given, written = [await municipality.submit() for _ in range(3)]
    for case in (overdue, given):
        await municipality.assign(case, "officer:bo")
    clock.advance(minutes=1)
    await municipality.open_case("bo", overdue)
    clock.advance(days=15)
    await municipality.perform("bo", TakeCase(case_id=written.case_id))
    await municipality.receive_message(written)
    assert await municipality.list_todo("bo") == [
        (written.number, ("message", "overdue")),
        (overdue.number, ("overdue",)),
        (given.number, ("overdue", "assigned")),
    ]
    assert [row.number for row in await municipality.list_numbers("bo", "todo", limit=1, page=1)] == [
        overdue.number
    ]
    assert await municipality.count("bo", "todo") == 3


async def test_the_lists_columns_follow_whatever_happens_to_a_case(
    municipality: MunicipalityWithLists,
) -> None:
    """They repeat what assignees and closing say, so that the lists need not look at every case."""
    chance = random.Random(7)
    case = await municipality.submit()
    for _ in range(60):
        view = (await municipality.view_case("anna", case)).case
        assignees = chance.sample(["officer:anna", "officer:bo", "group:gruppen"], chance.randint(0, 3))
        status = chance.choice(["working", "closed"])
        command = chance.choice(
            [
                TakeCase(case_id=case.case_id, mode="over", expected=view.officers),
                ReleaseCase(case_id=case.case_id),
                ChangeAssignees(
                    case_id=case.case_id, assignees=tuple(assignees), expected=view.assignee_refs
                ),
                SetStatus(case_id=case.case_id, status=status, expected=view.status, note="n", reason="r"),
            ]
        )
        try:
            await municipality.perform("anna", command)
        except Refused:
            continue
        now = (await municipality.view_case("anna", case)).case
        handled, earliest, opened = await municipality.service.database.read(_list_columns)
        assert handled == bool(now.officers)
        assert earliest == min(filter(None, (now.due_on, now.step_due_on, now.decide_by)), default=None)
        assert opened == {now.closed_at is None} or not now.assignees


def _list_columns(tx: Tx) -> tuple[bool, date | None, set[bool]]:
    row = tx.conn.execute(select(CaseRow.handled, CaseRow.earliest_due_on)).one()
    return row.handled, row.earliest_due_on, set(tx.conn.execute(select(AssigneeRow.open)).scalars())


@pytest.mark.parametrize("name", ["todo", "mine", "unassigned"])
def test_no_list_is_read_by_looking_at_every_case(sqlite_database: Database, name: CaseList) -> None:
    """At a hundred thousand cases what waits is found by what waits, not by what there is."""
    asker = ListContext(officer(small_catalog(), "rut"), Clock()(), small_catalog())

    def plan(tx: Tx) -> list[str]:
        asked: list[tuple[str, Any]] = []
        event.listen(tx.conn, "before_cursor_execute", lambda *it: asked.append((it[2], it[3])))
        queries = CaseQueries(tx, asker)
        queries.page(LIST_QUERIES[name], limit=20)
        queries.count(LIST_QUERIES[name])
        return [
            row[3]
            for statement, given in list(asked)
            for row in tx.conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
        ]

    steps = sqlite_database.read_sync(plan)
    large = ("case", "assignee", "message", "reading", "flag", "unread_mark")
    assert [step for step in steps if step.startswith(tuple(f"SCAN {table}" for table in large))] == []
    assert any(re.search("ix_assignee_(open|key)|ix_case_unhandled", step) for step in steps)
