"""The queues of the outbox: the most urgent delivery that may go, and when the next is due."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    Integer,
    Row,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased

from bot.domain.notices import BULK, SOMEONE_WAITS
from bot.store.engine.database import Tx
from bot.store.tables import DeliveryRow, DestinationRow, UtcDateTime


@dataclass(frozen=True, slots=True)
class Capacity:
    """What may be delivered now, by the rate limits and by what is in flight.

    Nothing may go to `blocked_destinations`; to `unpostable_destinations` only updates of cards may.
    `max_redraw_priority` is the least urgent priority with which a card may be updated (-1: none).
    """

    blocked_destinations: frozenset[str] = frozenset()
    unpostable_destinations: frozenset[str] = frozenset()
    max_redraw_priority: int = BULK
    in_flight: frozenset[int] = frozenset()
    """Ids of this worker's deliveries in flight, which are not claimed again even if their lease has run out."""
    delivered: frozenset[int] = frozenset()
    """Ids of this worker's deliveries that are done and not yet completed: what is behind them in their lane may go."""


UNLIMITED = Capacity()

_NONE = (-1,)
"""No id, in place of an empty list: for that SQLite makes a table each time."""

NOW = bindparam("now", type_=UtcDateTime())

FRONT = 20
"""Redraws, and posts, that are looked at in the order of their urgency before each queue is asked for its first."""

FAR_FRONT = 500
"""As `FRONT`, where what may not go in that is of many destinations, so that none has much in front of the others."""

MANY_DESTINATIONS = 5


class FoundDelivery(NamedTuple):
    """A delivery that may be claimed, as it was when it was found."""

    id: int
    state: str
    attempts: int


@dataclass(frozen=True, slots=True)
class _Front:
    """The first that may go of the most urgent redraws or posts, and the destinations of those before it.

    `is_whole` where no more than these wait.
    """

    first: Row[*tuple[Any, ...]] | None
    is_whole: bool
    passed_destinations: frozenset[str] = frozenset()

    @property
    def is_conclusive(self) -> bool:
        """Whether `first` is the most urgent of all of them."""
        return self.first is not None or self.is_whole


@dataclass(frozen=True, slots=True)
class _Kind:
    """The redraws or the posts that there may be capacity for, and the parameters of their queries."""

    redraw: bool
    blocked: frozenset[str]
    claimed: frozenset[int]
    parameters: dict[str, Any]


def find_next_due(tx: Tx, now: datetime) -> datetime | None:
    """The earliest due time after `now`; None where there is none."""
    times = tx.conn.execute(_next_times_query(), {"now": now}).one()
    return min((time for time in times if time is not None), default=None)


def find_most_urgent(tx: Tx, now: datetime, capacity: Capacity) -> FoundDelivery | None:
    """The most urgent of the queues' first deliveries that are due and that there is capacity for; None for none."""
    fronts = [_look_at_front(tx, kind) for kind in _kinds_with_capacity(now, capacity)]
    if all(front.is_conclusive for front in fronts):
        found = [front.first for front in fronts if front.first is not None]
        first: Any = min(found, key=attrgetter("priority", "created_at", "id"), default=None)
    else:
        first = tx.conn.execute(_most_urgent_query(), _parameters(now, capacity)).first()
    return FoundDelivery(first.id, first.state, first.attempts) if first is not None else None


def _kinds_with_capacity(now: datetime, capacity: Capacity) -> Iterator[_Kind]:
    parameters = {"now": now, "delivered": sorted(capacity.delivered) or _NONE}
    claimed, blocked = capacity.in_flight | capacity.delivered, capacity.blocked_destinations
    if capacity.max_redraw_priority >= SOMEONE_WAITS:
        yield _Kind(True, blocked, claimed, parameters | {"max_priority": capacity.max_redraw_priority})
    blocked |= capacity.unpostable_destinations
    yield _Kind(False, blocked, claimed, parameters | {"max_priority": BULK})


def _look_at_front(tx: Tx, kind: _Kind) -> _Front:
    """Look at the most urgent. It costs the same for any number of queues."""
    near = _find_near_front(tx, kind)
    if near.is_conclusive or len(near.passed_destinations) < MANY_DESTINATIONS:
        return near
    return _find_far_front(tx, kind)


def _find_near_front(tx: Tx, kind: _Kind) -> _Front:
    passed = []
    # Closed when one is found: SQLite has read no further than to that.
    with closing(tx.conn.execute(_near_front_query(kind.redraw), kind.parameters)) as rows:
        for row in rows:
            if row.is_ready and row.destination not in kind.blocked and row.id not in kind.claimed:
                return _Front(row, False)
            passed.append(row.destination)
    return _Front(None, len(passed) < FRONT, frozenset(passed))


def _find_far_front(tx: Tx, kind: _Kind) -> _Front:
    """What is passed is not returned to Python, which takes far longer for a row than SQLite."""
    end = tx.conn.execute(_end_of_front_query(kind.redraw), kind.parameters).first()
    query = _far_front_query(kind.redraw, is_bounded=end is not None, is_blocked=bool(kind.blocked))
    parameters = kind.parameters | {"blocked": sorted(kind.blocked), "claimed": sorted(kind.claimed) or _NONE}
    if end is not None:
        parameters |= {"end_priority": end.priority, "end_created_at": end.created_at, "end_id": end.id}
    return _Front(tx.conn.execute(query, parameters).first(), end is None)


def _parameters(now: datetime, capacity: Capacity) -> dict[str, Any]:
    return {
        "now": now,
        "blocked": sorted(capacity.blocked_destinations),
        "unpostable": sorted(capacity.unpostable_destinations),
        "max_redraw_priority": capacity.max_redraw_priority,
        "in_flight": sorted(capacity.in_flight | capacity.delivered),
        "delivered": sorted(capacity.delivered),
    }


# Built once: they are executed after every commit.


_URGENCY = (DeliveryRow.priority, DeliveryRow.created_at, DeliveryRow.id)
_FRONT_COLUMNS = (*_URGENCY, DeliveryRow.state, DeliveryRow.attempts, DeliveryRow.destination)


@cache
def _near_front_query(redraw: bool) -> Select[*tuple[Any, ...]]:
    """The most urgent of what waits, read in the order of an index without any temporary table."""
    return (
        select(*_FRONT_COLUMNS, _is_ready().label("is_ready"))
        .join(DestinationRow, DestinationRow.key == DeliveryRow.destination)
        .where(*_is_queued_as(redraw), *_is_in_range())
        .order_by(*_URGENCY)
        .limit(FRONT)
    )


@cache
def _end_of_front_query(redraw: bool) -> Select[*tuple[Any, ...]]:
    """The first that the far front does not have; none where no more wait."""
    return select(*_URGENCY).where(*_is_queued_as(redraw)).order_by(*_URGENCY).offset(FAR_FRONT).limit(1)


@cache
def _far_front_query(redraw: bool, *, is_bounded: bool, is_blocked: bool) -> Select[*tuple[Any, ...]]:
    """The most urgent that may go; up to the end of the far front where it has one (`is_bounded`)."""
    end: tuple[BindParameter[Any], ...] = (
        bindparam("end_priority"),
        bindparam("end_created_at", type_=UtcDateTime()),
        bindparam("end_id"),
    )
    # A single range of the index, for one is compared faster than two.
    query = (
        select(*_FRONT_COLUMNS)
        .join(DestinationRow, DestinationRow.key == DeliveryRow.destination)
        .where(
            *_is_queued_as(redraw), *((tuple_(*_URGENCY) < tuple_(*end),) if is_bounded else _is_in_range())
        )
        .where(_is_ready(), DeliveryRow.id.not_in(bindparam("claimed", expanding=True)))
        .order_by(*_URGENCY)
        .limit(1)
    )
    is_open = DeliveryRow.destination.not_in(bindparam("blocked", expanding=True))
    return query.where(is_open) if is_blocked else query


def _is_ready() -> ColumnElement[bool]:
    """Whether it is due, its destination is not held, and it is the first in its lane.

    The lane is looked at last, and only where it matters: that takes the longest.
    """
    is_due = and_(DestinationRow.next_at <= NOW, DeliveryRow.due_at <= NOW)
    return case((is_due, ~_is_behind(DeliveryRow)), else_=false())


def _is_queued_as(redraw: bool) -> tuple[ColumnElement[bool], ...]:
    return _is_queued(DeliveryRow), DeliveryRow.redraw == (true() if redraw else false())


def _is_in_range() -> tuple[ColumnElement[bool], ...]:
    """The range of the index by urgency in which something may be due."""
    return DeliveryRow.priority <= bindparam("max_priority"), DeliveryRow.created_at <= NOW


@cache
def _most_urgent_query() -> Select[int, str, int]:
    queues, head = _queues_query(), aliased(DeliveryRow)
    return (
        select(head.id, head.state, head.attempts)
        .join_from(queues, head, head.id == _first_due_in(queues))
        .order_by(head.priority, head.created_at, head.id)
        .limit(1)
    )


def _first_due_in(queues: Subquery) -> ScalarSelect[int]:
    """The first due delivery of each queue, with one index lookup whatever its length.

    First in, first out: a deferred delivery retains its place, and is passed only until its next attempt is due.
    """
    delivery = aliased(DeliveryRow)
    return (
        select(delivery.id)
        .where(
            delivery.destination == queues.c.destination,
            delivery.redraw == queues.c.redraw,
            delivery.priority <= queues.c.max_priority,
            _is_queued(delivery),
            delivery.created_at <= NOW,  # implied by being due, and a range of the index
            delivery.due_at <= NOW,
            delivery.id.not_in(bindparam("in_flight", expanding=True)),
            ~_is_behind(delivery),
        )
        .order_by(delivery.priority, delivery.created_at, delivery.id)
        .limit(1)
        .correlate(queues)
        .scalar_subquery()
    )


def _is_behind(delivery: Any) -> ColumnElement[bool]:
    """That another in the delivery's lane goes before it."""
    older = aliased(DeliveryRow)
    return exists().where(
        older.case_id == delivery.case_id,
        older.lane == delivery.lane,
        older.id < delivery.id,
        older.id.not_in(bindparam("delivered", expanding=True)),
    )


@cache
def _next_times_query() -> Select[*tuple[Any, ...]]:
    times = [_first_rescheduled_time()]
    times += (_first_new_time(redraw, n) for redraw in (true(), false()) for n in range(BULK + 1))
    is_awaited = exists().where(DeliveryRow.destination == DestinationRow.key, _is_queued(DeliveryRow))
    held = select(func.min(DestinationRow.next_at)).where(DestinationRow.next_at > NOW, is_awaited)
    return select(*(time.scalar_subquery() for time in (*times, held)))


def _first_rescheduled_time() -> Select[datetime]:
    """Of deliveries that are to be made at another time than they were put in for."""
    is_rescheduled = DeliveryRow.due_at != DeliveryRow.created_at  # in the form of the partial index
    return select(func.min(DeliveryRow.due_at)).where(
        _is_queued(DeliveryRow), is_rescheduled, DeliveryRow.due_at > NOW
    )


def _first_new_time(redraw: ColumnElement[bool], priority: int) -> Select[datetime]:
    """Of the other deliveries of one priority, which are in the order of urgency anyway."""
    is_of_kind = DeliveryRow.redraw == redraw, DeliveryRow.priority == priority
    return select(func.min(DeliveryRow.created_at)).where(
        _is_queued(DeliveryRow), *is_of_kind, DeliveryRow.created_at > NOW
    )


def _queues_query() -> Subquery:
    """Two queues, posts and redraws, for each destination that has deliveries and is not blocked.

    Each with the least urgent priority (`max_priority`) that there is capacity for.
    """
    destinations = _awaited_destinations()
    kinds = union_all(
        select(literal(False).label("redraw"), literal_column(f"{BULK}").label("max_priority")),
        select(literal(True), cast(bindparam("max_redraw_priority"), Integer)),
    ).subquery()
    is_open = and_(
        DestinationRow.next_at <= NOW, DestinationRow.key.not_in(bindparam("blocked", expanding=True))
    )
    # What is compared first needs no row of the destination's.
    may_go = and_(
        kinds.c.max_priority >= SOMEONE_WAITS,
        or_(kinds.c.redraw, destinations.c.destination.not_in(bindparam("unpostable", expanding=True))),
    )
    return (
        select(destinations.c.destination, kinds.c.redraw, kinds.c.max_priority)
        .join_from(destinations, kinds, may_go)
        .join(DestinationRow, and_(DestinationRow.key == destinations.c.destination, is_open))
        .subquery()
    )


def _awaited_destinations() -> CTE:
    """Each destination that something waits for: one index lookup from each to the next."""
    delivery, later = aliased(DeliveryRow), aliased(DeliveryRow)
    destinations = (
        select(func.min(delivery.destination).label("destination"))
        .where(_is_queued(delivery))
        .cte(recursive=True)
    )
    next_destination = (
        select(func.min(later.destination))
        .where(_is_queued(later), later.destination > destinations.c.destination)
        .correlate(destinations)
        .scalar_subquery()
    )
    return destinations.union_all(select(next_destination).where(destinations.c.destination.is_not(None)))


def _is_queued(delivery: Any) -> ColumnElement[bool]:
    """The condition in the very form of the partial index, which is used only then."""
    return delivery.state != literal_column("'parked'")  # type: ignore[no-any-return]
