"""The clock tells of cases whose due day has passed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert, select, update

from bot.jobs.deadlines import tell_overdue
from bot.jobs.dependencies import JobDependencies
from bot.service import Service
from bot.store import Database
from bot.store.cases import system_queries
from bot.store.lists import case_lists
from bot.store.tables import CaseRow
from bot.text.working_days import local_day
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog


def create_municipality(database: Database, clock: Clock) -> MunicipalityDriver:
    catalog = small_catalog()
    return MunicipalityDriver(Service(database, lambda: catalog, clock=clock, wake=lambda: None), catalog)


async def test_a_case_whose_e_service_is_gone_keeps_no_other_from_being_told_overdue(
    sqlite_database: Database, clock: Clock
) -> None:
    hall = create_municipality(sqlite_database, clock)
    gone, stays = await hall.submit(), await hall.submit()
    late = update(CaseRow).values(due_on=local_day(clock()) - timedelta(days=1))
    closed_down = update(CaseRow).where(CaseRow.id == gone.case_id).values(service="nedlagd")
    for change in (late, closed_down):
        await sqlite_database.write(lambda tx, change=change: tx.conn.execute(change))
    await tell_overdue(JobDependencies(hall.service, None, Path(), None))  # type: ignore[arg-type]
    told = await sqlite_database.read(lambda tx: system_queries.load_case(tx, stays.case_id))
    assert told is not None and told.overdue_reported_on == told.due_on


async def test_however_many_cases_are_late_the_latest_of_them_is_told_too(
    sqlite_database: Database, clock: Clock
) -> None:
    await create_municipality(sqlite_database, clock).submit()
    today = local_day(clock())
    row = (await sqlite_database.read(lambda tx: tx.conn.execute(select(CaseRow.__table__)).one()))._asdict()
    many = [
        {**row, "id": f"{n}", "number": f"2020-{n:06d}", "due_on": today - timedelta(days=n)}
        for n in range(1, 1_003)
    ]
    await sqlite_database.write(lambda tx: tx.conn.execute(insert(CaseRow), many))
    assert "1" in await sqlite_database.read(lambda tx: case_lists.find_overdue(tx, today, (row["service"],)))
