"""A rule may choose one of a group's members, for a new case and for one that gets a status."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from bot.catalog.people import Group
from bot.domain.actors import Machine
from bot.domain.assignment import ReleaseCase, TakeCase
from bot.domain.editing import AnswerChange, EditCase
from bot.domain.status import SetStatus
from bot.service import CommandResult, Service
from bot.service.results import OpenCaseRequest
from bot.store import Database
from bot.store.log import history
from bot.store.outbox import delivery_counts
from bot.store.tables import DeliveryRow
from tests.conftest import Clock, postgres_in_ci
from tests.municipality import small_catalog
from tests.store.cases.test_assigning_by_rule import MunicipalityWithRules, catalog_with_rules

ROUND_ROBIN = {"group": "gruppen", "choose": "round_robin"}
LEAST_LOADED = {"group": "gruppen", "choose": "least_loaded"}
FEWEST_THIS_WEEK = {"group": "gruppen", "choose": "fewest_this_week"}


class Workplace(MunicipalityWithRules):
    def set_rules(self, *rules: dict[str, Any], **given: Any) -> None:
        """The rules, of a group of which Anna, Bo and Carl are members."""
        catalog = catalog_with_rules(*rules, **given)
        group = Group(key="gruppen", name=catalog.municipality.groups[0].name, members=("anna", "bo", "carl"))
        changed = catalog.municipality.model_copy(update={"groups": (group,)})
        self.catalog = catalog.model_copy(update={"municipality": changed})

    async def submit_to(self, **given: Any) -> str:
        """A case is submitted. Returns who has it."""
        return ", ".join((await self.load_case(await self.submit(**given))).assignee_refs)

    async def set_status(
        self, case: CommandResult, status: str, expected: str = "submitted"
    ) -> CommandResult:
        return await self.perform(
            "anna", SetStatus(case_id=case.case_id, status=status, expected=expected, reason="Fel")
        )


@pytest.fixture
def workplace(database: Database, clock: Clock) -> Workplace:
    made = Workplace(None, small_catalog())  # type: ignore[arg-type]
    made.service = Service(database, lambda: made.catalog, clock=clock, wake=lambda: None)
    return made


async def test_new_cases_go_to_the_members_in_turn(workplace: Workplace) -> None:
    workplace.set_rules(ROUND_ROBIN)
    assert [await workplace.submit_to() for _ in range(4)] == [
        "officer:anna",
        "officer:bo",
        "officer:carl",
        "officer:anna",
    ]


async def test_the_turn_goes_on_in_cases_that_come_together(workplace: Workplace) -> None:
    workplace.set_rules(ROUND_ROBIN)
    requests = [OpenCaseRequest(workplace.application(), workplace.definition()) for _ in range(3)]
    outcomes = await workplace.service.open_cases(requests, Machine("api"))
    cases = [await workplace.load_case(one) for one in outcomes]
    assert [case.officers for case in cases] == [("anna",), ("bo",), ("carl",)]


@postgres_in_ci
async def test_the_turn_passes_over_who_has_left_the_group(workplace: Workplace) -> None:
    workplace.set_rules(ROUND_ROBIN)
    await workplace.submit_to()
    municipality = workplace.catalog.municipality
    smaller = municipality.groups[0].model_copy(update={"members": ("anna", "carl")})
    changed = municipality.model_copy(update={"groups": (smaller,)})
    workplace.catalog = workplace.catalog.model_copy(update={"municipality": changed})
    assert await workplace.submit_to() == "officer:carl"


@postgres_in_ci
async def test_who_may_not_see_a_protected_case_is_not_chosen_for_it(workplace: Workplace) -> None:
    workplace.set_rules(ROUND_ROBIN)
    await workplace.submit_to()
    assert await workplace.submit_to(protected=True) == "officer:anna"


@postgres_in_ci
async def test_where_no_member_may_have_the_case_the_group_gets_it(workplace: Workplace) -> None:
    workplace.set_rules(ROUND_ROBIN)
    service = workplace.catalog.services["bygglov"]
    changed = service.model_copy(update={"protected_officers": ("rut",)})
    services = {**workplace.catalog.services, "bygglov": changed}
    workplace.catalog = workplace.catalog.model_copy(update={"services": services})
    assert await workplace.submit_to(protected=True) == "group:gruppen"


async def test_the_case_goes_to_the_member_with_the_fewest_open_cases(workplace: Workplace) -> None:
    workplace.set_rules(LEAST_LOADED)
    first = await workplace.submit()
    assert (await workplace.load_case(first)).officers == ("anna",)
    second = await workplace.submit()
    assert (await workplace.load_case(second)).officers == ("bo",)
    await workplace.perform("carl", TakeCase(case_id=first.case_id, mode="together", expected=("anna",)))
    await workplace.perform("bo", ReleaseCase(case_id=second.case_id))
    assert await workplace.submit_to() == "officer:bo"


async def test_of_cases_that_come_together_each_counts_for_the_next(workplace: Workplace) -> None:
    workplace.set_rules(LEAST_LOADED)
    assert [await workplace.submit_to() for _ in range(2)] == ["officer:anna", "officer:bo"]
    requests = [OpenCaseRequest(workplace.application(), workplace.definition()) for _ in range(3)]
    outcomes = await workplace.service.open_cases(requests, Machine("api"))
    cases = [await workplace.load_case(one) for one in outcomes]
    assert [case.officers for case in cases] == [("carl",), ("anna",), ("bo",)]


DIRECTLY_TO_BO = {"officer": "bo", "when": {"field": "typ", "is": "ny"}}


async def submit_together(workplace: Workplace, *applications: dict[str, Any]) -> list[tuple[str, ...]]:
    """The applications come in one transaction. Returns which officers have each of them."""
    requests = [
        OpenCaseRequest(workplace.application(**given), workplace.definition()) for given in applications
    ]
    outcomes = await workplace.service.open_cases(requests, Machine("api"))
    return [(await workplace.load_case(one)).officers for one in outcomes]


async def test_nobodys_turn_is_passed_over_for_cases_that_another_rule_gave_them(
    workplace: Workplace,
) -> None:
    workplace.set_rules(DIRECTLY_TO_BO, ROUND_ROBIN)
    direct = {"values": {"typ": "ny"}}
    found = await submit_together(workplace, {}, direct, direct, {}, {})
    assert found == [("anna",), ("bo",), ("bo",), ("bo",), ("carl",)]


async def test_cases_that_another_rule_gives_together_with_it_count_too(workplace: Workplace) -> None:
    workplace.set_rules(DIRECTLY_TO_BO, LEAST_LOADED)
    assert await workplace.submit_to() == "officer:anna"
    found = await submit_together(workplace, {"values": {"typ": "ny"}}, {})
    assert found == [("bo",), ("carl",)]


async def test_what_members_have_counts_also_after_a_case_that_they_may_not_have(
    workplace: Workplace,
) -> None:
    workplace.set_rules(LEAST_LOADED)
    assert [await workplace.submit_to() for _ in range(2)] == ["officer:anna", "officer:bo"]
    found = await submit_together(workplace, {"protected": True}, {})
    assert found == [("anna",), ("carl",)]


async def test_only_cases_of_this_week_count_where_the_rule_says_so(
    workplace: Workplace, clock: Clock
) -> None:
    workplace.set_rules(FEWEST_THIS_WEEK)
    clock.now = datetime(2026, 11, 22, 22, 59, tzinfo=UTC)  # Sunday, a minute before midnight in Sweden
    for _ in range(2):
        case = await workplace.submit(values={"typ": "ny"})
        officers = (await workplace.load_case(case)).officers
        await workplace.perform(officers[0], ReleaseCase(case_id=case.case_id))
        await workplace.perform("carl", TakeCase(case_id=case.case_id))
    clock.advance(minutes=1)
    assert [await workplace.submit_to() for _ in range(3)] == ["officer:carl", "officer:anna", "officer:bo"]


async def test_a_case_that_gets_the_status_goes_to_whom_its_rule_names(workplace: Workplace) -> None:
    workplace.set_rules({"officer": "bo", "status": "working", "when": {"field": "typ", "is": "till"}})
    other, case = await workplace.submit(values={"typ": "ny"}), await workplace.submit()
    assert (await workplace.load_case(case)).assignees == ()
    for one in (other, case):
        await workplace.set_status(one, "working")
    assert (await workplace.load_case(other)).assignees == ()
    assert (await workplace.load_case(case)).officers == ("bo",)


@postgres_in_ci
async def test_the_rule_reads_the_answers_as_they_are_now(workplace: Workplace) -> None:
    workplace.set_rules({"officer": "bo", "status": "working", "when": {"field": "typ", "is": "till"}})
    case = await workplace.submit(values={"vad": "En altan", "typ": "ny"})
    changes = (AnswerChange(field="typ", before="Nybyggnad", after="Tillbyggnad"),)
    answers = {"vad": "En altan", "typ": "till"}
    edit = EditCase(
        case_id=case.case_id, expected=1, answers=answers, changes=changes, reason="Fel i blanketten"
    )
    await workplace.perform("anna", edit)
    await workplace.set_status(case, "working")
    assert (await workplace.load_case(case)).officers == ("bo",)


async def test_who_had_the_case_no_longer_does_where_the_rule_says_so(workplace: Workplace) -> None:
    workplace.set_rules({"officer": "bo", "status": "working", "replaces": True})
    case = await workplace.submit()
    await workplace.perform("carl", TakeCase(case_id=case.case_id))
    await workplace.set_status(case, "working")
    assert (await workplace.load_case(case)).officers == ("bo",)
    counts = await workplace.service.database.read(delivery_counts.count_by_kind_and_state)
    assert counts["notice", "waiting"] == 2


async def test_who_no_longer_has_the_case_by_a_rule_is_told(workplace: Workplace) -> None:
    workplace.set_rules({"officer": "bo", "status": "working", "replaces": True})
    case = await workplace.submit()
    await workplace.perform("carl", TakeCase(case_id=case.case_id))
    await workplace.set_status(case, "working")
    query = select(DeliveryRow.ids).where(DeliveryRow.kind == "notice")
    found = await workplace.service.database.read(lambda tx: tx.conn.execute(query).scalars().all())
    told = {one["officer"]: one["reasons"] for one in map(json.loads, found)}
    assert "assigned" in told["bo"] and "removed" in told["carl"] and told.keys() == {"bo", "carl"}


async def test_cases_that_a_rule_takes_from_a_member_or_that_close_with_it_no_longer_count(
    workplace: Workplace,
) -> None:
    """What is decided in the same transaction counts as it will be, also before it is saved."""
    workplace.set_rules(
        {"officer": "bo", "status": "working", "replaces": True, "when": {"field": "typ", "is": "ny"}},
        {**LEAST_LOADED, "status": "working"},
    )
    replaced = [await workplace.submit(values={"typ": "ny"}) for _ in range(2)]
    closed, carls = await workplace.submit(), await workplace.submit()
    for officer, cases in (("anna", [*replaced, closed]), ("carl", [carls])):
        for case in cases:
            await workplace.perform(officer, TakeCase(case_id=case.case_id))
    waiting = await workplace.submit()
    commands = [
        *(SetStatus(case_id=one.case_id, status="working", expected="submitted") for one in replaced),
        SetStatus(case_id=closed.case_id, status="closed", expected="submitted", note="Klart"),
        SetStatus(case_id=waiting.case_id, status="working", expected="submitted"),
    ]
    anna = workplace.officer("anna")
    await workplace.service.database.write(
        lambda tx: workplace.service.perform_all_in_transaction(tx, commands, anna)
    )
    assert (await workplace.load_case(waiting)).officers == ("anna",)


@postgres_in_ci
async def test_who_has_the_case_already_has_it_since_they_got_it(workplace: Workplace, clock: Clock) -> None:
    workplace.set_rules({**ROUND_ROBIN, "status": "working", "replaces": True})
    case = await workplace.submit()
    await workplace.perform("carl", TakeCase(case_id=case.case_id))
    await workplace.perform("anna", TakeCase(case_id=case.case_id, mode="together", expected=("carl",)))
    before = (await workplace.load_case(case)).assignees
    clock.advance(minutes=5)
    await workplace.set_status(case, "working")
    assert (await workplace.load_case(case)).assignees == before[:1]


@postgres_in_ci
async def test_a_member_who_has_the_case_keeps_it_and_no_other_is_added(workplace: Workplace) -> None:
    workplace.set_rules({**ROUND_ROBIN, "status": "working"})
    case = await workplace.submit()
    await workplace.perform("carl", TakeCase(case_id=case.case_id))
    done = await workplace.set_status(case, "working")
    assert done.events == ("StatusSet",)


@postgres_in_ci
async def test_the_log_says_how_a_member_was_chosen_and_alone_gives_the_same_case(
    workplace: Workplace,
) -> None:
    workplace.set_rules({**LEAST_LOADED, "status": "working", "replaces": True})
    case = await workplace.submit()
    await workplace.set_status(case, "working")
    lines = await workplace.service.database.read(lambda tx: history.read(tx, case.case_id))
    facts = lines[-1].facts
    assert (facts["key"], facts["choice"], facts["group"]) == ("anna", "least_loaded", "gruppen")
    replayed = await workplace.service.database.read(lambda tx: history.replay(tx, case.case_id))
    assert replayed == await workplace.load_case(case)


@postgres_in_ci
async def test_looking_at_what_a_batch_would_do_takes_nobodys_turn(workplace: Workplace) -> None:
    workplace.set_rules({**ROUND_ROBIN, "status": "working"})
    case = await workplace.submit()
    performer = workplace.service._performer
    set_status = SetStatus(case_id=case.case_id, status="working", expected="submitted")
    anna = workplace.officer("anna")
    for _ in range(2):
        decision = await workplace.service.database.read(lambda tx: performer.decide(tx, set_status, anna))
        assert decision.case.officers == ("anna",)


async def test_cases_that_get_the_status_at_once_are_shared_out(workplace: Workplace) -> None:
    workplace.set_rules({**ROUND_ROBIN, "status": "working"})
    cases = [await workplace.submit() for _ in range(6)]
    await asyncio.gather(*(workplace.set_status(case, "working") for case in cases))
    found = [(await workplace.load_case(case)).officers for case in cases]
    assert sorted(found) == [("anna",), ("anna",), ("bo",), ("bo",), ("carl",), ("carl",)]
