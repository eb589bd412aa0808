"""Tables of cards, threads, files and accounts in Slack."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base


class CardRow(Base):
    """The place of a case's card in Slack, and of the first line in its thread, once that is posted.

    `opening_use` is how that line says that replies are used.
    """

    __tablename__ = "card"
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True)
    channel: Mapped[str]
    ts: Mapped[str]
    thread_opened: Mapped[bool] = mapped_column(default=False)
    opening_ts: Mapped[str] = mapped_column(default="")
    opening_use: Mapped[str] = mapped_column(String(10), default="")


class ThreadRow(Base):
    """A thread of a case's card. Those of deleted cards are retained, since people can still write in them."""

    __tablename__ = "thread"
    channel: Mapped[str] = mapped_column(primary_key=True)
    ts: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    touched_at: Mapped[datetime] = mapped_column(index=True)


class SlackFileToDeleteRow(Base):
    """A file of Slack's that is no longer used here, and not known to be deleted there yet."""

    __tablename__ = "left_file"
    slack_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class SlackAccountRow(Base):
    """A Slack account bound to an officer."""

    __tablename__ = "account"
    team: Mapped[str] = mapped_column(String(32), primary_key=True)
    user: Mapped[str] = mapped_column(String(32), primary_key=True)
    officer: Mapped[str] = mapped_column(index=True)
    bound_at: Mapped[datetime]
