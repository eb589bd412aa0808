"""Tables of the figures. They name no case and no person, and are made anew from the log where they are lost."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base, RowId


class FigureRow(Base):
    """How many of that kind there were in the e-service on that day; of durations, within one group (`minutes`)."""

    __tablename__ = "figure"
    service: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    minutes: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  (as SQLAlchemy asks for it)


class FigureStateRow(Base):
    """A single row: up to which event the log has been counted, and by which rules (`version`).

    `hash` is that event's. While they are counted from the beginning, `counted_case` is the last case that is in them.
    """

    __tablename__ = "figure_state"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
    event: Mapped[int] = mapped_column(RowId)
    hash: Mapped[str] = mapped_column(String(64))
    counted_case: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime]
