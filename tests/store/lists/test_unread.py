"""Unread: each officer sees which cases hold something new to them, and no one else does."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from bot.domain.assignment import TakeCase
from bot.domain.notes import AddNote
from bot.domain.status import SetStatus
from bot.service import CommandResult, Service
from bot.store import Database
from bot.store.lists.queries import unread
from bot.store.lists.queries.case_lists import load_listed_cases
from bot.store.log import readings
from bot.store.log.readings import EXPORTED_PART, Reading
from tests.conftest import Clock
from tests.store.lists.test_worklists import MunicipalityWithLists, catalog_with_group


@pytest.fixture
def town(database: Database, clock: Clock) -> Town:
    catalog = catalog_with_group()
    return Town(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


class Town(MunicipalityWithLists):
    async def list_unread(self, who: str) -> list[str]:
        return sorted(row.id for row in await self.list_numbers(who, "all") if row.is_unread)

    async def reads(self, who: str, case: CommandResult, part: str = "messages") -> None:
        """The officer opens the case, a minute after what was last done."""
        self.minute_passes()
        opening = f"{who}{self.service.clock()}"
        await self.service.reveal(self.officer(who), case.case_id, {part}, opening=opening)  # type: ignore[arg-type]
        self.minute_passes()

    async def marks(self, who: str, *cases: CommandResult) -> int:
        ids, now = [case.case_id for case in cases], self.service.clock()
        return await self.service.database.write(
            lambda tx: unread.mark_unread(tx, self.officer(who), ids, now)
        )

    def minute_passes(self) -> None:
        clock = self.service.clock
        assert isinstance(clock, Clock)
        clock.advance(minutes=1)


async def test_what_another_does_is_new_to_who_has_opened_the_case_until_they_open_it_again(
    town: Town,
) -> None:
    case, other = await town.submit(), await town.submit()
    assert await town.list_unread("anna") == []
    for who in ("anna", "bo"):
        await town.reads(who, case, "answers")
    await town.perform("anna", AddNote(case_id=case.case_id, text="Ringde"))
    assert (await town.list_unread("anna"), await town.list_unread("bo")) == ([], [case.case_id])
    await town.reads("bo", case, "notes")
    assert await town.list_unread("bo") == []
    await town.receive_message(case)
    assert await town.list_unread("anna") == await town.list_unread("bo") == [case.case_id]
    await town.reads("anna", case)
    assert (await town.list_unread("anna"), await town.list_unread("bo")) == ([], [case.case_id])
    assert other.case_id not in await town.list_unread("bo")


async def test_a_case_is_new_to_who_was_given_it_and_to_who_took_it_from_the_next_that_happens(
    town: Town,
) -> None:
    given, taken = await town.submit(), await town.submit()
    await town.assign(given, "officer:bo")
    await town.perform("bo", TakeCase(case_id=taken.case_id))
    assert await town.list_unread("bo") == [given.case_id]
    town.minute_passes()
    working = SetStatus(case_id=taken.case_id, status="working", expected="submitted")
    await town.perform("anna", working)
    assert await town.list_unread("bo") == sorted([given.case_id, taken.case_id])


async def test_a_mark_makes_a_case_unread_to_who_set_it_until_they_open_it(town: Town) -> None:
    case, other = await town.submit(), await town.submit()
    for who in ("anna", "bo"):
        await town.reads(who, case)
    assert await town.marks("anna", case, other) == 2
    assert await town.list_unread("anna") == sorted([case.case_id, other.case_id])
    assert await town.list_unread("bo") == []
    assert await town.marks("anna", case) == 1
    await town.reads("anna", case)
    assert await town.list_unread("anna") == [other.case_id]


async def test_an_export_reads_nothing_and_who_may_not_see_a_case_marks_nothing(town: Town) -> None:
    case = await town.submit()
    await town.reads("anna", case)
    await town.receive_message(case)
    town.minute_passes()
    exported = Reading(town.officer("anna").ref, case.case_id, EXPORTED_PART, "fil")
    now = town.service.clock()
    await town.service.database.write(lambda tx: readings.record(tx, exported, now))
    assert await town.list_unread("anna") == [case.case_id]
    assert await town.marks("rut", case) == 0


async def test_messages_and_notes_are_new_to_each_officer_by_what_they_have_read(town: Town) -> None:
    case = await town.submit()
    for part in ("messages", "notes"):
        await town.reads("bo", case, part)
    await town.receive_message(case)
    await town.perform("anna", AddNote(case_id=case.case_id, text="Ringde"))
    await town.reads("anna", case)
    seen = {who: await town.view_case(who, case) for who in ("anna", "bo")}
    assert {who: [one.unread for one in view.messages] for who, view in seen.items()} == {
        "anna": [False],
        "bo": [True],
    }
    assert {who: [one.unread for one in view.notes] for who, view in seen.items()} == {
        "anna": [False],
        "bo": [True],
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_page_of_many_cases_asks_no_more_statements_than_one_of_few(
    town: Town, database: Database
) -> None:
    cases = [await town.submit() for _ in range(12)]
    for case in cases:
        await town.reads("bo", case)
        await town.receive_message(case)
    engine, statements = database.migration_engine(), list[str]()
    event.listen(engine, "before_cursor_execute", lambda _c, _u, statement, *_: statements.append(statement))
    counts = []
    for number in (2, 12):
        statements.clear()
        ids = [case.case_id for case in cases[:number]]
        listed = database.read_sync(
            lambda tx, ids=ids: load_listed_cases(tx, town.officer("bo"), ids, with_unread=True)
        )
        assert all(one.is_unread for one in listed) and len(listed) == number
        counts.append(len(statements))
    assert counts[0] == counts[1]
