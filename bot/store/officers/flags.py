"""Officers' own flags: not part of the case or its log, and invisible to others."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from bot.domain.actors import Officer
from bot.domain.flags import Flag
from bot.domain.notices import OfficerNotice
from bot.domain.rules import DisposedOf
from bot.store.cases import system_queries
from bot.store.cases.officer_queries import load_case_view
from bot.store.engine.database import Tx
from bot.store.engine.locking import lock_cases
from bot.store.outbox import deliveries
from bot.store.tables import CaseRow, FlagRow
from bot.store.visibility import IS_PRESENT

BATCH_SIZE = 25
"""Reminders enqueued in one transaction, so that other writes need not wait long."""


def save(tx: Tx, officer: Officer, flag: Flag, at: datetime) -> bool:
    """Flag the case, in place of the officer's earlier flag. False for a case they may not see.

    Raises DisposedOf: whatever were written then would remain for good.
    """
    lock_cases(tx, [flag.case_id])
    view = load_case_view(tx, officer, flag.case_id, ())
    if view is None:
        return False
    if view.case.disposed_at is not None:
        raise DisposedOf(number=view.case.number, at=view.case.disposed_at)
    remove(tx, officer.key, flag.case_id)
    tx.conn.execute(
        insert(FlagRow).values(
            officer=officer.key, case_id=flag.case_id, note=flag.note, remind_at=flag.remind_at, at=at
        )
    )
    return True


def remove(tx: Tx, officer: str, case_id: str) -> bool:
    """Delete the flag with its note. False where there was none."""
    deleted = tx.conn.execute(delete(FlagRow).where(FlagRow.officer == officer, FlagRow.case_id == case_id))
    return deleted.rowcount == 1


def find_for_case(tx: Tx, officer: str, case_id: str) -> Flag | None:
    """The officer's flag on the case."""
    row = tx.conn.execute(
        select(FlagRow.__table__).where(FlagRow.officer == officer, FlagRow.case_id == case_id)
    ).first()
    return Flag(case_id, row.note, row.remind_at) if row is not None else None


def postpone_reminder(tx: Tx, officer: Officer, case_id: str, at: datetime) -> Flag | None:
    """Move the reminder to `at`. None where there is no flag, or the officer may no longer see the case."""
    flag = find_for_case(tx, officer.key, case_id)
    if flag is None or load_case_view(tx, officer, case_id, ()) is None:
        return None
    _set_times(tx, (officer.key, case_id), remind_at=at, reminded_at=None)
    return replace(flag, remind_at=at)


def end_reminder(tx: Tx, officer: Officer, case_id: str) -> bool:
    """Save that the officer has dealt with the reminder; the flag remains. False where there is no flag."""
    if find_for_case(tx, officer.key, case_id) is None:
        return False
    _set_times(tx, (officer.key, case_id), remind_at=None, reminded_at=None)
    return True


def enqueue_due_reminders(tx: Tx, now: datetime) -> int:
    """Enqueue the BATCH_SIZE oldest due reminders, and save when. Returns how many there were.

    Those of deleted cases wait until the case is restored.
    """
    rows = tx.conn.execute(
        select(FlagRow.officer, FlagRow.case_id)
        .join(CaseRow, CaseRow.id == FlagRow.case_id)
        .where(FlagRow.remind_at <= now, IS_PRESENT)
        .order_by(FlagRow.remind_at)
        .limit(BATCH_SIZE)
    ).all()
    lock_cases(tx, (row.case_id for row in rows))
    for row in rows:
        case = system_queries.load_case(tx, row.case_id)
        if case is not None:
            deliveries.enqueue(tx, case, [(case.seq, OfficerNotice(row.officer, "reminder"))], now)
        _set_times(tx, (row.officer, row.case_id), remind_at=None, reminded_at=now)
    return len(rows)


def _set_times(tx: Tx, key: tuple[str, str], **times: datetime | None) -> None:
    officer, case_id = key
    flag = update(FlagRow).where(FlagRow.officer == officer, FlagRow.case_id == case_id)
    tx.conn.execute(flag.values(**times))
