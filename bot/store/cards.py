"""Where cards are in Slack."""

from __future__ import annotations

from sqlalchemy import delete, insert, update

from bot.store.database import Tx
from bot.store.tables import CardRow


def placed(tx: Tx, case_id: str, channel: str, ts: str) -> None:
    """The case's card is at that place now."""
    tx.conn.execute(delete(CardRow).where(CardRow.case_id == case_id))
    tx.conn.execute(insert(CardRow).values(case_id=case_id, channel=channel, ts=ts, thread_opened=False))


def lost(tx: Tx, case_id: str) -> None:
    """The card's message is gone from Slack."""
    tx.conn.execute(delete(CardRow).where(CardRow.case_id == case_id))


def thread_opened(tx: Tx, case_id: str) -> None:
    """The card's thread has its first line."""
    tx.conn.execute(update(CardRow).where(CardRow.case_id == case_id).values(thread_opened=True))
