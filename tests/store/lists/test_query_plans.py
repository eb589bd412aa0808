"""What the databases do for a list or a search does not grow with how many cases there are.

A store that nobody has run ANALYZE on, as every municipality's is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import event

from bot.domain.actors import Applicant
from bot.domain.assignment import TakeCase
from bot.domain.lists.case_lists import CASE_LISTS, CaseList
from bot.domain.lists.case_query import (
    LIST_QUERIES,
    MAX_COUNTED,
    NOBODY,
    UNLIMITED_SORTS,
    CaseCount,
    CaseFilter,
    CaseQuery,
    DayRange,
)
from bot.domain.lists.case_search import parse_search
from bot.domain.views import ListPosition
from bot.handlers.screens.home_loading import HomeRequest, load_home
from bot.service import Service
from bot.store import Database, Tx
from bot.store.cases import officer_queries
from bot.store.figures.reading import count_unassigned, load_overdue
from bot.store.files import attachments
from bot.store.lists.neighbours import find_neighbours
from bot.store.lists.queries import case_lists, search
from bot.store.lists.queries.case_queries import CaseQueries
from bot.store.lists.queries.worklists import ListContext
from bot.store.officers.preferences import HomePosition
from bot.store.tables import CaseRow
from bot.text.working_days import local_day
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, officer, small_catalog

Query = Callable[[Tx], object]

CATALOG = small_catalog()
CONTEXT = ListContext(officer(CATALOG, "anna"), Clock()(), CATALOG)
EVA = Applicant(ids=frozenset({"x"}), mailbox="eva@ek.example")
_DAYS = DayRange(first=local_day(CONTEXT.now))
ANY_CASE = 'SELECT max(id) FROM "case"'


def _search(typed: str) -> Query:
    search_query = parse_search(typed, CONTEXT.officer, CATALOG)
    return lambda tx: search.find(tx, CONTEXT.officer, search_query)


def _page(tx: Tx, query: CaseQuery) -> object:
    queries = CaseQueries(tx, CONTEXT)
    first = queries.page(query, limit=20)
    key = queries.key_of(query, _any_case(tx))
    return queries.page(query, limit=20, after=first.next_key or key), queries.count(query)


FILTERS = {
    "nothing": CaseFilter(),
    "a status": CaseFilter(statuses=("working",)),
    "a kind": CaseFilter(kinds=("in_progress",)),
    "an officer": CaseFilter(assignees=("officer:anna",)),
    "an officer's closed ones": CaseFilter(assignees=("officer:anna",), state="closed"),
    "nobody": CaseFilter(assignees=(NOBODY,)),
    "a colour": CaseFilter(colours=("red",)),
    "an origin": CaseFilter(origins=("api",)),
    "the unread": CaseFilter(unread=True),
    "the open": CaseFilter(state="open"),
    "closed ones": CaseFilter(state="closed"),
    "days": CaseFilter(received=_DAYS, changed=_DAYS, closed=_DAYS),
    "late answers": CaseFilter(answer_overdue=True),
}

QUERIES: dict[str, Query] = (
    {
        "the whole number": _search("2026-000001"),
        "one digit": _search("2"),
        "an absent word": _search("zyxwv"),
        "the overdue": lambda tx: case_lists.find_overdue(
            tx, local_day(CONTEXT.now), tuple(CATALOG.services)
        ),
        "what is overdue now": lambda tx: load_overdue(tx, list(CATALOG.services), local_day(CONTEXT.now)),
        "who has nobody now": lambda tx: count_unassigned(tx, list(CATALOG.services)),
        "what Home shows": lambda tx: load_home(tx, CONTEXT, HomeRequest(HomePosition("todo"))),
        "a number": lambda tx: officer_queries.find_case_by_number(tx, CONTEXT.officer, "2026-000001"),
        "an applicant's cases": lambda tx: case_lists.list_applicant_cases(tx, EVA, CONTEXT.now),
        "some cases": lambda tx: case_lists.load_listed_cases(tx, CONTEXT.officer, ["x"]),
    }
    | {f"page of {name}": partial(_page, query=LIST_QUERIES[name]) for name in CASE_LISTS}
    | {
        f"page by {sort} with {name}": partial(_page, query=CaseQuery(filter=chosen, sort=sort))
        for sort in sorted(UNLIMITED_SORTS - {"urgency"})
        for name, chosen in FILTERS.items()
    }
    | {
        f"neighbours in {name}": lambda tx, kind=name: find_neighbours(
            tx, CONTEXT, ListPosition(kind, 0), _any_case(tx)
        )
        for name in CASE_LISTS
    }
)

SORTED = {
    "an applicant's cases",
    "the whole number",
    "the overdue",
    "page by received with an officer",
    *(f"page by changed with {name}" for name in FILTERS),
}
"""Queries that sort what they found: what one officer has or has flagged, the overdue cases of one
day, the few numbers that were meant, what someone has open, and the
open cases by when they were changed."""


OWN_INDEXES = {
    "unassigned": "ix_case_unhandled",
    "unhandled": "ix_case_unhandled",
    "closed": "ix_case_closed",
    "todo": "ix_case_unread",
}
"""By which lists that hold few of all cases are read."""


FOR_RARE_ONES = {
    "page by received with an origin": "ix_case_origin",
    "page by received with late answers": "ix_case_answer_by",
    "page by due with late answers": "ix_case_answer_by",
    "page by received with a colour": "ix_case_colour",
    "page by received with the unread": "ix_case_unread",
}
"""By which indexes the few cases are found that a filter tells of, however many others there are."""


def _any_case(tx: Tx) -> str:
    return str(tx.conn.exec_driver_sql(ANY_CASE).scalar())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def filled(one_sqlite_database: Database) -> Database:
    """A store with a case that somebody has, and one that nobody has."""
    service = Service(one_sqlite_database, lambda: CATALOG, clock=Clock(), wake=lambda: None)
    municipality = MunicipalityDriver(service, CATALOG)
    case = await municipality.submit()
    await municipality.submit()
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    return one_sqlite_database


def plans_of(tx: Tx, query: Query) -> list[list[str]]:
    """What SQLite says that it does, step by step, for each statement of the query that reads cases or their words."""
    asked: list[tuple[str, Any]] = []
    event.listen(tx.conn, "before_cursor_execute", lambda *it: asked.append((it[2], it[3])))
    query(tx)
    return [
        [row[3] for row in tx.conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)]
        for statement, given in list(asked)
        if ('"case"' in statement or "search" in statement) and statement != ANY_CASE
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
    # The numbers of a whole e-service are only for the order of numbers.
    assert "ix_case_service_number (service=?)" not in used or "by number" in name
    wanted = OWN_INDEXES.get(name.rsplit(maxsplit=1)[-1])
    assert wanted is None or used == {wanted}


@pytest.mark.parametrize("name", FOR_RARE_ONES)
def test_what_few_cases_have_is_found_by_an_index_that_holds_it(filled: Database, name: str) -> None:
    steps = [step for plan in filled.read_sync(partial(plans_of, query=QUERIES[name])) for step in plan]
    assert any(re.search(rf"{FOR_RARE_ONES[name]} \(service=\?", step) for step in steps), steps


@pytest.mark.parametrize("name", ["an officer", "an officer's closed ones"])
def test_what_somebody_has_had_is_read_in_the_order_of_receipt_however_much_it_is(
    filled: Database, name: str
) -> None:
    """What they have open is sorted."""
    query = CaseQuery(filter=FILTERS[name])
    plans = filled.read_sync(
        partial(plans_of, query=lambda tx: CaseQueries(tx, CONTEXT).page(query, limit=20))
    )
    by_receipt = "SEARCH assignee USING INDEX ix_assignee_closed (kind=? AND key=?)"
    sorts = [step for step in plans[0] if step.startswith("USE TEMP B-TREE")]
    assert plans[0].count(by_receipt) == 1 and len(sorts) == (name == "an officer"), plans[0]


def test_open_cases_are_sorted_once_by_when_they_were_changed_and_not_in_each_e_service(
    filled: Database,
) -> None:
    """So no more of them are kept than are shown."""
    by_changed = CaseQuery(sort="changed")
    plans = filled.read_sync(
        partial(plans_of, query=lambda tx: CaseQueries(tx, CONTEXT).page(by_changed, limit=20))
    )
    sorts = [step for plan in plans for step in plan if step.startswith("USE TEMP B-TREE")]
    assert len(sorts) == 1, plans


def test_what_waits_for_an_officer_is_looked_for_once_to_be_counted_and_listed(filled: Database) -> None:
    """Home counts it whichever tab is open. What is read besides are the cases of the page."""
    in_spring = replace(CONTEXT, now=CONTEXT.now + timedelta(days=120))  # what she took is overdue

    def look(tx: Tx) -> None:
        queries = CaseQueries(tx, in_spring)
        assert queries.count(LIST_QUERIES["todo"]).number == 1
        assert len(queries.page(LIST_QUERIES["todo"], limit=20).rows) == 1

    assert len(filled.read_sync(partial(plans_of, query=look))) == 2


def test_closed_cases_are_counted_by_their_index_without_a_look_at_each(filled: Database) -> None:
    """Home counts them at each opening, up to a thousand."""
    closed = LIST_QUERIES["closed"]
    plans = filled.read_sync(partial(plans_of, query=lambda tx: CaseQueries(tx, CONTEXT).count(closed)))
    assert len(plans) == 1 and any("USING COVERING INDEX ix_case_closed" in step for step in plans[0]), plans


class _Undone(Exception):
    """Rolls back what was written."""


def test_where_many_cases_are_closed_home_does_not_count_all_cases_too(filled: Database) -> None:
    home = partial(load_home, context=CONTEXT, home_request=HomeRequest(HomePosition("closed")))
    found: list[tuple[int, dict[CaseList, CaseCount]]] = []

    def look(tx: Tx) -> None:
        for closed in (0, MAX_COUNTED + 1):
            _add_closed(tx, closed)
            statements = [
                steps for steps in plans_of(tx, home) if any("ix_case_service_date" in one for one in steps)
            ]
            found.append((len(statements), home(tx).state.counts))
        raise _Undone

    with pytest.raises(_Undone):
        filled.write_sync(look)
    (_, few), (counted, many) = found
    assert (few["all"].number, few["closed"].number) == (2, 0)
    assert many["all"].is_many and many["closed"].is_many and counted == 0


def _add_closed(tx: Tx, many: int) -> None:
    """Closed copies of a case."""
    own = {"id": "'copy' || n", "number": "'copy' || n", "external": "NULL", "closed_at": "received_at"}
    columns = [column.name for column in CaseRow.__table__.columns]
    tx.conn.exec_driver_sql(
        f"""WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < {many})
        INSERT INTO "case" ({", ".join(columns)})
        SELECT {", ".join(own.get(one, one) for one in columns)} FROM copies, (SELECT * FROM "case" LIMIT 1)
        WHERE n <= {many}"""
    )


def test_who_sees_only_their_own_cases_is_not_searched_for_among_everybodys(filled: Database) -> None:
    rut = officer(CATALOG, "rut")
    search_query = parse_search("altan", rut, CATALOG)
    plans = filled.read_sync(partial(plans_of, query=lambda tx: search.find(tx, rut, search_query)))
    steps = [step for plan in plans for step in plan]
    assert [step for step in steps if "search_index" in step] == []
    assert any(step.startswith("SEARCH assignee USING COVERING INDEX") for step in steps), steps


def test_who_sees_only_their_own_cases_is_not_answered_from_all_that_a_colleague_has_had(
    filled: Database,
) -> None:
    """What they have is mostly less; whoever has fewer is looked through."""
    rut, annas = officer(CATALOG, "rut"), CaseQuery(filter=CaseFilter(assignees=("officer:anna",)))
    asked: list[tuple[str, Any]] = []

    def look(tx: Tx) -> int:
        event.listen(tx.conn, "before_cursor_execute", lambda *it: asked.append((it[2], it[3])))
        return CaseQueries(tx, replace(CONTEXT, officer=rut)).count(annas).number

    assert filled.read_sync(look) == 0
    looked_through = [given for statement, given in asked if "JOIN (SELECT assignee.case_id" in statement]
    assert [given[1] for given in looked_through] == ["rut"], asked


def test_files_whose_bytes_are_to_go_are_found_without_reading_all_files(filled: Database) -> None:
    def plan(tx: Tx) -> list[str]:
        asked: list[tuple[str, Any]] = []
        event.listen(tx.conn, "before_cursor_execute", lambda *it: asked.append((it[2], it[3])))
        attachments.list_disposed(tx)
        statement, given = asked[-1]
        return [row[3] for row in tx.conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)]

    assert filled.read_sync(plan) == ["SCAN file USING INDEX ix_file_disposed"]
