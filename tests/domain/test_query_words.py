"""A list that is asked for in words: what each word means, and what is asked about."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from bot.domain.lists.case_lists import CASE_LISTS, CaseList
from bot.domain.lists.case_query import (
    LIST_QUERIES,
    NOBODY,
    CaseFilter,
    CaseQuery,
    DayRange,
    UnreadableQuery,
    list_of_query,
    parse_query,
)
from bot.domain.lists.query_validation import (
    NoSuchAssignee,
    NoSuchService,
    NoSuchStatus,
    QueryRefused,
    ServiceNotAccessible,
    query_problems,
)
from bot.domain.lists.query_wording import describe_query
from bot.domain.lists.query_words import LIST_WORDS, ParsedQuery, parse_query_words
from bot.text import LANGUAGES, words
from tests.municipality import TODAY, officer, small_catalog

CATALOG = small_catalog()
ANNA = officer(CATALOG, "anna")
YESTERDAY = TODAY - timedelta(days=1)


def parse(typed: str, who: str = "anna") -> ParsedQuery:
    return parse_query_words(typed, officer(CATALOG, who), CATALOG, TODAY)


def since(day: date) -> DayRange:
    return DayRange(first=day)


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("bygglov", {"services": ("bygglov",)}),
        ("röda ärenden i Bygglov", {"services": ("bygglov",), "colours": ("red",)}),
        ("under behandling", {"statuses": ("working",)}),
        ("väntar", {"statuses": ("waiting",)}),
        ("@Anna Berg", {"assignees": ("officer:anna",)}),
        ("carl eller gruppen", None),
        ("carl gruppen", {"assignees": ("officer:carl", "group:gruppen")}),
        ("ingen handläggare öppna", {"assignees": (NOBODY,), "state": "open"}),
        ("olästa åt mig", {"unread": True, "assignees": ("officer:anna",)}),
        ("ärenden som jag har", {"own": True}),
        ("mig", {"assignees": ("officer:anna",)}),
        ("olästa interna", {"unread": True, "audience": "internal"}),
        ("utan svar", {"answer_overdue": True}),
        ("via webben", {"origins": ("web",)}),
        ("sedan 1 maj", {"received": since(date(2026, 5, 1))}),
        ("sedan 1 dec.", {"received": since(date(2025, 12, 1))}),
        ("from 2025-12-24", {"received": since(date(2025, 12, 24))}),
        ("since 1 May 2024", {"received": since(date(2024, 5, 1))}),
        ("efter 3/6", {"received": since(date(2026, 6, 3))}),
        ("ändrade sedan i dag", {"changed": since(TODAY)}),
        (
            "avslutade sedan 1 maj till 3 juni",
            {"closed": DayRange(first=date(2026, 5, 1), last=date(2026, 6, 3))},
        ),
        ("inkomna före 1 maj", {"received": DayRange(last=date(2026, 4, 30))}),
        ("inkomna igår", {"received": DayRange(first=YESTERDAY, last=YESTERDAY)}),
        ("inkomna i dag", {"received": DayRange(first=TODAY, last=TODAY)}),
        ("sedan i går", {"received": DayRange(first=YESTERDAY)}),
        ("avslutade 1 maj", {"closed": DayRange(first=date(2026, 5, 1), last=date(2026, 5, 1))}),
        ("klara idag", {"due_before": TODAY + timedelta(days=1)}),
        ("flaggat", {"flagged": True}),
        ("utan handläggare", {"assignees": (NOBODY,)}),
        ("without an officer", {"assignees": (NOBODY,)}),
        ("utan svar", {"answer_overdue": True}),
        ("allt", {}),
        ("det som har rött", {"colours": ("red",)}),
        ("klara före 1 juni", {"due_before": date(2027, 6, 1)}),
        ("ska göras före 1 juni", {"due_before": date(2027, 6, 1)}),
    ],
)
def test_words_choose_cases(typed: str, parts: dict[str, Any] | None) -> None:
    found = parse(typed)
    if parts is None:
        assert found.unknown_word
    else:
        assert found == ParsedQuery(CaseQuery(filter=CaseFilter(**parts)))


@pytest.mark.parametrize("name", CASE_LISTS)
def test_every_list_has_its_word_in_both_languages(name: CaseList) -> None:
    typed = [word for word in LIST_WORDS if list_of_query(parse(word).query) == name]
    assert len(typed) == len(LANGUAGES)
    assert parse(typed[0]).query == LIST_QUERIES[name]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("de försenade", "overdue"),
        ("sena", "overdue"),
        ("försenat", "overdue"),
        ("stängda", "closed"),
        ("otagna", "unassigned"),
    ],
)
def test_a_list_is_found_by_what_else_it_is_called(typed: str, name: CaseList) -> None:
    assert list_of_query(parse(typed).query) == name


def test_words_choose_the_order() -> None:
    assert parse("försenade efter status").query == CaseQuery(filter=CaseFilter(overdue=True), sort="status")
    assert parse("mina äldst först").query == CaseQuery(filter=CaseFilter(own=True), descending=False)
    assert parse("all sorted by last changed").query == CaseQuery(sort="changed")


def test_what_follows_the_word_for_a_search_is_the_text_that_the_cases_have() -> None:
    assert parse("försenade bygglov efter status sök Anna Ek, 1 maj").query == CaseQuery(
        filter=CaseFilter(overdue=True, services=("bygglov",)), text="Anna Ek, 1 maj", sort="status"
    )
    assert parse("all search deck").query == CaseQuery(text="deck")
    assert parse("bygglv sök altan").suggestions == ("Bygglov sök altan",)


def test_what_may_be_meant_is_asked_about_and_what_means_nothing_is_told() -> None:
    assert parse("försenade bygglv sedan 1 maj").suggestions == ("försenade Bygglov sedan 1 maj",)
    assert parse("försenade xyzzy") == ParsedQuery(CaseQuery(), unknown_word="xyzzy")
    # A first name that several have is nobody's for sure.
    assert set(parse("berg").suggestions) == {"Anna Berg", "Bo Berg", "Carl Berg"}
    assert parse("sedan 31 februari").unknown_word == "sedan"


@pytest.mark.parametrize("number", ["9" * 25, "9" * 5_000, "\u0663" * 5_000, "0"])
@pytest.mark.parametrize("form", ["sedan {} maj", "sedan 1 maj {}", "sedan {}/5", "sedan {}-05-01"])
def test_a_number_that_is_no_day_is_asked_about_however_long_it_is(form: str, number: str) -> None:
    assert parse(form.format(number)).unknown_word


@pytest.mark.parametrize(
    ("typed", "backwards"),
    [
        ("försenade sedan 1 maj 2026 till 1 april 2026", "till 1 april 2026"),
        ("till 2026-04-01 sedan 2026-05-01 bygglov", "sedan 2026-05-01"),
        ("ändrade sedan 2026-05-01 före 2026-05-01", "före 2026-05-01"),
    ],
)
def test_days_that_end_before_they_begin_are_asked_about(typed: str, backwards: str) -> None:
    assert parse(typed).unknown_word == backwards


@pytest.mark.parametrize("typed", ["klara till 9999-12-31", "före 0001-01-01", "sedan 1 maj 0026"])
def test_a_year_that_nobody_means_is_asked_about(typed: str) -> None:
    assert parse(typed).unknown_word


def test_an_e_service_without_access_means_nothing() -> None:
    assert parse("orosanmälan").query.filter.services == ("oro",)
    assert parse("orosanmälan", who="rut").unknown_word == "orosanmälan"


QUERY = CaseQuery(
    filter=CaseFilter(
        services=("bygglov",), statuses=("working",), assignees=("officer:bo", NOBODY), received=since(TODAY)
    ),
    sort="due",
)


def test_a_stored_query_is_read_as_it_was_and_a_damaged_one_is_refused() -> None:
    assert parse_query(QUERY.to_json()) == QUERY
    for damaged in ("", "{", '{"sort":"size"}', '{"filter":{"kinds":["x"]}}', '{"more":1}', '{"columns":[]}'):
        with pytest.raises(UnreadableQuery):
            parse_query(damaged)


@pytest.mark.parametrize(
    ("parts", "who", "problem", "sentence"),
    [
        ({"services": ("sotning",)}, "anna", NoSuchService, "e-tjänsten sotning, som inte finns längre"),
        ({"services": ("oro",)}, "rut", ServiceNotAccessible, "inte längre behörighet till Orosanmälan"),
        ({"statuses": ("paus",)}, "anna", NoSuchStatus, "statusen paus, som inte finns längre"),
        ({"assignees": ("officer:dag",)}, "anna", NoSuchAssignee, "handläggaren dag, som inte finns längre"),
        ({"assignees": ("group:x",)}, "anna", NoSuchAssignee, "handläggaren x, som inte finns längre"),
        ({"services": ("bygglov",)}, "ute", ServiceNotAccessible, "inte längre behörighet till Bygglov"),
    ],
)
def test_what_a_query_is_limited_to_and_is_no_more_is_told(
    parts: dict[str, Any], who: str, problem: type[QueryRefused], sentence: str
) -> None:
    query = CaseQuery(filter=CaseFilter(**parts))
    (found,) = query_problems(query, officer(CATALOG, who), CATALOG)
    assert type(found) is problem
    assert sentence in found.in_words(words("sv"))
    assert list(query_problems(QUERY, ANNA, CATALOG)) == []


def test_a_query_is_called_by_its_parts() -> None:
    assert describe_query(QUERY, CATALOG, words("sv")) == (
        "Bygglov, Under behandling, Ingen handläggare eller Bo Berg, Inkom från och med 23 nov. 2026"
    )
    assert describe_query(CaseQuery(), CATALOG, words("en")) == ""
    everything = CaseFilter(
        audience="internal",
        state="open",
        kinds=("new",),
        colours=("red",),
        origins=("api",),
        changed=DayRange(first=TODAY, last=TODAY),
        closed=DayRange(last=TODAY),
        due_before=TODAY,
        overdue=True,
        unread=True,
    )
    assert describe_query(CaseQuery(filter=everything), CATALOG, words("en")).startswith(
        "Employees, Open, New, Red, Another system, Changed 23 Nov 2026, Closed until 23 Nov 2026"
    )


@pytest.mark.parametrize("typed", ["utan bilagor", "från andra", "svarstiden", "officer without", "först"])
def test_a_part_of_a_phrase_is_never_taken_for_the_whole(typed: str) -> None:
    assert parse(typed).unknown_word


def test_orders_are_suggested_in_the_officers_language() -> None:
    swedish = parse_query_words("senast", ANNA, CATALOG, TODAY, "sv").suggestions
    assert swedish and not any(" by " in f" {one} " for one in swedish)
