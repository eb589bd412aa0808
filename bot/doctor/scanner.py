"""Checks of the virus scanner."""

from __future__ import annotations

from bot.clients.errors import TemporaryFailure
from bot.doctor.dependencies import DoctorDependencies
from bot.doctor.findings import Finding, note, ok, problem
from bot.store import Database
from bot.store.engine import migrate
from bot.store.files import scans


async def check_scanner(deps: DoctorDependencies) -> list[Finding]:
    """Ask the scanner for its version, which nothing is sent with. That there is none is worth knowing."""
    if deps.clamd is None:
        return [note("doctor.scanner.off")]
    try:
        version = await deps.clamd.version()
    except TemporaryFailure:
        waiting = _count_waiting(deps.database)
        return [problem("doctor.scanner.down", address=deps.clamd.address, n=waiting)]
    return [ok("doctor.scanner", version=version)]


def _count_waiting(database: Database) -> int:
    """The number of files that wait; 0 where the database cannot tell, which another check says."""
    if not database.exists() or not migrate.is_current(database):
        return 0
    return database.read_sync(scans.count_waiting)
