"""The queues of the outbox: the first delivery of each, and when the next is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from bot.domain.notices import BULK
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

NOW = bindparam("now", type_=UtcDateTime())


def find_next_due(tx: Tx, now: datetime) -> datetime | None:
    """The earliest due time after `now`; None where there is none."""
    times = tx.conn.execute(_next_times_query(), {"now": now}).one()
    return min((time for time in times if time is not None), default=None)


def find_most_urgent(tx: Tx, now: datetime, capacity: Capacity) -> Row[int, str, int] | None:
    """The most urgent of the queues' first deliveries that are due and that there is capacity for.

    A row of its id, state and attempts; None where there is none.
    """
    return tx.conn.execute(_most_urgent_query(), _parameters(now, capacity)).first()


def has_due_head(tx: Tx, now: datetime, capacity: Capacity) -> bool:
    """Whether `find_most_urgent` finds any; stops at the first."""
    return tx.conn.execute(_any_head_query(), _parameters(now, capacity)).first() is not None


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
    delivery, older = aliased(DeliveryRow), aliased(DeliveryRow)
    is_first_in_lane = ~exists().where(
        older.case_id == delivery.case_id,
        older.lane == delivery.lane,
        older.id < delivery.id,
        older.id.not_in(bindparam("delivered", expanding=True)),
    )
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
            is_first_in_lane,
        )
        .order_by(delivery.priority, delivery.created_at, delivery.id)
        .limit(1)
        .correlate(queues)
        .scalar_subquery()
    )


@cache
def _next_times_query() -> Select[datetime, datetime]:
    first_due = select(func.min(DeliveryRow.due_at)).where(_is_queued(DeliveryRow), DeliveryRow.due_at > NOW)
    is_awaited = exists().where(DeliveryRow.destination == DestinationRow.key, _is_queued(DeliveryRow))
    held = select(func.min(DestinationRow.next_at)).where(DestinationRow.next_at > NOW, is_awaited)
    return select(first_due.scalar_subquery(), held.scalar_subquery())


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
        DestinationRow.next_at <= NOW,
        DestinationRow.key.not_in(bindparam("blocked", expanding=True)),
        or_(kinds.c.redraw, DestinationRow.key.not_in(bindparam("unpostable", expanding=True))),
    )
    return (
        select(destinations.c.destination, kinds.c.redraw, kinds.c.max_priority)
        .join_from(destinations, DestinationRow, DestinationRow.key == destinations.c.destination)
        .join(kinds, is_open)
        .subquery()
    )


def _is_queued(delivery: Any) -> ColumnElement[bool]:
    """The condition in the very form of the partial index, which is used only then."""
    return delivery.state != literal_column("'parked'")  # type: ignore[no-any-return]
