"""What there is to say of an e-service in the morning, and messages of applicants that nobody has read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import false, func, or_, select

from bot.store.engine.database import Tx
from bot.store.tables import CaseRow, MessageRow
from bot.store.visibility import IS_PRESENT


@dataclass(frozen=True, slots=True)
class MorningCounts:
    """How many open cases are new, have been unassigned for too long, and are overdue."""

    new: int = 0
    unassigned: int = 0
    overdue: int = 0

    def __add__(self, other: MorningCounts) -> MorningCounts:
        return MorningCounts(
            self.new + other.new, self.unassigned + other.unassigned, self.overdue + other.overdue
        )

    def __bool__(self) -> bool:
        return bool(self.new or self.unassigned or self.overdue)


def count_for_morning(
    tx: Tx, service: str, *, new_since: datetime, unassigned_before: datetime, today: date
) -> MorningCounts:
    """The counts of one e-service."""
    is_open = CaseRow.service == service, CaseRow.closed_at.is_(None), CaseRow.number != "", IS_PRESENT
    new = select(func.count()).where(*is_open, CaseRow.received_at >= new_since)
    overdue = select(func.count()).where(*is_open, CaseRow.earliest_due_on < today)
    return MorningCounts(
        tx.conn.execute(new).scalar_one(),
        count_unassigned(tx, service, unassigned_before),
        tx.conn.execute(overdue).scalar_one(),
    )


def count_unassigned(tx: Tx, service: str, received_before: datetime) -> int:
    """How many open cases of the e-service no officer has, of those received before that."""
    query = select(func.count()).where(
        CaseRow.service == service,
        CaseRow.closed_at.is_(None),
        CaseRow.handled == false(),
        CaseRow.received_at < received_before,
        IS_PRESENT,
    )
    return tx.conn.execute(query).scalar_one()


def find_unread_unassigned(
    tx: Tx, services: Collection[str], first: datetime, last: datetime
) -> list[tuple[str, datetime]]:
    """Open cases that no officer has and whose applicant wrote in that time, unread since: their ids, and when.

    Of several messages the newest of that time: one that came after it does not make the first wait longer.
    """
    written_at = (
        select(func.max(MessageRow.at))
        .where(
            MessageRow.case_id == CaseRow.id,
            MessageRow.by == "applicant",
            MessageRow.at.between(first, last),
            or_(CaseRow.read_at.is_(None), MessageRow.at > CaseRow.read_at),
        )
        .correlate(CaseRow)
        .scalar_subquery()
    )
    is_unread = (
        CaseRow.from_applicant_at.is_not(None),
        or_(CaseRow.read_at.is_(None), CaseRow.read_at < CaseRow.from_applicant_at),
    )
    query = select(CaseRow.id, written_at.label("written_at")).where(
        CaseRow.service.in_(services),
        *is_unread,
        CaseRow.closed_at.is_(None),
        CaseRow.handled == false(),
        CaseRow.from_applicant_at >= first,
        IS_PRESENT,
    )
    rows = tx.conn.execute(query).all()
    return [(row.id, row.written_at) for row in rows if row.written_at is not None]
