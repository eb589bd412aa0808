"""Cases of people with a protected identity, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from bot.catalog.models import Catalog
from bot.domain.assignment import TakeCase
from bot.domain.protection import (
    NobodyNamed,
    ReasonNeeded,
    ReasonTooLong,
    SetProtection,
)
from bot.domain.rules import Empty, ProtectedCase, UnknownCase, may_work
from bot.service import Done, Service
from bot.store import Database
from bot.store.cases import officer_queries
from bot.store.lists import case_lists
from bot.store.log import readings
from bot.store.outbox import deliveries
from bot.text import words
from tests.conftest import Clock
from tests.town import Town, town

WHY = "Sökanden ringde om sin plats"


def place(database: Database, clock: Clock, catalog: Catalog) -> Town:
    return Town(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


@pytest.fixture
def staden(database: Database, clock: Clock) -> Town:
    """Where `bygglov` names anna, and rut who sees only what she is given."""
    return place(database, clock, town())


@pytest.fixture
async def case(staden: Town) -> Done:
    return await staden.submits(protected=True)


async def in_all(staden: Town, who: str) -> tuple[int, int]:
    """How many cases the officer's list has, and how many it says there are."""

    def look(tx):  # type: ignore[no-untyped-def]
        officer = staden.officer(who)
        return len(case_lists.list_cases(tx, officer, "all")), case_lists.count_cases(tx, officer, "all")

    return await staden.service.database.read(look)


async def test_a_named_officer_finds_it_in_lists_and_by_number(staden: Town, case: Done) -> None:
    assert await in_all(staden, "anna") == (1, 1)
    found = await staden.service.database.read(
        lambda tx: officer_queries.find_number(tx, staden.officer("anna"), case.number)
    )
    assert found == case.case_id


@pytest.mark.parametrize("who", ["bo", "rut", "ute"])
async def test_for_the_others_there_is_no_such_case(staden: Town, case: Done, who: str) -> None:
    """Bo has full access but is not named; rut is named but sees only what she is given."""
    officer, database = staden.officer(who), staden.service.database
    assert await in_all(staden, who) == (0, 0)
    assert await database.read(lambda tx: officer_queries.find_number(tx, officer, case.number)) is None
    assert await staden.sees(who, case) is None
    with pytest.raises(UnknownCase):
        await staden.service.reveal(officer, case.case_id, {"answers"}, opening="o", session="s")


async def test_who_has_the_case_but_is_not_named_loses_sight_of_it(staden: Town) -> None:
    case = await staden.submits()
    await staden.does("bo", TakeCase(case_id=case.case_id))
    await staden.does("anna", SetProtection(case_id=case.case_id, protected=True, reason=WHY))
    assert await staden.sees("bo", case) is None
    assert not may_work(staden.officer("bo"), (await staden.sees("anna", case)).case)


async def test_a_coordinator_is_not_named_by_being_one(database: Database, clock: Clock) -> None:
    data = town().model_dump(by_alias=True, exclude_unset=True)
    data["services"]["bygglov"]["officers"] += ({"officer": "ute", "coordinator": True},)
    staden = place(database, clock, Catalog.model_validate(data))
    case = await staden.submits(protected=True)
    assert await staden.sees("ute", case) is None


async def test_a_press_by_one_not_named_is_refused_with_whom_to_ask(staden: Town, case: Done) -> None:
    with pytest.raises(ProtectedCase) as refused:
        await staden.does("bo", TakeCase(case_id=case.case_id))
    said = refused.value.said(words("sv"))
    assert "skyddade personuppgifter" in said and "Anna Berg" in said and "Bygglov" not in said


async def test_nothing_is_shown_before_it_is_said_why(staden: Town, case: Done) -> None:
    anna = staden.officer("anna")
    with pytest.raises(ReasonNeeded):
        await staden.service.reveal(anna, case.case_id, {"answers"}, opening="s:1", session="s")
    assert await staden.service.database.read(lambda tx: readings.of_case(tx, case.case_id)) == []


async def test_the_reason_holds_for_the_session_and_stands_with_each_reading(
    staden: Town, case: Done
) -> None:
    anna, service = staden.officer("anna"), staden.service
    await service.give_reason(anna, case.case_id, f" {WHY}\n", session="s")
    view = await service.reveal(anna, case.case_id, {"answers", "history"}, opening="s:1", session="s")
    assert view.people and [(one.by, one.reason) for one in view.openings] == [("officer:anna", WHY)]
    with pytest.raises(ReasonNeeded):
        await service.reveal(anna, case.case_id, {"answers"}, opening="t:1", session="t")

    def reasons(tx):  # type: ignore[no-untyped-def]
        return list(tx.conn.execute(text("SELECT reason FROM reading")).scalars())

    assert await service.database.read(reasons) == [WHY] * 3


async def test_the_reason_cannot_be_changed_afterwards(staden: Town, case: Done) -> None:
    await staden.service.give_reason(staden.officer("anna"), case.case_id, WHY, session="s")
    with pytest.raises(DatabaseError, match="readings cannot be changed"):
        await staden.service.database.write(
            lambda tx: tx.conn.execute(text("UPDATE reading SET reason = 'annat'"))
        )


@pytest.mark.parametrize(("reason", "refused"), [("  ", Empty), ("x" * 501, ReasonTooLong)])
async def test_a_reason_says_something_briefly(
    staden: Town, case: Done, reason: str, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        await staden.service.give_reason(staden.officer("anna"), case.case_id, reason, session="s")


async def test_who_may_not_see_it_gives_no_reason_either(staden: Town, case: Done) -> None:
    with pytest.raises(UnknownCase):
        await staden.service.give_reason(staden.officer("bo"), case.case_id, WHY, session="s")


async def test_the_mark_and_its_reason_are_in_the_log_and_redraw_the_card(staden: Town) -> None:
    case = await staden.submits()
    done = await staden.does("bo", SetProtection(case_id=case.case_id, protected=True, reason=WHY))
    assert done.events == ("CaseProtected",)
    waiting = await staden.service.database.read(deliveries.counts)
    assert sum(waiting.values()) > 0
    last = (await staden.sees("anna", case)).history[-1]
    assert (last.by, last.facts, last.content) == ("officer:bo", {}, {"reason": WHY})


async def test_the_mark_is_lifted_by_one_who_may_work_with_it(staden: Town, case: Done) -> None:
    lifting = SetProtection(case_id=case.case_id, protected=False, reason="Skyddet har upphört")
    with pytest.raises(ProtectedCase):
        await staden.does("bo", lifting)
    assert (await staden.does("anna", lifting)).events == ("ProtectionLifted",)
    assert await staden.sees("bo", case) is not None


async def test_the_mark_takes_a_reason(staden: Town) -> None:
    case = await staden.submits()
    with pytest.raises(Empty):
        await staden.does("anna", SetProtection(case_id=case.case_id, protected=True, reason=" "))


async def test_a_mark_that_is_there_does_nothing(staden: Town, case: Done) -> None:
    again = SetProtection(case_id=case.case_id, protected=True, reason=WHY)
    assert (await staden.does("anna", again)).events == ()


async def test_nobody_is_locked_out_where_nobody_is_named(staden: Town) -> None:
    case = await staden.submits(service="oro", values={})
    with pytest.raises(NobodyNamed):
        await staden.does("anna", SetProtection(case_id=case.case_id, protected=True, reason=WHY))


@pytest.mark.parametrize(("officer", "given"), [("bo", ()), ("anna", ("anna",))])
async def test_a_rule_gives_it_to_no_one_who_may_not_open_it(
    database: Database, clock: Clock, officer: str, given: tuple[str, ...]
) -> None:
    data = town().model_dump(by_alias=True, exclude_unset=True)
    data["services"]["bygglov"]["assign"] = ({"officer": officer},)
    staden = place(database, clock, Catalog.model_validate(data))
    case = await staden.submits(protected=True)
    assert (await staden.sees("anna", case)).case.officers == given


async def test_the_log_replays_to_the_mark(staden: Town) -> None:
    case = await staden.submits()
    await staden.does("anna", SetProtection(case_id=case.case_id, protected=True, reason=WHY))
    seen = (await staden.sees("anna", case)).case
    then = await staden.service.database.read(
        lambda tx: officer_queries.case_then(tx, case.case_id, seen.seq)
    )
    assert then == replace(seen) and then.protected
