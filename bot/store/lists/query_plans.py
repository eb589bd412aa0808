"""How a query is answered: which cases are read by which index, and which of them are sorted in memory.

Without statistics the databases know nothing of how rare a value is, so the program counts, up to a limit: a filter
that leaves few cases is answered by reading them all, any other by walking an index in the order that is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from sqlalchemy import Select, and_, false, func, or_, select

from bot.domain.case_query import NOBODY, CaseFilter
from bot.store.engine.database import Tx
from bot.store.lists.case_lists import assigned_case_ids
from bot.store.lists.query_conditions import (
    BY_INDEX_OF_OPEN,
    IS_CLOSED,
    IS_OPEN,
    IS_UNREAD,
    Condition,
    StatusPair,
    day_bounds,
    find_status_pairs,
    split_assignees,
)
from bot.store.lists.query_order import LAST, QueryOrder
from bot.store.lists.query_walks import Walk
from bot.store.lists.worklists import ListContext
from bot.store.tables import AssigneeRow, CaseRow, FlagRow
from bot.store.visibility import assigned_ids, visible_in

OPEN_PARTS = frozenset({"own", "overdue", "due_before", "answer_overdue"})
"""Parts of a filter that only open cases have."""


@dataclass(frozen=True)
class Scope:
    """Some of a query's e-services: those of which the officer may see all cases, or those of assigned ones only."""

    services: tuple[str, ...]
    is_restricted: bool
    chosen: CaseFilter
    context: ListContext

    @property
    def is_open_only(self) -> bool:
        kinds = self.chosen.kinds
        return (
            self.chosen.state == "open"
            or any(getattr(self.chosen, part) for part in OPEN_PARTS)
            or (bool(kinds) and "closed" not in kinds)
        )

    @property
    def is_closed_only(self) -> bool:
        return self.chosen.state == "closed" or bool(self.chosen.closed) or self.chosen.kinds == ("closed",)

    @property
    def status_pairs(self) -> list[StatusPair]:
        return find_status_pairs(self.chosen, self.context, self.services)

    def cases_of(self, service: str, *conditions: Condition) -> Condition:
        """The condition of an arm. Which cases of a restricted e-service the officer sees is a condition of its own."""
        of_service = (
            CaseRow.service == service if self.is_restricted else visible_in(self.context.officer, service)
        )
        return and_(of_service, *conditions)


def walks_by_receipt(scope: Scope) -> Iterator[Walk]:
    """The walks in the order of receipt, the one over the fewest cases first."""
    chosen, received = scope.chosen, _received_range(scope.chosen)
    is_by_nobody = chosen.assignees == (NOBODY,) and scope.is_open_only

    def walk(*conditions: Condition, covered: Sequence[str] = ()) -> Walk:
        arms = [scope.cases_of(key, *conditions, *received) for key in scope.services]
        return Walk(arms, CaseRow.received_at, frozenset({"received", *covered}))

    state = ["state"] if chosen.state == "open" else []
    if chosen.unread:
        yield walk(IS_UNREAD, covered=["unread"])
    if is_by_nobody:
        yield walk(IS_OPEN, CaseRow.handled == false(), covered=["assignees", *state])
    if chosen.colours:
        arms = [
            scope.cases_of(key, CaseRow.colour == colour, CaseRow.colour != "", *received)
            for key, colour in product(scope.services, chosen.colours)
        ]
        yield Walk(arms, CaseRow.received_at, frozenset({"colours", "received"}))
    if chosen.statuses or (chosen.kinds and "closed" not in chosen.kinds):
        yield walk_of_statuses(scope, scope.status_pairs)
    if scope.is_open_only:
        yield walk(BY_INDEX_OF_OPEN, covered=state)
    yield walk()


def walk_of_statuses(scope: Scope, pairs: Sequence[StatusPair]) -> Walk:
    """The walk over the cases of some statuses, in the order of receipt."""
    received = _received_range(scope.chosen)
    arms = [scope.cases_of(key, CaseRow.status == status, *received) for key, status in pairs]
    return Walk(arms, CaseRow.received_at, frozenset({"received", "statuses"}))


def _received_range(chosen: CaseFilter) -> list[Condition]:
    """The range of the time of receipt, which also ends where cases must have been changed or closed since."""
    first, _ = day_bounds(chosen.received)
    ends = [end for days in (chosen.received, chosen.changed, chosen.closed) if (end := day_bounds(days)[1])]
    limits = [CaseRow.received_at >= first] if first is not None else []
    return [*limits, CaseRow.received_at < min(ends)] if ends else limits


def _due_walk(scope: Scope) -> Walk:
    """The walk over open cases with a due day, in its order."""
    limits: list[Condition] = [CaseRow.earliest_due_on.is_not(None)]
    if scope.chosen.overdue:
        limits.append(CaseRow.earliest_due_on < scope.context.today)
    if scope.chosen.due_before is not None:
        limits.append(CaseRow.earliest_due_on < scope.chosen.due_before)
    covered = {"overdue", "due_before"} | ({"state"} if scope.chosen.state == "open" else set())
    arms = [scope.cases_of(key, IS_OPEN, *limits) for key in scope.services]
    return Walk(arms, CaseRow.earliest_due_on, frozenset(covered))


def _closed_walk(scope: Scope) -> Walk:
    first, after = day_bounds(scope.chosen.closed)
    limits = [CaseRow.closed_at >= first] if first is not None else []
    limits += [CaseRow.closed_at < after] if after is not None else []
    covered = {"closed"} | ({"state"} if scope.chosen.state == "closed" else set())
    arms = [scope.cases_of(key, IS_CLOSED, *limits) for key in scope.services]
    return Walk(arms, CaseRow.closed_at, frozenset(covered))


def index_drivers(scope: Scope) -> Iterator[Walk]:
    """Walks over cases that the filter limits, the most limited first: one of few cases is read whole."""
    chosen = scope.chosen
    *limited, every = walks_by_receipt(scope)
    if chosen.overdue or chosen.due_before is not None:
        yield _due_walk(scope)
    yield from limited
    if scope.is_closed_only:
        yield _closed_walk(scope)
    yield every


def own_ids(scope: Scope) -> Any:
    """A query of the ids of cases that the officer has, or has flagged, where the filter limits to them.

    They are always read whole: nobody has more than they can work with.
    """
    officer = scope.context.officer
    if scope.chosen.flagged:
        return select(FlagRow.case_id).where(FlagRow.officer == officer.key)
    return assigned_case_ids(officer) if scope.chosen.own else None


def id_drivers(scope: Scope) -> Iterator[Any]:
    """Queries of the ids of cases that someone has, where the filter or the officer's access limits to them."""
    if scope.chosen.assignees and NOBODY not in scope.chosen.assignees:
        yield _assigned_ids(scope)
    if scope.is_restricted:
        assigned = assigned_ids(scope.context.officer)
        yield assigned.where(AssigneeRow.open.is_(True)) if scope.is_open_only else assigned


def _assigned_ids(scope: Scope) -> Any:
    keys = split_assignees(scope.chosen.assignees)
    ways = [and_(AssigneeRow.kind == kind, AssigneeRow.key.in_(some)) for kind, some in keys.items() if some]
    query = select(AssigneeRow.case_id).where(or_(*ways))
    if scope.is_open_only or scope.is_closed_only:
        query = query.where(AssigneeRow.open.is_(scope.is_open_only))
    return query.distinct()


def count_ids(tx: Tx, driver: Any, limit: int) -> int:
    """The number of ids of an id driver, counted up to `limit`."""
    return tx.conn.execute(select(func.count()).select_from(driver.limit(limit).subquery())).scalar_one()


Segments = dict[str, list[Walk]]
"""The walks of each segment of an order, by the segment's label; their rows are merged."""


def find_segments(tx: Tx, scope: Scope, order: QueryOrder) -> Segments:
    """The walks in the order that is asked for; only for sorts of any number of cases."""
    match order.sort:
        case "number":
            segments = {"": [Walk([scope.cases_of(key) for key in scope.services], None)]}
        case "changed":
            segments = {"": _changed_walks(scope)}
        case "due":
            segments = _due_segments(scope)
        case "closed":
            by_closing = {} if scope.is_open_only else {"": [_closed_walk(scope)]}
            segments = by_closing if scope.is_closed_only else by_closing | {LAST: [_open_by_receipt(scope)]}
        case "status":
            segments = _status_segments(tx, scope, order)
        case "service":
            alone = {key: replace(scope, services=(key,)) for key in scope.services}
            segments = {order.service_label(key): [next(walks_by_receipt(one))] for key, one in alone.items()}
        case _:
            segments = {"": [next(walks_by_receipt(scope))]}
    return segments


def _changed_walks(scope: Scope) -> list[Walk]:
    first, after = day_bounds(scope.chosen.changed)
    limits = [CaseRow.changed_at >= first] if first is not None else []
    limits += [CaseRow.changed_at < after] if after is not None else []
    column, covered = CaseRow.changed_at, frozenset({"changed"})
    closed_arms = [scope.cases_of(key, IS_CLOSED, *limits) for key in scope.services]
    open_arms = [scope.cases_of(key, BY_INDEX_OF_OPEN, *limits) for key in scope.services]
    closed = [] if scope.is_open_only else [Walk(closed_arms, column, covered)]
    open_ = [] if scope.is_closed_only else [Walk(open_arms, column, covered, is_sorted=False)]
    return [*closed, *open_]


def _due_segments(scope: Scope) -> Segments:
    by_due = {} if scope.is_closed_only else {"": [_due_walk(scope)]}
    if scope.chosen.overdue or scope.chosen.due_before is not None:
        return by_due
    has_none = or_(IS_CLOSED, CaseRow.earliest_due_on.is_(None)).is_(True)
    return by_due | {LAST: [replace(next(walks_by_receipt(scope)), extra=(has_none,))]}


def _open_by_receipt(scope: Scope) -> Walk:
    limits = _received_range(scope.chosen)
    arms = [scope.cases_of(key, BY_INDEX_OF_OPEN, *limits) for key in scope.services]
    return Walk(arms, CaseRow.received_at, frozenset({"received", "state"}))


def _status_segments(tx: Tx, scope: Scope, order: QueryOrder) -> Segments:
    pairs: dict[str, list[StatusPair]] = {}
    for service, status in _stored_statuses(tx, scope):
        pairs.setdefault(order.status_label(service, status), []).append((service, status))
    return {label: [walk_of_statuses(scope, some)] for label, some in pairs.items()}


def _stored_statuses(tx: Tx, scope: Scope) -> Iterator[StatusPair]:
    """The statuses that cases have: those of the catalog, and removed ones."""
    for service in scope.services:
        status = tx.conn.execute(_next_status(service, "")).scalar()
        while status is not None:
            if not scope.chosen.statuses or status in scope.chosen.statuses:
                yield service, status
            status = tx.conn.execute(_next_status(service, status)).scalar()


def _next_status(service: str, last: str) -> Select[Any]:
    return select(func.min(CaseRow.status)).where(CaseRow.service == service, CaseRow.status > last)
