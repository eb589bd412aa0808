"""Tables of officers' own data."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base


class FlagRow(Base):
    """An officer's own flag on a case, with a note; invisible to others, and no part of the case.

    `remind_at` is when they are to be reminded; `reminded_at` when they were, until they have dealt with it.
    """

    __tablename__ = "flag"
    officer: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True, index=True)
    note: Mapped[str]
    remind_at: Mapped[datetime | None] = mapped_column(index=True)
    reminded_at: Mapped[datetime | None]
    at: Mapped[datetime]


class PreferenceRow(Base):
    """An officer's preferences. `muted` are the private notices that are turned off, as JSON.

    `start_view` is the saved view that App Home starts with, in place of the list `start`; empty without one.
    """

    __tablename__ = "preference"
    officer: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(2))
    muted: Mapped[str]
    start: Mapped[str] = mapped_column(String(10))
    start_view: Mapped[str] = mapped_column(String(32), server_default="")


class HomePositionRow(Base):
    """An officer's last position in App Home."""

    __tablename__ = "home"
    officer: Mapped[str] = mapped_column(primary_key=True)
    tab: Mapped[str] = mapped_column(String(10))
    page: Mapped[int]


class DraftRow(Base):
    """A draft of a form; deleted when sent, cancelled, or after 24 hours."""

    __tablename__ = "draft"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    officer: Mapped[str]
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    form: Mapped[str]
    body: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    __table_args__ = (UniqueConstraint("officer", "case_id", "form"),)


class OpenListRow(Base):
    """A list that an officer has open: its query, where its pages begin, and the cases ticked in it.

    `page_keys` and `ticked` are JSON.
    """

    __tablename__ = "open_list"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    officer: Mapped[str]
    tab: Mapped[str] = mapped_column(String(10))
    query: Mapped[str]
    page_size: Mapped[int]
    page_keys: Mapped[str]
    ticked: Mapped[str]
    all_ticked: Mapped[bool]
    at: Mapped[datetime] = mapped_column(index=True)
