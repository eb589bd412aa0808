"""Cases found by their numbers and by what they hold, alike on both databases."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, insert, select, text, update
from sqlalchemy.exc import DatabaseError
from structlog.testing import capture_logs

from bot.catalog.models import Catalog
from bot.domain.actors import Officer
from bot.domain.assignment import ChangeAssignees, TakeCase
from bot.domain.colour import ColourCase
from bot.domain.lists.case_query import SORT_COLUMNS, CaseCount, CaseFilter, CaseQuery, SortColumn
from bot.domain.lists.case_search import MAX_RESULTS, SearchQuery, parse_search
from bot.domain.messages.correspondence import AddInformation, ReceiveMessage, SendMessage
from bot.domain.messages.undoing import UndoMessage
from bot.domain.notes import AddNote, ReplySource, ReviseNote
from bot.domain.protection import SetProtection
from bot.domain.status import SetStatus
from bot.jobs import JobDependencies, run_job
from bot.jobs.runner import INDEXING
from bot.service import CommandResult, Service
from bot.store import Database, Tx
from bot.store.cases import indexing, system_queries
from bot.store.lists import search_results
from bot.store.lists.queries import search
from bot.store.lists.queries.case_queries import CaseQueries
from bot.store.lists.queries.paging import CasePage
from bot.store.lists.queries.query_scopes import QueryLimits
from bot.store.lists.queries.worklists import ListContext
from bot.store.tables import CaseRow, DefinitionRow
from bot.text import clean
from tests.conftest import Clock, postgres_in_ci
from tests.generated.strategies import examples
from tests.municipality import STATUSES, MunicipalityDriver, person, send_until_left, small_catalog
from tests.text.search_examples import FOUND, MISSED, is_found

any_text = st.text(st.characters(codec="utf-8")).map(clean)
NO_APPLICANT = {"name": "", "email": "n@n.example"}


def create_municipality(database: Database, clock: Clock, catalog: Catalog) -> MunicipalityDriver:
    return MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


def changed_catalog(**given: Any) -> Catalog:
    """The town's catalog with an e-service `bygglov` of other ways."""
    data = small_catalog().model_dump(by_alias=True, exclude_unset=True)
    data["services"]["bygglov"] |= given
    return Catalog.model_validate(data)


@pytest.fixture
def municipality(database: Database, clock: Clock) -> MunicipalityDriver:
    return create_municipality(database, clock, small_catalog())


@pytest.fixture
def unnamed(database: Database, clock: Clock) -> MunicipalityDriver:
    """The same, where the e-service's name is in no query."""
    return create_municipality(database, clock, changed_catalog(name="Zzz"))


async def find_numbers(
    municipality: MunicipalityDriver, typed: str, by: str = "anna", only: str = "", most: int = 1000
) -> list[str]:
    """The numbers of the cases that the officer finds."""
    officer = municipality.officer(by)
    return await search_as(
        municipality, officer, parse_search(typed, officer, municipality.catalog, only), most
    )


async def find_by_content(municipality: MunicipalityDriver, typed: str) -> list[str]:
    """The numbers of the cases that are found by what they hold, and not by being so numbered."""
    anna = municipality.officer("anna")
    return await search_as(
        municipality, anna, replace(parse_search(typed, anna, municipality.catalog), numbers=())
    )


async def search_as(
    municipality: MunicipalityDriver, officer: Officer, looked_for: SearchQuery, most: int = 1000
) -> list[str]:
    def look(tx: Tx) -> list[str]:
        ids = search.find(tx, officer, looked_for, most)
        numbers = system_queries.load_numbers(tx, ids)
        return [numbers[one] for one in ids]

    return await municipality.service.database.read(look)


async def submit_with_text(municipality: MunicipalityDriver, vad: str, **given: Any) -> CommandResult:
    """Someone submits a case that says just that."""
    return await municipality.submit(person(**NO_APPLICANT), values={"vad": clean(vad)}, **given)


# --- by content ---


async def test_both_databases_find_what_is_to_be_found_and_nothing_else(
    unnamed: MunicipalityDriver,
) -> None:
    said = {(await submit_with_text(unnamed, said)).number: clean(said) for _, said in FOUND + MISSED}
    for typed, _ in FOUND + MISSED:
        there = await find_by_content(unnamed, typed)
        assert set(there) == {number for number, text in said.items() if is_found(typed, text)}, typed


@settings(examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_text, any_text)
def test_any_text_finds_its_case_and_any_query_is_answered(
    unnamed: MunicipalityDriver, vad: str, typed: str
) -> None:
    case = asyncio.run(submit_with_text(unnamed, vad))
    assert (case.number in asyncio.run(find_by_content(unnamed, vad))) == is_found(vad, vad)
    assert (case.number in asyncio.run(find_by_content(unnamed, typed))) == is_found(typed, vad)


async def test_a_case_is_found_by_its_applicants_answers_messages_and_notes_together(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit(
        person(name="Sigrid Åkerlund"), values={"vad": "Ett växthus", "typ": "till"}
    )
    await municipality.perform("anna", SendMessage(case_id=case.case_id, text="Skicka situationsplanen"))
    await municipality.perform("anna", AddNote(case_id=case.case_id, text="Grannen är hörd"))
    await municipality.service.perform(
        ReceiveMessage(case_id=case.case_id, text="Här kommer kartan"), await municipality.applicant(case)
    )
    assert await find_numbers(municipality, "akerlund vaxthus tillbyggnad situationsplan granne karta") == [
        case.number
    ]


async def test_a_choice_is_found_by_its_words_and_an_answer_not_marked_for_it_is_not_found(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit(values={"vad": "En altan", "typ": "ny", "pnr": "199001011234"})
    assert await find_numbers(municipality, "nybyggnad") == [case.number]
    assert await find_numbers(municipality, "19900101-1234") == []


async def test_a_case_is_found_by_the_name_of_its_e_service_also_with_other_words(
    municipality: MunicipalityDriver,
) -> None:
    case = await submit_with_text(municipality, "En altan")
    name = municipality.catalog.services["bygglov"].name
    assert await find_numbers(municipality, name.sv) == [case.number]
    assert await find_numbers(municipality, f"{name.en} altan") == [case.number]
    assert await find_numbers(municipality, f"{name.sv} staket") == []
    assert await find_numbers(municipality, municipality.catalog.services["oro"].name.sv) == []


async def test_a_case_is_found_by_how_its_applicant_is_reached(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit(person(name="Eva Ek", email="eva.ek@prov.example", phone="+46701234567"))
    for typed in ("eva.ek@prov.example", "070-123 45 67", "0701234567", "+46 70 123 45 67", "070-123"):
        assert await find_numbers(municipality, typed) == [case.number], typed


async def test_a_choice_is_found_though_the_catalog_says_nothing_of_it_unless_it_is_sensitive(
    database: Database, clock: Clock
) -> None:
    def field(key: str, **more: object) -> dict[str, object]:
        choices = [{"key": "centrum", "label": {"sv": "Innerstaden", "en": "Town centre"}}]
        return {"key": key, "kind": "choice", "label": key, "choices": choices, **more}

    for sensitive in (False, True):
        catalog = changed_catalog(fields=[field("del", sensitive=sensitive)])
        municipality = create_municipality(database, clock, catalog)
        case = await municipality.submit(values={"del": "centrum"})
        found = await find_numbers(municipality, "innerstaden")
        assert (case.number in found) == (not sensitive)


async def test_a_file_is_found_by_its_name_until_what_it_came_with_is_taken_back(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    file = await municipality.add_file("situationsplan_v2.pdf")
    sent = await municipality.perform("anna", SendMessage(case_id=case.case_id, text="Se här", files=(file,)))
    assert await find_numbers(municipality, "situationsplan") == [case.number]
    assert await find_numbers(municipality, "situationsplan_v2.pdf") == [case.number]
    await municipality.perform("anna", UndoMessage(case_id=case.case_id, message_id=sent.ids["message_id"]))
    assert await find_numbers(municipality, "situationsplan") == []


async def test_what_the_applicant_adds_is_found(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    asked = SendMessage(case_id=case.case_id, text="Vad saknas?", status="waiting", expected="submitted")
    await send_until_left(municipality.service, asked, municipality.officer("anna"))
    added = AddInformation(case_id=case.case_id, text="Brandskyddsbeskrivning")
    await municipality.service.perform(added, await municipality.applicant(case))
    assert await find_numbers(municipality, "brandskydd") == [case.number]


async def test_a_message_that_was_taken_back_is_not_found(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    sent = await municipality.perform("anna", SendMessage(case_id=case.case_id, text="Avslaget"))
    assert await find_numbers(municipality, "avslaget") == [case.number]
    await municipality.perform("anna", UndoMessage(case_id=case.case_id, message_id=sent.ids["message_id"]))
    assert await find_numbers(municipality, "avslaget") == []
    assert await find_numbers(municipality, "altan") == [case.number]


async def test_of_a_revised_note_only_what_it_says_now_is_found(database: Database, clock: Clock) -> None:
    municipality = create_municipality(
        database, clock, changed_catalog(officers=[{"officer": "anna"}], protected_officers=[])
    )
    case = await municipality.submit()
    await municipality.perform(
        "anna", AddNote(case_id=case.case_id, text="Felskrivet", source=ReplySource("C1:1.0"))
    )
    revised = ReviseNote(case_id=case.case_id, text="Rättat", source=ReplySource("C1:1.0", "2.0"))
    await municipality.perform("anna", revised)
    assert await find_numbers(municipality, "felskrivet") == []
    assert await find_numbers(municipality, "rättat") == [case.number]


async def test_working_notes_that_went_with_the_close_are_not_found(database: Database, clock: Clock) -> None:
    closed = {"key": "closed", "name": "Avslutat", "kind": "closed", "told": "Avslutat."}
    municipality = create_municipality(database, clock, changed_catalog(statuses=[*STATUSES[:-1], closed]))
    case = await municipality.submit()
    await municipality.perform("anna", AddNote(case_id=case.case_id, text="Minneslapp", kind="working"))
    await municipality.perform("anna", AddNote(case_id=case.case_id, text="Akten"))
    await municipality.perform("anna", SetStatus(case_id=case.case_id, status="closed", expected="submitted"))
    assert await find_numbers(municipality, "minneslapp") == []
    assert await find_numbers(municipality, "akten") == [case.number]


async def test_an_act_that_fails_leaves_nothing_to_be_found(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()

    def half(tx: Tx) -> None:
        municipality.service.perform_in_transaction(
            tx, AddNote(case_id=case.case_id, text="Halvvägs"), municipality.officer("anna")
        )
        raise KeyError

    with pytest.raises(KeyError):
        await municipality.service.database.write(half)
    assert await find_numbers(municipality, "halvvägs") == []


@postgres_in_ci
async def test_a_case_with_more_words_than_an_index_takes_is_found_by_its_newest(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    for said in ("den gamla", "den nya"):
        await municipality.perform("anna", AddNote(case_id=case.case_id, text=said))

    def swell(tx: Tx) -> None:
        swollen = " ".join(f"{n}{'ord' * 15}" for n in range(25_000))
        grown = text("UPDATE note SET body = body || :more WHERE body LIKE 'den%'")
        tx.conn.execute(grown, {"more": f" {swollen} sist"})
        indexing.index_case(tx, case.case_id)

    await municipality.service.database.write(swell)
    assert await find_numbers(municipality, "altan nya") == [case.number]
    assert await find_numbers(municipality, "gamla") == []


# --- who may find what ---


async def test_an_officer_finds_no_case_they_may_not_see(municipality: MunicipalityDriver) -> None:
    case = await submit_with_text(municipality, "En altan")
    assert await find_numbers(municipality, "altan", by="ute") == []
    assert await find_numbers(municipality, case.number, by="ute") == []


async def test_who_sees_only_their_own_cases_finds_only_those(municipality: MunicipalityDriver) -> None:
    own, _ = (
        await submit_with_text(municipality, "En altan"),
        await submit_with_text(municipality, "En altan"),
    )
    await municipality.perform("anna", TakeCase(case_id=own.case_id))
    assert await find_numbers(municipality, "altan", by="rut") == []
    assert await find_numbers(municipality, "2", by="rut") == []


async def test_who_sees_only_their_own_cases_finds_them_by_all_that_finds_them_for_others(
    municipality: MunicipalityDriver,
) -> None:
    texts = ("En träpanel på kv Ek", "Träpanelen i kv Al", "Ring 070-123 45 67 om bygglovsansökan", "Övrigt")
    cases = [await submit_with_text(municipality, vad) for vad in texts for _ in range(2)]
    own = cases[::2]
    for case in own:
        await municipality.perform("anna", give_to_rut(case))
    for typed in (
        "panel",
        "träp",
        "kv",
        "kv ek",
        "k",
        "0701234567",
        "ansökan",
        "bygglov träpanel",
        "övrig",
        "xyz",
    ):
        others = await find_numbers(municipality, typed)
        assert await find_numbers(municipality, typed, by="rut") == [
            number for number in others if number in {case.number for case in own}
        ], typed
    assert await find_numbers(municipality, "panel", by="rut", most=1) == [own[1].number]


async def test_a_protected_case_is_found_by_its_number_alone_and_by_those_named_for_it(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit(
        person(name="Sigrid Åkerlund"), values={"vad": "Ett växthus"}, protected=True
    )
    assert await find_numbers(municipality, "åkerlund") == await find_numbers(municipality, "växthus") == []
    assert await find_numbers(municipality, case.number) == [case.number]
    assert await find_numbers(municipality, case.number, by="bo") == []


async def test_a_case_that_becomes_protected_is_no_longer_found_by_what_it_holds(
    municipality: MunicipalityDriver,
) -> None:
    case = await submit_with_text(municipality, "Ett växthus")
    await municipality.perform(
        "anna", SetProtection(case_id=case.case_id, protected=True, reason="Hon ringde")
    )
    assert await find_numbers(municipality, "växthus") == []
    await municipality.perform("anna", SetProtection(case_id=case.case_id, protected=False, reason="Upphävt"))
    assert await find_numbers(municipality, "växthus") == [case.number]


async def test_a_strict_e_services_case_is_found_by_its_number_alone(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit(
        person(name="Sigrid Åkerlund"), service="oro", values={"vad": "Ett barn"}
    )
    assert await find_numbers(municipality, "åkerlund") == await find_numbers(municipality, "barn") == []
    assert await find_numbers(municipality, case.number) == [case.number]


async def test_an_e_service_that_becomes_strict_is_strict_about_the_cases_it_has(
    municipality: MunicipalityDriver, database: Database, clock: Clock
) -> None:
    await submit_with_text(municipality, "Ett växthus")
    assert (
        await find_numbers(create_municipality(database, clock, changed_catalog(privacy="strict")), "växthus")
        == []
    )


async def test_a_search_can_be_kept_to_one_e_service(municipality: MunicipalityDriver) -> None:
    case = await submit_with_text(municipality, "En altan")
    assert await find_numbers(municipality, "altan", only="bygglov") == [case.number]
    assert await find_numbers(municipality, "altan", only="oro") == []
    assert await find_numbers(municipality, case.number, only="oro") == []


async def test_whatever_is_in_the_index_a_strict_case_does_not_come_out_of_it(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit(service="oro", values={"vad": "Ett barn"})
    await municipality.service.database.write(
        lambda tx: indexing.save_words(tx, case.case_id, "bygglov", ["barn"])
    )
    assert await find_numbers(municipality, "barn") == []


@pytest.mark.parametrize("typed", ["_bygglov", "bygglov", "_oro"])
async def test_no_case_is_found_by_the_key_of_its_e_service(unnamed: MunicipalityDriver, typed: str) -> None:
    await submit_with_text(unnamed, "En altan")
    assert await find_numbers(unnamed, typed) == []


# --- by number ---


NUMBERED = (
    *("2026-000012", "2026-12", "2026 12", "2026\u201312", "2026000012"),
    *("000012", "0012", "12", " 12 "),
    *("#12", "nr 12", "Ärende 2026-12", "case #12"),
)


async def test_a_case_is_found_by_its_number_whole_or_short(municipality: MunicipalityDriver) -> None:
    for _ in range(12):
        await submit_with_text(municipality, "En altan")
    for typed in NUMBERED:
        assert (await find_numbers(municipality, typed))[0] == "2026-000012", typed


async def test_cases_are_found_by_the_beginning_of_their_numbers(municipality: MunicipalityDriver) -> None:
    numbers = [(await submit_with_text(municipality, "En altan")).number for _ in range(12)]
    assert await find_numbers(municipality, "2026-0000") == numbers[::-1]
    assert await find_numbers(municipality, "00001") == [numbers[0], *numbers[:8:-1]]


async def test_a_number_without_its_year_is_looked_for_in_every_year_the_latest_first(
    municipality: MunicipalityDriver, clock: Clock
) -> None:
    await submit_with_text(municipality, "En altan")
    clock.advance(days=365)
    await submit_with_text(municipality, "En altan")
    assert await find_numbers(municipality, "1") == ["2027-000001", "2026-000001"]
    assert await find_numbers(municipality, "2026-1") == ["2026-000001"]
    assert await find_numbers(municipality, "2027-") == ["2027-000001"]


async def test_the_number_that_was_meant_stands_before_those_that_begin_so(
    municipality: MunicipalityDriver,
) -> None:
    numbers = [(await submit_with_text(municipality, "En altan")).number for _ in range(3)]
    await municipality.service.database.write(
        lambda tx: tx.conn.execute(
            text("""UPDATE "case" SET number = '2026-200001' WHERE number = :n"""), {"n": numbers[0]}
        )
    )
    assert await find_numbers(municipality, "2") == ["2026-000002", "2026-200001"]


async def test_a_number_is_also_looked_for_in_what_cases_say(municipality: MunicipalityDriver) -> None:
    mentioning, numbered = (
        await submit_with_text(municipality, "Se ärende 2026-000002"),
        await submit_with_text(municipality, "En altan"),
    )
    assert await find_numbers(municipality, numbered.number) == [numbered.number, mentioning.number]


# --- order, and how many ---


async def test_the_cases_opened_last_come_first_and_no_more_than_are_asked_for(
    municipality: MunicipalityDriver,
) -> None:
    numbers = [(await submit_with_text(municipality, "En altan")).number for _ in range(4)]
    assert await find_numbers(municipality, "altan") == numbers[::-1]
    assert await find_numbers(municipality, "altan", most=3) == numbers[:0:-1]
    assert await find_numbers(municipality, "2026-", most=3) == numbers[:0:-1]


async def test_a_list_with_a_text_and_a_filter_looks_at_every_case_that_has_the_text(
    municipality: MunicipalityDriver,
) -> None:
    oldest = await submit_with_text(municipality, "En altan")
    await municipality.perform("anna", ColourCase(case_id=oldest.case_id, colour="red", expected=""))
    for _ in range(MAX_RESULTS):
        await submit_with_text(municipality, "En altan till")
    red = CaseQuery(text="altan", filter=CaseFilter(colours=("red",)))
    page, count = await read_list(municipality, red, QueryLimits())
    assert ([one.id for one in page.cases], page.is_cut) == ([oldest.case_id], False)
    assert count == CaseCount(1)
    # A list that would hold too many has the newest of them, and says so.
    page, count = await read_list(municipality, red, QueryLimits(found=MAX_RESULTS))
    assert (page.cases, page.is_cut, count) == ([], True, CaseCount(0, is_exact=False))


@pytest.mark.parametrize("sort", [one for one in SORT_COLUMNS if one != "urgency"])
async def test_a_list_of_cases_found_by_number_and_by_content_holds_those_that_the_filter_matches(
    municipality: MunicipalityDriver, sort: SortColumn
) -> None:
    mentioning, numbered, another = [
        await submit_with_text(municipality, words)
        for words in ("Se ärende 2026-000002", "En altan", "Som 2026-000002")
    ]
    for case in (numbered, another):
        await municipality.perform("anna", ColourCase(case_id=case.case_id, colour="red", expected=""))
    for colours, wanted in (
        (("red",), {numbered.case_id, another.case_id}),
        ((), {mentioning.case_id, numbered.case_id, another.case_id}),
        (("green",), set()),
    ):
        query = CaseQuery(text=numbered.number, filter=CaseFilter(colours=colours), sort=sort)
        page, count = await read_list(municipality, query, QueryLimits())
        assert ({one.id for one in page.cases}, count) == (wanted, CaseCount(len(wanted)))


async def test_a_list_with_a_common_word_looks_up_no_case_twice(municipality: MunicipalityDriver) -> None:
    """Thousands may have the word, and the page shows twenty of them."""
    oldest = await submit_with_text(municipality, "En altan")
    for _ in range(3):
        await submit_with_text(municipality, "En altan till")
    context = ListContext(municipality.officer("anna"), municipality.service.clock(), municipality.catalog)

    def look(tx: Tx) -> int:
        asked: list[Any] = []
        event.listen(tx.conn, "before_cursor_execute", lambda *it: asked.append(it[3]))
        page = CaseQueries(tx, context).page(CaseQuery(text="altan"), limit=2)
        assert oldest.case_id not in [one.id for one in page.cases]
        return sum(oldest.case_id in _values_of(parameters) for parameters in asked)

    assert municipality.service.database.read_sync(look) == 0


async def test_how_many_cases_have_a_word_makes_no_statement_longer(municipality: MunicipalityDriver) -> None:
    """Thousands of ids as as many parameters took longer to write than to answer."""
    context = ListContext(municipality.officer("anna"), municipality.service.clock(), municipality.catalog)

    def count_parameters(tx: Tx) -> int:
        asked: list[Any] = []
        event.listen(tx.conn, "before_cursor_execute", lambda *it: asked.append(it[3]))
        assert len(CaseQueries(tx, context).page(CaseQuery(text="altan"), limit=1).rows) == 1
        return sum(map(len, asked))

    database, found = municipality.service.database, list[int]()
    for _ in range(2):
        await submit_with_text(municipality, "En altan")
        await submit_with_text(municipality, "En altan")
        found.append(database.read_sync(count_parameters))
    assert found[0] == found[1]


async def test_a_word_that_many_cases_have_is_asked_for_as_it_stands_in_them(
    municipality: MunicipalityDriver,
) -> None:
    """Of a long beginning SQLite gathers all cases that have it, before it gives the newest."""
    numbers = [
        (await submit_with_text(municipality, f"Det är {word}")).number
        for word in ("angeläget", "angelägna", "angenämt")
    ]
    officer, asked = municipality.officer("anna"), list[Any]()
    search_query = parse_search("angeläget", officer, municipality.catalog)

    def look(tx: Tx) -> list[str]:
        event.listen(tx.conn, "before_cursor_execute", lambda *it: asked.append(it[3]))
        return search.find(tx, officer, search_query)

    database = municipality.service.database
    found = [row.number for row in await load_rows(municipality, database.read_sync(look))]
    assert found == numbers[1::-1]
    matches = [value for given in asked for value in _values_of(given) if '"_bygglov"' in str(value)]
    assert len(matches) == database.is_sqlite and not any("*" in one for one in matches), matches


async def test_who_sees_only_their_own_cases_is_searched_for_among_those_whatever_the_word(
    municipality: MunicipalityDriver,
) -> None:
    """However many cases of others have it: the index of words is not read."""
    case = await submit_with_text(municipality, "En altan")
    await municipality.perform("anna", give_to_rut(case))
    officer, asked = municipality.officer("rut"), list[Any]()
    search_query = parse_search("altanen", officer, municipality.catalog)

    def plan(tx: Tx) -> str:
        event.listen(tx.conn, "before_cursor_execute", lambda *it: asked.append((it[2], it[3])))
        search.find(tx, officer, search_query)
        ((statement, given),) = [one for one in list(asked) if "words" in one[0]]
        if tx.conn.dialect.name != "sqlite":
            for way in ("seqscan", "nestloop", "mergejoin"):
                tx.conn.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        explain = "EXPLAIN QUERY PLAN" if tx.conn.dialect.name == "sqlite" else "EXPLAIN"
        return str(tx.conn.exec_driver_sql(f"{explain} {statement}", given).all())

    read = municipality.service.database.read_sync(plan)
    assert "ix_search_words" not in read and "search_index" not in read, read


def give_to_rut(case: CommandResult) -> ChangeAssignees:
    return ChangeAssignees(case_id=case.case_id, assignees=("officer:rut",), expected=())


async def test_of_a_common_word_no_more_of_ones_own_cases_are_read_than_are_to_be_found(
    municipality: MunicipalityDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one who sees only their own, of whom each case's words lie on a page each."""
    monkeypatch.setattr(search, "PAGE_SIZE", 2)
    numbers = []
    for vad in ("En altan", "Ett uterum", "En altan", "Ett uterum", "Två altaner", "En altan"):
        case = await submit_with_text(municipality, vad)
        await municipality.perform("anna", give_to_rut(case))
        numbers.append(case.number)
    officer, read = municipality.officer("rut"), list[Any]()
    search_query = parse_search("altan", officer, municipality.catalog)

    def look(tx: Tx) -> list[str]:
        event.listen(tx.conn, "before_cursor_execute", lambda *it: read.append(it[2]))
        return search.find(tx, officer, search_query, 2)

    found = await load_rows(municipality, municipality.service.database.read_sync(look))
    assert [row.number for row in found] == [numbers[5], numbers[4]]
    assert len([statement for statement in read if "words" in statement]) == 1
    assert await find_numbers(municipality, "uterum", by="rut") == [numbers[3], numbers[1]]


async def test_thousands_of_cases_with_a_common_word_are_found_without_gathering_all_that_have_it(
    municipality: MunicipalityDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL goes through the newest cases, and on to those before them while many have the word."""
    monkeypatch.setattr(search, "RECENT", 2)
    monkeypatch.setattr(search, "PAGE_SIZE", 4)
    numbers = [(await submit_with_text(municipality, "En altan")).number for _ in range(5)]
    officer, asked = municipality.officer("anna"), list[str]()
    search_query = parse_search("altan", officer, municipality.catalog)

    def look(tx: Tx) -> list[str]:
        event.listen(tx.conn, "before_cursor_execute", lambda *it: asked.append(it[2]))
        return search.find(tx, officer, search_query, 4)

    found = await load_rows(municipality, municipality.service.database.read_sync(look))
    assert [row.number for row in found] == numbers[:0:-1]
    assert not any("MATERIALIZED" in statement for statement in asked), asked


async def load_rows(municipality: MunicipalityDriver, ids: list[str]) -> list[Any]:
    rows = select(CaseRow.id, CaseRow.number).where(CaseRow.id.in_(ids))
    found = await municipality.service.database.read(lambda tx: tx.conn.execute(rows).all())
    return sorted(found, key=lambda row: ids.index(row.id))


def _values_of(parameters: Any) -> list[Any]:
    """Of an array its elements."""
    values = parameters.values() if isinstance(parameters, dict) else parameters
    return [one for value in values for one in (value if isinstance(value, list) else [value])]


async def read_list(
    municipality: MunicipalityDriver, query: CaseQuery, limits: QueryLimits
) -> tuple[CasePage, CaseCount]:
    context = ListContext(municipality.officer("anna"), municipality.service.clock(), municipality.catalog)

    def read(tx: Tx) -> tuple[CasePage, CaseCount]:
        queries = CaseQueries(tx, context, limits)
        return queries.page(query, limit=10), queries.count(query)

    return await municipality.service.database.read(read)


# --- what was found, kept ---


async def test_what_was_found_is_kept_for_the_one_who_looked_while_they_may_see_it(
    municipality: MunicipalityDriver,
) -> None:
    first, second = (
        await submit_with_text(municipality, "En altan"),
        await submit_with_text(municipality, "En altan"),
    )
    anna, bo, database = (
        municipality.officer("anna"),
        municipality.officer("bo"),
        municipality.service.database,
    )
    ids, now = [second.case_id, first.case_id], municipality.service.clock()
    await database.write(lambda tx: search_results.save(tx, bo, "h1", ids, now))
    assert await database.read(lambda tx: search_results.load(tx, bo, "h1")) == ids
    assert await database.read(lambda tx: search_results.load(tx, anna, "h1")) == []
    await municipality.perform(
        "anna", SetProtection(case_id=first.case_id, protected=True, reason="Hon ringde")
    )
    assert await database.read(lambda tx: search_results.load(tx, bo, "h1")) == [second.case_id]
    await database.write(lambda tx: search_results.sweep(tx, now + search_results.LIFETIME))
    assert await database.read(lambda tx: search_results.load(tx, bo, "h1")) == []


# --- the index ---


async def test_cases_from_before_the_index_are_found_after_an_upgrade(
    municipality: MunicipalityDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [(await submit_with_text(municipality, "En altan")).number for _ in range(5)]
    database = municipality.service.database
    await database.write(lambda tx: tx.conn.execute(text("UPDATE search SET words = '', rule = 0")))
    assert await find_numbers(municipality, "altan") == []
    assert await database.read(indexing.has_outdated)
    monkeypatch.setattr(indexing, "BATCH_SIZE", 2)
    assert (await database.write(indexing.index_batch)).cases == 2
    assert set(await find_numbers(municipality, "altan")) == set(numbers[-2:])
    await run_job(INDEXING, JobDependencies(municipality.service, None, Path(), None))  # type: ignore[arg-type]
    assert set(await find_numbers(municipality, "altan")) == set(numbers)
    assert not await database.read(indexing.has_outdated)


def break_definition(tx: Tx, case_id: str) -> None:
    tx.conn.execute(insert(DefinitionRow), {"digest": "unreadable", "body": "{}"})
    tx.conn.execute(update(CaseRow).where(CaseRow.id == case_id).values(definition="unreadable"))


async def test_a_case_that_cannot_be_indexed_holds_up_no_other(
    municipality: MunicipalityDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, broken, last = [await submit_with_text(municipality, "En altan") for _ in range(3)]
    database = municipality.service.database
    await database.write(lambda tx: tx.conn.execute(text("UPDATE search SET words = '', rule = 0")))
    await database.write(lambda tx: break_definition(tx, broken.case_id))
    monkeypatch.setattr(indexing, "BATCH_SIZE", 1)
    with capture_logs() as logs:
        await run_job(INDEXING, JobDependencies(municipality.service, None, Path(), None))  # type: ignore[arg-type]
    assert set(await find_numbers(municipality, "altan")) == {first.number, last.number}
    said = [(line["event"], line.get("case_id", "")) for line in logs]
    assert said == [("case_not_indexed", broken.case_id), ("job_done", "")]


async def test_processes_that_index_at_the_same_time_share_the_cases(
    municipality: MunicipalityDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        await municipality.submit()
    database = municipality.service.database
    await database.write(lambda tx: tx.conn.execute(text("UPDATE search SET words = '', rule = 0")))
    monkeypatch.setattr(indexing, "BATCH_SIZE", 1)

    def all_of_it() -> int:
        return sum(iter(lambda: database.write_sync(indexing.index_batch).cases, 0))

    assert sum(await asyncio.gather(*(asyncio.to_thread(all_of_it) for _ in range(2)))) == 6
    assert not await database.read(indexing.has_outdated)


async def test_what_a_press_has_before_it_is_left_to_the_press(database: Database, clock: Clock) -> None:
    if database.is_sqlite:  # one writes at a time there
        return
    municipality = create_municipality(database, clock, small_catalog())
    cases = [await submit_with_text(municipality, "En altan") for _ in range(2)]
    await database.write(lambda tx: tx.conn.execute(text("UPDATE search SET rule = 0")))

    def pressed(tx: Tx) -> int:
        tx.conn.execute(text('SELECT 1 FROM "case" WHERE id = :of FOR UPDATE'), {"of": cases[0].case_id})
        return database.write_sync(indexing.index_batch).cases

    assert await asyncio.to_thread(database.write_sync, pressed) == 1


async def test_what_was_taken_out_of_the_index_is_nowhere_in_the_file(
    sqlite_database: Database, clock: Clock
) -> None:
    municipality = create_municipality(sqlite_database, clock, small_catalog())
    secret = f"hemlig{uuid.uuid4().hex}"
    case = await municipality.submit()
    sent = await municipality.perform("anna", SendMessage(case_id=case.case_id, text=secret))
    await municipality.perform("anna", UndoMessage(case_id=case.case_id, message_id=sent.ids["message_id"]))
    await sqlite_database.write(
        lambda tx: tx.conn.execute(text("UPDATE message SET body = NULL, salt = NULL"))
    )
    assert await scrub(sqlite_database) > 0
    sqlite_database.close()  # the last connection's end empties the write-ahead log into the file
    whole = await asyncio.to_thread(Path(str(sqlite_database.url.database)).read_bytes)
    assert secret.encode() not in whole


async def scrub(database: Database) -> int:
    """Do what the nightly job does. Returns in how many transactions."""
    count = 1
    has_more = await database.write(partial(indexing.scrub_step, is_first=True))
    while has_more:
        has_more = await database.write(partial(indexing.scrub_step, is_first=False))
        count += 1
    return count


async def test_a_large_index_is_scrubbed_in_small_parts_and_what_is_written_meanwhile_is_found(
    sqlite_database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "SCRUBBED_PAGES", 2)
    monkeypatch.setattr(indexing.sqlite3, "sqlite_version_info", (3, 41, 0))
    municipality = create_municipality(sqlite_database, clock, small_catalog())
    for _ in range(20):
        await submit_with_text(municipality, " ".join(uuid.uuid4().hex for _ in range(100)))
    assert await sqlite_database.write(partial(indexing.scrub_step, is_first=True))
    found = await submit_with_text(municipality, "Trädkoja")
    assert await scrub(sqlite_database) > 2
    assert await find_numbers(municipality, "trädkoja") == [found.number]
    assert await is_index_intact(sqlite_database)


async def test_the_index_agrees_with_the_words_after_all_that_happens_to_texts(
    sqlite_database: Database, clock: Clock
) -> None:
    municipality = create_municipality(sqlite_database, clock, small_catalog())
    for index in range(5):
        case = await municipality.submit()
        sent = await municipality.perform("anna", SendMessage(case_id=case.case_id, text=f"Hej {index}"))
        await municipality.perform(
            "anna", UndoMessage(case_id=case.case_id, message_id=sent.ids["message_id"])
        )
        await municipality.perform("anna", AddNote(case_id=case.case_id, text=f"Notering {index}"))
        await scrub(sqlite_database)
    await sqlite_database.write(lambda tx: tx.conn.execute(text("DELETE FROM search WHERE doc = 2")))
    assert await is_index_intact(sqlite_database)


async def is_index_intact(sqlite: Database) -> bool:
    """Whether SQLite finds its index to be what it would make of the words now."""
    check = text("INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 1)")
    try:
        await sqlite.write(lambda tx: tx.conn.execute(check))
    except DatabaseError:
        return False
    return True
