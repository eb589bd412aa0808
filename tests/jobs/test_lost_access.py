"""Cases are not forgotten when the access of who has them ends: the coordinators are told."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.blocks.notice import lost_access_notice
from bot.blocks.values import CaseRef, decode
from bot.catalog.people import Grant
from bot.domain.absence import Absence
from bot.domain.assignment import ChangeAssignees, TakeCase
from bot.jobs.dependencies import JobDependencies
from bot.jobs.lost_access import notify_of_lost_access
from bot.service import Service
from bot.store import Database
from bot.store.officers import absences
from bot.store.tables import DeliveryRow
from bot.text import words
from bot.text.working_days import local_day
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog

GRANTS = (
    Grant(officer="anna", coordinator=True),
    Grant(officer="bo"),
    Grant(officer="carl", until=date(2026, 11, 24)),
)


@pytest.fixture
def hall(database: Database, clock: Clock) -> MunicipalityDriver:
    catalog = small_catalog()
    service = catalog.services["bygglov"].model_copy(update={"officers": GRANTS})
    changed = catalog.model_copy(update={"services": {**catalog.services, "bygglov": service}})
    return MunicipalityDriver(Service(database, lambda: changed, clock=clock, wake=lambda: None), changed)


async def run(hall: MunicipalityDriver) -> list[dict[str, Any]]:
    """The job runs. Returns what there is to be told of it in all."""
    await notify_of_lost_access(JobDependencies(hall.service, None, Path(), None))  # type: ignore[arg-type]
    query = select(DeliveryRow.ids).where(DeliveryRow.kind == "lost_access").order_by(DeliveryRow.id)
    rows = await hall.service.database.read(lambda tx: tx.conn.execute(query).scalars().all())
    return [json.loads(row) for row in rows]


async def test_the_coordinator_is_told_on_the_day_after_the_last(
    hall: MunicipalityDriver, clock: Clock
) -> None:
    only_carls, shared, free = [await hall.submit() for _ in range(3)]
    for case in (only_carls, shared):
        await hall.perform("carl", TakeCase(case_id=case.case_id))
    await hall.perform("bo", TakeCase(case_id=shared.case_id, mode="together", expected=("carl",)))
    clock.advance(days=1)
    assert await run(hall) == []
    clock.advance(days=1)
    told = [
        {
            "officer": "anna",
            "service": "bygglov",
            "count": 1,
            "numbers": [only_carls.number],
            "cases": [only_carls.case_id],
        }
    ]
    assert await run(hall) == told
    assert await run(hall) == told
    hand_over = ChangeAssignees(
        case_id=only_carls.case_id, assignees=("officer:bo",), expected=("officer:carl",)
    )
    await hall.perform("anna", hand_over)
    clock.advance(days=1)
    assert await run(hall) == told
    assert free.number not in str(told)


async def test_nobody_is_told_on_a_day_off_but_on_the_next_working_day(
    hall: MunicipalityDriver, clock: Clock
) -> None:
    case = await hall.submit()
    await hall.perform("carl", TakeCase(case_id=case.case_id))
    clock.advance(days=5)  # Saturday
    assert await run(hall) == []
    clock.advance(days=2)
    assert [one["count"] for one in await run(hall)] == [1]


async def test_while_the_coordinator_is_away_who_stands_in_is_told(
    hall: MunicipalityDriver, clock: Clock
) -> None:
    case = await hall.submit()
    await hall.perform("carl", TakeCase(case_id=case.case_id))
    clock.advance(days=2)
    day = local_day(clock())
    absence = Absence("anna", day, day, "bo")
    await hall.service.database.write(lambda tx: absences.save(tx, absence, "officer:anna", clock()))
    assert [(one["officer"], one["represented"]) for one in await run(hall)] == [("bo", ["anna"])]


async def test_a_protected_case_of_one_who_is_not_named_for_such_is_told_of(
    hall: MunicipalityDriver, clock: Clock
) -> None:
    case = await hall.submit(protected=True)
    await hall.perform("anna", TakeCase(case_id=case.case_id))
    assert await run(hall) == []
    service = hall.catalog.services["bygglov"].model_copy(update={"protected_officers": ("rut",)})
    hall.service._catalog = lambda: hall.catalog.model_copy(
        update={"services": {**hall.catalog.services, "bygglov": service}}
    )
    assert [one["numbers"] for one in await run(hall)] == [[case.number]]


def test_the_notice_leads_to_where_each_case_gets_others_and_to_all_of_them() -> None:
    service = small_catalog().services["bygglov"]
    cases = [(f"{n:032x}", f"2026-{n:06}") for n in range(8)]
    message = lost_access_notice(service, 8, [number for _, number in cases], words("sv"), cases)
    buttons = [one for block in message.blocks if block["type"] == "actions" for one in block["elements"]]
    of_cases = [one for one in buttons if one["action_id"] == "case:officers"]
    assert [decode(one["value"], CaseRef).case_id for one in of_cases] == [key for key, _ in cases[:5]]
    assert of_cases[0]["text"]["text"] == "Ändra handläggare i 2026-000000"
    assert buttons[-1]["action_id"] == "home:overview"
