"""Tables of batches."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base


class BatchRow(Base):
    """An officer's action on many cases, and how far it has come. `action` is JSON; `runner` has the lease.

    `query` is the one whose cases are added in the background, as JSON; empty where a request has added them.
    """

    __tablename__ = "batch"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    officer: Mapped[str]
    action: Mapped[str]
    query: Mapped[str]
    state: Mapped[str] = mapped_column(String(12))
    total: Mapped[int]
    done: Mapped[int]
    skipped: Mapped[int]
    runner: Mapped[str] = mapped_column(String(32))
    due_at: Mapped[datetime]
    """When it is to begin; for a running one, when its lease runs out."""
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
    channel: Mapped[str]
    ts: Mapped[str]
    """Where its progress is shown in Slack; empty before the first post."""
    __table_args__ = (
        Index("ix_batch_officer", "officer", "created_at"),
        Index(
            "ix_batch_unfinished",
            "due_at",
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
    )


class BatchCaseRow(Base):
    """A case of a batch: as the officer saw it (JSON), and its outcome once it has one, with the refusal (JSON)."""

    __tablename__ = "batch_case"
    batch_id: Mapped[str] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32))
    seen: Mapped[str]
    outcome: Mapped[str | None] = mapped_column(String(12))
    refusal: Mapped[str | None]
    __table_args__ = (Index("ix_batch_case_case", "case_id"),)


class ExportFileRow(Base):
    """The finished file of a batch that exports cases: its bytes are in the file store until it is swept."""

    __tablename__ = "export_file"
    batch_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    officer: Mapped[str]
    file_id: Mapped[str] = mapped_column(String(32))
    name: Mapped[str]
    size: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(index=True)
    downloads: Mapped[int]
