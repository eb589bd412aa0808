"""How a query is answered: which cases are read by which index, and which of them are sorted in memory.

Without statistics the databases know nothing of how rare a value is, so the program counts, up to a limit: a filter
that leaves few cases is answered by reading them all, any other by walking an index in the order that is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, false, func, or_, select, true

from bot.domain.lists.case_query import NOBODY, CaseFilter
from bot.store.engine.database import Tx
from bot.store.lists.queries.case_lists import assigned_case_ids
from bot.store.lists.queries.query_conditions import (
    BY_INDEX_OF_CLOSED,
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
from bot.store.lists.queries.query_order import LAST, QueryOrder
from bot.store.lists.queries.query_walks import Walk
from bot.store.lists.queries.stored_statuses import stored_statuses
from bot.store.lists.queries.worklists import ListContext
from bot.store.tables import CASE, AssigneeRow, FlagRow
from bot.store.visibility import IS_PRESENT, assigned_ids, is_unprotected_for, unindexed, visible_in

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
            CASE.service == service if self.is_restricted else visible_in(self.context.officer, service)
        )
        return and_(of_service, *conditions)

    @property
    def is_visible(self) -> Condition:
        """That the officer may see a case of these e-services, where that is no condition of its own."""
        if self.is_restricted:
            return true()
        return and_(is_unprotected_for(self.context.officer, unindexed(CASE.service)), IS_PRESENT)


def walks_by_receipt(scope: Scope) -> Iterator[Walk]:
    """The walks in the order of receipt, the one over the fewest cases first, and over all of them last."""
    chosen, received = scope.chosen, _received_range(scope.chosen)
    is_by_nobody = chosen.assignees == (NOBODY,) and scope.is_open_only

    def walk(*conditions: Condition, covered: Sequence[str] = ()) -> Walk:
        arms = [scope.cases_of(key, *conditions, *received) for key in scope.services]
        is_limited = bool(conditions or received)
        return Walk(arms, CASE.received_at, frozenset({"received", *covered}), is_limited=is_limited)

    state = ["state"] if chosen.state == "open" else []
    if chosen.unread:
        yield walk(IS_UNREAD, covered=["unread"])
    if is_by_nobody:
        yield walk(IS_OPEN, CASE.handled == false(), covered=["assignees", *state])
    if chosen.colours:
        arms = [
            scope.cases_of(key, CASE.colour == colour, CASE.colour != "", *received)
            for key, colour in product(scope.services, chosen.colours)
        ]
        yield Walk(arms, CASE.received_at, frozenset({"colours", "received"}))
    if chosen.statuses or (chosen.kinds and "closed" not in chosen.kinds):
        yield walk_of_statuses(scope, scope.status_pairs)
    if scope.is_open_only:
        yield walk(BY_INDEX_OF_OPEN, covered=state)
    if chosen.origins:
        arms = [
            scope.cases_of(key, CASE.origin == origin, *received)
            for key, origin in product(scope.services, chosen.origins)
        ]
        yield Walk(arms, CASE.received_at, frozenset({"origins", "received"}))
    yield walk()


def walk_of_statuses(scope: Scope, pairs: Sequence[StatusPair]) -> Walk:
    """The walk over the cases of some statuses, in the order of receipt."""
    received = _received_range(scope.chosen)
    arms = [scope.cases_of(key, CASE.status == status, *received) for key, status in pairs]
    return Walk(arms, CASE.received_at, frozenset({"received", "statuses"}))


def _received_range(chosen: CaseFilter, column: Any = CASE.received_at) -> list[Condition]:
    """The range of the time of receipt, which also ends where cases must have been changed or closed since."""
    first, _ = day_bounds(chosen.received)
    ends = [end for days in (chosen.received, chosen.changed, chosen.closed) if (end := day_bounds(days)[1])]
    limits = [column >= first] if first is not None else []
    return [*limits, column < min(ends)] if ends else limits


def _due_walk(scope: Scope) -> Walk:
    """The walk over open cases with a due day, in its order."""
    limits: list[Condition] = [CASE.earliest_due_on.is_not(None)]
    if scope.chosen.overdue:
        limits.append(CASE.earliest_due_on < scope.context.today)
    if scope.chosen.due_before is not None:
        limits.append(CASE.earliest_due_on < scope.chosen.due_before)
    covered = {"overdue", "due_before"} | ({"state"} if scope.chosen.state == "open" else set())
    arms = [scope.cases_of(key, IS_OPEN, *limits) for key in scope.services]
    return Walk(arms, CASE.earliest_due_on, frozenset(covered))


def closed_walk(scope: Scope) -> Walk:
    first, after = day_bounds(scope.chosen.closed)
    limits = [CASE.closed_at >= first] if first is not None else []
    limits += [CASE.closed_at < after] if after is not None else []
    covered = {"closed"} | ({"state"} if scope.chosen.state == "closed" else set())
    arms = [scope.cases_of(key, IS_CLOSED, *limits) for key in scope.services]
    return Walk(arms, CASE.closed_at, frozenset(covered), is_limited=bool(limits))


def _unanswered_walk(scope: Scope) -> Walk:
    """The walk over open cases whose applicants were to answer by a day that has passed, in the order of that day."""
    is_late = IS_OPEN, CASE.answer_by.is_not(None), CASE.answer_by < scope.context.today
    arms = [scope.cases_of(key, *is_late) for key in scope.services]
    covered = {"answer_overdue"} | ({"state"} if scope.chosen.state == "open" else set())
    return Walk(arms, CASE.answer_by, frozenset(covered))


def index_drivers(scope: Scope) -> Iterator[Walk]:
    """Walks over cases that the filter limits, the most limited first: one of few cases is read whole."""
    if scope.chosen.overdue or scope.chosen.due_before is not None:
        yield _due_walk(scope)
    if scope.chosen.answer_overdue:
        yield _unanswered_walk(scope)
    if scope.is_closed_only and not scope.chosen.statuses:
        yield closed_walk(scope)
    if scope.chosen.changed:
        yield _changed_walk(scope)
    yield from walks_by_receipt(scope)


class IdDriver(NamedTuple):
    """A query of case ids, or the ids, and the parts of the filter that hold for all of them.

    A `Select` gives each id once.
    """

    ids: Any
    covered: frozenset[str] = frozenset()


def own_ids(scope: Scope) -> IdDriver | None:
    """The cases that the officer has, or has flagged, where the filter limits to them.

    They are always read whole: nobody has more than they can work with.
    """
    officer = scope.context.officer
    if scope.chosen.flagged:
        flagged = select(FlagRow.case_id).where(FlagRow.officer == officer.key)
        return IdDriver(flagged, frozenset({"flagged"}))
    return IdDriver(assigned_case_ids(officer), frozenset({"own"})) if scope.chosen.own else None


def id_drivers(scope: Scope) -> Iterator[IdDriver]:
    """The cases that someone has, where the filter or the officer's access limits to them."""
    if scope.is_restricted:
        officer = scope.context.officer
        assigned = _of_state(scope, assigned_ids(officer))
        # An officer, a group of theirs, and one for whom they stand in may have the same case.
        is_repeated = bool(officer.groups or officer.represented)
        yield IdDriver(assigned.distinct() if is_repeated else assigned, frozenset({"access"}))
    if scope.chosen.assignees and NOBODY not in scope.chosen.assignees:
        yield IdDriver(_assigned_ids(scope), frozenset({"assignees"}))


def _assigned_ids(scope: Scope) -> Select[Any]:
    keys = split_assignees(scope.chosen.assignees)
    ways = [and_(AssigneeRow.kind == kind, AssigneeRow.key.in_(some)) for kind, some in keys.items() if some]
    query = _of_state(scope, select(AssigneeRow.case_id).where(or_(*ways)))
    return query.distinct() if len(scope.chosen.assignees) > 1 else query


def _of_state(scope: Scope, assigned: Select[Any]) -> Select[Any]:
    """The ids of assigned cases without those that cannot be open, or closed, as the filter has it."""
    if scope.is_open_only or scope.is_closed_only:
        return assigned.where(AssigneeRow.open.is_(scope.is_open_only))
    return assigned


def count_ids(tx: Tx, driver: IdDriver, limit: int) -> int:
    """The number of ids, counted up to `limit`."""
    found = driver.ids.limit(limit).subquery()
    return tx.conn.execute(select(func.count()).select_from(found)).scalar_one()


Segments = dict[str, list[Walk]]
"""The walks of each segment of an order, by the segment's label; their rows are merged."""


def find_segments(tx: Tx, scope: Scope, order: QueryOrder) -> Segments:
    """The walks in the order that is asked for; only for sorts of any number of cases."""
    match order.sort:
        case "number":
            segments = {"": [Walk([scope.cases_of(key) for key in scope.services], None)]}
        case "changed":
            segments = {"": [walk for walk in _changed_walks(scope) if walk.arms]}
        case "due":
            segments = _due_segments(scope)
        case "closed":
            by_closing = {} if scope.is_open_only else {"": [closed_walk(scope)]}
            segments = by_closing if scope.is_closed_only else by_closing | {LAST: [_open_by_receipt(scope)]}
        case "status":
            segments = _status_segments(tx, scope, order)
        case "service":
            alone = {key: replace(scope, services=(key,)) for key in scope.services}
            segments = {order.service_label(key): [next(walks_by_receipt(one))] for key, one in alone.items()}
        case _:
            assigned = assigned_walk(scope) if order.sort == "received" else None
            segments = {"": [assigned or next(walks_by_receipt(scope))]}
    return segments


def assigned_walk(scope: Scope) -> Walk | None:
    """The walk over what someone has, in the order of receipt; None where nothing limits to that.

    What they have open the databases sort.
    """
    chosen, officer = scope.chosen, scope.context.officer
    covered = {"received", "state"} if chosen.state else {"received"}
    if chosen.assignees and NOBODY not in chosen.assignees:
        assignees, covered = split_assignees(chosen.assignees), covered | {"assignees"}
    elif scope.is_restricted:
        assignees = {"officer": [officer.key], "group": sorted(officer.groups)}
        covered |= {"access"}
    else:
        return None
    states = [AssigneeRow.open == true()] if not scope.is_closed_only or scope.is_open_only else []
    states += [] if scope.is_open_only else [BY_INDEX_OF_CLOSED]
    limits = _received_range(chosen, AssigneeRow.received_at)
    arms = [
        and_(AssigneeRow.kind == kind, AssigneeRow.key == key, state, *limits)
        for kind, keys in assignees.items()
        for key, state in product(keys, states)
    ]
    is_visible = (CASE.service.in_(scope.services), is_unprotected_for(officer, CASE.service), IS_PRESENT)
    return Walk(
        arms, AssigneeRow.received_at, frozenset(covered), extra=(and_(*is_visible),), of_assignees=True
    )


def _changed_walks(scope: Scope) -> list[Walk]:
    """Of closed cases, which have an index by when they were changed, and of open ones, which do not and are sorted.

    All open ones are one arm: to sort those of each e-service by themselves would keep every row, to be merged.
    """
    first, after = day_bounds(scope.chosen.changed)
    limits = [CASE.changed_at >= first] if first is not None else []
    limits += [CASE.changed_at < after] if after is not None else []
    closed = [scope.cases_of(key, IS_CLOSED, *limits) for key in scope.services]
    open_ = [and_(scope.is_visible, *limits)]
    indexed = and_(CASE.service.in_(scope.services), BY_INDEX_OF_OPEN)
    column, covered = CASE.changed_at, frozenset({"changed"})
    return [
        Walk([] if scope.is_open_only else closed, column, covered),
        Walk([] if scope.is_closed_only else open_, column, covered, is_sorted=False, indexed=indexed),
    ]


def _changed_walk(scope: Scope) -> Walk:
    closed, open_ = _changed_walks(scope)
    of_open = [and_(open_.indexed, arm) for arm in open_.arms]
    return replace(closed, arms=[*closed.arms, *of_open])


def _due_segments(scope: Scope) -> Segments:
    by_due = {} if scope.is_closed_only else {"": [_due_walk(scope)]}
    if scope.chosen.overdue or scope.chosen.due_before is not None:
        return by_due
    has_none = or_(IS_CLOSED, CASE.earliest_due_on.is_(None)).is_(True)
    return by_due | {LAST: [replace(next(walks_by_receipt(scope)), extra=(has_none,))]}


def _open_by_receipt(scope: Scope) -> Walk:
    limits = _received_range(scope.chosen)
    arms = [scope.cases_of(key, BY_INDEX_OF_OPEN, *limits) for key in scope.services]
    return Walk(arms, CASE.received_at, frozenset({"received", "state"}))


def _status_segments(tx: Tx, scope: Scope, order: QueryOrder) -> Segments:
    pairs: dict[str, list[StatusPair]] = {}
    for service, status in tx.conn.execute(stored_statuses(scope.services)):
        if not scope.chosen.statuses or status in scope.chosen.statuses:
            pairs.setdefault(order.status_label(service, status), []).append((service, status))
    return {label: [walk_of_statuses(scope, some)] for label, some in pairs.items()}
