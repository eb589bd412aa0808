"""Checks of the clock's jobs, and of the log's newest checkpoint."""

from __future__ import annotations

from datetime import timedelta

from bot.doctor.dependencies import DoctorDependencies
from bot.doctor.findings import Finding, note, ok, problem
from bot.doctor.mail_and_pages import is_running
from bot.store import DatabaseUnreachable
from bot.store.engine import job_leases, migrate
from bot.store.verification import checkpoint_file

OLD_CHECKPOINT = timedelta(hours=26)
"""One a night, which may begin later or take longer than the last."""


async def check_jobs(deps: DoctorDependencies) -> list[Finding]:
    """Findings on jobs that have not run when they should; where the program is stopped, that is no problem."""
    if not _is_readable(deps):
        return []  # the check of the store tells it
    runs = deps.database.read_sync(lambda tx: job_leases.list_runs(tx, deps.now()))
    if not runs:
        return [note("doctor.jobs.never")]
    late = job_leases.find_late(runs, deps.intervals, deps.now())
    if late and not await is_running(deps):
        return [note("doctor.jobs.stopped")]
    if late:
        return [problem("doctor.jobs.late", jobs=late), *_check_checkpoint(deps)]
    return [ok("doctor.jobs", n=len(deps.intervals)), *_check_checkpoint(deps)]


def _is_readable(deps: DoctorDependencies) -> bool:
    try:
        return deps.database.exists() and migrate.is_current(deps.database)
    except DatabaseUnreachable:
        return False


def _check_checkpoint(deps: DoctorDependencies) -> list[Finding]:
    path = deps.files_dir / "checkpoints" / checkpoint_file.FILE_NAME
    at = checkpoint_file.find_newest_time(path, deps.database.keys.derive("checkpoint"))
    if at is None:
        return [note("doctor.checkpoint.none")]
    if deps.now() - at > OLD_CHECKPOINT:
        return [problem("doctor.checkpoint.old", at=at)]
    return [ok("doctor.checkpoint", at=at)]
