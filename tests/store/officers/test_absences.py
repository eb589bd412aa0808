"""While an officer is absent their substitute gets the notices and may act; the clock ends it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, get_args

import pytest
from sqlalchemy import select

from bot.catalog.services import MemberChoice
from bot.domain.absence import Absence
from bot.domain.actors import Officer
from bot.domain.assignment import TakeCase
from bot.domain.messages.correspondence import ReceiveMessage
from bot.domain.notes import AddNote
from bot.domain.rules import NoAccess
from bot.service import CommandResult, Service
from bot.service.absences import end_absence, set_absence
from bot.store import Database
from bot.store.cases import system_queries
from bot.store.officers import absences
from bot.store.tables import DeliveryRow
from tests.case_lists import list_cases
from tests.conftest import Clock, postgres_in_ci
from tests.municipality import TODAY
from tests.store.cases.test_choosing_members import LEAST_LOADED, ROUND_ROBIN, Workplace

LAST = TODAY + timedelta(days=4)


class Absentees(Workplace):
    async def set_absence(
        self, officer: str, substitute: str = "", first: date = TODAY, last: date = LAST
    ) -> None:
        absence = Absence(officer, first, last, substitute)
        await self.service.database.write(
            lambda tx: absences.save(tx, absence, f"officer:{officer}", self.service.clock())
        )

    async def announce_absence(
        self, officer: str, substitute: str, first: date = TODAY, last: date = LAST
    ) -> None:
        """The officer sets their absence, of which others are told."""
        await set_absence(self.service, await self.find(officer), Absence(officer, first, last, substitute))

    async def list_absence_notices(self) -> list[tuple[str, str, str, list[str]]]:
        """The officers who are told of an absence: in which role, whose it is, and whose cases come with it."""
        query = select(DeliveryRow.ids).where(DeliveryRow.kind == "absence").order_by(DeliveryRow.id)
        rows = await self.service.database.read(lambda tx: tx.conn.execute(query).scalars().all())
        found = [json.loads(row) for row in rows]
        return [(one["officer"], one["role"], one["absent"], one["passed_on"]) for one in found]

    async def find(self, key: str) -> Officer:
        found = await self.service.load_officer(key)
        assert found is not None
        return found

    async def taken_by(self, key: str, **given: Any) -> CommandResult:
        case = await self.submit(**given)
        await self.perform(key, TakeCase(case_id=case.case_id))
        return case

    async def work_to(self) -> list[str]:
        """A case that nobody has gets the status working. Returns who has it then."""
        case = await self.submit()
        await self.set_status(case, "working")
        return list((await self.load_case(case)).assignee_refs)

    async def receive_message(self, case: CommandResult) -> None:
        """The applicant writes."""
        command = ReceiveMessage(case_id=case.case_id, text="Hur går det?")
        await self.service.perform(command, await self.applicant(case))

    async def list_recipients(self) -> list[tuple[str, Sequence[str], Sequence[str]]]:
        """The officers who are to get notices, each with the reasons, and whom they stand in for."""
        query = select(DeliveryRow.ids).where(DeliveryRow.kind == "notice").order_by(DeliveryRow.id)
        rows = await self.service.database.read(lambda tx: tx.conn.execute(query).scalars().all())
        found = [json.loads(row) for row in rows]
        return [(one["officer"], one["reasons"], one.get("absent", [])) for one in found]


@pytest.fixture
def workplace(database: Database, clock: Clock) -> Absentees:
    made = Absentees(None, None)  # type: ignore[arg-type]
    made.set_rules()
    made.service = Service(database, lambda: made.catalog, clock=clock, wake=lambda: None)
    return made


async def test_a_substitute_works_with_the_cases_until_the_last_day_is_over(
    workplace: Absentees, clock: Clock
) -> None:
    case = await workplace.taken_by("bo")
    note = AddNote(case_id=case.case_id, text="Ringt")
    with pytest.raises(NoAccess):
        await workplace.service.perform(note, await workplace.find("rut"))
    await workplace.set_absence("bo", "rut")
    rut = await workplace.find("rut")
    assert rut.represented == {"bo"}
    await workplace.service.perform(note, rut)
    rows = await workplace.service.database.read(lambda tx: list_cases(tx, rut, "mine"))
    assert [row.id for row in rows] == [case.case_id]
    clock.advance(days=4)
    assert (await workplace.find("rut")).represented == {"bo"}
    clock.advance(days=1)
    with pytest.raises(NoAccess):
        await workplace.service.perform(note, await workplace.find("rut"))


async def test_an_absence_that_is_to_come_gives_nothing_yet_and_one_that_is_ended_nothing_more(
    workplace: Absentees, clock: Clock
) -> None:
    await workplace.set_absence("bo", "rut", first=TODAY + timedelta(days=1))
    assert (await workplace.find("rut")).represented == frozenset()
    clock.advance(days=1)
    assert (await workplace.find("rut")).represented == {"bo"}
    await workplace.service.database.write(lambda tx: absences.end(tx, "bo", "officer:bo", clock()))
    assert (await workplace.find("rut")).represented == frozenset()
    assert (
        await workplace.service.database.read(lambda tx: absences.find_latest_substitute(tx, "bo")) == "rut"
    )


async def test_a_new_absence_takes_the_place_of_the_earlier_one(workplace: Absentees) -> None:
    await workplace.set_absence("bo", "rut")
    await workplace.set_absence("bo", "carl", last=TODAY)
    found = await workplace.service.database.read(lambda tx: absences.list_absences(tx, "bo", TODAY))
    assert found == [Absence("bo", TODAY, TODAY, "carl")]


@postgres_in_ci
async def test_a_substitute_opens_no_protected_case_that_they_are_not_named_for(workplace: Absentees) -> None:
    case = await workplace.taken_by("anna", protected=True)
    await workplace.set_absence("anna", "bo")
    with pytest.raises(NoAccess):
        await workplace.service.perform(
            AddNote(case_id=case.case_id, text="Ringt"), await workplace.find("bo")
        )


async def test_the_substitute_is_told_of_what_the_applicant_writes_and_the_absent_officer_is_not(
    workplace: Absentees,
) -> None:
    case = await workplace.taken_by("bo")
    await workplace.set_absence("bo", "rut")
    await workplace.receive_message(case)
    assert await workplace.list_recipients() == [("rut", ["message"], ["bo"])]


@postgres_in_ci
async def test_notices_go_on_to_the_substitutes_substitute(workplace: Absentees) -> None:
    case = await workplace.taken_by("bo")
    await workplace.set_absence("bo", "rut")
    await workplace.set_absence("rut", "carl")
    await workplace.receive_message(case)
    assert await workplace.list_recipients() == [("carl", ["message"], ["bo"])]


@postgres_in_ci
async def test_a_substitutes_substitute_learns_for_whom_else_they_stand_in_and_when_no_more(
    workplace: Absentees,
) -> None:
    await workplace.announce_absence("bo", "rut")
    await workplace.announce_absence("rut", "carl")
    await workplace.announce_absence("carl", "anna", first=LAST)
    expected = [
        ("rut", "substitute", "bo", []),
        ("carl", "substitute", "rut", ["bo"]),
        ("anna", "substitute", "carl", ["rut", "bo"]),
    ]
    assert await workplace.list_absence_notices() == expected
    bo = await workplace.find("bo")
    await end_absence(workplace.service, bo, "bo")
    told = (await workplace.list_absence_notices())[len(expected) :]
    assert told == [(key, "released", "bo", []) for key in ("anna", "carl", "rut")]


@postgres_in_ci
async def test_a_chain_is_of_those_who_are_away_on_the_same_days(workplace: Absentees) -> None:
    await workplace.announce_absence("bo", "rut", last=TODAY + timedelta(days=1))
    await workplace.announce_absence("rut", "carl", first=TODAY + timedelta(days=2))
    assert (await workplace.list_absence_notices())[-1] == ("carl", "substitute", "rut", [])


@postgres_in_ci
@pytest.mark.parametrize("substitute", ["", "ute"])
async def test_without_a_substitute_who_may_see_the_case_the_officer_is_told(
    workplace: Absentees, substitute: str
) -> None:
    case = await workplace.taken_by("bo")
    await workplace.set_absence("bo", substitute)
    await workplace.receive_message(case)
    assert await workplace.list_recipients() == [("bo", ["message"], [])]


@postgres_in_ci
async def test_what_the_substitute_does_is_not_told_to_themselves(workplace: Absentees) -> None:
    case = await workplace.taken_by("carl")
    await workplace.set_absence("bo", "carl")
    note = AddNote(case_id=case.case_id, text="Se här", mentions=("bo",))
    await workplace.service.perform(note, await workplace.find("carl"))
    assert await workplace.list_recipients() == [("bo", ["mentioned"], [])]


async def test_no_rule_gives_a_case_to_who_is_absent(workplace: Absentees) -> None:
    workplace.set_rules(LEAST_LOADED)
    await workplace.set_absence("anna")
    await workplace.set_absence("bo", "anna")
    assert [await workplace.submit_to() for _ in range(2)] == ["officer:carl", "officer:carl"]
    await workplace.set_absence("carl")
    assert await workplace.submit_to() == "group:gruppen"


async def test_a_rule_that_names_who_is_absent_gives_the_case_to_the_substitute(
    workplace: Absentees,
) -> None:
    workplace.set_rules({"officer": "bo"})
    await workplace.set_absence("bo", "carl")
    case = await workplace.submit()
    found = await workplace.service.database.read(lambda tx: system_queries.load_case(tx, case.case_id))
    assert found is not None and found.officers == ("carl",)
    await workplace.set_absence("bo")
    assert await workplace.submit_to() == ""


@postgres_in_ci
async def test_the_turn_waits_for_nobody_who_is_absent(workplace: Absentees) -> None:
    workplace.set_rules(ROUND_ROBIN)
    await workplace.set_absence("bo")
    assert [await workplace.submit_to() for _ in range(3)] == ["officer:anna", "officer:carl", "officer:anna"]


@pytest.mark.parametrize("choose", get_args(MemberChoice))
async def test_a_case_that_gets_the_status_goes_to_no_member_who_is_absent(
    workplace: Absentees, choose: MemberChoice
) -> None:
    workplace.set_rules({"group": "gruppen", "choose": choose, "status": "working"})
    await workplace.set_absence("bo", "anna")
    assert [await workplace.work_to() for _ in range(4)] == [
        ["officer:anna"],
        ["officer:carl"],
        ["officer:anna"],
        ["officer:carl"],
    ]
    await workplace.set_absence("anna")
    await workplace.set_absence("carl")
    assert await workplace.work_to() == ["group:gruppen"]


async def test_a_case_that_gets_the_status_goes_to_who_stands_in_for_the_one_named(
    workplace: Absentees,
) -> None:
    workplace.set_rules({"officer": "bo", "status": "working"})
    await workplace.set_absence("bo", "carl")
    assert await workplace.work_to() == ["officer:carl"]
    await workplace.set_absence("bo")
    assert await workplace.work_to() == []


@pytest.mark.parametrize("replaces", [False, True])
async def test_who_has_the_case_that_the_rule_gives_them_keeps_it_while_absent(
    workplace: Absentees, replaces: bool
) -> None:
    """The substitute acts meanwhile, and has nothing of it when the absence is over."""
    workplace.set_rules({"officer": "bo", "status": "working", "replaces": replaces})
    case = await workplace.taken_by("bo")
    await workplace.set_absence("bo", "carl")
    await workplace.set_status(case, "working")
    assert (await workplace.load_case(case)).assignee_refs == ("officer:bo",)


async def test_a_case_that_both_have_is_listed_once(workplace: Absentees) -> None:
    case = await workplace.taken_by("bo")
    together = TakeCase(case_id=case.case_id, mode="together", expected=("bo",))
    await workplace.perform("carl", together)
    await workplace.set_absence("bo", "carl")
    carl = await workplace.find("carl")
    rows = await workplace.service.database.read(lambda tx: list_cases(tx, carl, "mine"))
    assert [row.id for row in rows] == [case.case_id]
