"""Tables of the outbox and its rate limits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base, RowId


class DestinationRow(Base):
    """A destination of deliveries, and when the next attempt may be made."""

    __tablename__ = "destination"
    key: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]


class DeliveryRow(Base):
    """A delivery to one destination. Completed ones are deleted, apart from those that later checks need."""

    __tablename__ = "delivery"
    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    destination: Mapped[str]
    lane: Mapped[str]
    kind: Mapped[str] = mapped_column(String(12))
    case_id: Mapped[str] = mapped_column(String(32))
    priority: Mapped[int]
    redraw: Mapped[bool] = mapped_column(default=False)
    """Whether an existing message is updated, which has a rate limit of its own."""
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    due_at: Mapped[datetime]
    """When it is to be claimed; for a claimed one, when its lease runs out."""
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
            "ix_delivery_urgency",
            "redraw",
            "priority",
            "created_at",
            "id",
            sqlite_where=text("state != 'parked'"),
            postgresql_where=text("state != 'parked'"),
        ),
        # What is put in is due when it says that it was put in, and is not written here.
        Index(
            "ix_delivery_rescheduled",
            "due_at",
            sqlite_where=text("due_at != created_at AND state != 'parked'"),
            postgresql_where=text("due_at != created_at AND state != 'parked'"),
        ),
        # Few, while Slack and the mail server answer: those that Home counts as delayed.
        Index(
            "ix_delivery_failed",
            "id",
            sqlite_where=text("trouble IS NOT NULL AND state != 'parked'"),
            postgresql_where=text("trouble IS NOT NULL AND state != 'parked'"),
        ),
        # A lane belongs to one case, or to none. One index finds what is in it and refuses a second that waits there of
        # a kind that is merged: two would be a page more for each press to write.
        Index(
            "uq_delivery_lane",
            "case_id",
            "lane",
            text(
                "(CASE WHEN state = 'waiting' AND kind IN ('card', 'line', 'notice') "
                "THEN kind ELSE CAST(id AS TEXT) END)"
            ),
            unique=True,
        ),
        # Posts are recognised by their delivery's id, so ids must never be reused.
        {"sqlite_autoincrement": True},
    )


class RateLimitRow(Base):
    """The state of one rate limit, as the time when its bucket is empty if nothing more is sent."""

    __tablename__ = "bucket"
    key: Mapped[str] = mapped_column(primary_key=True)
    empty_at: Mapped[datetime]
