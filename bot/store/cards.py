"""Where cards are in Slack."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, update

from bot.store.database import Tx
from bot.store.tables import CardRow, ThreadRow


def placed(tx: Tx, case_id: str, place: tuple[str, str], at: datetime) -> None:
    """The case's card is at that place (channel, ts) now."""
    channel, ts = place
    tx.conn.execute(delete(CardRow).where(CardRow.case_id == case_id))
    tx.conn.execute(insert(CardRow).values(case_id=case_id, channel=channel, ts=ts, thread_opened=False))
    if not touched(tx, channel, ts, at):
        tx.conn.execute(insert(ThreadRow).values(channel=channel, ts=ts, case_id=case_id, touched_at=at))


def touched(tx: Tx, channel: str, ts: str, at: datetime) -> bool:
    """Something has happened in the thread. False where that is no card's."""
    of_it = ThreadRow.channel == channel, ThreadRow.ts == ts
    return tx.conn.execute(update(ThreadRow).where(*of_it).values(touched_at=at)).rowcount == 1


def lost(tx: Tx, case_id: str) -> None:
    """The card's message is gone from Slack."""
    tx.conn.execute(delete(CardRow).where(CardRow.case_id == case_id))


def thread_opened(tx: Tx, case_id: str) -> None:
    """The card's thread has its first line."""
    tx.conn.execute(update(CardRow).where(CardRow.case_id == case_id).values(thread_opened=True))
