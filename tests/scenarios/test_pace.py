"""Slack's own pace, kept by the real clock: what many wait for holds up nobody else."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from bot.catalog.definition import definition_of
from bot.domain.actors import Machine
from bot.domain.intake import Answers, SubmitCase
from bot.domain.notices import BACKGROUND
from bot.service import Opening
from bot.store import Tx
from bot.store.tables import CaseRow, DeliveryRow
from tests.conftest import SAMPLE
from tests.scenarios.town_hall import NUMBER, TownHall, Where, open_for_business
from tests.town import person

MANY, FEW, REDRAWS = 500, 5, 2_000

PLACES = {
    "bygglov": {"atgard": "rivning", "omrade": "norra", "fastighet": "Björken 4:12", "agare": True},
    "felanmalan-gata-park": {"typ": "sno", "omrade": "centrum", "plats": "Torget"},
}


@pytest.fixture
async def hall(sqlite_url: str, tmp_path: Path) -> AsyncIterator[TownHall]:
    """Slack is as strict as it is."""
    async with open_for_business(Where(tmp_path, sqlite_url, SAMPLE), pace=1.0) as opened:
        yield opened


async def opens(hall: TownHall, key: str, count: int) -> None:
    """So many cases come at once."""
    service = hall.program.service.catalog.service(key)
    assert service is not None
    form = definition_of(service)
    answers = Answers(definition=form.digest, values=PLACES[key])
    openings = [
        Opening(SubmitCase(service=key, answers=answers, people=(person(),)), form) for _ in range(count)
    ]
    for start in range(0, count, 25):
        await hall.program.service.open_all(openings[start : start + 25], Machine("form"))


async def test_five_cases_are_posted_within_six_seconds_while_five_hundred_wait_for_another_channel(
    hall: TownHall,
) -> None:
    await opens(hall, "bygglov", MANY)
    began = time.monotonic()
    await opens(hall, "felanmalan-gata-park", FEW)
    await hall.until(lambda: len(hall.cards("felanmalan-gata-park")) == FEW, seconds=30)
    taken, refused = time.monotonic() - began, dict(hall.sandbox.stage.pace.refused)
    assert (taken < 6, len(hall.cards("bygglov")) < MANY / 2, refused) == (True, True, {})


async def test_cards_are_redrawn_within_two_seconds_of_their_presses_while_two_thousand_wait(
    hall: TownHall,
) -> None:
    asa = hall.officer("asa-nordstrom")
    await opens(hall, "felanmalan-gata-park", 4)
    await hall.until(lambda: len(hall.cards("felanmalan-gata-park")) == 4)
    first, *pressed = [number_of(card) for card in hall.cards("felanmalan-gata-park")]
    await hall.delivered()
    await asa.types("hjälp", service="felanmalan-gata-park")
    await hall.program.service.database.write(lambda tx: pile_up(tx, first, hall.clock()))
    hall.passes(0)
    await used_up(hall)
    began = time.monotonic()
    for number in pressed:
        await asa.presses(number, "case:take")
    for number in pressed:
        await hall.posted(number, "Åsa Nordström")
    taken, refused = time.monotonic() - began, dict(hall.sandbox.stage.pace.refused)
    left = (await hall.program.service.database.read(redraws_left)) > REDRAWS / 2
    assert (taken < 2, left, refused) == (True, True, {})


async def used_up(hall: TownHall) -> None:
    """Waits until there is no room for what nobody waits for."""
    pace, database = hall.program.worker._around.pace, hall.program.service.database
    async with asyncio.timeout(6):
        while await database.read(pace.redraws) == BACKGROUND:
            await hall.sandbox.stage.feed.after(hall.sandbox.stage.feed.version, 0.03)


def number_of(card: dict[str, Any]) -> str:
    found = NUMBER.search(card["text"])
    assert found is not None
    return found[0]


def pile_up(tx: Tx, number: str, now: Any) -> None:
    """As if so many cases had been changed in bulk: each is a redraw of one card, which is the same to Slack."""
    case_id = tx.conn.execute(select(CaseRow.id).where(CaseRow.number == number)).scalar_one()
    row = {"destination": "slack/felanmalan-gata-park", "kind": "card", "case_id": case_id, "redraw": True}
    row |= {"priority": BACKGROUND, "ids": "{}", "state": "waiting", "due_at": now, "created_at": now}
    tx.conn.execute(insert(DeliveryRow), [row | {"lane": f"bulk/{n}"} for n in range(REDRAWS)])


def redraws_left(tx: Tx) -> int:
    return len(tx.conn.execute(select(DeliveryRow.id).where(DeliveryRow.lane.like("bulk/%"))).all())


async def test_the_first_search_of_the_day_does_not_wait_for_the_language(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stems are made by a module that takes a tenth of a second to load: it is loaded beside what is begun with."""
    monkeypatch.delitem(sys.modules, "snowballstemmer", raising=False)
    async with open_for_business(Where(tmp_path, sqlite_url, SAMPLE)) as hall:
        assert await hall.until(lambda: "snowballstemmer" in sys.modules)
