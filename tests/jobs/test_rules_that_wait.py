"""A rule of retention that waits for a coordinator: they are told so, and told again each week until it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.blocks.notice import retention_notice
from bot.catalog.municipality import RetentionLimits
from bot.catalog.people import Grant
from bot.jobs.waiting_case_reminders import send_morning_lines
from bot.store import Database
from bot.store.tables import DeliveryRow
from bot.text import words
from bot.text.working_days import local_day
from tests.conftest import Clock
from tests.jobs.test_nightly_disposal import MARK, OTHER, Town


@pytest.fixture
def town(database: Database, clock: Clock, tmp_path: Path) -> Town:
    """Anna coordinates the building permits."""
    town = Town(database, clock, tmp_path)
    service = town.catalog.services["bygglov"]
    officers = (Grant(officer="anna", coordinator=True), Grant(officer="bo"))
    changed = service.model_copy(update={"officers": officers})
    services = {**town.catalog.services, "bygglov": changed}
    town.catalog = town.catalog.model_copy(update={"services": services})
    return town


async def notices(town: Town) -> list[dict[str, Any]]:
    query = select(DeliveryRow.ids).where(DeliveryRow.kind == "retention").order_by(DeliveryRow.id)
    rows = await town.database.read(lambda tx: tx.conn.execute(query).scalars().all())
    return [json.loads(row) for row in rows]


async def pass_days(town: Town, count: int) -> None:
    """Each morning at ten the day's job looks for what is to be told."""
    for _ in range(count):
        town.clock.advance(days=1)
        await send_morning_lines(town.deps)


async def list_case(town: Town) -> None:
    """A closed case's time comes soon: it is put on the list."""
    await town.marked.create(MARK)
    await town.run_nights(720)


async def test_coordinators_are_told_what_the_rule_awaits_and_again_each_week_until_it_is_approved(
    town: Town,
) -> None:
    await list_case(town)
    (first,) = await notices(town)
    assert (first["officer"], first["count"], first["awaits"]) == ("anna", 1, "approval")
    await pass_days(town, 21)
    told = await notices(town)
    assert len(told) == 1 + 3 and {one["awaits"] for one in told} == {"approval"}
    town.approve()
    await pass_days(town, 14)
    assert len(await notices(town)) == len(told), "nothing is awaited"


async def test_a_rule_that_is_changed_is_reminded_of_no_more(town: Town) -> None:
    await list_case(town)
    town.change_rule(keep=True, months=None, basis="")
    await town.run_nights(1)
    await pass_days(town, 14)
    assert len(await notices(town)) == 1


async def test_nobody_is_reminded_on_a_day_off(town: Town) -> None:
    await list_case(town)
    days = []
    for _ in range(21):
        before = len(await notices(town))
        await pass_days(town, 1)
        if len(await notices(town)) > before:
            days.append(local_day(town.clock()).isoweekday())
    assert len(days) == 3 and max(days) <= 5


async def test_coordinators_are_reminded_of_a_number_that_waits_to_be_confirmed(town: Town) -> None:
    limits = RetentionLimits(max_percent=1, always_allowed=0)
    municipality = town.catalog.municipality.model_copy(update={"retention": limits})
    town.catalog = town.catalog.model_copy(update={"municipality": municipality})
    await list_case(town)
    await town.marked.create(OTHER)
    town.approve()
    await town.run_nights(15)
    assert town.is_left()
    await pass_days(town, 7)
    first, *later = [one["awaits"] for one in await notices(town)]
    assert first == "approval" and set(later) == {"confirmation"}


def test_the_notice_says_what_is_awaited_of_whom_and_leads_to_the_page(town: Town) -> None:
    service, day = town.catalog.services["bygglov"], local_day(town.clock())
    waiting = retention_notice(service, 3, day, words("sv"), "approval")
    assert "inget gallras förrän en samordnare har godkänt e-tjänstens gallringsregel" in waiting.text
    confirming = retention_notice(service, 3, day, words("sv"), "confirmation")
    assert "förrän en samordnare har bekräftat antalet" in confirming.text
    assert "Granska listan." in retention_notice(service, 3, day, words("sv")).text
    for one in (waiting, confirming):
        assert one.blocks[-1]["elements"][0]["action_id"] == "retention:page"
