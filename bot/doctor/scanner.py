"""Checks of the virus scanner."""

from __future__ import annotations

from collections.abc import Callable

from bot.clients.errors import TemporaryFailure
from bot.doctor.dependencies import DoctorDependencies
from bot.doctor.findings import Finding, note, ok, problem
from bot.store import Database, Tx
from bot.store.engine import migrate
from bot.store.files import scans


async def check_scanner(deps: DoctorDependencies) -> list[Finding]:
    """Ask the scanner for its version, which nothing is sent with. That there is none is worth knowing."""
    if deps.clamd is None:
        return [note("doctor.scanner.off")]
    try:
        version = await deps.clamd.version()
    except TemporaryFailure:
        waiting = _count(deps.database, scans.count_waiting)
        return [problem("doctor.scanner.down", address=deps.clamd.address, n=waiting)]
    findings = [ok("doctor.scanner", version=version)]
    if unscanned := _count(deps.database, scans.count_unscanned):
        findings.append(note("doctor.scanner.unscanned", n=unscanned))
    return findings


def _count(database: Database, count: Callable[[Tx], int]) -> int:
    """A number of files; 0 where the database cannot tell, which another check says."""
    if not database.exists() or not migrate.is_current(database):
        return 0
    return database.read_sync(count)
