"""Tables of retention: rules and their approvals, the list ahead, the protocol, and what is left in Slack."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base


class RetentionRuleRow(Base):
    """A rule of an e-service as it was at a time; another rule has another `digest`.

    `confirmed` is how many cases a coordinator has confirmed that it may dispose of in one night.
    """

    __tablename__ = "retention_rule"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    service: Mapped[str]
    months: Mapped[int]
    counted_from: Mapped[str] = mapped_column(String(8))
    basis: Mapped[str]
    seen_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str] = mapped_column(default="")
    confirmed: Mapped[int] = mapped_column(default=0)
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str] = mapped_column(default="")


class RetentionListRow(Base):
    """A case that will be disposed of from `due_on` on, by the rule with that digest.

    Coordinators are to be told of it first (`told`).
    """

    __tablename__ = "retention_list"
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True)
    service: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64))
    due_on: Mapped[date]
    listed_on: Mapped[date]
    told: Mapped[bool]
    __table_args__ = (
        Index("ix_retention_list", "service", "due_on", "case_id"),
        Index("ix_retention_list_rule", "digest", "case_id"),
    )


class RetentionLineRow(Base):
    """A line of a protocol: a case that was disposed of, and how many texts and files it had. No personal data."""

    __tablename__ = "retention_line"
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True)
    run: Mapped[date]
    number: Mapped[str] = mapped_column(String(16))
    service: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64))
    approved_by: Mapped[str]
    closed_on: Mapped[date]
    at: Mapped[datetime]
    messages: Mapped[int]
    notes: Mapped[int]
    files: Mapped[int]
    __table_args__ = (Index("ix_retention_line", "run", "number"),)


class RemainingReplyRow(Base):
    """A colleague's reply in the thread of a disposed case: the bot may not delete it. Removed when it is gone."""

    __tablename__ = "remaining_reply"
    channel: Mapped[str] = mapped_column(primary_key=True)
    ts: Mapped[str] = mapped_column(primary_key=True)
    thread_ts: Mapped[str]
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    found_at: Mapped[datetime]
