"""Lists of cases."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    and_,
    exists,
    false,
    func,
    select,
    true,
    union_all,
)

from bot.domain.actors import Applicant, Officer
from bot.domain.correspondence import as_applicant_sees
from bot.domain.views import ListedCase
from bot.store.cases.case_state import case_from_row, unread_news
from bot.store.engine.database import Tx
from bot.store.tables import AssigneeRow, CaseRow, FlagRow
from bot.store.visibility import visible_to

CaseListKind = Literal["mine", "unassigned", "flagged", "all", "closed"]


def list_cases(tx: Tx, officer: Officer, kind: CaseListKind, *, limit: int = 10) -> list[ListedCase]:
    """Cases of a tab, newest first."""
    rows = tx.conn.execute(
        select(CaseRow.__table__)
        .where(visible_to(officer), is_in_list(kind, officer))
        .order_by(CaseRow.received_at.desc(), CaseRow.number.desc())
        .limit(limit)
    ).all()
    return to_listed_cases(tx, officer, rows)


def load_listed_cases(tx: Tx, officer: Officer, ids: Sequence[str]) -> list[ListedCase]:
    """Those of the cases that the officer may see, in the order given."""
    rows = tx.conn.execute(select(CaseRow.__table__).where(CaseRow.id.in_(ids), visible_to(officer))).all()
    listed_by_id = {one.id: one for one in to_listed_cases(tx, officer, rows)}
    return [listed_by_id[one] for one in ids if one in listed_by_id]


def to_listed_cases(tx: Tx, officer: Officer, rows: Sequence[Row[Any]]) -> list[ListedCase]:
    """Rows of `case` that the officer may see, as lists show them to the officer."""
    ids = [row.id for row in rows]
    assignees, flagged = _load_assignees(tx, ids), _find_flagged(tx, officer, ids)
    return [to_listed_case(row, assignees.get(row.id, []), flagged=row.id in flagged) for row in rows]


def count_cases(tx: Tx, officer: Officer, kind: CaseListKind) -> int:
    """How many cases there are in a tab."""
    query = select(func.count()).select_from(CaseRow).where(visible_to(officer), is_in_list(kind, officer))
    return tx.conn.execute(query).scalar() or 0


def list_applicant_cases(tx: Tx, applicant: Applicant, now: datetime) -> list[ListedCase]:
    """The applicant's cases as they are told of them, newest first."""
    rows = tx.conn.execute(
        select(CaseRow.__table__).where(visible_to(applicant)).order_by(CaseRow.received_at.desc())
    ).all()
    return [
        replace(to_listed_case(row, []), status=as_applicant_sees(case_from_row(tx, row), now).status)
        for row in rows
    ]


def find_overdue(tx: Tx, today: date, services: Collection[str]) -> list[str]:
    """Ids of the open cases of these e-services whose due day has passed; for the clock, which sees all."""
    is_overdue = CaseRow.closed_at.is_(None), CaseRow.due_on < today, CaseRow.service.in_(services)
    return list(tx.conn.execute(select(CaseRow.id).where(*is_overdue).order_by(CaseRow.due_on)).scalars())


def is_in_list(kind: CaseListKind, officer: Officer) -> ColumnElement[bool]:
    """The condition on `case` rows of a tab, for those that are visible to the officer anyway."""
    match kind:
        case "mine":
            return CaseRow.id.in_(assigned_case_ids(officer))
        case "unassigned":
            return is_unassigned()
        case "flagged":
            return exists().where(FlagRow.case_id == CaseRow.id, FlagRow.officer == officer.key)
        case "closed":
            return CaseRow.closed_at.is_not(None)
        case "all":
            return CaseRow.id.is_not(None)


def assigned_case_ids(officer: Officer) -> CompoundSelect[Any]:
    """The ids of the officer's open cases, and of their groups' that no person has."""
    group_assignments = _open_assignments("group", list(officer.groups)).join(
        CaseRow, CaseRow.id == AssigneeRow.case_id
    )
    return union_all(
        _open_assignments("officer", [officer.key]), group_assignments.where(CaseRow.handled == false())
    )


def _open_assignments(kind: str, keys: Sequence[str]) -> Select[Any]:
    query = select(AssigneeRow.case_id).where(AssigneeRow.kind == kind, AssigneeRow.key.in_(keys))
    return query.where(AssigneeRow.open == true())


def is_unassigned() -> ColumnElement[bool]:
    """The condition on `case` rows that no person has them; a group alone does not handle a case."""
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
    """A row of `case` with its rows of `assignee`, as lists show it."""
    return ListedCase(
        id=row.id,
        number=row.number,
        service=row.service,
        status=row.status,
        officers=tuple(a.key for a in assignees if a.kind == "officer"),
        groups=tuple(a.key for a in assignees if a.kind == "group"),
        received_at=row.received_at,
        due_on=row.due_on,
        closed_at=row.closed_at,
        news=unread_news(row) != "",
        protected=row.protected,
        colour=row.colour,
        flagged=flagged,
    )
