"""The locks of cases."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, select

from bot.store.engine.database import Tx
from bot.store.tables import CaseRow

_LOCK = select(CaseRow.id).where(CaseRow.id == bindparam("wanted")).with_for_update()


def lock_case(tx: Tx, case_id: str) -> None:
    """Nobody else changes the case, or what is to be told of it, until this transaction ends.

    Take it before any row of the outbox, as whoever changes a case does: else two may wait for each other.
    """
    if tx.locks_rows and case_id not in tx.locked:
        tx.conn.execute(_LOCK, {"wanted": case_id})
        tx.locked.add(case_id)


def lock_cases(tx: Tx, case_ids: Iterable[str]) -> None:
    """The same of several, in an order that all keep: whoever locks several waits for nobody who waits for them."""
    for case_id in sorted(set(case_ids)):
        lock_case(tx, case_id)
