"""What the databases do for a list or a search does not grow with how many cases there are.

A store that nobody has run ANALYZE on, as every municipality's is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, get_args

import pytest
from sqlalchemy import event

from bot.domain.actors import Applicant
from bot.domain.assignment import TakeCase
from bot.domain.case_lists import CASE_LISTS, CaseList, DatedList
from bot.domain.case_search import parse_search
from bot.domain.views import ListPosition
from bot.handlers.screens import home
from bot.service import Service
from bot.store import Database, Tx
from bot.store.cases import officer_queries
from bot.store.lists import case_lists, search
from bot.store.lists.neighbours import find_neighbours
from bot.store.lists.worklists import ListContext, Worklists
from bot.store.officers.preferences import HomePosition
from bot.text.working_days import local_day
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, officer, small_catalog

Query = Callable[[Tx], object]

CATALOG = small_catalog()
CONTEXT = ListContext(officer(CATALOG, "anna"), Clock()(), CATALOG)
EVA = Applicant(ids=frozenset({"x"}), mailbox="eva@ek.example")
ANY_CASE = 'SELECT max(id) FROM "case"'
TABS = get_args(DatedList)


def _search(typed: str) -> Query:
    search_query = parse_search(typed, CONTEXT.officer, CATALOG)
    return lambda tx: search.find(tx, CONTEXT.officer, search_query)


def _page(tx: Tx, name: CaseList) -> object:
    worklists = Worklists(tx, CONTEXT)
    return worklists.page(name, limit=20, offset=20), worklists.count(name)


QUERIES: dict[str, Query] = (
    {
        "the whole number": _search("2026-000001"),
        "one digit": _search("2"),
        "an absent word": _search("zyxwv"),
        "the overdue": lambda tx: case_lists.find_overdue(
            tx, local_day(CONTEXT.now), tuple(CATALOG.services)
        ),
        "what Home shows": lambda tx: home._read_home(tx, CONTEXT, CATALOG, HomePosition("todo")),
        "a number": lambda tx: officer_queries.find_case_by_number(tx, CONTEXT.officer, "2026-000001"),
        "an applicant's cases": lambda tx: case_lists.list_applicant_cases(tx, EVA, CONTEXT.now),
        "some cases": lambda tx: case_lists.load_listed_cases(tx, CONTEXT.officer, ["x"]),
    }
    | {f"page of {name}": partial(_page, name=name) for name in CASE_LISTS}
    | {
        f"{what} {tab}": partial(query, kind=tab)
        for tab in TABS
        for what, query in {
            "list of": lambda tx, kind: case_lists.list_cases(tx, CONTEXT.officer, kind),
            "count of": lambda tx, kind: case_lists.count_cases(tx, CONTEXT.officer, kind, limit=1_001),
            "neighbours in": lambda tx, kind: find_neighbours(
                tx, CONTEXT, ListPosition(kind, 0), _any_case(tx)
            ),
        }.items()
    }
)

SORTED = {
    "list of mine",
    "list of flagged",
    "neighbours in mine",
    "neighbours in flagged",
    "page of mine",
    "page of flagged",
    "page of overdue",
    "an applicant's cases",
    "the whole number",
}
"""Queries that sort what they found: what one officer has or has flagged, the overdue cases of one
day, and the few numbers that were meant."""


OWN_INDEXES = {
    "unassigned": "ix_case_unhandled",
    "unhandled": "ix_case_unhandled",
    "closed": "ix_case_closed",
}
"""By which lists that hold few of all cases are read."""


def _any_case(tx: Tx) -> str:
    return str(tx.conn.exec_driver_sql(ANY_CASE).scalar())


@pytest.fixture
async def filled(sqlite_database: Database, clock: Clock) -> Database:
    """A store with a case that somebody has, and one that nobody has."""
    service = Service(sqlite_database, lambda: CATALOG, clock=clock, wake=lambda: None)
    municipality = MunicipalityDriver(service, CATALOG)
    case = await municipality.submit()
    await municipality.submit()
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    return sqlite_database


def plans_of(tx: Tx, query: Query) -> list[list[str]]:
    """What SQLite says that it does, step by step, for each statement of the query that reads cases."""
    asked: list[tuple[str, Any]] = []
    event.listen(tx.conn, "before_cursor_execute", lambda *it: asked.append((it[2], it[3])))
    query(tx)
    return [
        [row[3] for row in tx.conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)]
        for statement, given in list(asked)
        if '"case"' in statement and statement != ANY_CASE
    ]


@pytest.mark.parametrize("name", QUERIES)
def test_no_list_or_search_reads_or_sorts_every_case(filled: Database, name: str) -> None:
    steps = [step for plan in filled.read_sync(partial(plans_of, query=QUERIES[name])) for step in plan]
    large = r"SCAN (case|history|assignee|message|reading|flag|search|delivery)\b"
    assert [step for step in steps if re.match(large, step)] == []
    # Each step that finds cases by their e-service takes them in the order they are wanted in.
    sorts = [step for step in steps if step.startswith("USE TEMP B-TREE")]
    assert sorts == [] or name in SORTED


@pytest.mark.parametrize("name", QUERIES)
def test_cases_of_an_e_service_are_read_by_the_index_of_their_list_alone(filled: Database, name: str) -> None:
    steps = [step for plan in filled.read_sync(partial(plans_of, query=QUERIES[name])) for step in plan]
    used = {
        found[0]
        for step in steps
        if (found := re.search(r"ix_case_service_number \(service=\?\)|ix_case_\w+", step))
    }
    assert "ix_case_service_number (service=?)" not in used  # the numbers of a whole e-service
    wanted = OWN_INDEXES.get(name.rsplit(maxsplit=1)[-1])
    assert wanted is None or used == {wanted}
