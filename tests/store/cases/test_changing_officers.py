"""A colleague decides who has the case, on both databases."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from bot.catalog.people import Grant
from bot.domain.assignment import (
    MAX_ASSIGNEES,
    AssigneesChangedMeanwhile,
    CaseIsClosed,
    ChangeAssignees,
    MayNotReassign,
    NoAccessToService,
    TakeCase,
    TooManyAssignees,
)
from bot.domain.rules import NoAccess, Refused
from bot.domain.status import SetStatus
from bot.service import CommandResult, Service
from bot.store import Database, Tx
from bot.store.log import history
from bot.store.tables import DeliveryRow, HistoryRow
from bot.store.verification import proof
from bot.text import words
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog

ANNA, BO, CARL, RUT, UTE = (f"officer:{key}" for key in ("anna", "bo", "carl", "rut", "ute"))
GROUP = "group:gruppen"


@pytest.fixture
def municipality(database: Database, clock: Clock) -> MunicipalityDriver:
    catalog = small_catalog(officers=60)
    bygglov = catalog.services["bygglov"]
    extra = (Grant(group="gruppen"), Grant(officer="ute", access="restricted", may_reassign=False))
    services = {"bygglov": bygglov.model_copy(update={"officers": (*bygglov.officers, *extra)})}
    catalog = catalog.model_copy(update={"services": {**catalog.services, **services}})
    return MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


def change_assignees(
    case: CommandResult, *assignees: str, expected: tuple[str, ...] = (), reason: str = ""
) -> ChangeAssignees:
    return ChangeAssignees(case_id=case.case_id, assignees=assignees, expected=expected, reason=reason)


async def list_notices(municipality: MunicipalityDriver) -> list[tuple[str, list[str]]]:
    """Officers with private notices under way, and why."""

    def look(tx: Tx) -> list[tuple[str, list[str]]]:
        rows = tx.conn.execute(select(DeliveryRow.ids).where(DeliveryRow.kind == "notice"))
        return sorted((ids["officer"], ids["reasons"]) for ids in map(json.loads, rows.scalars()))

    return await municipality.service.database.read(look)


async def test_several_people_and_groups_get_the_case_and_hear_of_it_but_who_did_it_does_not(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", change_assignees(case, ANNA, BO, GROUP))
    view = (await municipality.view_case("anna", case)).case
    assert view.assignee_refs == (ANNA, BO, GROUP)
    assert await list_notices(municipality) == [("bo", ["assigned"]), ("carl", ["group"])]


async def test_who_keeps_the_case_keeps_since_when(municipality: MunicipalityDriver, clock: Clock) -> None:
    case = await municipality.submit()
    await municipality.perform("bo", TakeCase(case_id=case.case_id))
    taken = clock()
    clock.advance(hours=1)
    await municipality.perform("anna", change_assignees(case, CARL, BO, expected=(BO,)))
    kept = {
        one.key: (one.since, one.by) for one in (await municipality.view_case("anna", case)).case.assignees
    }
    assert kept == {"bo": (taken, BO), "carl": (clock(), ANNA)}


async def test_those_removed_are_told(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    await municipality.perform("bo", TakeCase(case_id=case.case_id))
    await municipality.perform("anna", change_assignees(case, CARL, expected=(BO,)))
    assert await list_notices(municipality) == [("bo", ["removed"]), ("carl", ["assigned"])]


async def test_an_older_picture_overwrites_nothing(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    await municipality.perform("bo", TakeCase(case_id=case.case_id))
    with pytest.raises(AssigneesChangedMeanwhile) as refused:
        await municipality.perform("anna", change_assignees(case, CARL))
    assert refused.value.in_words(words("sv")) == "Ärendet har fått andra handläggare. Nu gäller: Bo Berg."
    assert (await municipality.view_case("anna", case)).case.officers == ("bo",)


async def test_no_change_is_no_event(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    await municipality.perform("bo", TakeCase(case_id=case.case_id))
    assert (await municipality.perform("anna", change_assignees(case, BO, expected=(BO,)))).events == ()


@pytest.mark.parametrize("stranger", ["officer:nobody", "group:nobody", "group:anna", "anna", "officer:"])
async def test_who_may_not_work_with_the_case_today_does_not_get_it(
    municipality: MunicipalityDriver, stranger: str
) -> None:
    case = await municipality.submit()
    with pytest.raises(NoAccessToService):
        await municipality.perform("anna", change_assignees(case, BO, stranger))
    assert (await municipality.view_case("anna", case)).case.assignees == ()


async def test_an_officer_who_may_not_reassign_and_one_without_part_are_refused(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    with pytest.raises(NoAccess):
        await municipality.perform("rut", change_assignees(case, RUT))
    with pytest.raises(NoAccess):
        await municipality.perform("ute", change_assignees(case, UTE))
    await municipality.perform("anna", change_assignees(case, UTE))
    with pytest.raises(MayNotReassign):
        await municipality.perform("ute", change_assignees(case, UTE, ANNA, expected=(UTE,)))


async def test_a_restricted_officer_may_hand_on_their_own_case_and_then_sees_it_no_more(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", change_assignees(case, RUT))
    await municipality.perform("rut", change_assignees(case, BO, expected=(RUT,)))
    assert await municipality.view_case("rut", case) is None


async def test_a_closed_case_and_more_than_fifty_are_refused(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    many = [f"officer:officer{n}" for n in range(4, 4 + MAX_ASSIGNEES + 1)]
    with pytest.raises(TooManyAssignees):
        await municipality.perform("anna", change_assignees(case, *many))
    await municipality.perform("anna", change_assignees(case, *many[1:]))
    view = await municipality.view_case("anna", case)
    assert view is not None and len(view.case.assignees) == MAX_ASSIGNEES
    await municipality.perform(
        "anna", SetStatus(case_id=case.case_id, status="closed", expected="submitted", note="Klart")
    )
    with pytest.raises(CaseIsClosed):
        await municipality.perform("anna", change_assignees(case, BO))


async def test_of_two_who_decide_at_once_one_is_told(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    outcomes: list[CommandResult | Refused] = []
    for who, to in (("anna", BO), ("carl", CARL)):
        try:
            outcomes.append(await municipality.perform(who, change_assignees(case, to)))
        except Refused as refused:
            outcomes.append(refused)
    assert [type(one) for one in outcomes] == [CommandResult, AssigneesChangedMeanwhile]


async def test_the_log_gives_the_same_case_and_its_reason_can_be_erased(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", change_assignees(case, BO, GROUP))
    await municipality.perform(
        "anna", change_assignees(case, CARL, GROUP, expected=(BO, GROUP), reason="Bo känner Karl Ek")
    )
    database, now = municipality.service.database, (await municipality.view_case("anna", case)).case
    assert await database.read(lambda tx: history.replay(tx, case.case_id)) == now

    def metas(tx: Tx) -> str:
        return "".join(tx.conn.execute(select(HistoryRow.meta)).scalars())

    assert "Karl" not in await database.read(metas)
    assert (await database.read(proof.verify)).ok
