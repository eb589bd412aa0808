"""Leases of jobs: which have run for which slot of time, so that each runs once whatever the number of processes."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from bot.store.engine.database import Tx
from bot.store.tables import JobRunRow

LEASE = timedelta(minutes=10)
"""After this time an unfinished run is considered dead."""


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
    """Let the lease of a run that goes on begin anew."""
    tx.conn.execute(
        update(JobRunRow)
        .where(JobRunRow.job == job, JobRunRow.slot == slot, JobRunRow.finished_at.is_(None))
        .values(lease_until=now + LEASE)
    )


def find_last_finish(tx: Tx, job: str) -> datetime | None:
    """When a run of the job was last finished; None where none has been for a week."""
    return tx.conn.execute(select(func.max(JobRunRow.finished_at)).where(JobRunRow.job == job)).scalar()


def finish(tx: Tx, job: str, slot: str, now: datetime) -> None:
    """Mark the job as finished for the slot, and delete runs that are older than a week."""
    tx.conn.execute(
        update(JobRunRow).where(JobRunRow.job == job, JobRunRow.slot == slot).values(finished_at=now)
    )
    tx.conn.execute(
        delete(JobRunRow).where(JobRunRow.job == job, JobRunRow.finished_at < now - timedelta(days=7))
    )
