"""Colleagues mentioned in a note."""

from __future__ import annotations

from datetime import date

import pytest

from bot.domain.assignment import ChangeAssignees, NoPartInService
from bot.domain.mentions import MOST_MENTIONED, colleagues_like
from bot.domain.notes import AddNote
from bot.domain.protection import SetProtection
from bot.service import Done, Service
from bot.store import Database
from bot.store.verification import proof
from tests.conftest import Clock
from tests.store.cases.test_changing_officers import told
from tests.town import TODAY, Town, town


@pytest.fixture
def hall(sqlite_database: Database, clock: Clock) -> Town:
    catalog = town(officers=30)
    return Town(Service(sqlite_database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


async def notes(hall: Town, case: Done, *mentions: str) -> Done:
    return await hall.does("anna", AddNote(case_id=case.case_id, text="Se här", mentions=mentions))


async def test_who_is_mentioned_is_told_once_and_the_writer_is_not(hall: Town) -> None:
    case = await hall.submits()
    await notes(hall, case, "bo", "anna", "bo")
    assert await told(hall) == [("bo", ["mentioned"])]
    line = (await hall.sees("anna", case)).history[-1]
    assert line.facts["mentions"] == ("bo",)
    assert (await hall.service.database.read(proof.verify)).ok


async def test_a_note_without_mentions_is_told_to_nobody(hall: Town) -> None:
    await notes(hall, await hall.submits())
    assert await told(hall) == []


@pytest.mark.parametrize("stranger", ["ute", "rut", "nobody"])
async def test_who_has_no_part_in_the_case_is_not_mentioned(hall: Town, stranger: str) -> None:
    case = await hall.submits()
    with pytest.raises(NoPartInService):
        await notes(hall, case, "bo", stranger)
    assert await told(hall) == [] and (await hall.sees("anna", case)).notes == ()


async def test_who_sees_only_their_own_cases_is_mentioned_in_those(hall: Town) -> None:
    case = await hall.submits()
    await hall.does("anna", ChangeAssignees(case_id=case.case_id, holders=("officer:rut",), was=()))
    await notes(hall, case, "rut")
    assert await told(hall) == [("rut", ["assigned", "mentioned"])]


async def test_about_a_protected_case_only_its_named_officers_are_mentioned(hall: Town) -> None:
    case = await hall.submits()
    await hall.does("anna", SetProtection(case_id=case.case_id, protected=True, reason="Hot"))
    with pytest.raises(NoPartInService):
        await notes(hall, case, "bo")
    found = colleagues_like(hall.catalog, (await hall.sees("anna", case)).case, TODAY, "")
    assert [one.key for one in found] == ["anna"]


async def test_colleagues_are_found_by_name_among_those_who_may(hall: Town) -> None:
    case = (await hall.sees("anna", await hall.submits())).case

    def found(typed: str, on: date = TODAY) -> list[str]:
        return [one.key for one in colleagues_like(hall.catalog, case, on, typed)]

    assert found("BERG bo") == ["bo"] and found("rut") == found("Ute") == []


async def test_there_is_an_end_to_how_many_are_told(hall: Town) -> None:
    case = await hall.submits()
    await notes(hall, case, *(f"officer{n}" for n in range(4, 30)))
    assert len(await told(hall)) == MOST_MENTIONED
