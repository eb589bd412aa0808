"""Cases of people with a protected identity, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from bot.catalog.models import Catalog
from bot.domain.access import may_work
from bot.domain.assignment import TakeCase
from bot.domain.protection import AlreadyProtected, NoProtectedOfficers, OpeningReasonRequired, SetProtection
from bot.domain.rules import EmptyText, ProtectedCase, ReasonTooLong, UnknownCase
from bot.service import CommandResult, Service
from bot.store import Database
from bot.store.cases import officer_queries
from bot.store.log import readings
from bot.store.outbox import delivery_counts
from bot.text import words
from tests.case_lists import count_cases, list_cases
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog

REASON = "Sökanden ringde om sin plats"


def create_municipality(database: Database, clock: Clock, catalog: Catalog) -> MunicipalityDriver:
    return MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


@pytest.fixture
def municipality(database: Database, clock: Clock) -> MunicipalityDriver:
    """Where `bygglov` names anna, and rut who sees only what she is given."""
    return create_municipality(database, clock, small_catalog())


@pytest.fixture
async def case(municipality: MunicipalityDriver) -> CommandResult:
    return await municipality.submit(protected=True)


async def count_listed(municipality: MunicipalityDriver, who: str) -> tuple[int, int]:
    """How many cases the officer's list has, and how many it says there are."""

    def look(tx):  # type: ignore[no-untyped-def]
        officer = municipality.officer(who)
        return len(list_cases(tx, officer, "all")), count_cases(tx, officer, "all")

    return await municipality.service.database.read(look)


async def test_a_named_officer_finds_it_in_lists_and_by_number(
    municipality: MunicipalityDriver, case: CommandResult
) -> None:
    assert await count_listed(municipality, "anna") == (1, 1)
    found = await municipality.service.database.read(
        lambda tx: officer_queries.find_case_by_number(tx, municipality.officer("anna"), case.number)
    )
    assert found == case.case_id


@pytest.mark.parametrize("who", ["bo", "rut", "ute"])
async def test_for_the_others_there_is_no_such_case(
    municipality: MunicipalityDriver, case: CommandResult, who: str
) -> None:
    """Bo has full access but is not named; rut is named but sees only what she is given."""
    officer, database = municipality.officer(who), municipality.service.database
    assert await count_listed(municipality, who) == (0, 0)
    assert (
        await database.read(lambda tx: officer_queries.find_case_by_number(tx, officer, case.number)) is None
    )
    assert await municipality.view_case(who, case) is None
    with pytest.raises(UnknownCase):
        await municipality.service.reveal(officer, case.case_id, {"answers"}, opening="o", session="s")


async def test_who_has_the_case_but_is_not_named_loses_sight_of_it(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    await municipality.perform("bo", TakeCase(case_id=case.case_id))
    await municipality.perform("anna", SetProtection(case_id=case.case_id, protected=True, reason=REASON))
    assert await municipality.view_case("bo", case) is None
    assert not may_work(municipality.officer("bo"), (await municipality.view_case("anna", case)).case)


async def test_a_coordinator_is_not_named_by_being_one(database: Database, clock: Clock) -> None:
    data = small_catalog().model_dump(by_alias=True, exclude_unset=True)
    data["services"]["bygglov"]["officers"] += ({"officer": "ute", "coordinator": True},)
    municipality = create_municipality(database, clock, Catalog.model_validate(data))
    case = await municipality.submit(protected=True)
    assert await municipality.view_case("ute", case) is None


async def test_a_press_by_one_not_named_is_refused_with_whom_to_ask(
    municipality: MunicipalityDriver, case: CommandResult
) -> None:
    with pytest.raises(ProtectedCase) as refused:
        await municipality.perform("bo", TakeCase(case_id=case.case_id))
    said = refused.value.in_words(words("sv"))
    assert "skyddade personuppgifter" in said and "Anna Berg" in said and "Bygglov" not in said


async def test_nothing_is_shown_before_it_is_said_why(
    municipality: MunicipalityDriver, case: CommandResult
) -> None:
    anna = municipality.officer("anna")
    with pytest.raises(OpeningReasonRequired):
        await municipality.service.reveal(anna, case.case_id, {"answers"}, opening="s:1", session="s")
    assert await municipality.service.database.read(lambda tx: readings.list_for_case(tx, case.case_id)) == []


async def test_the_reason_holds_for_the_session_and_stands_with_each_reading(
    municipality: MunicipalityDriver, case: CommandResult
) -> None:
    anna, service = municipality.officer("anna"), municipality.service
    await service.record_reason(anna, case.case_id, f" {REASON}\n", session="s")
    view = await service.reveal(anna, case.case_id, {"answers", "history"}, opening="s:1", session="s")
    assert view.people and [(one.by, one.reason) for one in view.openings] == [("officer:anna", REASON)]
    with pytest.raises(OpeningReasonRequired):
        await service.reveal(anna, case.case_id, {"answers"}, opening="t:1", session="t")

    def reasons(tx):  # type: ignore[no-untyped-def]
        return list(tx.conn.execute(text("SELECT reason FROM reading")).scalars())

    assert await service.database.read(reasons) == [REASON] * 3


async def test_the_reason_cannot_be_changed_afterwards(
    municipality: MunicipalityDriver, case: CommandResult
) -> None:
    await municipality.service.record_reason(municipality.officer("anna"), case.case_id, REASON, session="s")
    with pytest.raises(DatabaseError, match="readings cannot be changed"):
        await municipality.service.database.write(
            lambda tx: tx.conn.execute(text("UPDATE reading SET reason = 'annat'"))
        )


@pytest.mark.parametrize(("reason", "refused"), [("  ", EmptyText), ("x" * 501, ReasonTooLong)])
async def test_a_reason_says_something_briefly(
    municipality: MunicipalityDriver, case: CommandResult, reason: str, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        await municipality.service.record_reason(
            municipality.officer("anna"), case.case_id, reason, session="s"
        )


async def test_who_may_not_see_it_gives_no_reason_either(
    municipality: MunicipalityDriver, case: CommandResult
) -> None:
    with pytest.raises(UnknownCase):
        await municipality.service.record_reason(
            municipality.officer("bo"), case.case_id, REASON, session="s"
        )


async def test_the_mark_and_its_reason_are_in_the_log_and_redraw_the_card(
    municipality: MunicipalityDriver,
) -> None:
    case = await municipality.submit()
    done = await municipality.perform(
        "bo", SetProtection(case_id=case.case_id, protected=True, reason=REASON)
    )
    assert done.events == ("CaseProtected",)
    waiting = await municipality.service.database.read(delivery_counts.count_by_kind_and_state)
    assert sum(waiting.values()) > 0
    last = (await municipality.view_case("anna", case)).history[-1]
    assert (last.by, last.facts, last.content) == ("officer:bo", {}, {"reason": REASON})


async def test_the_mark_is_lifted_by_one_who_may_work_with_it(
    municipality: MunicipalityDriver, case: CommandResult
) -> None:
    lifting = SetProtection(case_id=case.case_id, protected=False, reason="Skyddet har upphört")
    with pytest.raises(ProtectedCase):
        await municipality.perform("bo", lifting)
    assert (await municipality.perform("anna", lifting)).events == ("ProtectionLifted",)
    assert await municipality.view_case("bo", case) is not None


async def test_the_mark_takes_a_reason(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    with pytest.raises(EmptyText):
        await municipality.perform("anna", SetProtection(case_id=case.case_id, protected=True, reason=" "))


async def test_a_reason_for_a_mark_that_is_there_is_not_dropped_in_silence(
    municipality: MunicipalityDriver, case: CommandResult
) -> None:
    again = SetProtection(case_id=case.case_id, protected=True, reason=REASON)
    with pytest.raises(AlreadyProtected):
        await municipality.perform("anna", again)
    no_reason = SetProtection(case_id=case.case_id, protected=True, reason=" ")
    assert (await municipality.perform("anna", no_reason)).events == ()


async def test_nobody_is_locked_out_where_nobody_is_named(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit(service="oro", values={})
    with pytest.raises(NoProtectedOfficers):
        await municipality.perform("anna", SetProtection(case_id=case.case_id, protected=True, reason=REASON))


@pytest.mark.parametrize(("officer", "given"), [("bo", ()), ("anna", ("anna",))])
async def test_a_rule_gives_it_to_no_one_who_may_not_open_it(
    database: Database, clock: Clock, officer: str, given: tuple[str, ...]
) -> None:
    data = small_catalog().model_dump(by_alias=True, exclude_unset=True)
    data["services"]["bygglov"]["assign"] = ({"officer": officer},)
    municipality = create_municipality(database, clock, Catalog.model_validate(data))
    case = await municipality.submit(protected=True)
    assert (await municipality.view_case("anna", case)).case.officers == given


async def test_the_log_replays_to_the_mark(municipality: MunicipalityDriver) -> None:
    case = await municipality.submit()
    await municipality.perform("anna", SetProtection(case_id=case.case_id, protected=True, reason=REASON))
    seen = (await municipality.view_case("anna", case)).case
    then = await municipality.service.database.read(
        lambda tx: officer_queries.load_case_at_version(tx, case.case_id, seen.seq)
    )
    assert then == replace(seen) and then.protected
