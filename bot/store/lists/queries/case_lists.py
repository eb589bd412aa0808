"""Lists of cases."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
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

from bot.domain.actors import Applicant, Officer
from bot.domain.case import Case
from bot.domain.messages.undoing import as_applicant_sees
from bot.domain.views import ListedCase
from bot.store.cases.case_state import case_from_row, unread_news
from bot.store.cases.contents import load_names
from bot.store.engine.database import Tx
from bot.store.lists.queries.unread import find_unread
from bot.store.tables import CASE, ApplicantRow, AssigneeRow, CaseRow, FlagRow, MessageRow
from bot.store.visibility import IS_PRESENT, unindexed, visible_to


@dataclass(frozen=True, slots=True)
class AwaitedMessage:
    """A message that asks the applicant to answer by a day."""

    case_id: str
    service: str
    id: str
    at: datetime
    answer_by: date


def load_listed_cases(
    tx: Tx, officer: Officer, ids: Sequence[str], *, with_unread: bool = False
) -> list[ListedCase]:
    """Those of the cases that the officer may see, in the given order."""
    rows = tx.conn.execute(select(CaseRow.__table__).where(is_one_of(ids, officer))).all()
    listed_by_id = {one.id: one for one in to_listed_cases(tx, officer, rows, with_unread=with_unread)}
    return [listed_by_id[one] for one in ids if one in listed_by_id]


def to_listed_cases(
    tx: Tx, officer: Officer, rows: Sequence[Row[Any]], *, with_unread: bool
) -> list[ListedCase]:
    """The listed cases of rows of `case`, which the officer may see; with what is unread where it is to be shown."""
    ids = [row.id for row in rows]
    assignees, flagged = load_assignees(tx, ids), _find_flagged(tx, officer, ids)
    unread = find_unread(tx, officer, rows, assignees) if with_unread else set()
    return [
        replace(
            to_listed_case(row, assignees.get(row.id, [])),
            flagged=row.id in flagged,
            is_unread=row.id in unread,
        )
        for row in rows
    ]


def with_applicants(tx: Tx, officer: Officer, cases: Sequence[ListedCase]) -> list[ListedCase]:
    """The cases with their applicants' names, but for those that are protected, or that the officer may not see."""
    ids = [one.id for one in cases]
    named = select(CaseRow.id).where(is_one_of(ids, officer), CASE.protected.is_(False))
    found = list(tx.conn.execute(named).scalars())
    names = load_names(tx, found, ApplicantRow.role == "applicant")
    return [replace(one, applicants=names.get(one.id, ())) for one in cases]


def list_applicant_cases(tx: Tx, applicant: Applicant, now: datetime) -> list[ListedCase]:
    """The applicant's cases as shown to them, newest first."""
    rows = tx.conn.execute(
        select(CaseRow.__table__).where(visible_to(applicant)).order_by(CaseRow.received_at.desc())
    ).all()
    return [_as_applicant_sees(to_listed_case(row, []), case_from_row(tx, row), now) for row in rows]


def _as_applicant_sees(listed: ListedCase, case: Case, now: datetime) -> ListedCase:
    shown = as_applicant_sees(case, now)
    return replace(listed, status=shown.status, status_name=shown.status_name)


def find_overdue(tx: Tx, today: date, services: Collection[str]) -> list[str]:
    """Ids of all open cases of these e-services with a due day that has passed; for the job that reports them."""
    is_served = CaseRow.service.in_(services)
    is_overdue = CaseRow.closed_at.is_(None), CaseRow.earliest_due_on < today, is_served, IS_PRESENT
    return list(
        tx.conn.execute(select(CaseRow.id).where(*is_overdue).order_by(CaseRow.earliest_due_on)).scalars()
    )


def find_delayed(tx: Tx, received_before: datetime, today: date, services: Collection[str]) -> list[str]:
    """Ids of open cases of these e-services, received before that, whose delay may have to be reported."""
    is_open = CaseRow.closed_at.is_(None), CaseRow.number != "", IS_PRESENT
    is_delayed = CaseRow.service.in_(services), CaseRow.received_at < received_before
    has_party = exists().where(ApplicantRow.case_id == CaseRow.id)
    is_unreported = or_(CaseRow.decide_by.is_(None), CaseRow.decide_by < today)
    query = select(CaseRow.id).where(*is_open, *is_delayed, is_unreported, has_party)
    return list(tx.conn.execute(query.order_by(CaseRow.received_at)).scalars())


def find_requested(tx: Tx, last: date, services: Collection[str]) -> list[str]:
    """Ids of open cases of these e-services whose applicants wait for a decision that is due by that day."""
    is_requested = CaseRow.closed_at.is_(None), CaseRow.decision_requested_at.is_not(None)
    is_due = (
        CaseRow.service.in_(services),
        CaseRow.decide_by <= last,
        CaseRow.decision_refusal == "",
        IS_PRESENT,
    )
    return list(tx.conn.execute(select(CaseRow.id).where(*is_requested, *is_due)).scalars())


def find_awaited(tx: Tx, first: date, last: date, services: Collection[str]) -> list[AwaitedMessage]:
    """Messages of open cases that ask for an answer between those days, and are not known to be answered."""
    query = select(CaseRow.service, MessageRow.case_id, MessageRow.id, MessageRow.at, MessageRow.answer_by)
    is_awaited = CaseRow.closed_at.is_(None), CaseRow.answer_by >= first, CaseRow.service.in_(services)
    is_unanswered = (
        MessageRow.answer_by >= first,
        MessageRow.answer_by <= last,
        MessageRow.undone_at.is_(None),
    )
    query = query.join(CaseRow, CaseRow.id == MessageRow.case_id).where(
        *is_awaited, *is_unanswered, IS_PRESENT
    )
    rows = tx.conn.execute(query.order_by(MessageRow.at))
    return [AwaitedMessage(row.case_id, row.service, row.id, row.at, row.answer_by) for row in rows]


@dataclass(frozen=True, slots=True)
class AssignedCase:
    """An open case that somebody has: its id and number, the e-service, and references to its assignees."""

    id: str
    number: str
    service: str
    is_protected: bool
    assignees: tuple[str, ...]


def list_assigned_open(tx: Tx) -> list[AssignedCase]:
    """All open cases that somebody has, by number; for the job that looks for those whose assignees lack access."""
    found: dict[str, AssignedCase] = {}
    for kind in ("officer", "group"):
        query = (
            select(CaseRow.id, CaseRow.number, CaseRow.service, CASE.protected, AssigneeRow.key)
            .join(AssigneeRow, AssigneeRow.case_id == CaseRow.id)
            .where(AssigneeRow.kind == kind, AssigneeRow.key.in_(_list_keys(tx, kind)), IS_PRESENT)
            .where(AssigneeRow.open == true())
        )
        for row in tx.conn.execute(query):
            earlier = found.get(row.number)
            refs = (*(earlier.assignees if earlier is not None else ()), f"{kind}:{row.key}")
            found[row.number] = AssignedCase(row.id, row.number, row.service, row.protected, refs)
    return [found[number] for number in sorted(found)]


def _list_keys(tx: Tx, kind: str) -> list[str]:
    """The keys of all officers, or groups, who have had a case: each by one probe of the index, not by all its rows."""
    keys: list[str] = []
    next_key = select(func.min(AssigneeRow.key)).where(AssigneeRow.kind == kind)
    key = tx.conn.execute(next_key).scalar()
    while key is not None:
        keys.append(key)
        key = tx.conn.execute(next_key.where(AssigneeRow.key > key)).scalar()
    return keys


def is_one_of(ids: Any, officer: Officer) -> ColumnElement[bool]:
    """The condition that the case is one of `ids`, which it is looked up by, and visible to the officer."""
    return and_(CaseRow.id.in_(ids), visible_to(officer, unindexed(CaseRow.service)))


def assigned_case_ids(officer: Officer) -> CompoundSelect[Any]:
    """The ids of open cases of the officer, of those they represent, and of their groups where no officer has them."""
    group_assignments = _open_assignments("group", list(officer.groups)).join(
        CaseRow, CaseRow.id == AssigneeRow.case_id
    )
    own = _open_assignments("officer", officer.acting_keys)
    # An officer and one for whom they stand in may have the same case.
    return union_all(
        own.distinct() if officer.represented else own, group_assignments.where(CaseRow.handled == false())
    )


def _open_assignments(kind: str, keys: Sequence[str]) -> Select[Any]:
    query = select(AssigneeRow.case_id).where(AssigneeRow.kind == kind, AssigneeRow.key.in_(keys))
    return query.where(AssigneeRow.open == true())


def load_assignees(tx: Tx, ids: Collection[str]) -> dict[str, list[Any]]:
    """The rows of `assignee` of the cases, by case id, in the order of assignment."""
    assignees: dict[str, list[Any]] = {}
    query = select(AssigneeRow.__table__).where(AssigneeRow.case_id.in_(list(ids)))
    for row in tx.conn.execute(query.order_by(AssigneeRow.position)):
        assignees.setdefault(row.case_id, []).append(row)
    return assignees


def _find_flagged(tx: Tx, officer: Officer, ids: Collection[str]) -> set[str]:
    query = select(FlagRow.case_id).where(FlagRow.officer == officer.key, FlagRow.case_id.in_(list(ids)))
    return set(tx.conn.execute(query).scalars())


def to_listed_case(row: Row[Any], assignees: list[Any]) -> ListedCase:
    """The listed case of a row of `case` and its rows of `assignee`."""
    return ListedCase(
        id=row.id,
        number=row.number,
        service=row.service,
        status=row.status,
        status_name=row.status_name,
        officers=tuple(a.key for a in assignees if a.kind == "officer"),
        groups=tuple(a.key for a in assignees if a.kind == "group"),
        received_at=row.received_at,
        due_on=row.due_on,
        step_due_on=row.step_due_on,
        decide_by=row.decide_by,
        closed_at=row.closed_at,
        changed_at=row.changed_at,
        origin=row.origin,
        news=unread_news(row) != "",
        protected=row.protected,
        colour=row.colour,
        is_decision_requested=(
            row.decision_requested_at is not None and not row.decision_refusal and row.closed_at is None
        ),
    )
