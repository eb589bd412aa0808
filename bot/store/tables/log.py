"""Tables of the log: events, readings, the seal, and outcomes of requests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base, RowId


class HistoryRow(Base):
    """One event of a case. Append-only: triggers refuse all but erasing content and salt."""

    __tablename__ = "history"
    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    meta: Mapped[str]
    content: Mapped[str | None]
    salt: Mapped[str | None]
    content_hash: Mapped[str] = mapped_column(String(64))
    prev: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class SealRow(Base):
    """A single row with a code made by the log's key, so that another key is detected at the start."""

    __tablename__ = "seal"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(64))


class ReadingRow(Base):
    """A record that someone was shown, or refused, personal data. Append-only; `hash` is keyed, over all but the id.

    Only the reason may be erased; `erased` is then a keyed code over the rest and the hash.
    """

    __tablename__ = "reading"
    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    by: Mapped[str]
    case_id: Mapped[str] = mapped_column(String(32))
    part: Mapped[str]
    opening: Mapped[str]
    reason: Mapped[str | None] = mapped_column(Text)
    hash: Mapped[str | None] = mapped_column(String(64))
    erased: Mapped[str | None] = mapped_column(String(64))
    __table_args__ = (
        UniqueConstraint("by", "case_id", "part", "opening"),
        Index("ix_reading_case", "case_id", "at"),
        Index("ix_reading_at", "at"),
    )


class IdempotencyKeyRow(Base):
    """The outcome of a request, so that a repeat changes nothing and gets the same."""

    __tablename__ = "receipt"
    key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    outcome: Mapped[str]
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  (as SQLAlchemy asks for it)
