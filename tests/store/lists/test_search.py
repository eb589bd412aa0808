"""Cases found by their numbers and by what they hold, alike on both databases."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text, update
from sqlalchemy.exc import DatabaseError
from structlog.testing import capture_logs

from bot.catalog.models import Catalog
from bot.domain.actors import Officer
from bot.domain.assignment import TakeCase
from bot.domain.correspondence import AddInformation, ReceiveMessage, SendMessage, UndoMessage
from bot.domain.notes import AddNote, ReviseNote, Source
from bot.domain.protection import SetProtection
from bot.domain.searching import Sought, sought
from bot.domain.status import SetStatus
from bot.jobs import JobKit, run
from bot.jobs.runner import INDEXING
from bot.service import Done, Service
from bot.store import Database, Tx
from bot.store.cases import indexing, system_queries
from bot.store.lists import search, search_results
from bot.store.tables import CaseRow, DefinitionRow
from bot.text import clean
from tests.conftest import Clock
from tests.text.finding import FOUND, MISSED, is_found
from tests.town import STATUSES, Town, person, town

anything = st.text(st.characters(codec="utf-8")).map(clean)
NOBODY = {"name": "", "email": "n@n.example"}


def place(database: Database, clock: Clock, catalog: Catalog) -> Town:
    return Town(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


def changed(**given: Any) -> Catalog:
    """The town's catalog with an e-service `bygglov` of other ways."""
    data = town().model_dump(by_alias=True, exclude_unset=True)
    data["services"]["bygglov"] |= given
    return Catalog.model_validate(data)


@pytest.fixture
def staden(database: Database, clock: Clock) -> Town:
    return place(database, clock, town())


async def found(staden: Town, typed: str, by: str = "anna", only: str = "", most: int = 1000) -> list[str]:
    """The numbers of the cases that the officer finds."""
    officer = staden.officer(by)
    return await looked_up(staden, officer, sought(typed, officer, staden.catalog, only), most)


async def by_content(staden: Town, typed: str) -> list[str]:
    """The numbers of the cases that are found by what they hold, and not by being so numbered."""
    anna = staden.officer("anna")
    return await looked_up(staden, anna, replace(sought(typed, anna, staden.catalog), numbers=()))


async def looked_up(staden: Town, officer: Officer, looked_for: Sought, most: int = 1000) -> list[str]:
    def look(tx: Tx) -> list[str]:
        ids = search.find(tx, officer, looked_for, most)
        numbers = system_queries.numbers_of(tx, ids)
        return [numbers[one] for one in ids]

    return await staden.service.database.read(look)


async def says(staden: Town, vad: str, **given: Any) -> Done:
    """Someone submits a case that says just that."""
    return await staden.submits(person(**NOBODY), values={"vad": clean(vad)}, **given)


# --- by content ---


async def test_both_databases_find_what_is_to_be_found_and_nothing_else(staden: Town) -> None:
    said = {(await says(staden, said)).number: clean(said) for _, said in FOUND + MISSED}
    for typed, _ in FOUND + MISSED:
        there = await by_content(staden, typed)
        assert set(there) == {number for number, text in said.items() if is_found(typed, text)}, typed


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(anything, anything)
def test_any_text_finds_its_case_and_any_query_is_answered(staden: Town, vad: str, typed: str) -> None:
    case = asyncio.run(says(staden, vad))
    assert (case.number in asyncio.run(by_content(staden, vad))) == is_found(vad, vad)
    assert (case.number in asyncio.run(by_content(staden, typed))) == is_found(typed, vad)


async def test_a_case_is_found_by_its_applicants_answers_messages_and_notes_together(staden: Town) -> None:
    case = await staden.submits(person(name="Sigrid Åkerlund"), values={"vad": "Ett växthus", "typ": "till"})
    await staden.does("anna", SendMessage(case_id=case.case_id, text="Skicka situationsplanen"))
    await staden.does("anna", AddNote(case_id=case.case_id, text="Grannen är hörd"))
    await staden.service.perform(
        ReceiveMessage(case_id=case.case_id, text="Här kommer kartan"), await staden.applicant(case)
    )
    assert await found(staden, "akerlund vaxthus tillbyggnad situationsplan granne karta") == [case.number]


async def test_a_choice_is_found_by_its_words_and_an_answer_not_marked_for_it_is_not_found(
    staden: Town,
) -> None:
    case = await staden.submits(values={"vad": "En altan", "typ": "ny", "pnr": "199001011234"})
    assert await found(staden, "nybyggnad") == [case.number]
    assert await found(staden, "19900101-1234") == []


async def test_what_the_applicant_adds_is_found(staden: Town) -> None:
    case = await staden.submits()
    asked = SetStatus(case_id=case.case_id, status="waiting", was="submitted", message="Vad saknas?")
    await staden.does("anna", asked)
    added = AddInformation(case_id=case.case_id, text="Brandskyddsbeskrivning")
    await staden.service.perform(added, await staden.applicant(case))
    assert await found(staden, "brandskydd") == [case.number]


async def test_a_message_that_was_taken_back_is_not_found(staden: Town) -> None:
    case = await staden.submits()
    sent = await staden.does("anna", SendMessage(case_id=case.case_id, text="Avslaget"))
    assert await found(staden, "avslaget") == [case.number]
    await staden.does("anna", UndoMessage(case_id=case.case_id, message_id=sent.ids["message_id"]))
    assert await found(staden, "avslaget") == []
    assert await found(staden, "altan") == [case.number]


async def test_of_a_revised_note_only_what_it_says_now_is_found(database: Database, clock: Clock) -> None:
    staden = place(database, clock, changed(officers=[{"officer": "anna"}], protected_officers=[]))
    case = await staden.submits()
    await staden.does("anna", AddNote(case_id=case.case_id, text="Felskrivet", source=Source("C1:1.0")))
    revised = ReviseNote(case_id=case.case_id, text="Rättat", source=Source("C1:1.0", "2.0"))
    await staden.does("anna", revised)
    assert await found(staden, "felskrivet") == []
    assert await found(staden, "rättat") == [case.number]


async def test_working_notes_that_went_with_the_close_are_not_found(database: Database, clock: Clock) -> None:
    closed = {"key": "closed", "name": "Avslutat", "kind": "closed", "told": "Avslutat."}
    staden = place(database, clock, changed(statuses=[*STATUSES[:-1], closed]))
    case = await staden.submits()
    await staden.does("anna", AddNote(case_id=case.case_id, text="Minneslapp", kind="working"))
    await staden.does("anna", AddNote(case_id=case.case_id, text="Akten"))
    await staden.does("anna", SetStatus(case_id=case.case_id, status="closed", was="submitted"))
    assert await found(staden, "minneslapp") == []
    assert await found(staden, "akten") == [case.number]


async def test_an_act_that_fails_leaves_nothing_to_be_found(staden: Town) -> None:
    case = await staden.submits()

    def half(tx: Tx) -> None:
        staden.service.perform_within(
            tx, AddNote(case_id=case.case_id, text="Halvvägs"), staden.officer("anna")
        )
        raise KeyError

    with pytest.raises(KeyError):
        await staden.service.database.write(half)
    assert await found(staden, "halvvägs") == []


async def test_a_case_with_more_words_than_an_index_takes_is_found_by_its_newest(staden: Town) -> None:
    case = await staden.submits()
    for said in ("den gamla", "den nya"):
        await staden.does("anna", AddNote(case_id=case.case_id, text=said))

    def swell(tx: Tx) -> None:
        swollen = " ".join(f"{n}{'ord' * 15}" for n in range(25_000))
        grown = text("UPDATE note SET body = body || :more WHERE body LIKE 'den%'")
        tx.conn.execute(grown, {"more": f" {swollen} sist"})
        indexing.index(tx, case.case_id)

    await staden.service.database.write(swell)
    assert await found(staden, "altan nya") == [case.number]
    assert await found(staden, "gamla") == []


# --- who may find what ---


async def test_an_officer_finds_no_case_they_may_not_see(staden: Town) -> None:
    case = await says(staden, "En altan")
    assert await found(staden, "altan", by="ute") == []
    assert await found(staden, case.number, by="ute") == []


async def test_who_sees_only_their_own_cases_finds_only_those(staden: Town) -> None:
    own, _ = await says(staden, "En altan"), await says(staden, "En altan")
    await staden.does("anna", TakeCase(case_id=own.case_id))
    assert await found(staden, "altan", by="rut") == []
    assert await found(staden, "2", by="rut") == []


async def test_a_protected_case_is_found_by_its_number_alone_and_by_those_named_for_it(staden: Town) -> None:
    case = await staden.submits(person(name="Sigrid Åkerlund"), values={"vad": "Ett växthus"}, protected=True)
    assert await found(staden, "åkerlund") == await found(staden, "växthus") == []
    assert await found(staden, case.number) == [case.number]
    assert await found(staden, case.number, by="bo") == []


async def test_a_case_that_becomes_protected_is_no_longer_found_by_what_it_holds(staden: Town) -> None:
    case = await says(staden, "Ett växthus")
    await staden.does("anna", SetProtection(case_id=case.case_id, protected=True, reason="Hon ringde"))
    assert await found(staden, "växthus") == []
    await staden.does("anna", SetProtection(case_id=case.case_id, protected=False, reason="Upphävt"))
    assert await found(staden, "växthus") == [case.number]


async def test_a_strict_e_services_case_is_found_by_its_number_alone(staden: Town) -> None:
    case = await staden.submits(person(name="Sigrid Åkerlund"), service="oro", values={"vad": "Ett barn"})
    assert await found(staden, "åkerlund") == await found(staden, "barn") == []
    assert await found(staden, case.number) == [case.number]


async def test_an_e_service_that_becomes_strict_is_strict_about_the_cases_it_has(
    staden: Town, database: Database, clock: Clock
) -> None:
    await says(staden, "Ett växthus")
    assert await found(place(database, clock, changed(privacy="strict")), "växthus") == []


async def test_a_search_can_be_kept_to_one_e_service(staden: Town) -> None:
    case = await says(staden, "En altan")
    assert await found(staden, "altan", only="bygglov") == [case.number]
    assert await found(staden, "altan", only="oro") == []
    assert await found(staden, case.number, only="oro") == []


async def test_whatever_is_in_the_index_a_strict_case_does_not_come_out_of_it(staden: Town) -> None:
    case = await staden.submits(service="oro", values={"vad": "Ett barn"})
    await staden.service.database.write(lambda tx: indexing.put(tx, case.case_id, "bygglov", ["barn"]))
    assert await found(staden, "barn") == []


@pytest.mark.parametrize("typed", ["_bygglov", "bygglov", "_oro"])
async def test_no_case_is_found_by_the_key_of_its_e_service(staden: Town, typed: str) -> None:
    await says(staden, "En altan")
    assert await found(staden, typed) == []


# --- by number ---


NUMBERED = (
    *("2026-000012", "2026-12", "2026 12", "2026\u201312", "2026000012"),
    *("000012", "0012", "12", " 12 "),
)


async def test_a_case_is_found_by_its_number_whole_or_short(staden: Town) -> None:
    for _ in range(12):
        await says(staden, "En altan")
    for typed in NUMBERED:
        assert (await found(staden, typed))[0] == "2026-000012", typed


async def test_cases_are_found_by_the_beginning_of_their_numbers(staden: Town) -> None:
    numbers = [(await says(staden, "En altan")).number for _ in range(12)]
    assert await found(staden, "2026-0000") == numbers[::-1]
    assert await found(staden, "00001") == [numbers[0], *numbers[:8:-1]]


async def test_a_number_without_its_year_is_looked_for_in_every_year_the_latest_first(
    staden: Town, clock: Clock
) -> None:
    await says(staden, "En altan")
    clock.pass_(days=365)
    await says(staden, "En altan")
    assert await found(staden, "1") == ["2027-000001", "2026-000001"]
    assert await found(staden, "2026-1") == ["2026-000001"]
    assert await found(staden, "2027-") == ["2027-000001"]


async def test_the_number_that_was_meant_stands_before_those_that_begin_so(staden: Town) -> None:
    numbers = [(await says(staden, "En altan")).number for _ in range(3)]
    await staden.service.database.write(
        lambda tx: tx.conn.execute(
            text("""UPDATE "case" SET number = '2026-200001' WHERE number = :n"""), {"n": numbers[0]}
        )
    )
    assert await found(staden, "2") == ["2026-000002", "2026-200001"]


async def test_a_number_is_also_looked_for_in_what_cases_say(staden: Town) -> None:
    said, meant = await says(staden, "Se ärende 2026-000002"), await says(staden, "En altan")
    assert await found(staden, meant.number) == [meant.number, said.number]


# --- order, and how many ---


async def test_the_cases_opened_last_come_first_and_no_more_than_are_asked_for(staden: Town) -> None:
    numbers = [(await says(staden, "En altan")).number for _ in range(4)]
    assert await found(staden, "altan") == numbers[::-1]
    assert await found(staden, "altan", most=3) == numbers[:0:-1]
    assert await found(staden, "2026-", most=3) == numbers[:0:-1]


# --- what was found, kept ---


async def test_what_was_found_is_kept_for_the_one_who_looked_while_they_may_see_it(staden: Town) -> None:
    first, second = await says(staden, "En altan"), await says(staden, "En altan")
    anna, bo, database = staden.officer("anna"), staden.officer("bo"), staden.service.database
    ids, now = [second.case_id, first.case_id], staden.service.clock()
    await database.write(lambda tx: search_results.keep(tx, bo, "h1", ids, now))
    assert await database.read(lambda tx: search_results.kept(tx, bo, "h1")) == ids
    assert await database.read(lambda tx: search_results.kept(tx, anna, "h1")) == []
    await staden.does("anna", SetProtection(case_id=first.case_id, protected=True, reason="Hon ringde"))
    assert await database.read(lambda tx: search_results.kept(tx, bo, "h1")) == [second.case_id]
    await database.write(lambda tx: search_results.sweep(tx, now + search_results.LIFE))
    assert await database.read(lambda tx: search_results.kept(tx, bo, "h1")) == []


# --- the index ---


async def test_cases_from_before_the_index_are_found_after_an_upgrade(
    staden: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [(await says(staden, "En altan")).number for _ in range(5)]
    database = staden.service.database
    await database.write(lambda tx: tx.conn.execute(text("UPDATE search SET words = '', rule = 0")))
    assert await found(staden, "altan") == []
    assert await database.read(indexing.is_behind)
    monkeypatch.setattr(indexing, "BATCH", 2)
    assert (await database.write(indexing.index_some)).cases == 2
    assert set(await found(staden, "altan")) == set(numbers[-2:])
    await run(INDEXING, JobKit(staden.service, None, Path(), None))  # type: ignore[arg-type]
    assert set(await found(staden, "altan")) == set(numbers)
    assert not await database.read(indexing.is_behind)


def has_an_unreadable_form(tx: Tx, case_id: str) -> None:
    tx.conn.execute(insert(DefinitionRow), {"digest": "unreadable", "body": "{}"})
    tx.conn.execute(update(CaseRow).where(CaseRow.id == case_id).values(definition="unreadable"))


async def test_a_case_that_cannot_be_indexed_holds_up_no_other(
    staden: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, broken, last = [await says(staden, "En altan") for _ in range(3)]
    database = staden.service.database
    await database.write(lambda tx: tx.conn.execute(text("UPDATE search SET words = '', rule = 0")))
    await database.write(lambda tx: has_an_unreadable_form(tx, broken.case_id))
    monkeypatch.setattr(indexing, "BATCH", 1)
    with capture_logs() as logs:
        await run(INDEXING, JobKit(staden.service, None, Path(), None))  # type: ignore[arg-type]
    assert set(await found(staden, "altan")) == {first.number, last.number}
    said = [(line["event"], line.get("case_id", "")) for line in logs]
    assert said == [("case_not_indexed", broken.case_id), ("job_done", "")]


async def test_processes_that_index_at_the_same_time_share_the_cases(
    staden: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        await staden.submits()
    database = staden.service.database
    await database.write(lambda tx: tx.conn.execute(text("UPDATE search SET words = '', rule = 0")))
    monkeypatch.setattr(indexing, "BATCH", 1)

    def all_of_it() -> int:
        return sum(iter(lambda: database.write_now(indexing.index_some).cases, 0))

    assert sum(await asyncio.gather(*(asyncio.to_thread(all_of_it) for _ in range(2)))) == 6
    assert not await database.read(indexing.is_behind)


async def test_what_a_press_has_before_it_is_left_to_the_press(database: Database, clock: Clock) -> None:
    if database.is_sqlite:  # one writes at a time there
        return
    staden = place(database, clock, town())
    cases = [await says(staden, "En altan") for _ in range(2)]
    await database.write(lambda tx: tx.conn.execute(text("UPDATE search SET rule = 0")))

    def pressed(tx: Tx) -> int:
        tx.conn.execute(text('SELECT 1 FROM "case" WHERE id = :of FOR UPDATE'), {"of": cases[0].case_id})
        return database.write_now(indexing.index_some).cases

    assert await asyncio.to_thread(database.write_now, pressed) == 1


async def test_what_was_taken_out_of_the_index_is_nowhere_in_the_file(
    sqlite_database: Database, clock: Clock
) -> None:
    staden = place(sqlite_database, clock, town())
    secret = f"hemlig{uuid.uuid4().hex}"
    case = await staden.submits()
    sent = await staden.does("anna", SendMessage(case_id=case.case_id, text=secret))
    await staden.does("anna", UndoMessage(case_id=case.case_id, message_id=sent.ids["message_id"]))
    await sqlite_database.write(
        lambda tx: tx.conn.execute(text("UPDATE message SET body = NULL, salt = NULL"))
    )
    await sqlite_database.write(indexing.scrub)
    sqlite_database.close()  # the last connection's end empties the write-ahead log into the file
    whole = await asyncio.to_thread(Path(str(sqlite_database.url.database)).read_bytes)
    assert secret.encode() not in whole


async def test_the_index_agrees_with_the_words_after_all_that_happens_to_texts(
    sqlite_database: Database, clock: Clock
) -> None:
    staden = place(sqlite_database, clock, town())
    for turn in range(5):
        case = await staden.submits()
        sent = await staden.does("anna", SendMessage(case_id=case.case_id, text=f"Hej {turn}"))
        await staden.does("anna", UndoMessage(case_id=case.case_id, message_id=sent.ids["message_id"]))
        await staden.does("anna", AddNote(case_id=case.case_id, text=f"Notering {turn}"))
        await sqlite_database.write(indexing.scrub)
    await sqlite_database.write(lambda tx: tx.conn.execute(text("DELETE FROM search WHERE doc = 2")))
    assert await is_as_the_words_are(sqlite_database)


async def is_as_the_words_are(sqlite: Database) -> bool:
    """Whether SQLite finds its index to be what it would make of the words now."""
    check = text("INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 1)")
    try:
        await sqlite.write(lambda tx: tx.conn.execute(check))
    except DatabaseError:
        return False
    return True
