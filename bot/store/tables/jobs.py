"""Tables of jobs and imports."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base


class FailedImportRow(Base):
    """A document that could not be imported, and why. One row for each place."""

    __tablename__ = "failed_import"
    place: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    at: Mapped[datetime]


class JobRunRow(Base):
    """A run of a job for a slot of time, finished or not."""

    __tablename__ = "job_run"
    job: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[str] = mapped_column(primary_key=True)
    lease_until: Mapped[datetime]
    finished_at: Mapped[datetime | None]
