"""Which jobs have run for which slot of time, so that each runs once however many processes there are."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, update

from bot.store.engine.database import Tx
from bot.store.tables import JobRunRow

LEASE = timedelta(minutes=10)
"""After this a run that has not finished is taken to have died."""


def acquire(tx: Tx, job: str, slot: str, now: datetime) -> bool:
    """Take the job for the slot. False when it has run, or runs elsewhere."""
    row = {"job": job, "slot": slot, "lease_until": now + LEASE}
    return tx.insert_new(JobRunRow, row) or take_over(tx, job, slot, now)


def take_over(tx: Tx, job: str, slot: str, now: datetime) -> bool:
    """Take the job for the slot if whoever had it did not finish. False for one that nobody has begun."""
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


def finish(tx: Tx, job: str, slot: str, now: datetime) -> None:
    """The job is done for the slot. Runs of more than a week ago are forgotten."""
    tx.conn.execute(
        update(JobRunRow).where(JobRunRow.job == job, JobRunRow.slot == slot).values(finished_at=now)
    )
    tx.conn.execute(
        delete(JobRunRow).where(JobRunRow.job == job, JobRunRow.finished_at < now - timedelta(days=7))
    )
