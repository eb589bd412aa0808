"""What is on its way out, and its rate limits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base, RowId


class DestinationRow(Base):
    """A place deliveries go to, and when it may next be tried."""

    __tablename__ = "destination"
    key: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]


class DeliveryRow(Base):
    """One notice on its way to one place. Done ones are deleted, but for those whose promise needs them."""

    __tablename__ = "delivery"
    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    destination: Mapped[str]
    lane: Mapped[str]
    kind: Mapped[str] = mapped_column(String(12))
    case_id: Mapped[str] = mapped_column(String(32))
    priority: Mapped[int]
    redraw: Mapped[bool] = mapped_column(default=False)
    """Whether a message that is there is drawn anew, which has a pace of its own."""
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    due_at: Mapped[datetime]
    """When it is to be taken up; for one that is on its way, when its lease runs out."""
    attempts: Mapped[int] = mapped_column(default=0)
    ids: Mapped[str]
    created_at: Mapped[datetime]
    trouble: Mapped[str | None]
    __table_args__ = (
        Index(
            "ix_delivery_queue",
            "destination",
            "redraw",
            "priority",
            "created_at",
            "id",
            sqlite_where=text("state != 'parked'"),
            postgresql_where=text("state != 'parked'"),
        ),
        Index(
            "ix_delivery_due",
            "due_at",
            sqlite_where=text("state != 'parked'"),
            postgresql_where=text("state != 'parked'"),
        ),
        # A lane is within one case, or of what is about none.
        Index("ix_delivery_case", "case_id", "lane", "id"),
        Index(
            "uq_delivery_gathered",
            "lane",
            "kind",
            unique=True,
            sqlite_where=text("state = 'waiting' AND kind IN ('card', 'line', 'notice')"),
            postgresql_where=text("state = 'waiting' AND kind IN ('card', 'line', 'notice')"),
        ),
        # A post is known again by its delivery's id, so an id must never be given twice.
        {"sqlite_autoincrement": True},
    )


class RateLimitRow(Base):
    """How full one of Slack's rate limits is, by when it would be empty if nothing more were sent."""

    __tablename__ = "bucket"
    key: Mapped[str] = mapped_column(primary_key=True)
    empty_at: Mapped[datetime]
