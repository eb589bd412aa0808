"""The clock tells of cases whose due day has passed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert, select, update

from bot.jobs.deadlines import tell_overdue
from bot.jobs.kit import JobKit
from bot.service import Service
from bot.store import Database
from bot.store.cases import system_queries
from bot.store.lists import case_lists
from bot.store.tables import CaseRow
from bot.text.working_days import local_day
from tests.conftest import Clock
from tests.town import Town, town


def place(database: Database, clock: Clock) -> Town:
    catalog = town()
    return Town(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


async def test_a_case_whose_e_service_is_gone_keeps_no_other_from_being_told_overdue(
    sqlite_database: Database, clock: Clock
) -> None:
    hall = place(sqlite_database, clock)
    gone, stays = await hall.submits(), await hall.submits()
    late = update(CaseRow).values(due_on=local_day(clock()) - timedelta(days=1))
    closed_down = update(CaseRow).where(CaseRow.id == gone.case_id).values(service="nedlagd")
    for change in (late, closed_down):
        await sqlite_database.write(lambda tx, change=change: tx.conn.execute(change))
    await tell_overdue(JobKit(hall.service, None, Path(), None))  # type: ignore[arg-type]
    told = await sqlite_database.read(lambda tx: system_queries.case(tx, stays.case_id))
    assert told is not None and told.overdue_told == told.due_on


async def test_however_many_cases_are_late_the_latest_of_them_is_told_too(
    sqlite_database: Database, clock: Clock
) -> None:
    await place(sqlite_database, clock).submits()
    today = local_day(clock())
    row = (await sqlite_database.read(lambda tx: tx.conn.execute(select(CaseRow.__table__)).one()))._asdict()
    many = [
        {**row, "id": f"{n}", "number": f"2020-{n:06d}", "due_on": today - timedelta(days=n)}
        for n in range(1, 1_003)
    ]
    await sqlite_database.write(lambda tx: tx.conn.execute(insert(CaseRow), many))
    assert "1" in await sqlite_database.read(lambda tx: case_lists.overdue(tx, today, (row["service"],)))
