"""A colleague decides who has the case, on both databases."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from bot.catalog.people import Grant
from bot.domain.assignment import (
    MOST_HOLDERS,
    CaseIsClosed,
    ChangeAssignees,
    MayNotReassign,
    NoPartInService,
    OthersHaveIt,
    TakeCase,
    TooMany,
)
from bot.domain.rules import NoAccess, Refused
from bot.domain.status import SetStatus
from bot.service import Done, Service
from bot.store import Database, Tx
from bot.store.log import history
from bot.store.tables import DeliveryRow, HistoryRow
from bot.store.verification import proof
from bot.text import words
from tests.conftest import Clock
from tests.town import Town, town

ANNA, BO, CARL, RUT, UTE = (f"officer:{key}" for key in ("anna", "bo", "carl", "rut", "ute"))
GROUP = "group:gruppen"


@pytest.fixture
def hall(database: Database, clock: Clock) -> Town:
    catalog = town(officers=60)
    bygglov = catalog.services["bygglov"]
    extra = (Grant(group="gruppen"), Grant(officer="ute", access="restricted", may_reassign=False))
    services = {"bygglov": bygglov.model_copy(update={"officers": (*bygglov.officers, *extra)})}
    catalog = catalog.model_copy(update={"services": {**catalog.services, **services}})
    return Town(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


def change(case: Done, *holders: str, was: tuple[str, ...] = (), reason: str = "") -> ChangeAssignees:
    return ChangeAssignees(case_id=case.case_id, holders=holders, was=was, reason=reason)


async def told(hall: Town) -> list[tuple[str, list[str]]]:
    """Officers with private notices under way, and why."""

    def look(tx: Tx) -> list[tuple[str, list[str]]]:
        rows = tx.conn.execute(select(DeliveryRow.ids).where(DeliveryRow.kind == "notice"))
        return sorted((ids["officer"], ids["reasons"]) for ids in map(json.loads, rows.scalars()))

    return await hall.service.database.read(look)


async def test_several_people_and_groups_get_the_case_and_hear_of_it_but_who_did_it_does_not(
    hall: Town,
) -> None:
    case = await hall.submits()
    await hall.does("anna", change(case, ANNA, BO, GROUP))
    view = (await hall.sees("anna", case)).case
    assert view.holders == (ANNA, BO, GROUP)
    assert await told(hall) == [("bo", ["assigned"])]


async def test_who_keeps_the_case_keeps_since_when(hall: Town, clock: Clock) -> None:
    case = await hall.submits()
    await hall.does("bo", TakeCase(case_id=case.case_id))
    taken = clock()
    clock.pass_(hours=1)
    await hall.does("anna", change(case, CARL, BO, was=(BO,)))
    kept = {one.key: (one.since, one.by) for one in (await hall.sees("anna", case)).case.assignees}
    assert kept == {"bo": (taken, BO), "carl": (clock(), ANNA)}


async def test_those_removed_are_told(hall: Town) -> None:
    case = await hall.submits()
    await hall.does("bo", TakeCase(case_id=case.case_id))
    await hall.does("anna", change(case, CARL, was=(BO,)))
    assert await told(hall) == [("bo", ["removed"]), ("carl", ["assigned"])]


async def test_an_older_picture_overwrites_nothing(hall: Town) -> None:
    case = await hall.submits()
    await hall.does("bo", TakeCase(case_id=case.case_id))
    with pytest.raises(OthersHaveIt) as refused:
        await hall.does("anna", change(case, CARL))
    assert refused.value.said(words("sv")) == "Ärendet har fått andra handläggare. Nu gäller: Bo Berg."
    assert (await hall.sees("anna", case)).case.officers == ("bo",)


async def test_no_change_is_no_event(hall: Town) -> None:
    case = await hall.submits()
    await hall.does("bo", TakeCase(case_id=case.case_id))
    assert (await hall.does("anna", change(case, BO, was=(BO,)))).events == ()


@pytest.mark.parametrize("stranger", ["officer:nobody", "group:nobody", "group:anna", "anna", "officer:"])
async def test_who_may_not_work_with_the_case_today_does_not_get_it(hall: Town, stranger: str) -> None:
    case = await hall.submits()
    with pytest.raises(NoPartInService):
        await hall.does("anna", change(case, BO, stranger))
    assert (await hall.sees("anna", case)).case.assignees == ()


async def test_an_officer_who_may_not_reassign_and_one_without_part_are_refused(hall: Town) -> None:
    case = await hall.submits()
    with pytest.raises(NoAccess):
        await hall.does("rut", change(case, RUT))
    with pytest.raises(NoAccess):
        await hall.does("ute", change(case, UTE))
    await hall.does("anna", change(case, UTE))
    with pytest.raises(MayNotReassign):
        await hall.does("ute", change(case, UTE, ANNA, was=(UTE,)))


async def test_a_restricted_officer_may_hand_on_their_own_case_and_then_sees_it_no_more(hall: Town) -> None:
    case = await hall.submits()
    await hall.does("anna", change(case, RUT))
    await hall.does("rut", change(case, BO, was=(RUT,)))
    assert await hall.sees("rut", case) is None


async def test_a_closed_case_and_more_than_fifty_are_refused(hall: Town) -> None:
    case = await hall.submits()
    many = [f"officer:officer{n}" for n in range(4, 4 + MOST_HOLDERS + 1)]
    with pytest.raises(TooMany):
        await hall.does("anna", change(case, *many))
    await hall.does("anna", SetStatus(case_id=case.case_id, status="closed", was="submitted", note="Klart"))
    with pytest.raises(CaseIsClosed):
        await hall.does("anna", change(case, BO))


async def test_of_two_who_decide_at_once_one_is_told(hall: Town) -> None:
    case = await hall.submits()
    outcomes: list[Done | Refused] = []
    for who, to in (("anna", BO), ("carl", CARL)):
        try:
            outcomes.append(await hall.does(who, change(case, to)))
        except Refused as refused:
            outcomes.append(refused)
    assert [type(one) for one in outcomes] == [Done, OthersHaveIt]


async def test_the_log_gives_the_same_case_and_its_reason_can_be_erased(hall: Town) -> None:
    case = await hall.submits()
    await hall.does("anna", change(case, BO, GROUP))
    await hall.does("anna", change(case, CARL, GROUP, was=(BO, GROUP), reason="Bo känner Karl Ek"))
    database, now = hall.service.database, (await hall.sees("anna", case)).case
    assert await database.read(lambda tx: history.replay(tx, case.case_id)) == now

    def metas(tx: Tx) -> str:
        return "".join(tx.conn.execute(select(HistoryRow.meta)).scalars())

    assert "Karl" not in await database.read(metas)
    assert (await database.read(proof.verify)).ok
