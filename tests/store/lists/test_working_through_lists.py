"""Lists worked through: the cases before and after one, whatever has become of it meanwhile."""

from __future__ import annotations

import pytest

from bot.domain.actors import Officer
from bot.domain.assignment import ChangeAssignees, TakeCase
from bot.domain.lists.case_query import CaseFilter, CaseKey, CaseQuery, parse_case_key
from bot.domain.messages.correspondence import ReceiveMessage
from bot.domain.status import SetStatus
from bot.domain.views import ListPosition, Neighbours
from bot.service import CommandResult, Service
from bot.store import Database
from bot.store.lists import neighbours, open_lists
from bot.store.lists.open_lists import ListRequest
from bot.store.lists.queries.worklists import ListContext
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog


@pytest.fixture
def municipality(database: Database, clock: Clock) -> MunicipalityDriver:
    catalog = small_catalog()
    return MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


async def find_neighbours(
    municipality: MunicipalityDriver, who: str, case: CommandResult, name: str = "unassigned"
) -> tuple[str | None, str | None]:
    """The cases before and after it in the list, by id."""
    asker = ListContext(municipality.officer(who), municipality.service.clock(), municipality.service.catalog)
    found = await municipality.service.database.read(
        lambda tx: neighbours.find_neighbours(tx, asker, ListPosition(name), case.case_id)
    )
    return found.before and found.before[0], found.after and found.after[0]


async def test_the_newest_come_first_and_the_ends_are_ends(municipality: MunicipalityDriver) -> None:
    first, second, third = [await municipality.submit() for _ in range(3)]
    assert await find_neighbours(municipality, "anna", third) == (None, second.case_id)
    assert await find_neighbours(municipality, "anna", second) == (third.case_id, first.case_id)
    assert await find_neighbours(municipality, "anna", first) == (second.case_id, None)


async def test_a_case_that_has_left_the_list_keeps_its_place_in_it(municipality: MunicipalityDriver) -> None:
    first, second, third = [await municipality.submit() for _ in range(3)]
    for case in (second, third):
        await municipality.perform("anna", TakeCase(case_id=case.case_id))
    assert await find_neighbours(municipality, "anna", second) == (None, first.case_id)
    assert await find_neighbours(municipality, "anna", second, "mine") == (third.case_id, None)


async def test_nobody_is_led_to_a_case_that_is_not_theirs(municipality: MunicipalityDriver) -> None:
    first, second = [await municipality.submit() for _ in range(2)]
    await municipality.perform("anna", TakeCase(case_id=second.case_id))
    assert await find_neighbours(municipality, "rut", first, "all") == (None, None)
    assert await find_neighbours(municipality, "ute", first, "all") == (None, None)


async def test_a_list_that_there_is_none_of_leads_nowhere(municipality: MunicipalityDriver) -> None:
    await municipality.submit()
    assert await find_neighbours(municipality, "anna", await municipality.submit(), "xyzzy") == (None, None)


async def test_what_waits_for_one_is_worked_through_the_most_pressing_first(
    municipality: MunicipalityDriver, clock: Clock
) -> None:
    given, written = [await municipality.submit() for _ in range(2)]
    for case in (given, written):
        assigned = ChangeAssignees(case_id=case.case_id, assignees=("officer:bo",), expected=())
        await municipality.perform("anna", assigned)
    await municipality.service.perform(
        ReceiveMessage(case_id=written.case_id, text="Hej"), await municipality.applicant(written)
    )
    assert await find_neighbours(municipality, "bo", written, "todo") == (None, given.case_id)
    clock.advance(minutes=1)
    await municipality.service.reveal(municipality.officer("bo"), written.case_id, {"messages"}, opening="o")
    assert await find_neighbours(municipality, "bo", written, "todo") == (
        None,
        given.case_id,
    )  # read, and so no longer there


@pytest.mark.parametrize("name", ["overdue", "todo", "query"])
async def test_a_case_that_is_opened_in_the_middle_keeps_its_neighbours_whatever_is_done_with_it(
    municipality: MunicipalityDriver, clock: Clock, name: str
) -> None:
    first, second, third = [await municipality.submit() for _ in range(3)]
    for case in (first, second, third):
        await municipality.perform("bo", TakeCase(case_id=case.case_id))
        clock.advance(minutes=1)
    clock.advance(days=60)
    query = CaseQuery(filter=CaseFilter(state="open", overdue=True), sort="changed", descending=False)
    database = municipality.service.database
    bo = ListContext(municipality.officer("bo"), clock(), municipality.catalog)
    requested = ListRequest(tab="all", query=query, page_size=20)
    query_id = (await database.write(lambda tx: open_lists.create(tx, "bo", requested, clock()))).id
    place = ListPosition(name, 1, query_id if name == "query" else "")
    opened = await database.read(lambda tx: neighbours.locate(tx, bo, place, second.case_id))
    assert opened.key and parse_case_key(opened.key) is not None
    closing = SetStatus(case_id=second.case_id, status="closed", expected="submitted", note="Klart")
    await municipality.perform("bo", closing)
    found = await database.read(lambda tx: neighbours.find_neighbours(tx, bo, opened, second.case_id))
    assert found.before is not None and found.after is not None
    assert (found.before[0], found.after[0]) == (first.case_id, third.case_id)
    before = found.before[1]
    further = await database.read(lambda tx: neighbours.find_neighbours(tx, bo, before, first.case_id))
    assert further.before is None
    assert further.after is not None and further.after[0] == third.case_id


@pytest.mark.parametrize(
    ("case", "place", "before", "after"),
    [
        ("b", 1, ("a", 0), ("c", 2)),
        ("a", 0, None, ("b", 1)),
        ("c", 2, ("b", 1), None),
        ("b", 7, ("a", 0), ("c", 2)),  # it has moved
        ("x", 1, ("a", 0), ("b", 1)),  # it has left
        ("x", 0, None, ("a", 0)),
        ("x", 3, ("c", 2), None),
        ("x", 99, ("c", 2), None),
    ],
)
async def test_a_list_of_its_own_order_goes_on_from_the_place(
    sqlite_database: Database,
    monkeypatch: pytest.MonkeyPatch,
    case: str,
    place: int,
    before: tuple[str, int] | None,
    after: tuple[str, int] | None,
) -> None:
    asked = []

    def found(tx: object, asker: ListContext, list_id: str) -> list[str]:
        asked.append((asker.officer.key, list_id))
        return ["a", "b", "c"]

    monkeypatch.setattr(neighbours, "ORDERED_LISTS", {"found": found})
    anna = ListContext(Officer("anna", "Anna Berg"), Clock()(), small_catalog())

    def named(one: tuple[str, int] | None) -> tuple[str, ListPosition] | None:
        return (one[0], ListPosition("found", one[1], "s1")) if one else None

    told = await sqlite_database.read(
        lambda tx: neighbours.find_neighbours(tx, anna, ListPosition("found", place, "s1"), case)
    )
    assert told == Neighbours(named(before), named(after))
    assert asked == [("anna", "s1")]


async def test_a_place_of_another_order_leads_to_the_cases_beside_it_all_the_same(
    municipality: MunicipalityDriver,
) -> None:
    first, second, third = [await municipality.submit() for _ in range(3)]
    asker = ListContext(municipality.officer("anna"), municipality.service.clock(), municipality.catalog)
    place = ListPosition("all", key=CaseKey("", "", second.number).encode())
    found = await municipality.service.database.read(
        lambda tx: neighbours.find_neighbours(tx, asker, place, second.case_id)
    )
    assert found.before is not None and found.after is not None
    assert (found.before[0], found.after[0]) == (third.case_id, first.case_id)
