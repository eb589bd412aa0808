"""Assignees of before their case's number and time of receipt stood with them are given both."""

from __future__ import annotations

from sqlalchemy import text

from bot.domain.assignment import TakeCase
from bot.service import Service
from bot.store import Database
from bot.store.engine import migrate
from bot.store.verification import proof
from tests.conftest import Clock
from tests.municipality import MunicipalityDriver, small_catalog


async def test_assignees_of_before_are_given_their_case_s_number_and_time_of_receipt(
    database: Database,
) -> None:
    service = Service(database, small_catalog, clock=Clock(), wake=lambda: None)
    municipality = MunicipalityDriver(service, small_catalog())
    for name in ("anna", "bo"):
        case = await municipality.submit()
        await municipality.perform(name, TakeCase(case_id=case.case_id))

    with database.migration_engine().begin() as conn:
        conn.execute(text("DROP INDEX ix_assignee_closed"))
        for column in ("received_at", "number"):
            conn.execute(text(f"ALTER TABLE assignee DROP COLUMN {column}"))
        conn.execute(text("UPDATE alembic_version SET version_num = '0040'"))
    migrate.upgrade(database, "0041")

    with database.migration_engine().begin() as conn:
        # What later versions have was not taken from it.
        conn.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": migrate.latest_revision()})
        numbers = conn.execute(text("SELECT number FROM assignee ORDER BY number")).scalars().all()
    assert numbers == ["2026-000001", "2026-000002"]
    # It compares both with those of the cases.
    assert database.read_sync(proof.verify).ok
