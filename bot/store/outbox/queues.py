"""The queues of the outbox: the most urgent delivery that may go, and when the next is due."""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Integer,
    Row,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    bindparam,
    cast,
    exists,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
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


@dataclass(frozen=True, slots=True)
class _Front:
    """The first that may go of the most urgent redraws or posts; `is_whole` where no more than these wait."""

    first: Row[*tuple[Any, ...]] | None
    is_whole: bool

    @property
    def is_conclusive(self) -> bool:
        """Whether `first` is the most urgent of all of them."""
        return self.first is not None or self.is_whole


def find_next_due(tx: Tx, now: datetime) -> datetime | None:
    """The earliest due time after `now`; None where there is none."""
    times = tx.conn.execute(_next_times_query(), {"now": now}).one()
    return min((time for time in times if time is not None), default=None)


def find_most_urgent(tx: Tx, now: datetime, capacity: Capacity) -> Row[*tuple[Any, ...]] | None:
    """The most urgent of the queues' first deliveries that are due and that there is capacity for.

    A row of its id, state and attempts; None where there is none.
    """
    fronts = [*_look_at_fronts(tx, now, capacity)]
    if all(front.is_conclusive for front in fronts):
        found = [front.first for front in fronts if front.first is not None]
        return min(found, key=attrgetter("priority", "created_at", "id"), default=None)
    return tx.conn.execute(_most_urgent_query(), _parameters(now, capacity)).first()


def has_due_head(tx: Tx, now: datetime, capacity: Capacity) -> bool:
    """Whether `find_most_urgent` finds any; stops at the first."""
    is_whole = True
    for front in _look_at_fronts(tx, now, capacity):
        if front.first is not None:
            return True
        is_whole = is_whole and front.is_whole
    return not is_whole and tx.conn.execute(_any_head_query(), _parameters(now, capacity)).first() is not None


def _look_at_fronts(tx: Tx, now: datetime, capacity: Capacity) -> Iterator[_Front]:
    """Look at the most urgent redraws, if any may be made, and posts. It costs the same for any number of queues."""
    parameters = {"now": now, "delivered": sorted(capacity.delivered) or _NONE}
    claimed, blocked = capacity.in_flight | capacity.delivered, capacity.blocked_destinations
    if capacity.max_redraw_priority >= SOMEONE_WAITS:
        limited = parameters | {"max_priority": capacity.max_redraw_priority}
        yield _first_that_may_go(tx.conn.execute(_front_query(True), limited), blocked, claimed)
    blocked |= capacity.unpostable_destinations
    limited = parameters | {"max_priority": BULK}
    yield _first_that_may_go(tx.conn.execute(_front_query(False), limited), blocked, claimed)


def _first_that_may_go(
    front: CursorResult[*tuple[Any, ...]], blocked: Container[str], claimed: Container[int]
) -> _Front:
    count = 0
    with closing(front):  # SQLite has read no further than to the row that is returned
        for row in front:
            count += 1
            if row.is_ready and row.destination not in blocked and row.id not in claimed:
                return _Front(row, False)
    return _Front(None, count < FRONT)


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


@cache
def _front_query(redraw: bool) -> Select[*tuple[Any, ...]]:
    """The most urgent of what waits, read in the order of an index without any temporary table."""
    is_ready = and_(DestinationRow.next_at <= NOW, DeliveryRow.due_at <= NOW, ~_is_behind(DeliveryRow))
    columns = (
        DeliveryRow.id,
        DeliveryRow.state,
        DeliveryRow.attempts,
        DeliveryRow.priority,
        DeliveryRow.created_at,
        DeliveryRow.destination,
    )
    return (
        select(*columns, is_ready.label("is_ready"))
        .join(DestinationRow, DestinationRow.key == DeliveryRow.destination)
        .where(
            _is_queued(DeliveryRow),
            DeliveryRow.redraw == (true() if redraw else false()),
            DeliveryRow.priority <= bindparam("max_priority"),
            DeliveryRow.created_at <= NOW,
        )
        .order_by(DeliveryRow.priority, DeliveryRow.created_at, DeliveryRow.id)
        .limit(FRONT)
    )


@cache
def _most_urgent_query() -> Select[int, str, int]:
    queues, head = _queues_query(), aliased(DeliveryRow)
    return (
        select(head.id, head.state, head.attempts)
        .join_from(queues, head, head.id == _first_due_in(queues))
        .order_by(head.priority, head.created_at, head.id)
        .limit(1)
    )


@cache
def _any_head_query() -> Select[int]:
    queues = _queues_query()
    return select(literal_column("1")).select_from(queues).where(_first_due_in(queues).is_not(None)).limit(1)


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
    delivery, later = aliased(DeliveryRow), aliased(DeliveryRow)
    destinations = (
        select(func.min(delivery.destination).label("destination"))
        .where(_is_queued(delivery))
        .cte(recursive=True)
    )
    # A skip scan: one index lookup from each destination to the next.
    next_destination = (
        select(func.min(later.destination))
        .where(_is_queued(later), later.destination > destinations.c.destination)
        .correlate(destinations)
        .scalar_subquery()
    )
    destinations = destinations.union_all(
        select(next_destination).where(destinations.c.destination.is_not(None))
    )
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


def _is_queued(delivery: Any) -> ColumnElement[bool]:
    """The condition in the very form of the partial index, which is used only then."""
    return delivery.state != literal_column("'parked'")  # type: ignore[no-any-return]
