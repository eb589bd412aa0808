"""Jobs and imports."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base


class FailedImportRow(Base):
    """A document that could not be opened as a case, and why. One row a place."""

    __tablename__ = "failed_import"
    place: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    at: Mapped[datetime]


class JobRunRow(Base):
    """That a job runs, or has run, for a slot of time."""

    __tablename__ = "job_run"
    job: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[str] = mapped_column(primary_key=True)
    lease_until: Mapped[datetime]
    finished_at: Mapped[datetime | None]
