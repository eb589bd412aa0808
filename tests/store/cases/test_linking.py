"""Koppla ärenden: both cases know of it, a duplicate is closed, and undoing puts things back."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.catalog.services import AssignmentRule
from bot.domain.actors import Officer, find_officer
from bot.domain.assignment import ChangeAssignees
from bot.domain.case import Case, LinkKind
from bot.domain.event_wording import EventWording
from bot.domain.link_wording import describe_links
from bot.domain.links import (
    AlreadyDuplicate,
    AlreadyLinked,
    LinkedToItself,
    NotClosableAsDuplicate,
    NotLinked,
    duplicate_statuses,
    link_both,
    unlink_both,
)
from bot.domain.rules import NoAccess, Refused, UnknownCase
from bot.domain.status import SetStatus
from bot.service import Service
from bot.store import Database
from bot.store.cases import officer_queries, system_queries
from bot.store.log import history
from bot.store.verification import proof
from bot.text import words
from bot.text.working_days import local_day
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog


@pytest.fixture
def town(database: Database, clock: Clock) -> Town:
    catalog = small_catalog()
    service = Service(database, lambda: catalog, clock=clock, wake=lambda: None)
    return Town(MunicipalityDriver(service, catalog), clock)


class Town:
    """A town hall with two cases, or more."""

    def __init__(self, driver: MunicipalityDriver, clock: Clock) -> None:
        self.driver, self.database, self.clock = driver, driver.service.database, clock

    def officer(self, key: str = "anna") -> Officer:
        found = find_officer(self.driver.catalog, key, local_day(self.clock()))
        assert found is not None
        return found

    async def submit(self) -> str:
        return (await self.driver.submit()).case_id

    async def link(
        self, case_id: str, other: str, kind: LinkKind = "related", closing_status: str = ""
    ) -> None:
        commands = link_both(case_id, other, kind, closing_status)
        await self.driver.service.perform_both(commands, self.officer())

    def change_statuses(self, monkeypatch: pytest.MonkeyPatch, **changes: Mapping[str, object]) -> None:
        """Give statuses of the e-service other settings."""
        services = self.driver.catalog.services
        service = services["bygglov"]
        statuses = tuple(one.model_copy(update=changes.get(one.key, {})) for one in service.statuses)
        monkeypatch.setitem(services, "bygglov", service.model_copy(update={"statuses": statuses}))

    async def unlink(self, case_id: str, other: str) -> None:
        await self.driver.service.perform_both(unlink_both(case_id, other), self.officer())

    async def load(self, case_id: str) -> Case:
        case = await self.database.read(lambda tx: system_queries.load_case(tx, case_id))
        assert case is not None
        assert case == await self.database.read(lambda tx: history.replay(tx, case_id))
        return case

    async def kinds(self, case_id: str) -> list[tuple[str, str]]:
        return [(one.kind, one.other) for one in (await self.load(case_id)).links]


@pytest.mark.parametrize(
    ("kind", "inverse"),
    [("related", "related"), ("follows", "followed_by"), ("duplicate_of", "has_duplicate")],
)
async def test_both_cases_know_of_the_link_and_of_its_end(town: Town, kind: LinkKind, inverse: str) -> None:
    one, other = await town.submit(), await town.submit()
    await town.link(one, other, kind)
    assert await town.kinds(one) == [(kind, other)]
    assert await town.kinds(other) == [(inverse, one)]
    await town.unlink(other, one)
    assert await town.kinds(one) == await town.kinds(other) == []
    report = await town.database.read(lambda tx: proof.verify(tx, None))
    assert report.ok, report.findings


async def test_a_duplicate_gets_the_status_that_the_officer_chose_and_without_one_stays_open(
    town: Town,
) -> None:
    one, two, original = [await town.submit() for _ in range(3)]
    await town.link(one, original, "duplicate_of")
    assert (await town.load(one)).status == "submitted"
    await town.link(two, original, "duplicate_of", "closed")
    assert (await town.load(two)).status == "closed"
    for kind in ("related", "follows"):
        third = await town.submit()
        await town.link(third, original, kind, "closed")
        assert (await town.load(third)).closed_at is None


async def test_an_officer_chooses_the_status_of_duplicates_where_there_is_one_and_else_among_the_closed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, officer = await town.load(await town.submit()), town.officer()

    def offered() -> list[str]:
        service = town.driver.catalog.services["bygglov"]
        return [one.key for one in duplicate_statuses(case, officer, service)]

    twins = {"kind": "closed", "for_duplicates": True, "set_by": "restricted"}
    assert offered() == ["closed"]
    town.change_statuses(monkeypatch, completed={"kind": "closed", "set_by": "restricted"})
    assert offered() == ["completed", "closed"]
    town.change_statuses(monkeypatch, completed=twins)
    assert offered() == ["completed"]
    town.change_statuses(monkeypatch, completed={**twins, "accepted_from": ("working",)})
    assert offered() == ["closed"]


async def test_a_duplicate_goes_to_whom_the_rule_of_its_status_names(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = town.driver.catalog.services
    rule = AssignmentRule.model_validate({"officer": "bo", "status": "closed", "replaces": True})
    monkeypatch.setitem(services, "bygglov", services["bygglov"].model_copy(update={"assign": (rule,)}))
    duplicate, original = await town.submit(), await town.submit()
    await town.link(duplicate, original, "duplicate_of", "closed")
    assert (await town.load(duplicate)).assignee_refs == ("officer:bo",)
    assert (await town.load(original)).assignee_refs == ()


async def test_a_duplicate_is_closed_and_undone_it_has_the_status_that_it_had(town: Town) -> None:
    duplicate, original = await town.submit(), await town.submit()
    await town.driver.perform("anna", SetStatus(case_id=duplicate, status="working", expected="submitted"))
    await town.link(duplicate, original, "duplicate_of", "closed")
    assert (await town.load(duplicate)).closed_at is not None
    assert (await town.load(original)).closed_at is None
    await town.unlink(duplicate, original)
    assert (await town.load(duplicate)).status == "working"


async def test_a_status_that_was_set_anew_stays_when_the_link_is_removed(town: Town) -> None:
    duplicate, original = await town.submit(), await town.submit()
    await town.link(duplicate, original, "duplicate_of", "closed")
    status = (await town.load(duplicate)).status
    town.clock.advance(hours=1)
    reopen = SetStatus(case_id=duplicate, status="working", expected=status, reason="Fel")
    await town.driver.perform("anna", reopen)
    await town.unlink(duplicate, original)
    assert (await town.load(duplicate)).status == "working"


async def test_a_duplicate_has_one_original_and_is_none_itself(town: Town) -> None:
    one, two, three = [await town.submit() for _ in range(3)]
    await town.link(one, two, "duplicate_of")
    for case_id, other in ((one, three), (three, one), (two, one)):
        with pytest.raises((AlreadyDuplicate, AlreadyLinked)):
            await town.link(case_id, other, "duplicate_of")
    assert (await town.load(three)).closed_at is None and await town.kinds(three) == []


async def test_what_one_of_the_cases_refuses_is_done_in_neither(town: Town) -> None:
    one, other = await town.submit(), await town.submit()
    await town.link(one, other)
    refused: list[tuple[str, str, type[Refused]]] = [
        (one, other, AlreadyLinked),
        (one, one, LinkedToItself),
        (one, "0" * 32, UnknownCase),
    ]
    for case_id, second, refusal in refused:
        with pytest.raises(refusal):
            await town.link(case_id, second)
    assert len(await town.kinds(one)) == 1
    await town.unlink(one, other)
    with pytest.raises(NotLinked):
        await town.unlink(one, other)


async def test_who_may_not_see_the_other_case_neither_unlinks_it_nor_is_told_of_it(town: Town) -> None:
    one, other = await town.submit(), await town.submit()
    await town.link(one, other)
    to_rut = ChangeAssignees(case_id=one, assignees=("officer:rut",), expected=(), reason="")
    await town.driver.perform("anna", to_rut)
    seen = {}
    for key in ("anna", "rut"):
        officer = town.officer(key)
        view = await town.database.read(
            lambda tx, officer=officer: officer_queries.load_case_view(tx, officer, one)
        )
        assert view is not None
        wording = EventWording(town.driver.catalog, None, words("sv"), numbers=view.linked_numbers)
        (line,) = [line for line in view.history if line.event == "CaseLinked"]
        assert wording.thread_line(line) == "Anna Berg kopplade ärendet till ett annat. Se även."
        (link,) = describe_links(view, town.driver.catalog, words("sv"))
        seen[key] = (link.case.number if link.case else "", wording.log_line(line))
    assert seen["anna"] == ("2026-000002", "Anna Berg kopplade ärendet. Se även: 2026-000002.")
    assert seen["rut"] == ("", "Anna Berg kopplade ärendet. Se även: ett ärende som du inte kan se.")
    with pytest.raises(NoAccess):
        await town.driver.service.perform_both(unlink_both(one, other), town.officer("rut"))
    assert len(await town.kinds(one)) == 1


@pytest.mark.parametrize("status", ["working", "waiting", "finns inte"])
async def test_a_status_that_no_duplicate_may_get_is_refused_in_both_cases(town: Town, status: str) -> None:
    one, other = await town.submit(), await town.submit()
    with pytest.raises(NotClosableAsDuplicate):
        await town.link(one, other, "duplicate_of", status)
    assert await town.kinds(one) == await town.kinds(other) == []


async def test_a_status_that_has_come_to_require_a_message_closes_no_duplicate(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await town.submit(), await town.submit()
    town.change_statuses(monkeypatch, closed={"requires": "message"})
    with pytest.raises(NotClosableAsDuplicate):
        await town.link(one, other, "duplicate_of", "closed")
    await town.link(one, other, "duplicate_of")
    assert (await town.load(one)).closed_at is None


async def test_a_press_that_comes_twice_links_once(town: Town) -> None:
    one, other = await town.submit(), await town.submit()
    for _ in range(2):
        await town.driver.service.perform_both(
            link_both(one, other, "related"), town.officer(), idempotency_key="press"
        )
    assert len(await town.kinds(one)) == len(await town.kinds(other)) == 1
