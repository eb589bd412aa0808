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

from bot.catalog.definition import create_definition
from bot.domain.actors import Machine
from bot.domain.notices import BACKGROUND
from bot.domain.submission import Answers, SubmitCase
from bot.service import OpenCaseRequest
from bot.store import Tx
from bot.store.tables import CaseRow, DeliveryRow
from tests.conftest import PATIENCE, SAMPLE
from tests.municipality import person
from tests.scenarios.running_program import NUMBER, Installation, RunningProgram, run_program

MANY, FEW, REDRAWS = 500, 5, 2_000

PLACES = {
    "bygglov": {"atgard": "rivning", "omrade": "norra", "fastighet": "Björken 4:12", "agare": True},
    "felanmalan-gata-park": {"typ": "sno", "omrade": "centrum", "plats": "Torget"},
}


@pytest.fixture
async def program(sqlite_url: str, tmp_path: Path) -> AsyncIterator[RunningProgram]:
    """Slack is as strict as it is."""
    async with run_program(Installation(tmp_path, sqlite_url, SAMPLE), pace=1.0) as opened:
        yield opened


async def submit_many(program: RunningProgram, key: str, count: int) -> None:
    """So many cases come at once."""
    service = program.app.service.catalog.service(key)
    assert service is not None
    form = create_definition(service)
    answers = Answers(definition=form.digest, values=PLACES[key])
    openings = [
        OpenCaseRequest(SubmitCase(service=key, answers=answers, people=(person(),)), form)
        for _ in range(count)
    ]
    for start in range(0, count, 25):
        await program.app.service.open_cases(openings[start : start + 25], Machine("form"))


@pytest.mark.long
async def test_five_cases_are_posted_within_six_seconds_while_five_hundred_wait_for_another_channel(
    program: RunningProgram,
) -> None:
    await submit_many(program, "bygglov", MANY)
    began = time.monotonic()
    await submit_many(program, "felanmalan-gata-park", FEW)
    await program.wait_for(lambda: len(program.cards("felanmalan-gata-park")) == FEW, seconds=30)
    taken, refused = time.monotonic() - began, dict(program.sandbox.shared.pace.refused)
    assert (taken < 6, len(program.cards("bygglov")) < MANY / 2, refused) == (True, True, {})


@pytest.mark.long
async def test_cards_are_redrawn_within_two_seconds_of_their_presses_while_two_thousand_wait(
    program: RunningProgram,
) -> None:
    asa = program.officer("asa-nordstrom")
    await submit_many(program, "felanmalan-gata-park", 4)
    await program.wait_for(lambda: len(program.cards("felanmalan-gata-park")) == 4)
    first, *pressed = [number_of(card) for card in program.cards("felanmalan-gata-park")]
    await program.wait_until_delivered()
    await asa.run_command("hjälp", service="felanmalan-gata-park")
    await program.app.service.database.write(lambda tx: enqueue_redraws(tx, first, program.clock()))
    program.advance(0)
    await wait_until_used_up(program)
    began = time.monotonic()
    for number in pressed:
        await asa.press_on_card(number, "case:take")
    for number in pressed:
        await program.wait_for_card(number, "Åsa Nordström")
    taken, refused = time.monotonic() - began, dict(program.sandbox.shared.pace.refused)
    left = (await program.app.service.database.read(count_redraws)) > REDRAWS / 2
    assert (taken < 2, left, refused) == (True, True, {})


async def wait_until_used_up(program: RunningProgram) -> None:
    """Waits until there is no room for what nobody waits for."""
    rate_limit, database = program.app.worker._context.rate_limit, program.app.service.database
    async with asyncio.timeout(PATIENCE):
        while await database.read(rate_limit.max_redraw_priority) == BACKGROUND:
            await program.sandbox.shared.feed.after(program.sandbox.shared.feed.version, 0.03)


def number_of(card: dict[str, Any]) -> str:
    found = NUMBER.search(card["text"])
    assert found is not None
    return found[0]


def enqueue_redraws(tx: Tx, number: str, now: Any) -> None:
    """As if so many cases had been changed in bulk: each is a redraw of one card, which is the same to Slack."""
    case_id = tx.conn.execute(select(CaseRow.id).where(CaseRow.number == number)).scalar_one()
    row = {"destination": "slack/felanmalan-gata-park", "kind": "card", "case_id": case_id, "redraw": True}
    row |= {"priority": BACKGROUND, "ids": "{}", "state": "waiting", "due_at": now, "created_at": now}
    tx.conn.execute(insert(DeliveryRow), [row | {"lane": f"bulk/{n}"} for n in range(REDRAWS)])


def count_redraws(tx: Tx) -> int:
    return len(tx.conn.execute(select(DeliveryRow.id).where(DeliveryRow.lane.like("bulk/%"))).all())


async def test_the_first_search_of_the_day_does_not_wait_for_the_language(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stems are made by a module that takes a tenth of a second to load: it is loaded beside what is begun with."""
    monkeypatch.delitem(sys.modules, "snowballstemmer", raising=False)
    async with run_program(Installation(tmp_path, sqlite_url, SAMPLE)) as program:
        assert await program.wait_for(lambda: "snowballstemmer" in sys.modules)
