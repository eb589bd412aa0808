"""The lock of a case."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from bot.store.database import Tx
from bot.store.tables import CaseRow

_LOCK = select(CaseRow.id).where(CaseRow.id == bindparam("of")).with_for_update()


def lock_case(tx: Tx, case_id: str) -> None:
    """Nobody else changes the case, or what is to be told of it, until this transaction ends.

    Take it before any row of the outbox, as whoever changes a case does: else two may wait for each other.
    """
    if tx.locks_rows and case_id not in tx.locked:
        tx.conn.execute(_LOCK, {"of": case_id})
        tx.locked.add(case_id)
