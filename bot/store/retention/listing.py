"""The list of cases that are to be disposed of, which coordinators get fourteen days ahead."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, or_, select, update

from bot.catalog.services import EService
from bot.domain.retention import NOTICE_DAYS, due_day, last_closing_day, rule_digest
from bot.domain.retention_plan import CaseToDispose
from bot.store.engine.database import Tx
from bot.store.tables import CASE, CaseRow, RetentionListRow
from bot.text.words import STOCKHOLM

PAGE_SIZE = 500
"""Cases that are listed in one transaction."""

Position = tuple[datetime, str]
"""Where a page of cases ended: (closed_at, id)."""

_HOLD = CaseRow.__table__.c.hold_until


def list_page(tx: Tx, service: EService, today: date, after: Position | None) -> Position | None:
    """List a page of the e-service's cases whose time comes within fourteen days, the first closed first.

    None where it was the last. A case is listed anew where it was closed anew, or the rule has changed.
    """
    last_day = last_closing_day(service.retention, today + timedelta(days=NOTICE_DAYS))
    if last_day is None:
        return None
    before = datetime.combine(last_day + timedelta(days=1), time.min, STOCKHOLM)
    digest = rule_digest(service.key, service.retention)
    to_dispose = _to_dispose(today).where(CaseRow.service == service.key, CaseRow.closed_at < before)
    rows = tx.conn.execute(to_dispose if after is None else to_dispose.where(_is_after(after))).all()
    new = []
    for row in rows:
        due = due_day(service.retention, row.closed_at)
        assert due is not None
        if row.digest != digest or row.due_on < due:
            new.append((row.id, max(due, today + timedelta(days=NOTICE_DAYS))))
    _save(tx, service.key, digest, today, new)
    return (rows[-1].closed_at, rows[-1].id) if len(rows) == PAGE_SIZE else None


def _to_dispose(today: date) -> Select[Any, Any, Any, Any]:
    """A page of closed cases that nothing keeps, the first closed first, each with its place on the list."""
    return (
        select(CaseRow.id, CaseRow.closed_at, RetentionListRow.digest, RetentionListRow.due_on)
        .outerjoin(RetentionListRow, RetentionListRow.case_id == CaseRow.id)
        .where(*_may_be_disposed_of(today))
        .order_by(CaseRow.closed_at, CaseRow.id)
        .limit(PAGE_SIZE)
    )


def _may_be_disposed_of(today: date) -> tuple[ColumnElement[bool], ...]:
    """The conditions on closed cases with content that are not deleted, and that no hold keeps on that day."""
    return (
        CaseRow.closed_at.is_not(None),
        CaseRow.disposed_at.is_(None),
        CASE.deleted_at.is_(None),
        or_(_HOLD.is_(None), today > _HOLD),
    )


def _is_after(position: Position) -> ColumnElement[bool]:
    closed_at, case_id = position
    is_later = and_(CaseRow.closed_at == closed_at, CaseRow.id > case_id)
    return and_(CaseRow.closed_at >= closed_at, or_(CaseRow.closed_at > closed_at, is_later))


def _save(tx: Tx, service: str, digest: str, today: date, new: Sequence[tuple[str, date]]) -> None:
    if not new:
        return
    remove(tx, [case_id for case_id, _ in new])
    common = {"service": service, "digest": digest, "listed_on": today, "told": False}
    rows = [{"case_id": case_id, "due_on": due_on, **common} for case_id, due_on in new]
    tx.conn.execute(insert(RetentionListRow), rows)


def remove(tx: Tx, case_ids: Collection[str]) -> None:
    """Take cases off the list."""
    tx.conn.execute(delete(RetentionListRow).where(RetentionListRow.case_id.in_(list(case_ids))))


def remove_outdated(tx: Tx, service: str, digest: str, today: date) -> None:
    """Take off the list what the e-service's rule does not hold for: `digest` is that of the rule, or empty."""
    is_due = select(CaseRow.id).where(
        CaseRow.id == RetentionListRow.case_id,
        CaseRow.service == service,
        *_may_be_disposed_of(today),
    )
    is_outdated = or_(RetentionListRow.digest != digest, ~is_due.exists())
    tx.conn.execute(delete(RetentionListRow).where(RetentionListRow.service == service, is_outdated))


def remove_of_others(tx: Tx, services: Collection[str]) -> None:
    """Take off the list the cases of e-services that are not among these."""
    tx.conn.execute(delete(RetentionListRow).where(RetentionListRow.service.not_in(list(services))))


def mark_announced(tx: Tx, service: str) -> tuple[int, date] | None:
    """Mark the cases that coordinators have not been told of. Returns how many, and the first day; None for none."""
    is_new = RetentionListRow.service == service, RetentionListRow.told.is_(False)
    count, first = tx.conn.execute(
        select(func.count(), func.min(RetentionListRow.due_on)).where(*is_new)
    ).one()
    if not count:
        return None
    tx.conn.execute(update(RetentionListRow).where(*is_new).values(told=True))
    return count, first


def find_due(tx: Tx, digest: str, today: date, limit: int, after: str) -> list[str]:
    """At most `limit` cases of the rule whose day has come, with ids after that one, in the order of their ids."""
    query = select(RetentionListRow.case_id).where(
        RetentionListRow.digest == digest,
        RetentionListRow.told.is_(True),
        RetentionListRow.due_on <= today,
        RetentionListRow.case_id > after,
    )
    return list(tx.conn.execute(query.order_by(RetentionListRow.case_id).limit(limit)).scalars())


def load_list(tx: Tx, service: str, limit: int, after: str = "") -> list[CaseToDispose]:
    """At most `limit` cases of the e-service's list with numbers after that one, in the order of their numbers."""
    query = (
        select(CaseRow.id, CaseRow.number, CaseRow.closed_at, RetentionListRow.due_on)
        .join(CaseRow, CaseRow.id == RetentionListRow.case_id)
        .where(RetentionListRow.service == service, CaseRow.closed_at.is_not(None), CaseRow.number > after)
        .order_by(CaseRow.number)
        .limit(limit)
    )
    return [CaseToDispose(row.id, row.number, row.closed_at, row.due_on) for row in tx.conn.execute(query)]
