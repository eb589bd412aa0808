"""Leases of jobs: which have run for which slot of time, so that each runs once whatever the number of processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, delete, func, select, update

from bot.store.engine.database import Tx
from bot.store.tables import JobRunRow

LEASE = timedelta(minutes=10)
"""After this time an unfinished run is considered dead."""


LATE_BY = timedelta(minutes=15)
"""How much later than twice its interval a job may be: one that failed is taken over within that."""


def acquire(tx: Tx, job: str, slot: str, now: datetime) -> bool:
    """Acquire the job's lease for the slot. False where it has run, or another process runs it."""
    row = {"job": job, "slot": slot, "lease_until": now + LEASE}
    return tx.insert_new(JobRunRow, row) or take_over(tx, job, slot, now)


def take_over(tx: Tx, job: str, slot: str, now: datetime) -> bool:
    """Acquire the lease of a run whose lease has expired. False also where nobody has begun one."""
    updated = tx.conn.execute(
        update(JobRunRow)
        .where(
            JobRunRow.job == job,
            JobRunRow.slot == slot,
            JobRunRow.finished_at.is_(None),
            JobRunRow.lease_until < now,
        )
        .values(lease_until=now + LEASE)
    )
    return updated.rowcount == 1


def renew(tx: Tx, job: str, slot: str, now: datetime) -> None:
    """Extend the lease of a run that goes on, to its whole length from `now`."""
    tx.conn.execute(
        update(JobRunRow)
        .where(JobRunRow.job == job, JobRunRow.slot == slot, JobRunRow.finished_at.is_(None))
        .values(lease_until=now + LEASE)
    )


def find_last_finish(tx: Tx, job: str) -> datetime | None:
    """When a run of the job was last finished; None where none has been for a week."""
    return tx.conn.execute(select(func.max(JobRunRow.finished_at)).where(JobRunRow.job == job)).scalar()


@dataclass(frozen=True, slots=True)
class JobRun:
    """When a job was last finished, None where it has not been for a week; and whether it is running."""

    finished_at: datetime | None
    is_running: bool


def find_late(runs: Mapping[str, JobRun], intervals: Mapping[str, timedelta], now: datetime) -> list[str]:
    """The jobs that have not been finished for twice as long as they are to run, and are not running."""
    return [
        job
        for job, interval in intervals.items()
        if _is_late(runs.get(job, JobRun(None, is_running=False)), now - 2 * interval - LATE_BY)
    ]


def _is_late(run: JobRun, due: datetime) -> bool:
    return not run.is_running and (run.finished_at is None or run.finished_at < due)


def list_runs(tx: Tx, now: datetime) -> dict[str, JobRun]:
    """The jobs, by name, that have run in the last week or are running."""
    running = func.max(
        case((and_(JobRunRow.finished_at.is_(None), JobRunRow.lease_until >= now), 1), else_=0)
    )
    rows = tx.conn.execute(
        select(JobRunRow.job, func.max(JobRunRow.finished_at), running).group_by(JobRunRow.job)
    )
    return {job: JobRun(finished_at, bool(is_running)) for job, finished_at, is_running in rows}


def finish(tx: Tx, job: str, slot: str, now: datetime) -> None:
    """Mark the job as finished for the slot, and delete runs that are older than a week."""
    tx.conn.execute(
        update(JobRunRow).where(JobRunRow.job == job, JobRunRow.slot == slot).values(finished_at=now)
    )
    tx.conn.execute(
        delete(JobRunRow).where(JobRunRow.job == job, JobRunRow.finished_at < now - timedelta(days=7))
    )
