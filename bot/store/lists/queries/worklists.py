"""The cases that wait for an officer, the most urgent first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    exists,
    false,
    or_,
    select,
    true,
    union_all,
)

from bot.catalog.models import Catalog
from bot.domain.actors import Officer
from bot.domain.lists.case_query import CaseKey
from bot.domain.views import WaitReason
from bot.store.engine.database import Tx
from bot.store.lists.queries.case_lists import assigned_case_ids, is_one_of
from bot.store.lists.queries.query_order import as_text, value_text
from bot.store.log import history
from bot.store.tables import AssigneeRow, CaseRow, FlagRow, MessageRow, ReadingRow
from bot.text.working_days import add_working_days, local_day


@dataclass(frozen=True, slots=True)
class ListContext:
    """The officer whose worklists they are, the time (aware UTC), and the catalog."""

    officer: Officer
    now: datetime
    catalog: Catalog

    @property
    def today(self) -> date:
        return local_day(self.now)

    @property
    def soon(self) -> dict[date, list[str]]:
        """The last due day that counts as soon, with the keys of the officer's e-services for which it is that day."""
        days: dict[date, list[str]] = {}
        for service in filter(None, map(self.catalog.service, self.officer.access)):
            ahead = service.notices.due_soon_days
            last = add_working_days(self.today, ahead, self.catalog.closed_days)
            days.setdefault(last, []).append(service.key)
        return days


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """A case that waits for the officer, with the reasons and its place in the order of urgency."""

    id: str
    service: str
    reasons: tuple[WaitReason, ...]
    key: CaseKey


def find_waiting(tx: Tx, context: ListContext) -> list[WaitingCase]:
    """The cases that wait for the officer, the most urgent first, and among equals the one that has waited longest."""
    reasons = _reason_conditions(context)
    query = select(
        CaseRow.id,
        CaseRow.service,
        CaseRow.earliest_due_on,
        as_text(CaseRow.received_at).label("received"),
        CaseRow.number,
        *(reason.label(name) for name, reason in reasons.items()),
    )
    rows = tx.conn.execute(query.where(is_one_of(_candidate_ids(context), context.officer))).all()
    acted_in = _find_acted_in(tx, context.officer, [row.id for row in rows if row.assigned])
    found = [
        (
            tuple(
                why
                for why, holds in zip(reasons, row[-len(reasons) :], strict=True)
                if holds and (why, row.id) not in acted_in
            ),
            row,
        )
        for row in rows
    ]
    order = {why: str(place) for place, why in enumerate(reasons)}
    waiting = [
        WaitingCase(
            row.id,
            row.service,
            why,
            CaseKey(
                order[why[0]],
                f"{row.earliest_due_on or date.max} {value_text(row.received)}",
                row.number,
            ),
        )
        for why, row in found
        if why
    ]
    return sorted(waiting, key=lambda one: (one.key.segment, one.key.value, one.key.number))


def _find_acted_in(tx: Tx, officer: Officer, ids: Sequence[str]) -> set[tuple[WaitReason, str]]:
    """Those of the cases in which the officer has acted since they were assigned: they need not be opened."""
    if not ids:
        return set()
    assigned = select(AssigneeRow.case_id, AssigneeRow.since).where(
        AssigneeRow.case_id.in_(ids),
        AssigneeRow.kind == "officer",
        AssigneeRow.key.in_(officer.acting_keys),
    )
    since = {row.case_id: row.since for row in tx.conn.execute(assigned)}
    return {("assigned", one) for one in history.find_acted_in(tx, officer.ref, since)}


def _candidate_ids(context: ListContext) -> CompoundSelect[Any]:
    """The cases that may wait for the officer: their own, and those with a reminder."""
    reminded = select(FlagRow.case_id).where(
        FlagRow.officer == context.officer.key, _is_reminder_due(context)
    )
    return union_all(
        *assigned_case_ids(context.officer).selects, reminded, _closed_with_news(context.officer)
    )


_UNREAD = (
    CaseRow.from_applicant_at.is_not(None),
    or_(CaseRow.read_at.is_(None), CaseRow.read_at < CaseRow.from_applicant_at),
)
"""The condition of the partial index."""

_CLOSED_WITH_NEWS = (CaseRow.closed_at.is_not(None).is_(true()), *_UNREAD)
"""That it is closed stands as a value, so that no index of closed cases is taken for that of unread ones."""


def _closed_with_news(officer: Officer) -> Select[Any]:
    """Closed cases with unread news: the officer's, those of their groups without an officer, and unassigned ones."""
    had = select(AssigneeRow.case_id).where(AssigneeRow.case_id == CaseRow.id)
    their_own = and_(AssigneeRow.kind == "officer", AssigneeRow.key.in_(officer.acting_keys))
    their_groups = and_(AssigneeRow.kind == "group", AssigneeRow.key.in_(officer.groups))
    by_no_person = and_(CaseRow.handled == false(), or_(exists(had.where(their_groups)), ~exists(had)))
    of_theirs = CaseRow.service.in_(list(officer.access))
    return select(CaseRow.id).where(
        of_theirs, *_CLOSED_WITH_NEWS, or_(exists(had.where(their_own)), by_no_person)
    )


def _is_reminder_due(context: ListContext) -> ColumnElement[bool]:
    return or_(FlagRow.reminded_at.is_not(None), FlagRow.remind_at <= context.now)


def _reason_conditions(context: ListContext) -> dict[WaitReason, ColumnElement[bool]]:
    """The condition on rows of `case` for each reason, the most urgent first."""
    open_, unanswered = CaseRow.closed_at.is_(None), _is_unanswered(context.officer)
    return {
        "closed": and_(CaseRow.closed_at.is_not(None), unanswered, *_CLOSED_WITH_NEWS),
        "message": and_(open_, unanswered, CaseRow.from_applicant == "message"),
        "added": and_(open_, unanswered, CaseRow.from_applicant == "added"),
        "reminder": exists().where(
            FlagRow.case_id == CaseRow.id, FlagRow.officer == context.officer.key, _is_reminder_due(context)
        ),
        "overdue": and_(open_, CaseRow.earliest_due_on < context.today),
        "delay": and_(open_, CaseRow.decide_by.is_not(None), CaseRow.delay_message == ""),
        "noanswer": and_(open_, CaseRow.answer_by < context.today),
        "soon": and_(open_, CaseRow.earliest_due_on >= context.today, _is_due_soon(context)),
        "assigned": _is_newly_assigned(context.officer),
    }


def _is_due_soon(context: ListContext) -> ColumnElement[bool]:
    """The condition that the earliest due day is within its e-service's working days for soon."""
    near = (
        and_(CaseRow.service.in_(keys), CaseRow.earliest_due_on <= last)
        for last, keys in context.soon.items()
    )
    return or_(false(), *near)


def _is_unanswered(officer: Officer) -> ColumnElement[bool]:
    """The condition that the applicant has written something that the officer has not read and nobody has answered."""
    read = exists().where(
        ReadingRow.by == officer.ref,
        ReadingRow.case_id == CaseRow.id,
        ReadingRow.part == "messages",
        ReadingRow.at >= CaseRow.from_applicant_at,
    )
    answered = _messages_from_officer(MessageRow.at > CaseRow.from_applicant_at)
    return and_(CaseRow.from_applicant_at.is_not(None), ~read, ~exists(answered))


def _messages_from_officer(*conditions: ColumnElement[bool]) -> Select[Any]:
    is_standing = and_(MessageRow.by != "applicant", MessageRow.undone_at.is_(None))
    return select(MessageRow.id).where(MessageRow.case_id == CaseRow.id, is_standing, *conditions)


def _is_newly_assigned(officer: Officer) -> ColumnElement[bool]:
    """The condition that someone else assigned the case to the officer, who has not opened it since."""
    opened = exists().where(
        ReadingRow.by == officer.ref,
        ReadingRow.case_id == AssigneeRow.case_id,
        ReadingRow.at >= AssigneeRow.since,
    )
    return exists().where(
        AssigneeRow.case_id == CaseRow.id,
        AssigneeRow.kind == "officer",
        AssigneeRow.key.in_(officer.acting_keys),
        AssigneeRow.open == true(),
        AssigneeRow.by != officer.ref,
        ~opened,
    )
