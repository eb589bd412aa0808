"""A press is followed by its reference, from the log and from the store."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from bot.monitoring import find_records
from bot.program_log import configure_logging
from bot.store import Database
from bot.store.outbox.coalescing import MAX_ORIGINS, merge_ids
from bot.store.outbox.delivery_rows import Route, find_by_origin, insert_rows, new_row
from bot.web.request_trace import begin_trace
from tests.conftest import SAMPLE, SHORT_BUSY_MS
from tests.scenarios.running_program import Installation, run_program


async def test_a_press_is_followed_to_the_card_and_the_thread_that_it_changed(
    sqlite_url: str, tmp_path: Path
) -> None:
    stream = io.StringIO()
    configure_logging(stream)
    structlog.configure(cache_logger_on_first_use=False)
    try:
        async with run_program(Installation(tmp_path, sqlite_url, SAMPLE, SHORT_BUSY_MS), "http") as program:
            eva = program.applicant("Eva Ek", "eva@ek.example")
            number = await eva.apply()
            await program.wait_for_card(number)
            await program.officer("anna-berg").press_on_card(number, "case:take")
            await program.wait_for_card(number, "Anna Berg")
            await program.advance_and_deliver(60)
    finally:
        structlog.reset_defaults()
    lines = stream.getvalue().splitlines()
    records = [json.loads(line) for line in lines if line.startswith("{")]
    press = next(one for one in records if one["event"] == "request" and one["name"] == "case:take")
    told = [(one["event"], one.get("name") or one.get("kind")) for one in find_records(press["ref"], lines)]
    assert {("event", "CaseTaken"), ("request", "case:take")} <= set(told[:3])
    assert {("delivered", "card"), ("delivered", "line")} <= set(told)


async def test_what_a_request_causes_names_it_until_it_is_done(database: Database) -> None:
    row = new_row(Route("mail", "mail/1", "mail"), "1", 1, datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    with begin_trace("page", "POST /") as trace:
        await database.write(lambda tx: insert_rows(tx, [row | {"ids": {"message": "1"}}]))
    (found,) = await database.read(lambda tx: find_by_origin(tx, trace.ref))
    assert (found.kind, found.state, found.tries) == ("mail", "waiting", 0)
    assert await database.read(lambda tx: find_by_origin(tx, "00000000")) == []


def test_a_delivery_of_many_presses_names_the_last_of_them() -> None:
    ids: dict[str, list[str]] = {}
    for n in range(MAX_ORIGINS + 5):
        ids = merge_ids(ids, {"refs": [str(n)]})
        ids = merge_ids(ids, {"refs": [str(n)]})
    assert ids["refs"] == [str(n) for n in range(5, MAX_ORIGINS + 5)]


@pytest.mark.parametrize("before", ["", "nov 30 10:00:00 host arendebot[7]: "])
def test_records_are_found_behind_what_a_journal_writes(before: str) -> None:
    lines = [
        before + json.dumps(one)
        for one in (
            {"event": "delivered", "refs": ["7f3a01b2"], "timestamp": "2"},
            {"event": "request", "ref": "7f3a01b2", "timestamp": "1"},
            {"event": "request", "ref": "00000000", "case": "7f3a01b2", "timestamp": "0"},
        )
    ]
    found = find_records("7f3a01b2", [*lines, "Fatal Python error: 7f3a01b2 {"])
    assert [one["event"] for one in found] == ["request", "delivered"]
