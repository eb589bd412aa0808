"""The form that a list is filtered with, the same on the web and in Slack."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.domain.lists.case_lists import CaseList
from bot.domain.lists.case_query import (
    LIST_QUERIES,
    NOBODY,
    CaseFilter,
    CaseQuery,
    DayRange,
    base_list,
)
from bot.domain.lists.query_form import CHOICES, fill_from_query, read_query

EVERYTHING = CaseFilter(
    services=("bygglov", "oro"),
    audience="external",
    state="open",
    kinds=("in_progress",),
    statuses=("granskning",),
    assignees=("group:bygglov", NOBODY, "officer:anna"),
    colours=("red",),
    origins=("web",),
    received=DayRange(first=date(2026, 5, 1)),
    changed=DayRange(last=date(2026, 6, 1)),
    closed=DayRange(first=date(2026, 5, 1), last=date(2026, 6, 1)),
    due_before=date(2026, 12, 1),
    own=True,
    flagged=True,
    overdue=True,
    unread=True,
    answer_overdue=True,
)


@pytest.mark.parametrize("tab", list(LIST_QUERIES))
def test_what_a_form_shows_of_a_list_is_that_list_when_it_is_sent_unchanged(tab: CaseList) -> None:
    for query in (
        LIST_QUERIES[tab],
        CaseQuery(filter=EVERYTHING, text="altan", sort="due", columns=("number",)),
    ):
        filled = fill_from_query("all" if query.text else tab, query)
        read, wrong = read_query(filled, query)
        assert read is not None and wrong == {}
        assert read == query


def test_a_form_of_a_tab_never_leaves_it() -> None:
    filled = fill_from_query("mine", LIST_QUERIES["mine"])
    narrowed = replace(filled, choices={**filled.choices, "colours": ("red",)})
    read, _ = read_query(narrowed, LIST_QUERIES["mine"])
    assert read is not None and read.filter == CaseFilter(own=True, colours=("red",))


def test_a_value_that_cannot_be_is_named_by_its_field() -> None:
    filled = fill_from_query("all", CaseQuery())
    values = {
        **filled.values,
        "received_first": "2026-06-01",
        "received_last": "2026-05-01",
        "due_before": "i morgon",
    }
    read, wrong = read_query(replace(filled, values=values), CaseQuery())
    assert read is None and wrong == {
        "received_first": "page.list.daysorder",
        "due_before": "page.list.badvalue",
    }
    unknown = replace(filled, choices=dict.fromkeys(CHOICES, ("x" * 81,)))
    assert read_query(unknown, CaseQuery())[1].keys() == set(CHOICES)


@pytest.mark.parametrize(
    ("chosen", "tab"),
    [
        (CaseFilter(), "all"),
        (CaseFilter(waiting=True, services=("bygglov",)), "todo"),
        (CaseFilter(own=True, colours=("red",)), "mine"),
        (CaseFilter(state="open", assignees=(NOBODY,), overdue=True), "unassigned"),
        (CaseFilter(state="open", assignees=(NOBODY, "officer:anna")), "all"),
        (CaseFilter(state="open"), "all"),
        (CaseFilter(state="closed", closed=DayRange(first=date(2026, 1, 1))), "closed"),
        (CaseFilter(overdue=True, services=("bygglov",)), "overdue"),
    ],
)
def test_a_query_stands_in_the_tab_that_it_narrows(chosen: CaseFilter, tab: CaseList) -> None:
    assert base_list(CaseQuery(filter=chosen)) == tab
