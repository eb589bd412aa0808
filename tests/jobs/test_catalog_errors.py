"""A catalog that was saved with faults: those who write it hear of it, since the one before goes on."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.catalog import LiveCatalog
from bot.jobs import catalog_errors
from bot.jobs.catalog_errors import notify_of_catalog_errors
from bot.jobs.dependencies import JobDependencies
from bot.service import Service
from bot.store import Database
from bot.store.tables import DeliveryRow
from tests.conftest import SAMPLE, Clock


@pytest.fixture
def deps(sqlite_database: Database, clock: Clock, tmp_path: Path) -> JobDependencies:
    shutil.copytree(SAMPLE, tmp_path / "catalog")
    live = LiveCatalog(tmp_path / "catalog")
    service = Service(sqlite_database, lambda: live.current, clock=clock, wake=lambda: None)
    return JobDependencies(service, None, Path(), None, live_catalog=live)  # type: ignore[arg-type]


async def told(deps: JobDependencies) -> list[dict[str, object]]:
    """The job runs. Returns what there is to be told in all."""
    await notify_of_catalog_errors(deps)
    query = select(DeliveryRow.ids).where(DeliveryRow.kind == "catalog").order_by(DeliveryRow.id)
    rows = await deps.service.database.read(lambda tx: tx.conn.execute(query).scalars().all())
    return [json.loads(row) for row in rows]


def save(deps: JobDependencies, tmp_path: Path, text: str) -> None:
    """Somebody writes the file of building permits."""
    (tmp_path / "catalog" / "services" / "bygglov.yaml").write_text(text)
    assert deps.live_catalog is not None
    deps.live_catalog.reload()


async def test_the_coordinators_of_a_faulty_e_service_are_told_once_where_the_fault_is(
    deps: JobDependencies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = (tmp_path / "catalog" / "services" / "bygglov.yaml").read_text()
    save(deps, tmp_path, right.replace("privacy: standard", "privacy: hemlig"))
    assert await told(deps) == []  # whoever writes it may be about to save again
    monkeypatch.setattr(catalog_errors, "GRACE_SECONDS", 0.0)
    coordinators = deps.service.catalog.coordinators_of("bygglov", date(2026, 11, 23))
    line = 1 + right[: right.index("privacy: standard")].count("\n")
    place = f"services/bygglov.yaml:{line}"
    problem = {
        "sv": f"{place}  privacy: måste vara standard eller strict",
        "en": f"{place}  privacy: must be one of standard or strict",
    }
    about = {"place": place, "count": 1, "problem": problem}
    expected = [{"officer": key, **about} for key in sorted(one.key for one in coordinators)]
    assert await told(deps) == await told(deps) == expected != []
    save(deps, tmp_path, right)
    assert await told(deps) == expected
