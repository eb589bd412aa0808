"""What an officer is told of in the morning: how many of their cases need something that day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true

from bot.store.engine.database import Tx
from bot.store.lists.queries.case_lists import assigned_case_ids, is_one_of
from bot.store.lists.queries.worklists import ListContext, find_waiting
from bot.store.tables import AssigneeRow, CaseRow, FlagRow
from bot.text.working_days import start_of_day

_NEWS = frozenset({"closed", "message", "added"})
"""The reasons for which a case waits with something from its applicant that the officer has not read."""


@dataclass(frozen=True, slots=True)
class DayCounts:
    """How many cases are overdue, due today, have news from the applicant, a reminder today, or are newly assigned."""

    overdue: int = 0
    due: int = 0
    news: int = 0
    reminders: int = 0
    assigned: int = 0


def count_day(tx: Tx, context: ListContext, assigned_since: datetime) -> DayCounts:
    """The officer's counts; of the cases that others have assigned to them since that time."""
    officer, today = context.officer, context.today
    reasons = [why for waiting in find_waiting(tx, context) for why in waiting.reasons]
    due = (
        select(func.count())
        .select_from(CaseRow)
        .where(is_one_of(assigned_case_ids(officer), officer), CaseRow.earliest_due_on == today)
    )
    reminded = select(FlagRow.case_id).where(FlagRow.officer == officer.key, _is_reminded_on(today))
    assigned = select(AssigneeRow.case_id).where(
        AssigneeRow.kind == "officer",
        AssigneeRow.key == officer.key,
        AssigneeRow.open == true(),
        AssigneeRow.since >= assigned_since,
        AssigneeRow.by != officer.ref,
    )
    return DayCounts(
        overdue=reasons.count("overdue"),
        due=tx.conn.execute(due).scalar_one(),
        news=sum(why in _NEWS for why in reasons),
        reminders=_count_visible(tx, context, reminded),
        assigned=_count_visible(tx, context, assigned),
    )


def _is_reminded_on(day: date) -> ColumnElement[bool]:
    """The condition that the flag's reminder comes that day, or has come and is not dealt with."""
    ends = start_of_day(day + timedelta(days=1))
    return or_(FlagRow.remind_at < ends, FlagRow.reminded_at.is_not(None))


def _count_visible(tx: Tx, context: ListContext, ids: Select[Any]) -> int:
    """How many of the cases the officer may see."""
    query = select(func.count()).select_from(CaseRow).where(is_one_of(ids, context.officer))
    return tx.conn.execute(query).scalar_one()
