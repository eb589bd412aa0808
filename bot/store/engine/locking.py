"""Locks of cases."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, select

from bot.store.engine.database import Tx
from bot.store.tables import CaseRow

_LOCK = select(CaseRow.id).where(CaseRow.id == bindparam("wanted")).with_for_update()
_LOCK_ALL = (
    select(CaseRow.id)
    .where(CaseRow.id.in_(bindparam("wanted", expanding=True)))
    .order_by(CaseRow.id)
    .with_for_update()
)


def lock_case(tx: Tx, case_id: str) -> None:
    """Lock the case and its deliveries against other writers until this transaction ends.

    To be taken before any row of the outbox, as every change of a case does: otherwise deadlocks are possible.
    """
    if tx.locks_rows and case_id not in tx.locked:
        tx.conn.execute(_LOCK, {"wanted": case_id})
        tx.locked.add(case_id)


def lock_cases(tx: Tx, case_ids: Iterable[str]) -> None:
    """Lock several cases, always in the order of their ids, so that two transactions cannot deadlock."""
    unlocked = sorted(set(case_ids) - tx.locked)
    if tx.locks_rows and unlocked:
        tx.conn.execute(_LOCK_ALL, {"wanted": unlocked}).all()
        tx.locked.update(unlocked)
