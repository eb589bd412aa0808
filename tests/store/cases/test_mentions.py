"""Colleagues mentioned in a note."""

from __future__ import annotations

from datetime import date

import pytest

from bot.domain.assignment import ChangeAssignees, NoAccessToService
from bot.domain.mentions import MAX_MENTIONS, find_colleagues
from bot.domain.notes import AddNote
from bot.domain.protection import SetProtection
from bot.service import CommandResult, Service
from bot.store import Database
from bot.store.verification import proof
from tests.conftest import Clock
from tests.municipality import TODAY, MunicipalityDriver, small_catalog
from tests.store.cases.test_changing_officers import list_notices


@pytest.fixture
def municipality(sqlite_database: Database, clock: Clock) -> MunicipalityDriver:
    catalog = small_catalog(officers=30)
    return MunicipalityDriver(
        Service(sqlite_database, lambda: catalog, clock=clock, wake=lambda: None), catalog
    )


async def list_noted_notices(
    municipality: MunicipalityDriver, case: CommandResult, *mentions: str
) -> CommandResult:
    return await municipality.perform("anna", AddNote(case_id=case.case_id, text="Se här", mentions=mentions))


async def test_who_is_mentioned_is_told_once_and_the_writer_is_not(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    await list_noted_notices(municipality, case, "bo", "anna", "bo")
    assert await list_notices(municipality) == [("bo", ["mentioned"])]
    line = (await municipality.view_case("anna", case)).history[-1]
    assert line.facts["mentions"] == ("bo",)
    assert (await municipality.service.database.read(proof.verify)).ok


async def test_a_note_without_mentions_is_told_to_nobody(municipality: MunicipalityDriver) -> None:
    await list_noted_notices(municipality, await municipality.submit())
    assert await list_notices(municipality) == []


@pytest.mark.parametrize("stranger", ["ute", "rut", "nobody"])
async def test_who_has_no_part_in_the_case_is_not_mentioned(
    municipality: MunicipalityDriver, stranger: str
) -> None:
    case = await municipality.submit()
    with pytest.raises(NoAccessToService):
        await list_noted_notices(municipality, case, "bo", stranger)
    assert await list_notices(municipality) == [] and (await municipality.view_case("anna", case)).notes == ()


async def test_who_sees_only_their_own_cases_is_mentioned_in_those(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    await municipality.perform(
        "anna", ChangeAssignees(case_id=case.case_id, assignees=("officer:rut",), expected=())
    )
    await list_noted_notices(municipality, case, "rut")
    assert await list_notices(municipality) == [("rut", ["assigned", "mentioned"])]


async def test_about_a_protected_case_only_its_named_officers_are_mentioned(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", SetProtection(case_id=case.case_id, protected=True, reason="Hot"))
    with pytest.raises(NoAccessToService):
        await list_noted_notices(municipality, case, "bo")
    found = find_colleagues(
        municipality.catalog, (await municipality.view_case("anna", case)).case, TODAY, ""
    )
    assert [one.key for one in found] == ["anna"]


async def test_colleagues_are_found_by_name_among_those_who_may(municipality: MunicipalityDriver) -> None:
    case = (await municipality.view_case("anna", await municipality.submit())).case

    def found(typed: str, on: date = TODAY) -> list[str]:
        return [one.key for one in find_colleagues(municipality.catalog, case, on, typed)]

    assert found("BERG bo") == ["bo"] and found("rut") == found("Ute") == []


async def test_there_is_an_end_to_how_many_are_told(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    await list_noted_notices(municipality, case, *(f"officer{n}" for n in range(4, 30)))
    assert len(await list_notices(municipality)) == MAX_MENTIONS
