"""A filter's conditions on rows of `case`, by the part of the filter that they are of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, literal_column, or_, select, true

from bot.catalog.services import EService
from bot.domain.lists.case_query import NOBODY, CaseFilter, DayRange
from bot.store.lists.queries.worklists import ListContext
from bot.store.tables import CASE, AssigneeRow, FlagRow
from bot.text.words import STOCKHOLM

Condition = ColumnElement[bool]
StatusPair = tuple[str, str]
"""An e-service's key, and that of one of its statuses."""


IS_OPEN, IS_CLOSED = CASE.closed_at.is_(None), CASE.closed_at.is_not(None)

BY_INDEX_OF_OPEN = and_(IS_OPEN, CASE.number != literal_column("''"))
"""`IS_OPEN`, in the words of the partial index."""

BY_INDEX_OF_CLOSED: Condition = literal_column("NOT assignee.open")
"""That an assignee's case is closed, in the words of the partial index."""

IS_UNREAD = and_(
    CASE.from_applicant_at.is_not(None),
    or_(CASE.read_at.is_(None), CASE.read_at < CASE.from_applicant_at),
)
"""The condition of the partial index."""


def find_services(chosen: CaseFilter, context: ListContext) -> list[str]:
    """The keys of the e-services that the filter lets through and to which the officer has access, sorted."""
    return sorted(
        key
        for key in context.officer.access
        if (not chosen.services or key in chosen.services)
        and (not chosen.audience or _audience(context.catalog.service(key)) == chosen.audience)
    )


def _audience(service: EService | None) -> str:
    return service.audience if service is not None else "external"


def find_conditions(chosen: CaseFilter, context: ListContext) -> dict[str, Condition]:
    """The conditions of all parts that are set, but for those that choose e-services."""
    return {part: build(chosen, context) for part, build in _CONDITIONS.items() if getattr(chosen, part)}


def find_status_pairs(chosen: CaseFilter, context: ListContext, services: Sequence[str]) -> list[StatusPair]:
    """The statuses that the part `statuses` leaves, else those of the catalog that are of the `kinds`."""
    if chosen.statuses:
        return list(product(services, chosen.statuses))
    return [
        (service.key, status.key)
        for service in filter(None, map(context.catalog.service, services))
        for status in service.statuses
        if status.kind in chosen.kinds
    ]


def day_bounds(days: DayRange) -> tuple[datetime | None, datetime | None]:
    """From the beginning of the first day until the end of the last one, not included."""
    after = days.last + timedelta(days=1) if days.last is not None and days.last < date.max else None
    return _midnight(days.first), _midnight(after)


def _midnight(day: date | None) -> datetime | None:
    """When the day begins; None for no day, and for the first of all, which begins before times do in UTC."""
    return datetime.combine(day, time(), STOCKHOLM) if day is not None and day > date.min else None


def _within(column: Any, days: DayRange) -> Condition:
    first, after = day_bounds(days)
    limits = ([column >= first] if first is not None else []) + (
        [column < after] if after is not None else []
    )
    return and_(true(), *limits)


def _is_of_kind(chosen: CaseFilter, context: ListContext) -> Condition:
    kinds = [kind for kind in chosen.kinds if kind != "closed"]
    statuses: dict[str, list[str]] = {}
    for service in filter(None, map(context.catalog.service, context.officer.access)):
        statuses[service.key] = [status.key for status in service.statuses if status.kind in kinds]
    of_kind = (and_(CASE.service == key, CASE.status.in_(keys)) for key, keys in statuses.items() if keys)
    return or_(and_(IS_OPEN, or_(false(), *of_kind)), IS_CLOSED if "closed" in chosen.kinds else false())


def _is_assigned(chosen: CaseFilter, _: ListContext) -> Condition:
    ways = [assigned_to(refs, kind) for kind, refs in split_assignees(chosen.assignees).items() if refs]
    if NOBODY in chosen.assignees:
        ways.append(CASE.handled == false())
    return or_(*ways)


def split_assignees(refs: Sequence[str]) -> dict[str, list[str]]:
    """The keys of the officers and of the groups."""
    split: dict[str, list[str]] = {"officer": [], "group": []}
    for ref in refs:
        kind, _, key = ref.partition(":")
        if kind in split:
            split[kind].append(key)
    return split


def assigned_to(keys: Sequence[str], kind: str) -> Condition:
    """The condition that one of the officers, or of the groups, has the case."""
    is_theirs = AssigneeRow.case_id == CASE.id, AssigneeRow.kind == kind, AssigneeRow.key.in_(keys)
    return exists().where(*is_theirs).correlate_except(AssigneeRow)  # the statement may read assignees itself


def _is_own(_: CaseFilter, context: ListContext) -> Condition:
    officer = context.officer
    by_group = and_(CASE.handled == false(), assigned_to(sorted(officer.groups), "group"))
    return and_(IS_OPEN, or_(assigned_to(officer.acting_keys, "officer"), by_group))


def _is_flagged(_: CaseFilter, context: ListContext) -> Condition:
    return CASE.id.in_(select(FlagRow.case_id).where(FlagRow.officer == context.officer.key))


_CONDITIONS: Mapping[str, Callable[[CaseFilter, ListContext], Condition]] = {
    "state": lambda chosen, _: IS_OPEN if chosen.state == "open" else IS_CLOSED,
    "kinds": _is_of_kind,
    "statuses": lambda chosen, _: CASE.status.in_(chosen.statuses),
    "assignees": _is_assigned,
    "colours": lambda chosen, _: CASE.colour.in_(chosen.colours),
    "origins": lambda chosen, _: CASE.origin.in_(chosen.origins),
    "received": lambda chosen, _: _within(CASE.received_at, chosen.received),
    "changed": lambda chosen, _: _within(CASE.changed_at, chosen.changed),
    "closed": lambda chosen, _: and_(IS_CLOSED, _within(CASE.closed_at, chosen.closed)),
    "due_before": lambda chosen, _: and_(IS_OPEN, CASE.earliest_due_on < chosen.due_before),
    "own": _is_own,
    "waiting": lambda _chosen, _: true(),
    "flagged": _is_flagged,
    "overdue": lambda _, context: and_(IS_OPEN, CASE.earliest_due_on < context.today),
    "unread": lambda _chosen, _: IS_UNREAD,
    "answer_overdue": lambda _, context: and_(IS_OPEN, CASE.answer_by < context.today),
}
"""Those of `waiting` are of the candidates, which `find_waiting` chooses from."""
