"""Checks of the database and the files, and of what is parked or lost in them."""

from __future__ import annotations

import os
import shutil

from bot.catalog.models import Catalog
from bot.doctor.dependencies import DoctorDependencies
from bot.doctor.findings import Finding, Size, note, ok, problem
from bot.store import Database, DatabaseUnreachable
from bot.store.cases import system_queries
from bot.store.engine import migrate
from bot.store.log import key_check
from bot.store.outbox import parking


async def check_store(deps: DoctorDependencies) -> list[Finding]:
    """Findings on the catalog, the database and the files. The catalog itself was loaded before."""
    catalog = deps.catalog
    catalog_finding = ok(
        "doctor.catalog", services=len(catalog.services), officers=len(catalog.municipality.officers)
    )
    return [catalog_finding, *_check_database(deps.database, catalog), *_check_files(deps)]


def find_lost_services(database: Database, catalog: Catalog) -> list[Finding]:
    """Findings on e-services that have open cases and are not in the catalog."""
    lost = database.read_sync(lambda tx: system_queries.count_open_of_others(tx, catalog.services))
    return [problem("doctor.catalog.lost", service=service, n=n) for service, n in lost.items()]


def _check_database(database: Database, catalog: Catalog) -> list[Finding]:
    if not database.exists():
        return [note("doctor.database.none")]
    try:
        revision, latest = migrate.find_revision(database), migrate.latest_revision()
    except DatabaseUnreachable as error:
        return [problem("doctor.database.unreached", why=error)]
    if revision is None:
        return [note("doctor.database.empty")]
    if revision != latest:
        return [problem("doctor.database.newer" if revision > latest else "doctor.database.behind")]
    if not database.read_sync(key_check.matches_key):
        return [problem("doctor.database.key")]
    parked_count = len(database.read_sync(parking.list_parked))
    parked = [note("doctor.parked", n=parked_count)] if parked_count else []
    return [ok("doctor.database"), *find_lost_services(database, catalog), *parked]


def _check_files(deps: DoctorDependencies) -> list[Finding]:
    """Judged as `deploy/alerts.yml` does: by the room below which files are refused, and by twice that."""
    folder = deps.files_dir
    existing = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if not os.access(existing, os.W_OK):
        return [problem("doctor.files.shut", folder=folder)]
    free = Size(shutil.disk_usage(existing).free)
    if free < deps.reserved_bytes:
        return [problem("doctor.files.refused", folder=folder, free=free, limit=Size(deps.reserved_bytes))]
    if free < 2 * deps.reserved_bytes:
        return [note("doctor.files.full", folder=folder, free=free)]
    return [ok("doctor.files", folder=folder, free=free)]
