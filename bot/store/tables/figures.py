"""Tables of the figures. They name no case and no person, and are made anew from the log where they are lost."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, Index, LargeBinary, String, text
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


class FigureSumRow(Base):
    """The figures of an e-service in a whole month or week, added up so that a page need not read each day's.

    `sums` (see `store/figures/packing.py`) is None where something has been counted in the interval since; then they
    are to be made anew when it is over, and until then its days are read.
    """

    __tablename__ = "figure_sum"
    unit: Mapped[str] = mapped_column(String(5), primary_key=True)
    first: Mapped[date] = mapped_column(Date, primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    sums: Mapped[bytes | None] = mapped_column(LargeBinary)
    __table_args__ = (
        Index(
            "ix_figure_sum_missing",
            "unit",
            "first",
            sqlite_where=text("sums IS NULL"),
            postgresql_where=text("sums IS NULL"),
        ),
        {"sqlite_with_rowid": False},
    )


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
