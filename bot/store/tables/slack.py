"""Where cases are in Slack, and who is who there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base


class CardRow(Base):
    """Where a case's card is in Slack."""

    __tablename__ = "card"
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True)
    channel: Mapped[str]
    ts: Mapped[str]
    thread_opened: Mapped[bool] = mapped_column(default=False)


class ThreadRow(Base):
    """A thread under a case's card. Those under cards that are gone stay, for people go on writing in them."""

    __tablename__ = "thread"
    channel: Mapped[str] = mapped_column(primary_key=True)
    ts: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    touched_at: Mapped[datetime] = mapped_column(index=True)


class SlackFileToDeleteRow(Base):
    """A file that nothing here is of any longer, and that has not been seen to leave Slack yet."""

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
