"""Lists worked through: the cases before and after one, whatever has become of it meanwhile."""

from __future__ import annotations

import pytest

from bot.domain.actors import Officer
from bot.domain.assignment import ChangeAssignees, TakeCase
from bot.domain.correspondence import ReceiveMessage
from bot.domain.views import Around, InList
from bot.service import Done, Service
from bot.store import Database
from bot.store.lists import neighbours
from bot.store.lists.worklists import Asker
from tests.conftest import Clock
from tests.town import Town, town


@pytest.fixture
def hall(database: Database, clock: Clock) -> Town:
    catalog = town()
    return Town(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


async def beside(hall: Town, who: str, case: Done, name: str = "unassigned") -> tuple[str | None, str | None]:
    """The cases before and after it in the list, by id."""
    asker = Asker(hall.officer(who), hall.service.clock(), hall.service.catalog)
    found = await hall.service.database.read(
        lambda tx: neighbours.around(tx, asker, InList(name), case.case_id)
    )
    return found.before and found.before[0], found.after and found.after[0]


async def test_the_newest_come_first_and_the_ends_are_ends(hall: Town) -> None:
    first, second, third = [await hall.submits() for _ in range(3)]
    assert await beside(hall, "anna", third) == (None, second.case_id)
    assert await beside(hall, "anna", second) == (third.case_id, first.case_id)
    assert await beside(hall, "anna", first) == (second.case_id, None)


async def test_a_case_that_has_left_the_list_keeps_its_place_in_it(hall: Town) -> None:
    first, second, third = [await hall.submits() for _ in range(3)]
    for case in (second, third):
        await hall.does("anna", TakeCase(case_id=case.case_id))
    assert await beside(hall, "anna", second) == (None, first.case_id)
    assert await beside(hall, "anna", second, "mine") == (third.case_id, None)


async def test_nobody_is_led_to_a_case_that_is_not_theirs(hall: Town) -> None:
    first, second = [await hall.submits() for _ in range(2)]
    await hall.does("anna", TakeCase(case_id=second.case_id))
    assert await beside(hall, "rut", first, "all") == (None, None)
    assert await beside(hall, "ute", first, "all") == (None, None)


async def test_a_list_that_there_is_none_of_leads_nowhere(hall: Town) -> None:
    await hall.submits()
    assert await beside(hall, "anna", await hall.submits(), "xyzzy") == (None, None)


async def test_what_waits_for_one_is_worked_through_the_most_pressing_first(hall: Town, clock: Clock) -> None:
    given, written = [await hall.submits() for _ in range(2)]
    for case in (given, written):
        assigned = ChangeAssignees(case_id=case.case_id, holders=("officer:bo",), was=())
        await hall.does("anna", assigned)
    await hall.service.perform(
        ReceiveMessage(case_id=written.case_id, text="Hej"), await hall.applicant(written)
    )
    assert await beside(hall, "bo", written, "todo") == (None, given.case_id)
    clock.pass_(minutes=1)
    await hall.service.reveal(hall.officer("bo"), written.case_id, {"messages"}, opening="o")
    assert await beside(hall, "bo", written, "todo") == (None, given.case_id)  # read, and so no longer there


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

    def found(tx: object, asker: Asker, list_id: str) -> list[str]:
        asked.append((asker.officer.key, list_id))
        return ["a", "b", "c"]

    monkeypatch.setattr(neighbours, "ORDERS", {"found": found})
    anna = Asker(Officer("anna", "Anna Berg"), Clock()(), town())

    def named(one: tuple[str, int] | None) -> tuple[str, InList] | None:
        return (one[0], InList("found", one[1], "s1")) if one else None

    told = await sqlite_database.read(
        lambda tx: neighbours.around(tx, anna, InList("found", place, "s1"), case)
    )
    assert told == Around(named(before), named(after))
    assert asked == [("anna", "s1")]
