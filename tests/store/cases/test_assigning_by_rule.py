"""A new case goes by itself to whom the catalog's rule names."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.catalog.models import Catalog
from bot.catalog.people import Grant
from bot.catalog.services import AssignmentRule
from bot.domain.assignment import TakeCase
from bot.domain.case import Case
from bot.service import Service
from bot.store import Database
from bot.store.cases import system_queries
from bot.store.lists import case_lists
from bot.store.log import history
from bot.store.outbox import deliveries
from tests.conftest import Clock
from tests.town import Town, town

TO_BO = {"officer": "bo", "when": {"field": "typ", "is": "till"}}
TO_GROUP = {"group": "gruppen"}
GROUP_MAY = Grant(group="gruppen")


def with_rules(*rules: dict[str, Any], grants: tuple[Grant, ...] = (GROUP_MAY,)) -> Catalog:
    catalog = town()
    service = catalog.services["bygglov"]
    changed = service.model_copy(
        update={
            "assign": tuple(AssignmentRule.model_validate(rule) for rule in rules),
            "officers": (*service.officers, *grants),
        }
    )
    return catalog.model_copy(update={"services": {**catalog.services, "bygglov": changed}})


class Hall(Town):
    def is_ruled_by(self, *rules: dict[str, Any], grants: tuple[Grant, ...] = (GROUP_MAY,)) -> None:
        self.catalog = with_rules(*rules, grants=grants)

    async def case(self, done: Any) -> Case:
        view = await self.service.database.read(lambda tx: system_queries.card(tx, done.case_id))
        assert view is not None
        return view.case

    async def to_tell(self) -> dict[str, int]:
        counts = await self.service.database.read(deliveries.counts)
        return {kind: count for (kind, _), count in counts.items()}


@pytest.fixture
def hall(database: Database, clock: Clock) -> Hall:
    made = Hall(None, with_rules(TO_BO, TO_GROUP))  # type: ignore[arg-type]
    made.service = Service(database, lambda: made.catalog, clock=clock, wake=lambda: None)
    return made


async def test_the_first_rule_that_holds_gives_the_case_to_its_officer(hall: Hall) -> None:
    done = await hall.submits(values={"typ": "till"})
    assert done.events == ("CaseSubmitted", "CaseAssigned")
    given = (await hall.case(done)).assignees
    assert [(one.kind, one.key, one.by) for one in given] == [("officer", "bo", "machine:assignment")]


async def test_where_no_earlier_rule_holds_the_next_one_decides(hall: Hall) -> None:
    done = await hall.submits(values={"typ": "ny"})
    assert (await hall.case(done)).groups == ("gruppen",)


async def test_a_rule_about_several_choices_holds_for_any_of_them(hall: Hall) -> None:
    hall.is_ruled_by({"officer": "bo", "when": {"field": "typ", "is": ["ny"]}})
    done = await hall.submits(values={"typ": ["till", "ny"]})
    assert (await hall.case(done)).officers == ("bo",)


async def test_the_officer_is_told_and_a_groups_members_are_not(hall: Hall) -> None:
    await hall.submits(values={"typ": "ny"})
    assert "notice" not in await hall.to_tell()
    await hall.submits(values={"typ": "till"})
    assert (await hall.to_tell())["notice"] == 1


async def test_a_silent_import_is_assigned_and_tells_nobody(hall: Hall) -> None:
    done = await hall.submits(values={"typ": "till"}, silent=True)
    assert (await hall.case(done)).officers == ("bo",)
    assert await hall.to_tell() == {}


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ({"officer": "ute"}, {"officer": "ute", "group": None}),
        ({"officer": "carl"}, {"officer": "carl", "group": None}),
        ({"group": "upplost"}, {"officer": None, "group": "upplost"}),
    ],
)
async def test_who_may_not_work_with_the_case_today_does_not_get_it(
    hall: Hall, rule: dict[str, Any], named: dict[str, Any]
) -> None:
    hall.is_ruled_by(rule)
    service = hall.catalog.services["bygglov"]
    ended = Grant(officer="carl", until=date(2026, 11, 22))
    rest = tuple(one for one in service.officers if one.officer != "carl" and one.group is None)
    changed = service.model_copy(update={"officers": (*rest, ended)})
    hall.catalog = hall.catalog.model_copy(update={"services": {**hall.catalog.services, "bygglov": changed}})
    with capture_logs() as logs:
        done = await hall.submits()
    assert (await hall.case(done)).assignees == ()
    warned = [line for line in logs if line["event"] == "not_assigned"]
    assert [{key: line[key] for key in ("officer", "group")} for line in warned] == [named]
    assert warned[0]["case"] == done.number


async def test_a_case_that_no_rule_concerns_warns_of_nothing(hall: Hall) -> None:
    hall.is_ruled_by(TO_BO)
    with capture_logs() as logs:
        await hall.submits(values={"typ": "ny"})
    assert not [line for line in logs if line["log_level"] == "warning"]


async def test_a_groups_case_is_in_each_members_own_list_and_still_unhandled(hall: Hall) -> None:
    done = await hall.submits(values={"typ": "ny"})
    carl, anna = hall.officer("carl"), hall.officer("anna")

    async def listed(who: Any, tab: case_lists.Tab) -> list[str]:
        rows = await hall.service.database.read(lambda tx: case_lists.list_cases(tx, who, tab))
        return [row.id for row in rows]

    assert await listed(carl, "mine") == [done.case_id]
    assert await listed(anna, "mine") == []
    assert await listed(anna, "unassigned") == [done.case_id]
    await hall.does("anna", TakeCase(case_id=done.case_id))
    assert (await hall.case(done)).officers == ("anna",)
    assert await listed(carl, "mine") == []


async def test_the_log_alone_gives_the_same_case(hall: Hall) -> None:
    done = await hall.submits(values={"typ": "till"})
    replayed = await hall.service.database.read(lambda tx: history.replay(tx, done.case_id))
    assert replayed == await hall.case(done)
