"""The job that keeps the figures ready for the coordinators."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from bot.jobs.dependencies import JobDependencies
from bot.jobs.figures import count_figures
from bot.service import Service
from bot.store import Database
from bot.store.figures import counting
from bot.store.tables import FigureSumRow
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog


async def test_a_month_that_is_over_is_added_up_though_nothing_has_happened_since(
    sqlite_database: Database, clock: Clock
) -> None:
    service = Service(sqlite_database, small_catalog, clock=clock, wake=lambda: None)
    await MunicipalityDriver(service, small_catalog()).submit()
    deps = JobDependencies(service, None, Path(), None)  # type: ignore[arg-type]

    async def units_added_up() -> list[str]:
        await count_figures(deps)
        made = select(FigureSumRow.unit).where(FigureSumRow.sums.is_not(None)).order_by(FigureSumRow.unit)
        return list(sqlite_database.read_sync(lambda tx: tx.conn.execute(made).scalars().all()))

    assert await units_added_up() == []
    clock.advance(days=40)
    assert not sqlite_database.read_sync(counting.has_new_events)
    assert await units_added_up() == ["month", "week"]
