"""What an officer is told of in the morning: how many of their cases need something that day."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true

from bot.store.cases.scheduled_drafts import IS_SCHEDULED
from bot.store.cases.unqueried_fields import parse_rest
from bot.store.engine.database import Tx
from bot.store.lists.queries.case_lists import assigned_case_ids, is_one_of
from bot.store.lists.queries.worklists import ListContext, find_waiting
from bot.store.tables import AssigneeRow, CaseRow, DraftRow, FlagRow, HistoryRow
from bot.store.visibility import visible_to
from bot.text.working_days import local_day, start_of_day

_NEWS = frozenset({"closed", "message", "added"})
"""The reasons for which a case waits with something from its applicant that the officer has not read."""


@dataclass(frozen=True, slots=True)
class DayCounts:
    """How many cases are overdue, due today, have news from the applicant, a reminder today, or are newly assigned.

    `sending` are the officer's messages that are to leave today, and `stopped` those that did not leave.
    """

    overdue: int = 0
    due: int = 0
    news: int = 0
    stopped: int = 0
    sending: int = 0
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
        sending=_count_sending(tx, context),
        reminders=_count_visible(tx, context, reminded),
        assigned=_count_visible(tx, context, assigned),
    )


def _count_sending(tx: Tx, context: ListContext) -> int:
    """The messages of the officer's that are to leave that day, in cases that they may see."""
    query = select(DraftRow.id, CaseRow.rest).join(CaseRow, CaseRow.id == DraftRow.case_id)
    rows = tx.conn.execute(
        query.where(DraftRow.officer == context.officer.key, IS_SCHEDULED, visible_to(context.officer))
    )
    messages = ((row.id, one) for row in rows for one in parse_rest(row.rest)["scheduled"])
    return sum(one.id == id_ and local_day(one.send_at) == context.today for id_, one in messages)


_IS_STOP = HistoryRow.meta.contains('"event":"ScheduleStopped"')


def find_stopped(tx: Tx, since: datetime, services: Collection[str]) -> dict[str, list[str]]:
    """The cases of scheduled messages that were stopped since that time, by their writers' keys: of all at once.

    Found by the cases that have changed since: an open one by its e-service, a closed one by the time.
    """
    is_changed = CaseRow.service.in_(services), CaseRow.changed_at >= since
    stops = [
        (row.case_id, json.loads(row.meta))
        for is_closed in (CaseRow.closed_at.is_(None), CaseRow.closed_at.is_not(None))
        for row in tx.conn.execute(
            select(HistoryRow.case_id, HistoryRow.meta)
            .join(CaseRow, CaseRow.id == HistoryRow.case_id)
            .where(*is_changed, is_closed, _IS_STOP)
        )
    ]
    cases: defaultdict[str, list[str]] = defaultdict(list)
    for case_id, meta in stops:
        if datetime.fromisoformat(meta["at"]) >= since:
            cases[meta["writer"].removeprefix("officer:")].append(case_id)
    return cases


def _is_reminded_on(day: date) -> ColumnElement[bool]:
    """The condition that the flag's reminder comes that day, or has come and is not dealt with."""
    ends = start_of_day(day + timedelta(days=1))
    return or_(FlagRow.remind_at < ends, FlagRow.reminded_at.is_not(None))


def _count_visible(tx: Tx, context: ListContext, ids: Select[Any]) -> int:
    """How many of the cases the officer may see."""
    query = select(func.count()).select_from(CaseRow).where(is_one_of(ids, context.officer))
    return tx.conn.execute(query).scalar_one()
