"""Officers' own flags. They are no part of the case or its log, and nobody sees another's."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from bot.domain.actors import Officer
from bot.domain.flags import Flag
from bot.domain.notices import OfficerTold
from bot.store.cases import system_queries
from bot.store.cases.officer_queries import case_view
from bot.store.engine.database import Tx
from bot.store.engine.locking import lock_cases
from bot.store.outbox import deliveries
from bot.store.tables import FlagRow

IN_ONE_GO = 25
"""Reminders told in one transaction, so that a press need not wait for many."""


def keep(tx: Tx, officer: Officer, flag: Flag, at: datetime) -> bool:
    """Flag the case, in place of the officer's earlier flag. False for a case they may not see."""
    if case_view(tx, officer, flag.case_id, ()) is None:
        return False
    drop(tx, officer.key, flag.case_id)
    tx.conn.execute(
        insert(FlagRow).values(
            officer=officer.key, case_id=flag.case_id, note=flag.note, remind_at=flag.remind_at, at=at
        )
    )
    return True


def drop(tx: Tx, officer: str, case_id: str) -> bool:
    """Take the flag away, with its note. False where there was none."""
    gone = tx.conn.execute(delete(FlagRow).where(FlagRow.officer == officer, FlagRow.case_id == case_id))
    return gone.rowcount == 1


def of_case(tx: Tx, officer: str, case_id: str) -> Flag | None:
    """The officer's flag on the case."""
    row = tx.conn.execute(
        select(FlagRow.__table__).where(FlagRow.officer == officer, FlagRow.case_id == case_id)
    ).first()
    return Flag(case_id, row.note, row.remind_at) if row is not None else None


def remind_again(tx: Tx, officer: Officer, case_id: str, at: datetime) -> Flag | None:
    """Put the reminder off until then; None where there is no flag, or the case may no longer be seen."""
    flag = of_case(tx, officer.key, case_id)
    if flag is None or case_view(tx, officer, case_id, ()) is None:
        return None
    _remember(tx, (officer.key, case_id), remind_at=at, reminded_at=None)
    return replace(flag, remind_at=at)


def tell_due(tx: Tx, now: datetime) -> int:
    """Enqueue the reminders that are due, the oldest IN_ONE_GO, and remember when they were told. Returns how many."""
    rows = tx.conn.execute(
        select(FlagRow.officer, FlagRow.case_id)
        .where(FlagRow.remind_at <= now)
        .order_by(FlagRow.remind_at)
        .limit(IN_ONE_GO)
    ).all()
    lock_cases(tx, (row.case_id for row in rows))
    for row in rows:
        case = system_queries.case(tx, row.case_id)
        if case is not None:
            deliveries.enqueue(tx, case, [(case.seq, OfficerTold(row.officer, "reminder"))], now)
        _remember(tx, (row.officer, row.case_id), remind_at=None, reminded_at=now)
    return len(rows)


def _remember(tx: Tx, of: tuple[str, str], **times: datetime | None) -> None:
    officer, case_id = of
    flag = update(FlagRow).where(FlagRow.officer == officer, FlagRow.case_id == case_id)
    tx.conn.execute(flag.values(**times))
