"""Sessions of signed-in browsers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, insert, or_, select, update

from bot.store.engine.database import Tx
from bot.store.tables import SessionRow

SESSION_IDLE_TIMEOUT = timedelta(minutes=30)
SESSION_TOUCH_INTERVAL = timedelta(minutes=1)
"""How often the last use of a session is saved, so that most page views need no commit.

A session may therefore end that much before the idle timeout, never after it.
"""
SESSION_MAX_AGE = timedelta(hours=12)
"""How long a session lasts at most, in use or not: one working day."""

SessionKind = Literal["applicant", "officer"]


def create_session(tx: Tx, token_hash: str, kind: SessionKind, who: str, now: datetime) -> None:
    """Save a session for a browser; `who` is a mailbox's key or an officer's key."""
    tx.conn.execute(insert(SessionRow).values(id=token_hash, kind=kind, who=who, at=now, seen_at=now))


def find_session(tx: Tx, token_hash: str, kind: SessionKind, now: datetime) -> tuple[str, datetime] | None:
    """Whose session it is, and when its last use was saved.

    None where it has been idle for 30 minutes or began 12 hours ago.
    """
    row = tx.conn.execute(
        select(SessionRow.who, SessionRow.seen_at).where(
            SessionRow.id == token_hash,
            SessionRow.kind == kind,
            SessionRow.seen_at > now - SESSION_IDLE_TIMEOUT,
            SessionRow.at > now - SESSION_MAX_AGE,
        )
    ).first()
    return (row.who, row.seen_at) if row else None


def touch_session(tx: Tx, token_hash: str, now: datetime) -> None:
    """Save that the session is used now."""
    tx.conn.execute(update(SessionRow).where(SessionRow.id == token_hash).values(seen_at=now))


def delete_session(tx: Tx, token_hash: str) -> None:
    """End the session."""
    tx.conn.execute(delete(SessionRow).where(SessionRow.id == token_hash))


def sweep(tx: Tx, now: datetime) -> None:
    """Delete expired sessions."""
    is_over = or_(SessionRow.seen_at < now - SESSION_IDLE_TIMEOUT, SessionRow.at < now - SESSION_MAX_AGE)
    tx.conn.execute(delete(SessionRow).where(is_over))
