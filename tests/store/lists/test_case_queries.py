"""Every query finds what plain Python finds among the same cases, for everyone, however it is read."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.catalog.models import Catalog
from bot.catalog.people import Grant
from bot.catalog.statuses import StatusKind
from bot.domain.assignment import ChangeAssignees, ReleaseCase, TakeCase
from bot.domain.colour import COLOURS, ColourCase
from bot.domain.flags import Flag
from bot.domain.lists.case_query import (
    NOBODY,
    SORT_COLUMNS,
    UNLIMITED_SORTS,
    CaseFilter,
    CaseKey,
    CaseQuery,
    DayRange,
    parse_case_key,
)
from bot.domain.lists.query_validation import TooManyToSort, query_problems
from bot.domain.messages.correspondence import ReceiveMessage, SendMessage
from bot.domain.notes import AddNote
from bot.domain.protection import SetProtection
from bot.domain.rules import Refused
from bot.domain.status import SetStatus
from bot.service import Service
from bot.store import Database, Tx
from bot.store.cases import system_queries
from bot.store.lists.queries.case_queries import CaseQueries
from bot.store.lists.queries.paging import CasePage
from bot.store.lists.queries.query_scopes import QueryLimits
from bot.store.lists.queries.stored_statuses import find_removed_names
from bot.store.lists.queries.worklists import ListContext
from bot.store.officers import flags
from bot.text.working_days import local_day
from tests.conftest import Clock
from tests.generated.strategies import examples
from tests.municipality import MunicipalityDriver, officer, small_catalog
from tests.scope import sample
from tests.store.lists import query_reference
from tests.store.lists.query_reference import Facts

WHO = ("anna", "bo", "carl", "rut", "ute")
CASES = 45
SORTS = tuple(sort for sort in SORT_COLUMNS if sort != "urgency")

LIMITS = (
    QueryLimits(),
    QueryLimits(tried=0, chunk=1),
    QueryLimits(tried=10_000, chunk=1),
    QueryLimits(tried=2, sorted=0, walked=3, sorted_at_last=0, chunk=1),
    QueryLimits(tried=2, sorted=0, walked=3, chunk=2),
)
"""Reading whole, walking an index, walking until the budget is spent, and reading whole after that."""


def catalog_of_queries(*, removed: str = "") -> Catalog:
    """The town with a third e-service, an internal one, of which Bo and Carl's group see only what they have."""
    catalog = small_catalog()
    first = catalog.services["bygglov"]
    park = first.model_copy(
        update={
            "key": "park",
            "name": first.name.model_copy(update={"sv": "Ängar", "en": "Meadows"}),
            "audience": "internal",
            "officers": (
                Grant(officer="anna"),
                Grant(officer="bo", access="restricted"),
                Grant(group="gruppen", access="restricted"),
            ),
            "protected_officers": ("bo",),
        }
    )
    statuses = tuple(
        one.model_copy(update={"working_days": 3}) if one.key == "working" else one
        for one in first.statuses
        if one.key != removed
    )
    services = {**catalog.services, "bygglov": first.model_copy(update={"statuses": statuses}), "park": park}
    return catalog.model_copy(update={"services": services})


class _Life:
    """Things happen to cases, by chance but the same each time."""

    def __init__(self, municipality: MunicipalityDriver, clock: Clock) -> None:
        self.municipality, self.clock, self.dice = municipality, clock, random.Random(7)
        self.ids: list[str] = []

    async def submit(self) -> None:
        service = self.dice.choice(["bygglov", "bygglov", "oro", "park"])
        origin = self.dice.choice(["web", "web", "api", "open_eplatform"])
        done = await self.municipality.submit(service=service, origin=origin)
        self.ids.append(done.case_id)

    async def act(self) -> None:
        """Someone does something with some case; what is refused does not happen."""
        case = await self._case(self.dice.choice(self.ids))
        who = self.dice.choice(["anna", "anna", "bo", "carl", "rut"])
        self.clock.advance(hours=self.dice.choice([0, 1, 5, 30]))
        act = self.dice.choice([self._command, self._command, self._command, self._write, self._flag])
        await act(who, case)

    async def _case(self, case_id: str) -> Any:
        return await self.municipality.service.database.read(lambda tx: system_queries.load_case(tx, case_id))

    async def _command(self, who: str, case: Any) -> None:
        refs = ["officer:anna", "officer:bo", "officer:rut", "group:gruppen"]
        status = self.dice.choice(["working", "closed", "closed", "submitted"])
        answer_by = self.clock().date() + timedelta(days=self.dice.choice([0, 3, 40]))
        given = {"case_id": case.id}
        command = self.dice.choice(
            [
                TakeCase(**given),
                ReleaseCase(**given),
                ChangeAssignees(
                    **given,
                    assignees=tuple(self.dice.sample(refs, self.dice.choice([0, 1, 2]))),
                    expected=case.assignee_refs,
                ),
                ColourCase(**given, colour=self.dice.choice(COLOURS), expected=case.colour),
                SetStatus(**given, status=status, expected=case.status, note="Ja", reason="Så blev det"),
                SetStatus(**given, status=status, expected=case.status, note="Ja", reason="Så blev det"),
                SendMessage(**given, text="Hej", kind="completion", answer_by=answer_by),
                AddNote(**given, text="Ringde."),
                SetProtection(**given, protected=self.dice.random() < 0.4, reason="Hot"),
            ]
        )
        await self._try(self.municipality.perform(who, command))

    async def _write(self, who: str, case: Any) -> None:
        applicant = await self.municipality.applicant(type("Done", (), {"case_id": case.id})())
        await self._try(
            self.municipality.service.perform(ReceiveMessage(case_id=case.id, text="Hej"), applicant)
        )
        if self.dice.random() < 0.5:
            reading = self.municipality.service.reveal(
                self.municipality.officer(who), case.id, {"messages"}, opening=str(self.clock())
            )
            await self._try(reading)

    async def _flag(self, who: str, case: Any) -> None:
        me, at = self.municipality.officer(who), self.clock()
        await self.municipality.service.database.write(lambda tx: flags.save(tx, me, Flag(case.id), at))

    async def _try(self, doing: Any) -> None:
        try:
            await doing
        except Refused:
            return


async def fill(database: Database, clock: Clock, cases: int = CASES) -> _Life:
    catalog = catalog_of_queries()
    service = Service(database, lambda: catalog, clock=clock, wake=lambda: None)
    life = _Life(MunicipalityDriver(service, catalog), clock)
    for _ in range(cases):
        clock.advance(hours=life.dice.choice([0, 2, 20]))
        await life.submit()
        for _ in range(life.dice.choice([0, 1, 3])):
            await life.act()
    for _ in range(cases * 2):
        await life.act()
    return life


def some(values: Sequence[Any], most: int = 2) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(list(values)), max_size=most).map(tuple)


DAYS = st.dates(date(2026, 11, 20), date(2027, 2, 20))
RANGES = st.one_of(
    st.just(DayRange()),
    st.builds(lambda day: DayRange(first=day), DAYS),
    st.builds(lambda day: DayRange(last=day), DAYS),
    st.builds(
        lambda day, more: DayRange(first=day, last=day + timedelta(days=more)), DAYS, st.integers(0, 30)
    ),
)
PARTS: dict[str, st.SearchStrategy[Any]] = {
    "services": some(["bygglov", "oro", "park"]),
    "audience": st.sampled_from(["external", "internal"]),
    "state": st.sampled_from(["open", "closed"]),
    "kinds": some(get_args(StatusKind), 3),
    "statuses": some(["submitted", "working", "closed", "waiting"]),
    "assignees": some([NOBODY, "officer:anna", "officer:bo", "officer:rut", "group:gruppen"]),
    "colours": some(COLOURS[1:]),
    "origins": some(["web", "api", "open_eplatform"]),
    "received": RANGES,
    "changed": RANGES,
    "closed": RANGES,
    "due_before": DAYS,
    **{part: st.just(True) for part in ("own", "flagged", "overdue", "unread", "answer_overdue")},
}


TEXTS = ("", "", "", "Ängar", "Meadows", "Orosanmälan", "2026-000003", "2026-000011")
"""None, names of e-services of which one is strict, and numbers."""


@st.composite
def queries(draw: st.DrawFn) -> CaseQuery:
    """Any sort and text, with up to three parts of a filter."""
    parts = draw(st.lists(st.sampled_from(sorted(PARTS)), max_size=3, unique=True))
    return CaseQuery(
        filter=CaseFilter(**{part: draw(PARTS[part]) for part in parts}),
        text=draw(st.sampled_from(TEXTS)),
        sort=draw(st.sampled_from(SORTS)),
        descending=draw(st.sampled_from([None, True, False])),
    )


@pytest.fixture
async def filled(database: Database, clock: Clock) -> tuple[Database, list[Facts], Clock]:
    """A store of cases to which much has happened, and what it all came to."""
    await fill(database, clock)
    return database, await database.read(query_reference.load_facts), clock


def context_of(who: str, clock: Clock, catalog: Catalog) -> ListContext:
    return ListContext(officer(catalog, who), clock(), catalog)


def read_all(
    lists: CaseQueries, query: CaseQuery, limit: int, *, backwards: bool = False, after: CaseKey | None = None
) -> list[str]:
    """The ids of all pages from the key on, or of all before it."""
    found: list[str] = []
    key = after
    for _ in range(1_000):
        page = lists.page(query, limit=limit, **({"before": key} if backwards else {"after": key}))
        assert len(page.rows) <= limit
        ids = [row.case.id for row in page.rows]
        found = [*ids, *found] if backwards else [*found, *ids]
        key = page.previous_key if backwards else page.next_key
        if key is None:
            return found
        assert parse_case_key(key.encode()) == key
    raise AssertionError("the pages have no end")


FIXTURES = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


def test_a_query_finds_what_python_finds_and_counts_it_whatever_way_it_is_read(
    filled: tuple[Database, list[Facts], Clock],
) -> None:
    database, facts, clock = filled
    catalogs = {True: catalog_of_queries(removed="completed"), False: catalog_of_queries()}
    services = {one.case.service for one in facts}
    assert services == {"bygglov", "oro", "park"} and len(facts) == CASES

    @settings(examples(60), suppress_health_check=FIXTURES)
    @given(
        queries(),
        st.sampled_from(WHO),
        st.booleans(),
        st.sampled_from(LIMITS),
        st.sampled_from([1, 4, 100]),
    )
    def check(query: CaseQuery, who: str, is_status_removed: bool, limits: QueryLimits, limit: int) -> None:
        context = context_of(who, clock, catalogs[is_status_removed])
        assume(not list(query_problems(query, context.officer, context.catalog)))
        _check_query(database, query_reference.find(facts, query, context), query, context, limits, limit)

    check()
    for query, who in sample(tuple(itertools.product(OF_SOMEBODY, WHO)), 12):
        context = context_of(who, clock, catalogs[False])
        if not any(query_problems(query, context.officer, context.catalog)):
            expected = query_reference.find(facts, query, context)
            _check_query(database, expected, query, context, LIMITS[0], 4)


def test_a_removed_status_is_known_by_the_name_that_cases_have_it_by(
    filled: tuple[Database, list[Facts], Clock],
) -> None:
    database, facts, _ = filled
    service = catalog_of_queries().services["bygglov"]
    status = service.status(next(one.case.status for one in facts if one.case.service == "bygglov"))
    assert status is not None
    for removed, names in (("", {}), (status.key, {status.key: status.name.sv})):
        whole = catalog_of_queries(removed=removed)
        catalog = whole.model_copy(update={"services": {"bygglov": whole.services["bygglov"]}})
        assert database.read_sync(partial(find_removed_names, catalog=catalog)) == names


def _check_query(
    database: Database,
    expected: list[str],
    query: CaseQuery,
    context: ListContext,
    limits: QueryLimits,
    limit: int,
) -> None:
    def look(tx: Any) -> None:
        lists = CaseQueries(tx, context, limits)
        try:
            found = read_all(lists, query, limit)
        except TooManyToSort:
            assert limits.sorted_at_last == 0
            return
        assert found == expected
        count = lists.count(query)
        assert count.number == len(expected) if count.is_exact else count.number <= len(expected)
        if expected:
            _check_middle(lists, query, expected, limit)

    database.read_sync(look)


OF_SOMEBODY = tuple(
    CaseQuery(filter=CaseFilter(assignees=assignees, state=state))
    for assignees in (
        ("officer:anna",),
        ("officer:anna", "officer:bo"),
        ("officer:rut", "group:gruppen"),
        (NOBODY, "officer:anna"),
    )
    for state in (None, "open", "closed")
)
"""What is read by the assignees, for each who sees all of an e-service and who sees what they have."""


def _check_middle(lists: CaseQueries, query: CaseQuery, expected: list[str], limit: int) -> None:
    """From a case in the middle all others are reached both ways, and its neighbours are those beside it."""
    place = len(expected) // 2
    key = lists.key_of(query, expected[place])
    assert key is not None
    assert read_all(lists, query, limit, after=key) == expected[place + 1 :]
    assert read_all(lists, query, limit, after=key, backwards=True) == expected[:place]


CHANGING = tuple(
    CaseQuery(sort=sort, filter=chosen, descending=descending)
    for sort in ("received", "changed", "due", "status", "closed")
    for chosen in (CaseFilter(), CaseFilter(state="open", origins=("web", "api")))
    for descending in (True, False)
)


async def test_a_page_never_repeats_or_drops_a_case_while_others_change(
    database: Database, clock: Clock
) -> None:
    """What nobody touches is read once, and what keeps its place in the order is never read twice."""
    life = await fill(database, clock, cases=20)
    for number, query in sample(tuple(enumerate(CHANGING)), 6):
        limits, who = LIMITS[number % len(LIMITS)], life.dice.choice(["anna", "bo", "rut"])
        before = await _stand(life, query, who)
        found: list[str] = []
        key: CaseKey | None = None
        for attempt in range(200):
            page = await _read_page(life, query, who, (limits, key))
            found += [row.case.id for row in page.rows]
            key = page.next_key
            if key is None:
                break
            if attempt < 20:
                await life.act()
        after = await _stand(life, query, who)
        untouched = {one for one in before if before[one] == after.get(one)}
        assert [one for one in found if one in untouched] == [one for one in before if one in untouched]
        if query.sort == "received":
            assert len(set(found)) == len(found)


async def _read_page(
    life: _Life, query: CaseQuery, who: str, place: tuple[QueryLimits, CaseKey | None]
) -> CasePage:
    limits, key = place
    context = context_of(who, life.clock, life.municipality.catalog)
    return await life.municipality.service.database.read(
        lambda tx: CaseQueries(tx, context, limits).page(query, limit=3, after=key)
    )


async def _stand(life: _Life, query: CaseQuery, who: str) -> dict[str, Any]:
    """The cases that the query finds now, in order, each with its version."""
    facts = await life.municipality.service.database.read(query_reference.load_facts)
    context = context_of(who, life.clock, life.municipality.catalog)
    versions = {one.case.id: one.case.seq for one in facts}
    return {one: versions[one] for one in query_reference.find(facts, query, context)}


@pytest.mark.parametrize("day", [date.min, date.max])
async def test_a_list_may_begin_or_end_on_any_day_that_a_browser_lets_one_choose(
    database: Database, clock: Clock, day: date
) -> None:
    catalog = small_catalog()
    service = Service(database, lambda: catalog, clock=clock, wake=lambda: None)
    await MunicipalityDriver(service, catalog).submit()
    for days in (DayRange(first=day), DayRange(last=day)):
        query = CaseQuery(filter=CaseFilter(received=days, changed=days))
        page = await service.database.read(
            lambda tx, query=query: CaseQueries(tx, context_of("anna", clock, catalog)).page(query, limit=3)
        )
        assert len(page.rows) == (days.contains(local_day(clock())))


async def test_a_place_of_another_order_begins_a_list_that_is_sorted_anew(
    database: Database, clock: Clock
) -> None:
    """The view was sorted by something else in another window, and the next page is asked for in this one."""
    catalog = small_catalog()
    service = Service(database, lambda: catalog, clock=clock, wake=lambda: None)
    municipality = MunicipalityDriver(service, catalog)
    for _ in range(3):
        case = await municipality.submit()
        to_rut = ChangeAssignees(case_id=case.case_id, assignees=("officer:rut",), expected=())
        await municipality.perform("anna", to_rut)
    foreign = [CaseKey("", value, case.number) for value in ("", "2026", "2026-11-23 10:00:00.000000")]
    for who, sort in itertools.product(("anna", "rut"), sorted(UNLIMITED_SORTS - {"urgency"})):
        query, context = CaseQuery(sort=sort), context_of(who, clock, catalog)

        def read(tx: Tx, query: CaseQuery = query, context: ListContext = context) -> None:
            queries = CaseQueries(tx, context)
            first = queries.page(query, limit=2)
            assert len(first.rows) == 2
            for key in foreign:
                if queries.known_key(query, key) is None:
                    assert queries.page(query, limit=2, after=key) == first
                    assert queries.page(query, limit=2, before=key) == first
                queries.page(query, limit=2, after=key)

        await database.read(read)
