"""A new case goes by itself to whom the catalog's rule names."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.catalog.models import Catalog
from bot.catalog.people import Grant
from bot.catalog.services import AssignmentRule
from bot.domain.assignment import TakeCase
from bot.domain.case import Case
from bot.domain.lists.case_lists import DatedList
from bot.service import Service
from bot.store import Database
from bot.store.cases import system_queries
from bot.store.log import history
from bot.store.outbox import delivery_counts
from bot.store.tables import DeliveryRow
from tests.case_lists import list_cases
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog

TO_BO = {"officer": "bo", "when": {"field": "typ", "is": "till"}}
TO_GROUP = {"group": "gruppen"}
GROUP_GRANT = Grant(group="gruppen")


def catalog_with_rules(*rules: dict[str, Any], grants: tuple[Grant, ...] = (GROUP_GRANT,)) -> Catalog:
    catalog = small_catalog()
    service = catalog.services["bygglov"]
    changed = service.model_copy(
        update={
            "assign": tuple(AssignmentRule.model_validate(rule) for rule in rules),
            "officers": (*service.officers, *grants),
        }
    )
    return catalog.model_copy(update={"services": {**catalog.services, "bygglov": changed}})


class MunicipalityWithRules(MunicipalityDriver):
    def set_rules(self, *rules: dict[str, Any], grants: tuple[Grant, ...] = (GROUP_GRANT,)) -> None:
        self.catalog = catalog_with_rules(*rules, grants=grants)

    async def load_case(self, done: Any) -> Case:
        view = await self.service.database.read(lambda tx: system_queries.load_card(tx, done.case_id))
        assert view is not None
        return view.case

    async def list_notices(self) -> dict[str, int]:
        counts = await self.service.database.read(delivery_counts.count_by_kind_and_state)
        return {kind: count for (kind, _), count in counts.items()}


@pytest.fixture
def municipality(database: Database, clock: Clock) -> MunicipalityWithRules:
    made = MunicipalityWithRules(None, catalog_with_rules(TO_BO, TO_GROUP))  # type: ignore[arg-type]
    made.service = Service(database, lambda: made.catalog, clock=clock, wake=lambda: None)
    return made


async def test_the_first_rule_that_holds_gives_the_case_to_its_officer(
    municipality: MunicipalityWithRules,
) -> None:
    done = await municipality.submit(values={"typ": "till"})
    assert done.events == ("CaseSubmitted", "CaseAssigned")
    given = (await municipality.load_case(done)).assignees
    assert [(one.kind, one.key, one.by) for one in given] == [("officer", "bo", "machine:assignment")]


async def test_where_no_earlier_rule_holds_the_next_one_decides(municipality: MunicipalityWithRules) -> None:
    done = await municipality.submit(values={"typ": "ny"})
    assert (await municipality.load_case(done)).groups == ("gruppen",)


async def test_a_rule_about_several_choices_holds_for_any_of_them(
    municipality: MunicipalityWithRules,
) -> None:
    municipality.set_rules({"officer": "bo", "when": {"field": "typ", "is": ["ny"]}})
    done = await municipality.submit(values={"typ": ["till", "ny"]})
    assert (await municipality.load_case(done)).officers == ("bo",)


async def test_the_officer_is_told_and_so_are_a_groups_members(municipality: MunicipalityWithRules) -> None:
    await municipality.submit(values={"typ": "ny"})
    await municipality.submit(values={"typ": "till"})
    query = select(DeliveryRow.ids).where(DeliveryRow.kind == "notice").order_by(DeliveryRow.id)
    found = await municipality.service.database.read(lambda tx: tx.conn.execute(query).scalars().all())
    told = [(one["officer"], one["reasons"]) for one in map(json.loads, found)]
    assert told == [("carl", ["group"]), ("bo", ["assigned"])]


async def test_a_silent_import_is_assigned_and_tells_nobody(municipality: MunicipalityWithRules) -> None:
    done = await municipality.submit(values={"typ": "till"}, silent=True)
    assert (await municipality.load_case(done)).officers == ("bo",)
    assert await municipality.list_notices() == {}


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ({"officer": "ute"}, {"officer": "ute", "group": None}),
        ({"officer": "carl"}, {"officer": "carl", "group": None}),
        ({"group": "upplost"}, {"officer": None, "group": "upplost"}),
    ],
)
async def test_who_may_not_work_with_the_case_today_does_not_get_it(
    municipality: MunicipalityWithRules, rule: dict[str, Any], named: dict[str, Any]
) -> None:
    municipality.set_rules(rule)
    service = municipality.catalog.services["bygglov"]
    ended = Grant(officer="carl", until=date(2026, 11, 22))
    rest = tuple(one for one in service.officers if one.officer != "carl" and one.group is None)
    changed = service.model_copy(update={"officers": (*rest, ended)})
    municipality.catalog = municipality.catalog.model_copy(
        update={"services": {**municipality.catalog.services, "bygglov": changed}}
    )
    with capture_logs() as logs:
        done = await municipality.submit()
    assert (await municipality.load_case(done)).assignees == ()
    warned = [line for line in logs if line["event"] == "not_assigned"]
    assert [{key: line[key] for key in ("officer", "group")} for line in warned] == [named]
    assert warned[0]["case"] == done.number


async def test_a_case_that_no_rule_concerns_warns_of_nothing(municipality: MunicipalityWithRules) -> None:
    municipality.set_rules(TO_BO)
    with capture_logs() as logs:
        await municipality.submit(values={"typ": "ny"})
    assert not [line for line in logs if line["log_level"] == "warning"]


async def test_a_groups_case_is_in_each_members_own_list_and_still_unhandled(
    municipality: MunicipalityWithRules,
) -> None:
    done = await municipality.submit(values={"typ": "ny"})
    carl, anna = municipality.officer("carl"), municipality.officer("anna")

    async def listed(who: Any, tab: DatedList) -> list[str]:
        rows = await municipality.service.database.read(lambda tx: list_cases(tx, who, tab))
        return [row.id for row in rows]

    assert await listed(carl, "mine") == [done.case_id]
    assert await listed(anna, "mine") == []
    assert await listed(anna, "unassigned") == [done.case_id]
    await municipality.perform("anna", TakeCase(case_id=done.case_id))
    assert (await municipality.load_case(done)).officers == ("anna",)
    assert await listed(carl, "mine") == []


async def test_a_group_keeps_the_case_that_one_officer_takes_over_from_another(
    municipality: MunicipalityWithRules,
) -> None:
    case = await municipality.submit(values={"typ": "ny"})
    await municipality.perform("anna", TakeCase(case_id=case.case_id))
    await municipality.perform("bo", TakeCase(case_id=case.case_id, mode="over", expected=("anna",)))
    found = await municipality.load_case(case)
    assert (found.officers, found.groups) == (("bo",), ("gruppen",))


async def test_the_log_alone_gives_the_same_case(municipality: MunicipalityWithRules) -> None:
    done = await municipality.submit(values={"typ": "till"})
    replayed = await municipality.service.database.read(lambda tx: history.replay(tx, done.case_id))
    assert replayed == await municipality.load_case(done)
