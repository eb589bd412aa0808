"""The cases that wait for an officer, the most urgent first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, get_args

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    Select,
    and_,
    exists,
    false,
    func,
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
from bot.store.log.readings import UNSEEN_PARTS
from bot.store.tables import CASE, AssigneeRow, CaseRow, FlagRow, MessageRow, ReadingRow
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
    rows = _load_candidates(tx, context)
    since = {row.id: row.assigned_at for row in rows if row.assigned_at is not None}
    # What the officer has acted in since it was assigned need not be opened.
    acted_in = history.find_acted_in(tx, context.officer.ref, since) if since else set()
    soon = {service: last for last, services in context.soon.items() for service in services}
    today = context.today  # made once: there may be hundreds of rows
    found = (_to_waiting(row, today, soon, has_acted=row.id in acted_in) for row in rows)
    waiting = [one for one in found if one is not None]
    return sorted(waiting, key=lambda one: (one.key.segment, one.key.value, one.key.number))


class _Candidate(NamedTuple):
    """What tells of a case whether it waits for the officer. `received_at` is as it is stored.

    `assigned_at` is when someone else assigned it to the officer, who has not opened it since; None otherwise.
    """

    id: str
    service: str
    number: str
    received_at: Any
    is_open: bool
    earliest_due_on: date | None
    is_delayed: bool
    is_requested: bool
    answer_by: date | None
    from_applicant: str
    is_unanswered: bool
    is_unread: bool
    has_reminder: bool
    assigned_at: datetime | None


def _load_candidates(tx: Tx, context: ListContext) -> list[_Candidate]:
    """The cases that may wait. Days are compared in Python: as conditions they took longer to put together."""
    officer = context.officer
    query = select(
        CASE.id,
        CASE.service,
        CASE.number,
        as_text(CASE.received_at),
        CASE.closed_at.is_(None),
        CASE.earliest_due_on,
        and_(CASE.decide_by.is_not(None), CASE.delay_message == ""),
        and_(CASE.decision_requested_at.is_not(None), CASE.decision_refusal == ""),
        CASE.answer_by,
        CASE.from_applicant,
        _is_unanswered(officer),
        and_(*_UNREAD),
        _has_reminder(context),
        _newly_assigned_at(officer),
    )
    rows = tx.conn.execute(query.where(is_one_of(_candidate_ids(context), officer))).all()
    return [_Candidate(*row) for row in rows]


def _to_waiting(
    one: _Candidate, today: date, soon: Mapping[str, date], *, has_acted: bool
) -> WaitingCase | None:
    """The case with its reasons; None where there is none."""
    why: list[WaitReason] = []
    if not one.is_open and one.is_unanswered and one.is_unread:
        why.append("closed")
    elif one.is_open and one.is_unanswered and one.from_applicant:
        why.append("message" if one.from_applicant == "message" else "added")
    if one.has_reminder:
        why.append("reminder")
    why += _reasons_of_open(one, today, soon.get(one.service)) if one.is_open else []
    if one.assigned_at is not None and not has_acted:
        why.append("assigned")
    if not why:
        return None
    value = f"{one.earliest_due_on or date.max} {value_text(one.received_at)}"
    return WaitingCase(one.id, one.service, tuple(why), CaseKey(_SEGMENTS[why[0]], value, one.number))


def _reasons_of_open(one: _Candidate, today: date, near: date | None) -> list[WaitReason]:
    """Those of the clock, for an open case; `near` is the last due day that counts as soon."""
    due_on = one.earliest_due_on
    reasons: dict[WaitReason, bool] = {
        "requested": one.is_requested,
        "overdue": due_on is not None and due_on < today,
        "delay": one.is_delayed,
        "noanswer": one.answer_by is not None and one.answer_by < today,
        "soon": due_on is not None and near is not None and today <= due_on <= near,
    }
    return [reason for reason, holds in reasons.items() if holds]


_SEGMENTS: Mapping[WaitReason, str] = {why: str(place) for place, why in enumerate(get_args(WaitReason))}
"""The parts of the order of urgency."""


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


def _has_reminder(context: ListContext) -> ColumnElement[bool]:
    is_theirs = FlagRow.case_id == CaseRow.id, FlagRow.officer == context.officer.key
    return exists().where(*is_theirs, _is_reminder_due(context))


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


def _newly_assigned_at(officer: Officer) -> ScalarSelect[datetime]:
    """When someone else assigned the case to the officer, who has not opened it since; the last time of several."""
    opened = exists().where(
        ReadingRow.by == officer.ref,
        ReadingRow.case_id == AssigneeRow.case_id,
        ReadingRow.at >= AssigneeRow.since,
        ReadingRow.part.not_in(UNSEEN_PARTS),
    )
    assigned = select(func.max(AssigneeRow.since)).where(
        AssigneeRow.case_id == CaseRow.id,
        AssigneeRow.kind == "officer",
        AssigneeRow.key.in_(officer.acting_keys),
        AssigneeRow.open == true(),
        AssigneeRow.by != officer.ref,
        ~opened,
    )
    return assigned.scalar_subquery()
