"""What waits for an officer, what is theirs, and what nobody has."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from bot.catalog.models import Catalog
from bot.catalog.people import Grant
from bot.catalog.services import Notices
from bot.domain.assignment import ChangeAssignees, ReleaseCase, TakeCase
from bot.domain.correspondence import AddInformation, ReceiveMessage, SendMessage
from bot.domain.flags import Flag
from bot.domain.protection import SetProtection
from bot.domain.rules import Refused
from bot.domain.status import SetStatus
from bot.domain.views import ListedCase, Worklist
from bot.service import Done, Service
from bot.store import Database, Tx
from bot.store.lists.worklists import Asker, Worklists
from bot.store.officers import flags
from bot.store.tables import AssigneeRow, CaseRow
from tests.conftest import Clock
from tests.town import Town, officer, town

Why = tuple[str, tuple[str, ...]]


def with_group() -> Catalog:
    """The town, where Carl's group may have building permits, whose day is soon a little earlier than elsewhere."""
    catalog = town()
    service = catalog.services["bygglov"]
    changed = {"officers": (*service.officers, Grant(group="gruppen")), "notices": Notices(due_soon_days=3)}
    granted = service.model_copy(update=changed)
    return catalog.model_copy(update={"services": {**catalog.services, "bygglov": granted}})


class Hall(Town):
    async def lists(self, who: str, name: Worklist, **page: int) -> list[ListedCase]:
        asker = Asker(self.officer(who), self.service.clock(), self.service.catalog)
        return await self.service.database.read(
            lambda tx: Worklists(tx, asker).page(name, **{"limit": 20} | page)
        )

    async def count(self, who: str, name: Worklist) -> int:
        asker = Asker(self.officer(who), self.service.clock(), self.service.catalog)
        return await self.service.database.read(lambda tx: Worklists(tx, asker).count(name))

    async def has(self, who: str, name: Worklist) -> list[str]:
        return [row.id for row in await self.lists(who, name)]

    async def waits_for(self, who: str) -> list[Why]:
        return [(row.number, row.why) for row in await self.lists(who, "todo")]

    async def gives(self, case: Done, *holders: str, by: str = "anna") -> None:
        was = (await self.sees(by, case)).case.holders
        await self.does(by, ChangeAssignees(case_id=case.case_id, holders=holders, was=was))

    async def applicant_writes(self, case: Done) -> None:
        await self.service.perform(
            ReceiveMessage(case_id=case.case_id, text="Hur går det?"), await self.applicant(case)
        )

    async def reads(self, who: str, case: Done) -> None:
        await self.service.reveal(
            self.officer(who), case.case_id, {"messages"}, opening=f"{who}{self.service.clock()}"
        )


@pytest.fixture
def hall(database: Database, clock: Clock) -> Hall:
    catalog = with_group()
    return Hall(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


async def test_mine_is_what_i_have_and_what_my_group_has_that_no_person_took(hall: Hall) -> None:
    own, of_group, taken, free = [await hall.submits() for _ in range(4)]
    await hall.does("carl", TakeCase(case_id=own.case_id))
    await hall.gives(of_group, "group:gruppen")
    await hall.gives(taken, "group:gruppen", "officer:bo")
    assert await hall.has("carl", "mine") == [of_group.case_id, own.case_id]
    assert await hall.has("bo", "mine") == [taken.case_id]
    assert await hall.has("anna", "unhandled") == [free.case_id, of_group.case_id]


async def test_what_is_closed_is_in_no_list_until_it_is_reopened(hall: Hall) -> None:
    case = await hall.submits()
    await hall.does("anna", TakeCase(case_id=case.case_id))
    closing = SetStatus(case_id=case.case_id, status="closed", was="submitted", note="Klart")
    await hall.does("anna", closing)
    assert await hall.has("anna", "mine") == await hall.has("anna", "unhandled") == []
    again = SetStatus(case_id=case.case_id, status="working", was="closed", reason="Fel")
    await hall.does("anna", again)
    assert await hall.has("anna", "mine") == [case.case_id]


async def test_a_list_is_read_a_page_at_a_time(hall: Hall, clock: Clock) -> None:
    cases = []
    for _ in range(5):
        cases.append(await hall.submits())
        clock.pass_(minutes=1)
    newest_first = [case.case_id for case in reversed(cases)]
    first, second = [await hall.lists("anna", "unhandled", limit=3, offset=offset) for offset in (0, 3)]
    assert [row.id for row in [*first, *second]] == newest_first
    assert await hall.count("anna", "unhandled") == 5


async def test_no_list_shows_what_an_officer_may_not_know_of(hall: Hall) -> None:
    protected, own, others = [await hall.submits() for _ in range(3)]
    await hall.does("anna", SetProtection(case_id=protected.case_id, protected=True, reason="Hot"))
    await hall.gives(own, "officer:rut")
    for who, unhandled, mine in (
        ("anna", {protected.case_id, others.case_id}, set[str]()),
        ("bo", {others.case_id}, set[str]()),
        ("rut", set[str](), {own.case_id}),
        ("ute", set[str](), set[str]()),
    ):
        assert set(await hall.has(who, "unhandled")) == unhandled, who
        assert set(await hall.has(who, "mine")) == mine, who
        assert await hall.count(who, "unhandled") == len(unhandled), who


async def test_a_case_that_becomes_protected_leaves_the_lists_of_all_but_its_named_officers(
    hall: Hall, clock: Clock
) -> None:
    case = await hall.submits()
    for who in ("anna", "bo"):
        flag = Flag(case.case_id, "Ring", clock())
        officer = hall.officer(who)
        await hall.service.database.write(lambda tx, o=officer, f=flag: flags.keep(tx, o, f, clock()))  # type: ignore[misc]
    await hall.gives(case, "officer:bo", "officer:anna")
    await hall.does("anna", SetProtection(case_id=case.case_id, protected=True, reason="Hot"))
    for who, seen in (("anna", [case.case_id]), ("bo", [])):
        assert await hall.has(who, "mine") == await hall.has(who, "todo") == seen, who
        assert await hall.count(who, "mine") == await hall.count(who, "todo") == len(seen), who


async def test_what_the_applicant_wrote_waits_until_it_is_read_or_answered(hall: Hall, clock: Clock) -> None:
    read, answered = await hall.submits(), await hall.submits()
    for case in (read, answered):
        await hall.does("anna", TakeCase(case_id=case.case_id))
        await hall.does("bo", TakeCase(case_id=case.case_id, mode="together", was=("anna",)))
        await hall.applicant_writes(case)
        clock.pass_(minutes=1)
    both = [(read.number, ("message",)), (answered.number, ("message",))]
    assert await hall.waits_for("anna") == await hall.waits_for("bo") == both
    await hall.reads("anna", read)
    assert await hall.waits_for("anna") == both[1:]
    assert await hall.waits_for("bo") == both
    await hall.does("bo", SendMessage(case_id=answered.case_id, text="Snart"))
    assert await hall.waits_for("anna") == []
    clock.pass_(minutes=1)
    await hall.applicant_writes(answered)
    assert await hall.waits_for("anna") == both[1:]


async def test_an_answer_that_is_late_waits_until_it_comes(hall: Hall, clock: Clock) -> None:
    case = await hall.submits()
    await hall.does("anna", TakeCase(case_id=case.case_id))
    asked = SendMessage(
        case_id=case.case_id,
        text="Skicka ritningen",
        kind="completion",
        answer_by=date(2026, 11, 25),
        wait=True,
        was="submitted",
    )
    await hall.does("anna", asked)
    clock.pass_(days=2)
    assert await hall.waits_for("anna") == []
    clock.pass_(days=1)
    assert await hall.waits_for("anna") == [(case.number, ("noanswer",))]
    again = SendMessage(case_id=case.case_id, text="Sista gången", answer_by=date(2026, 11, 30))
    await hall.does("anna", again)
    assert await hall.waits_for("anna") == []
    clock.pass_(days=5)
    await hall.service.perform(
        AddInformation(case_id=case.case_id, text="Här är den"), await hall.applicant(case)
    )
    assert await hall.waits_for("anna") == [(case.number, ("added",))]


async def test_a_day_draws_near_and_passes(hall: Hall, clock: Clock) -> None:
    case = await hall.submits()  # due ten working days later, on Monday the 7th of December
    await hall.does("anna", TakeCase(case_id=case.case_id))
    clock.pass_(days=8)
    assert await hall.waits_for("anna") == []
    clock.pass_(days=1)
    assert await hall.waits_for("anna") == [(case.number, ("soon",))]
    clock.pass_(days=5)
    assert await hall.waits_for("anna") == [(case.number, ("soon",))]
    clock.pass_(days=1)
    assert await hall.waits_for("anna") == [(case.number, ("overdue",))]
    assert await hall.waits_for("bo") == []


async def test_each_e_service_says_how_near_a_day_is_soon(hall: Hall, clock: Clock) -> None:
    services = hall.service.catalog.services
    services["oro"] = services["oro"].model_copy(
        update={"working_days": 10, "notices": Notices(due_soon_days=5)}
    )
    permit, report = await hall.submits(), await hall.submits(service="oro")
    for case in (permit, report):
        await hall.does("anna", TakeCase(case_id=case.case_id))
    clock.pass_(days=7)  # five working days before it
    assert await hall.waits_for("anna") == [(report.number, ("soon",))]
    clock.pass_(days=2)  # three
    assert await hall.waits_for("anna") == [(permit.number, ("soon",)), (report.number, ("soon",))]


async def test_a_case_that_was_given_to_one_waits_until_it_is_opened(hall: Hall, clock: Clock) -> None:
    given, taken = await hall.submits(), await hall.submits()
    await hall.gives(given, "officer:bo")
    await hall.does("bo", TakeCase(case_id=taken.case_id))
    assert await hall.waits_for("bo") == [(given.number, ("assigned",))]
    clock.pass_(minutes=1)
    await hall.reads("bo", given)
    assert await hall.waits_for("bo") == []


async def test_a_reminder_waits_from_its_hour_until_one_is_done_with_it(hall: Hall, clock: Clock) -> None:
    case, database = await hall.submits(), hall.service.database
    flag = Flag(case.case_id, "Ring", clock() + timedelta(hours=1))
    await database.write(lambda tx: flags.keep(tx, hall.officer("anna"), flag, clock()))
    assert await hall.waits_for("anna") == []
    clock.pass_(hours=1)
    waiting = [(case.number, ("reminder",))]
    assert await hall.waits_for("anna") == waiting
    await database.write(lambda tx: flags.tell_due(tx, clock()))
    assert await hall.waits_for("anna") == waiting and await hall.waits_for("bo") == []
    later = clock() + timedelta(hours=1)
    await database.write(lambda tx: flags.remind_again(tx, hall.officer("anna"), case.case_id, later))
    assert await hall.waits_for("anna") == []
    clock.pass_(hours=1)
    await database.write(lambda tx: flags.drop(tx, "anna", case.case_id))
    assert await hall.waits_for("anna") == []


async def test_what_a_person_waits_for_comes_before_what_the_clock_says(hall: Hall, clock: Clock) -> None:
    overdue, given, written = [await hall.submits() for _ in range(3)]
    for case in (overdue, given):
        await hall.gives(case, "officer:bo")
    clock.pass_(minutes=1)
    await hall.reads("bo", overdue)
    clock.pass_(days=15)
    await hall.does("bo", TakeCase(case_id=written.case_id))
    await hall.applicant_writes(written)
    assert await hall.waits_for("bo") == [
        (written.number, ("message", "overdue")),
        (overdue.number, ("overdue",)),
        (given.number, ("overdue", "assigned")),
    ]
    assert [row.number for row in await hall.lists("bo", "todo", limit=1, offset=1)] == [overdue.number]
    assert await hall.count("bo", "todo") == 3


async def test_the_lists_columns_follow_whatever_happens_to_a_case(hall: Hall) -> None:
    """They repeat what assignees and closing say, so that the lists need not look at every case."""
    chance = random.Random(7)
    case = await hall.submits()
    for _ in range(60):
        view = (await hall.sees("anna", case)).case
        holders = chance.sample(["officer:anna", "officer:bo", "group:gruppen"], chance.randint(0, 3))
        status = chance.choice(["working", "closed"])
        command = chance.choice(
            [
                TakeCase(case_id=case.case_id, mode="over", was=view.officers),
                ReleaseCase(case_id=case.case_id),
                ChangeAssignees(case_id=case.case_id, holders=tuple(holders), was=view.holders),
                SetStatus(case_id=case.case_id, status=status, was=view.status, note="n", reason="r"),
            ]
        )
        try:
            await hall.does("anna", command)
        except Refused:
            continue
        now = (await hall.sees("anna", case)).case
        handled, opened = await hall.service.database.read(_columns)
        assert handled == bool(now.officers)
        assert opened == {now.closed_at is None} or not now.assignees


def _columns(tx: Tx) -> tuple[bool, set[bool]]:
    handled = tx.conn.execute(select(CaseRow.handled)).scalar_one()
    return handled, set(tx.conn.execute(select(AssigneeRow.open)).scalars())


@pytest.mark.parametrize("name", ["todo", "mine", "unhandled"])
def test_no_list_is_read_by_looking_at_every_case(sqlite_database: Database, name: Worklist) -> None:
    """At a hundred thousand cases what waits is found by what waits, not by what there is."""
    asker = Asker(officer(town(), "rut"), Clock()(), town())

    def plan(tx: Tx) -> list[str]:
        asked: list[tuple[str, Any]] = []
        event.listen(tx.conn, "before_cursor_execute", lambda *it: asked.append((it[2], it[3])))
        lists = Worklists(tx, asker)
        lists.page(name, limit=20)
        lists.count(name)
        return [
            row[3]
            for statement, given in list(asked)
            for row in tx.conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
        ]

    steps = sqlite_database.read_now(plan)
    large = ("case", "assignee", "message", "reading", "flag")
    assert [step for step in steps if step.startswith(tuple(f"SCAN {table}" for table in large))] == []
    assert any("ix_assignee_open" in step or "ix_case_unhandled" in step for step in steps)
