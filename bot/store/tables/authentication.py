"""Tables of authentication on the pages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base


class SignInRow(Base):
    """A requested one-time code. The code itself is derived, never stored.

    `email` is where it is sent for an application, whose address no case has yet; emptied when it is used.
    """

    __tablename__ = "sign_in"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    mailbox: Mapped[str] = mapped_column(String(64), index=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
    email: Mapped[str | None]


class SessionRow(Base):
    """A session: an applicant's by mailbox, an officer's by key. The id is the hash of the cookie."""

    __tablename__ = "session"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(9))
    who: Mapped[str]
    at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)


class LoginTokenRow(Base):
    """A login link, which works once, within a minute, for one officer. The id is the token's hash.

    `case_id` is empty where the link leads to the overview.
    """

    __tablename__ = "door"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    officer: Mapped[str]
    case_id: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
