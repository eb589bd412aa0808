"""Lists of cases."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    and_,
    false,
    func,
    select,
    true,
    union_all,
)

from bot.domain.actors import Applicant, Officer
from bot.domain.case_lists import DatedList
from bot.domain.correspondence import as_applicant_sees
from bot.domain.views import ListedCase
from bot.store.cases.case_state import case_from_row, unread_news
from bot.store.engine.database import Tx
from bot.store.lists.merging import BY_DATE, CaseOrder, count_in_order, find_in_order
from bot.store.tables import AssigneeRow, CaseRow, FlagRow
from bot.store.visibility import unindexed, visible_to

NO_LIMIT = 2**62


def list_cases(tx: Tx, officer: Officer, kind: DatedList, *, limit: int = 10) -> list[ListedCase]:
    """The cases of a list, newest first."""
    return load_listed_cases(tx, officer, find_newest(tx, officer, kind, limit=limit))


def find_newest(tx: Tx, officer: Officer, kind: DatedList, *, limit: int) -> list[str]:
    """The ids of the newest cases of a list, by time of receipt."""
    return _find(tx, officer, _tab(kind, officer), BY_DATE, limit)


def find_first_beyond(
    tx: Tx, officer: Officer, kind: DatedList, beyond: ColumnElement[bool], order: CaseOrder
) -> str | None:
    """The id of the list's first case, in that order, for which the condition on `case` holds; None without one."""
    tab = _tab(kind, officer)
    found = _find(tx, officer, tab._replace(condition=and_(tab.condition, beyond)), order, 1)
    return found[0] if found else None


def load_listed_cases(tx: Tx, officer: Officer, ids: Sequence[str]) -> list[ListedCase]:
    """Those of the cases that the officer may see, in the given order."""
    rows = tx.conn.execute(select(CaseRow.__table__).where(is_one_of(ids, officer))).all()
    listed_by_id = {one.id: one for one in to_listed_cases(tx, officer, rows)}
    return [listed_by_id[one] for one in ids if one in listed_by_id]


def to_listed_cases(tx: Tx, officer: Officer, rows: Sequence[Row[Any]]) -> list[ListedCase]:
    """The listed cases of rows of `case`, which the officer may see."""
    ids = [row.id for row in rows]
    assignees, flagged = _load_assignees(tx, ids), _find_flagged(tx, officer, ids)
    return [to_listed_case(row, assignees.get(row.id, []), flagged=row.id in flagged) for row in rows]


def count_cases(tx: Tx, officer: Officer, kind: DatedList, *, limit: int = NO_LIMIT) -> int:
    """The number of cases in a list, counted up to `limit`."""
    tab = _tab(kind, officer)
    if tab.ids is None:
        return count_in_order(tx, officer, tab.condition, BY_DATE, limit)
    found = select(CaseRow.id).where(is_one_of(tab.ids, officer), tab.condition).limit(limit)
    return tx.conn.execute(select(func.count()).select_from(found.subquery())).scalar() or 0


def list_applicant_cases(tx: Tx, applicant: Applicant, now: datetime) -> list[ListedCase]:
    """The applicant's cases as shown to them, newest first."""
    rows = tx.conn.execute(
        select(CaseRow.__table__).where(visible_to(applicant)).order_by(CaseRow.received_at.desc())
    ).all()
    return [
        replace(to_listed_case(row, []), status=as_applicant_sees(case_from_row(tx, row), now).status)
        for row in rows
    ]


def find_overdue(tx: Tx, today: date, services: Collection[str]) -> list[str]:
    """Ids of all open cases of these e-services with a due day that has passed; for the job that reports them."""
    is_served = unindexed(CaseRow.service).in_(services)
    is_overdue = CaseRow.closed_at.is_(None), CaseRow.earliest_due_on < today, is_served
    return list(
        tx.conn.execute(select(CaseRow.id).where(*is_overdue).order_by(CaseRow.earliest_due_on)).scalars()
    )


def find_overdue_of(tx: Tx, officer: Officer, today: date, *, limit: int) -> list[str]:
    """The ids of the officer's overdue cases, the earliest due day first."""
    query = _overdue(officer, today).order_by(CaseRow.earliest_due_on, CaseRow.number).limit(limit)
    return list(tx.conn.execute(query).scalars())


def count_overdue_of(tx: Tx, officer: Officer, today: date, *, limit: int = NO_LIMIT) -> int:
    """The number of overdue cases that the officer may see, counted up to `limit`."""
    found = _overdue(officer, today).limit(limit).subquery()
    return tx.conn.execute(select(func.count()).select_from(found)).scalar() or 0


def _overdue(officer: Officer, today: date) -> Select[Any]:
    is_visible = visible_to(officer, unindexed(CaseRow.service))
    return select(CaseRow.id).where(CaseRow.closed_at.is_(None), CaseRow.earliest_due_on < today, is_visible)


class _Tab(NamedTuple):
    """Which of the cases visible to the officer are in a list."""

    ids: CompoundSelect[Any] | Select[Any] | None
    """A query of the officer's own case ids that limits them; None without a limit."""
    condition: ColumnElement[bool]
    """A condition on rows of `case`."""


def _tab(kind: DatedList, officer: Officer) -> _Tab:
    match kind:
        case "mine":
            return _Tab(assigned_case_ids(officer), true())
        case "flagged":
            return _Tab(select(FlagRow.case_id).where(FlagRow.officer == officer.key), true())
        case "unassigned":
            return _Tab(None, _is_unassigned())
        case "closed":
            return _Tab(None, CaseRow.closed_at.is_not(None))
        case "all":
            return _Tab(None, true())


def _find(tx: Tx, officer: Officer, tab: _Tab, order: CaseOrder, limit: int) -> list[str]:
    if tab.ids is None:
        return find_in_order(tx, officer, tab.condition, order, limit)
    query = select(CaseRow.id).where(is_one_of(tab.ids, officer), tab.condition)
    keys = (column.desc() if order.newest_first else column for column in order.columns)
    return list(tx.conn.execute(query.order_by(*keys).limit(limit)).scalars())


def is_one_of(ids: Any, officer: Officer) -> ColumnElement[bool]:
    """The condition that the case is one of `ids`, which it is looked up by, and visible to the officer."""
    return and_(CaseRow.id.in_(ids), visible_to(officer, unindexed(CaseRow.service)))


def assigned_case_ids(officer: Officer) -> CompoundSelect[Any]:
    """The ids of the officer's open cases, and of those of their groups that no officer has."""
    group_assignments = _open_assignments("group", list(officer.groups)).join(
        CaseRow, CaseRow.id == AssigneeRow.case_id
    )
    return union_all(
        _open_assignments("officer", [officer.key]), group_assignments.where(CaseRow.handled == false())
    )


def _open_assignments(kind: str, keys: Sequence[str]) -> Select[Any]:
    query = select(AssigneeRow.case_id).where(AssigneeRow.kind == kind, AssigneeRow.key.in_(keys))
    return query.where(AssigneeRow.open == true())


def _is_unassigned() -> ColumnElement[bool]:
    """The condition on rows of `case` that no officer has them; a group may."""
    return and_(CaseRow.closed_at.is_(None), CaseRow.handled == false())


def _load_assignees(tx: Tx, ids: Collection[str]) -> dict[str, list[Any]]:
    assignees: dict[str, list[Any]] = {}
    query = select(AssigneeRow.__table__).where(AssigneeRow.case_id.in_(list(ids)))
    for row in tx.conn.execute(query.order_by(AssigneeRow.position)):
        assignees.setdefault(row.case_id, []).append(row)
    return assignees


def _find_flagged(tx: Tx, officer: Officer, ids: Collection[str]) -> set[str]:
    query = select(FlagRow.case_id).where(FlagRow.officer == officer.key, FlagRow.case_id.in_(list(ids)))
    return set(tx.conn.execute(query).scalars())


def to_listed_case(row: Row[Any], assignees: list[Any], *, flagged: bool = False) -> ListedCase:
    """The listed case of a row of `case` and its rows of `assignee`."""
    return ListedCase(
        id=row.id,
        number=row.number,
        service=row.service,
        status=row.status,
        officers=tuple(a.key for a in assignees if a.kind == "officer"),
        groups=tuple(a.key for a in assignees if a.kind == "group"),
        received_at=row.received_at,
        due_on=row.due_on,
        step_due_on=row.step_due_on,
        closed_at=row.closed_at,
        news=unread_news(row) != "",
        protected=row.protected,
        colour=row.colour,
        flagged=flagged,
    )
