"""Officers' absences, of which those that have ended are kept."""

from __future__ import annotations

from datetime import date, datetime

import structlog
from sqlalchemy import Row, bindparam, insert, select, update

from bot.domain.absence import Absence
from bot.domain.substitutes import Absences
from bot.store.engine.database import Tx
from bot.store.tables import AbsenceRow
from bot.text.working_days import local_day

log = structlog.get_logger()

# Built once: the first is read with each request.
_ON_DAY = select(AbsenceRow.officer, AbsenceRow.substitute).where(
    AbsenceRow.last_day >= bindparam("day"),
    AbsenceRow.first_day <= bindparam("day"),
    AbsenceRow.ended_at.is_(None),
)
_COMING = select(AbsenceRow.__table__).where(
    AbsenceRow.last_day >= bindparam("day"), AbsenceRow.ended_at.is_(None)
)
_LATEST_SUBSTITUTE = (
    select(AbsenceRow.substitute)
    .where(AbsenceRow.officer == bindparam("officer"), AbsenceRow.substitute != "")
    .order_by(AbsenceRow.id.desc())
    .limit(1)
)


def load_absences(tx: Tx, day: date) -> Absences:
    """Who is absent on that day."""
    return Absences({row.officer: row.substitute for row in tx.conn.execute(_ON_DAY, {"day": day})})


def find_absence(tx: Tx, officer: str, today: date) -> Absence | None:
    """The officer's absence that is under way or is to come."""
    return next(iter(list_absences(tx, officer, today)), None)


def list_absences(tx: Tx, officer: str, today: date) -> list[Absence]:
    """The officer's absences that are not over."""
    rows = tx.conn.execute(_COMING.where(AbsenceRow.officer == officer), {"day": today})
    return [_absence(row) for row in rows]


def list_coming(tx: Tx, today: date) -> list[Absence]:
    """All absences that are not over, the first to begin first."""
    rows = tx.conn.execute(_COMING.order_by(AbsenceRow.first_day, AbsenceRow.id), {"day": today})
    return [_absence(row) for row in rows]


def _absence(row: Row[tuple[object, ...]]) -> Absence:
    return Absence(row.officer, row.first_day, row.last_day, row.substitute)


def find_latest_substitute(tx: Tx, officer: str) -> str:
    """Who stood in for the officer the last time; empty where nobody did."""
    return tx.conn.execute(_LATEST_SUBSTITUTE, {"officer": officer}).scalar() or ""


def save(tx: Tx, absence: Absence, by: str, now: datetime) -> None:
    """Store the absence in place of the officer's others that are not over; `by` is a reference to who set it."""
    end(tx, absence.officer, by, now)
    row = {
        "officer": absence.officer,
        "first_day": absence.first,
        "last_day": absence.last,
        "substitute": absence.substitute,
        "set_by": by,
        "set_at": now,
    }
    tx.conn.execute(insert(AbsenceRow), row)
    days = {"first": absence.first.isoformat(), "last": absence.last.isoformat()}
    log.info("absence_set", officer=absence.officer, substitute=absence.substitute, by=by, **days)


def end(tx: Tx, officer: str, by: str, now: datetime) -> None:
    """End the officer's absences that are under way or to come."""
    ended = tx.conn.execute(
        update(AbsenceRow)
        .where(
            AbsenceRow.officer == officer,
            AbsenceRow.ended_at.is_(None),
            AbsenceRow.last_day >= local_day(now),
        )
        .values(ended_at=now)
    )
    if ended.rowcount:
        log.info("absence_ended", officer=officer, by=by)
